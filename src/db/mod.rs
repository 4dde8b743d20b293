//! Two engines behind one interface: SQLite for a single machine, PostgreSQL for larger installations.
//!
//! A query is written once and run by [`on_engine!`](crate::on_engine) on the engine that the transaction belongs to. If
//! the engines differ in more than types, the difference is in [`dialect`].

mod belonging;
pub mod dialect;
mod error;
mod file;
mod grants;
mod limits;
mod load;
mod migrate;
mod pool;
mod sealing;
mod server;
mod snapshot;
mod trial;

pub use belonging::{BelongingError, Installation, LogSigner, Unchecked};
pub use error::{DbError, expect_one};
pub use grants::{GrantError, can_change_log, grant_to};
pub use limits::{Limits, in_time};
pub use load::PoolLoad;
pub use migrate::{SchemaState, migrate, schema_state};
pub use pool::{Db, EngineTx, Pools, Tx, sqlite_file, sqlite_url};
pub use sealing::{Resealed, SEALED, SealedTable, prune, reseal};
pub use server::{Server, run_on_live};
pub use snapshot::{Snapshot, SnapshotEngine, SnapshotError, TableCopy, put_back};
pub use trial::try_to_write;

/// Runs the same code on the connection of a [`Tx`], on either engine.
#[macro_export]
macro_rules! on_engine {
    ($tx:expr, |$conn:ident| $body:expr) => {{
        let limit = $tx.limit();
        // A trace has the place in the code, never the statement.
        let _statement = tracing::debug_span!("statement");
        match &mut $tx.engine {
            $crate::db::EngineTx::Sqlite(transaction) => {
                let $conn = &mut **transaction;
                $body.map_err($crate::db::DbError::from)
            }
            $crate::db::EngineTx::Postgres(transaction) => {
                let $conn = &mut **transaction;
                $crate::db::in_time(limit, async { $body }).await.map_err($crate::db::DbError::from)
            }
        }
    }};
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
            for id in $crate::db::padded($ids) {
                list.push_bind(*id);
            }
            query.push(")");
            query.build_query_as::<$row>().fetch_all(conn).await
        })
    };
}

/// `fetch_of_case!(tx, Row, "SELECT … FROM note n", "n", case, ids)`: the rows of a case with one of some ids.
#[macro_export]
macro_rules! fetch_of_case {
    ($tx:expr, $row:ty, $select:expr, $alias:literal, $case:expr, $ids:expr) => {
        if $ids.is_empty() {
            Ok(Vec::new())
        } else {
            $crate::on_engine!($tx, |conn| {
                let mut query = sqlx::QueryBuilder::new($select);
                query.push(concat!(" WHERE ", $alias, ".municipality = ")).push_bind(&$case.municipality);
                query.push(concat!(" AND ", $alias, ".case_id = ")).push_bind($case.id);
                query.push(concat!(" AND ", $alias, ".id IN ("));
                let mut list = query.separated(", ");
                for id in $crate::db::padded($ids) {
                    list.push_bind(*id);
                }
                query.push(")");
                query.build_query_as::<$row>().fetch_all(conn).await
            })
        }
    };
}

/// `execute!(tx, SQL, a, b)`: runs a statement and returns the number of rows it changed.
#[macro_export]
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_engine!($tx, |conn| sqlx::query($sql)$(.bind($bind))*.execute(conn).await.map(|done| done.rows_affected()))
    };
}

/// Returns the values, the last of them repeated until their number is a power of two. Lists of values then lead to few statements, which
/// a connection plans once and keeps.
pub fn padded<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let wanted = if values.len() < MAX_VALUES / 2 { values.len().next_power_of_two() } else { values.len() };
    let missing = wanted - values.len();
    values.iter().chain(values.last().into_iter().cycle().take(missing))
}

/// The most values in one statement. SQLite allows 32,766, PostgreSQL 65,535.
pub const MAX_VALUES: usize = 16_000;

/// `insert_rows!(tx, "INSERT INTO t (a, b) ", 2, rows, |values, row| values.push_bind(row.a).push_bind(row.b))`: writes rows in
/// as few statements as possible, and returns how many were written. The number is that of the columns. An optional last argument
/// follows the values, such as `" ON CONFLICT DO NOTHING"`.
#[macro_export]
macro_rules! insert_rows {
    ($tx:expr, $sql:expr, $columns:literal, $rows:expr, |$values:ident, $row:pat_param| $bind:expr) => {
        $crate::insert_rows!($tx, $sql, $columns, $rows, |$values, $row| $bind, "")
    };
    ($tx:expr, $sql:expr, $columns:literal, $rows:expr, |$values:ident, $row:pat_param| $bind:expr, $end:expr) => {
        async {
            let mut written = 0;
            for some in $rows.chunks($crate::db::MAX_VALUES / $columns) {
                written += $crate::on_engine!($tx, |conn| {
                    let mut query = sqlx::QueryBuilder::new($sql);
                    query.push_values(some, |mut $values, $row| {
                        $bind;
                    });
                    query.push($end);
                    // Only the statement of one row is likely to be repeated.
                    let query = query.build().persistent(some.len() == 1);
                    query.execute(conn).await.map(|done| done.rows_affected())
                })?;
            }
            Ok::<u64, $crate::db::DbError>(written)
        }
        .await
    };
}
