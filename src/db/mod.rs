//! Two engines behind one interface: SQLite for a single machine, PostgreSQL for larger installations.
//!
//! A query is written once and run by [`on_engine!`](crate::on_engine) on the engine that the transaction belongs to. If
//! the engines differ in more than types, the difference is in [`dialect`].

pub mod dialect;
mod error;
mod grants;
mod migrate;
mod pool;
mod sealing;

pub use error::{DbError, expect_one};
pub use grants::{GrantError, can_change_log, grant_to};
pub use migrate::{SchemaState, migrate, schema_state};
pub use pool::{Db, EngineTx, Pools, Tx};
pub use sealing::{Resealed, SEALED, SealedTable, prune, reseal};

/// Runs the same code on the connection of a [`Tx`], on either engine.
#[macro_export]
macro_rules! on_engine {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match &mut $tx.engine {
            $crate::db::EngineTx::Sqlite(transaction) => {
                let $conn = &mut **transaction;
                $body.map_err($crate::db::DbError::from)
            }
            $crate::db::EngineTx::Postgres(transaction) => {
                let $conn = &mut **transaction;
                $body.map_err($crate::db::DbError::from)
            }
        }
    };
}

/// `fetch_all!(tx, Row, SQL, a, b)`: all rows of a query.
#[macro_export]
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_engine!($tx, |conn| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(conn).await)
    };
}

/// `fetch_optional!(tx, Row, SQL, a, b)`: the row of a query, if there is one.
#[macro_export]
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_engine!($tx, |conn| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(conn).await)
    };
}

/// `fetch_one!(tx, Row, SQL, a, b)`: the row of a query that always has one.
#[macro_export]
macro_rules! fetch_one {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_engine!($tx, |conn| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(conn).await)
    };
}

/// `fetch_in!(tx, Row, "… IN (", ids)`: the rows whose key is one of `ids`, which must not be empty.
#[macro_export]
macro_rules! fetch_in {
    ($tx:expr, $row:ty, $sql:expr, $ids:expr) => {
        $crate::on_engine!($tx, |conn| {
            let mut query = sqlx::QueryBuilder::new($sql);
            let mut list = query.separated(", ");
            for id in $ids {
                list.push_bind(*id);
            }
            query.push(")");
            query.build_query_as::<$row>().fetch_all(conn).await
        })
    };
}

/// `execute!(tx, SQL, a, b)`: runs a statement and returns the number of rows it changed.
#[macro_export]
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_engine!($tx, |conn| sqlx::query($sql)$(.bind($bind))*.execute(conn).await.map(|done| done.rows_affected()))
    };
}
