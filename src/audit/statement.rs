//! A SQL statement built piece by piece, for either engine.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{DbError, Tx},
    on_engine,
};

#[derive(Debug)]
enum Piece {
    Sql(Cow<'static, str>),
    Id(Uuid),
    Text(String),
    Time(DateTime<Utc>),
}

/// The pieces, in order: SQL text and bound values.
#[derive(Debug, Default)]
pub(super) struct Statement(Vec<Piece>);

impl Statement {
    pub(super) fn sql(&mut self, sql: impl Into<Cow<'static, str>>) -> &mut Self {
        self.0.push(Piece::Sql(sql.into()));
        self
    }

    pub(super) fn id(&mut self, id: Uuid) -> &mut Self {
        self.0.push(Piece::Id(id));
        self
    }

    pub(super) fn text(&mut self, text: impl Into<String>) -> &mut Self {
        self.0.push(Piece::Text(text.into()));
        self
    }

    pub(super) fn time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.0.push(Piece::Time(time));
        self
    }

    /// Fetches all rows.
    pub(super) async fn fetch_all<R>(&self, tx: &mut Tx) -> Result<Vec<R>, DbError>
    where
        R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin,
    {
        on_engine!(tx, |conn| {
            let mut query = sqlx::QueryBuilder::new("");
            for piece in &self.0 {
                match piece {
                    Piece::Sql(sql) => query.push(sql),
                    Piece::Id(id) => query.push_bind(*id),
                    Piece::Text(text) => query.push_bind(text.clone()),
                    Piece::Time(time) => query.push_bind(*time),
                };
            }
            query.build_query_as::<R>().fetch_all(conn).await
        })
    }
}
