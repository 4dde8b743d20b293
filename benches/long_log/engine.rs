//! Indexes and constraints that are dropped while a table is filled, and restored afterwards, which is many times faster.

use sqlx::{AssertSqlSafe, Executor};
use stafett::db::{Db, Pools};

const TABLES: &str = "('access_log', 'access_log_term')";

/// The statements that restore what was dropped.
pub type Kept = Vec<String>;

pub async fn let_go(db: &Db) -> Kept {
    match &db.pools {
        Pools::Sqlite { writer, .. } => {
            for pragma in ["PRAGMA cache_size = -1000000", "PRAGMA synchronous = OFF"] {
                writer.execute(pragma).await.expect("a pragma");
            }
            let sql = format!(
                "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN {TABLES} AND type IN ('index', 'trigger') AND sql IS NOT NULL"
            );
            let found: Vec<(String, String, String)> =
                sqlx::query_as(AssertSqlSafe(sql)).fetch_all(writer).await.expect("the schema");
            for (sort, name, _) in &found {
                writer.execute(AssertSqlSafe(format!("DROP {sort} {name}"))).await.expect("let go");
            }
            found.into_iter().map(|(_, _, sql)| sql).collect()
        }
        Pools::Postgres { writer, .. } => {
            let sql = format!(
                "SELECT indexname::text, indexdef FROM pg_indexes WHERE tablename IN {TABLES} AND indexname NOT LIKE '%_pkey'"
            );
            let found: Vec<(String, String)> =
                sqlx::query_as(AssertSqlSafe(sql)).fetch_all(writer).await.expect("the schema");
            for (name, _) in &found {
                writer.execute(AssertSqlSafe(format!("DROP INDEX {name}"))).await.expect("let go");
            }
            let mut kept: Kept = found.into_iter().map(|(_, sql)| sql).collect();
            // The generated entries already have their positions in the tree.
            let trigger = "TRIGGER access_log_waits";
            let disable = format!("ALTER TABLE access_log DISABLE {trigger}");
            writer.execute(AssertSqlSafe(disable)).await.expect("let go");
            kept.push(format!("ALTER TABLE access_log ENABLE {trigger}"));
            let key: (String, String) = sqlx::query_as(
                "SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'access_log_term'::regclass AND contype = 'p'",
            )
            .fetch_one(writer)
            .await
            .expect("the key");
            let table = "ALTER TABLE access_log_term";
            writer
                .execute(AssertSqlSafe(format!("{table} DROP CONSTRAINT {}", key.0)))
                .await
                .expect("let go");
            kept.push(format!("{table} ADD CONSTRAINT {} {}", key.0, key.1));
            kept
        }
    }
}

pub async fn take_back(db: &Db, kept: Kept) {
    for sql in kept {
        match &db.pools {
            Pools::Sqlite { writer, .. } => writer.execute(AssertSqlSafe(sql)).await.map(|_| ()),
            Pools::Postgres { writer, .. } => writer.execute(AssertSqlSafe(sql)).await.map(|_| ()),
        }
        .expect("taken back");
    }
}

pub async fn analyze(db: &Db) {
    match &db.pools {
        Pools::Sqlite { writer, .. } => {
            for sql in [
                "PRAGMA analysis_limit = 2000",
                "ANALYZE",
                "PRAGMA wal_checkpoint(TRUNCATE)",
                "PRAGMA cache_size = -2000",
                "PRAGMA synchronous = FULL",
            ] {
                writer.execute(sql).await.expect("analysed");
            }
        }
        Pools::Postgres { writer, .. } => {
            writer.execute("VACUUM ANALYZE access_log").await.expect("analysed");
            writer.execute("VACUUM ANALYZE access_log_term").await.expect("analysed");
            writer.execute("CHECKPOINT").await.expect("written");
        }
    }
}

/// The size on disk of the parts of the log, in bytes.
pub async fn sizes(db: &Db) -> Vec<(String, i64)> {
    match &db.pools {
        Pools::Sqlite { readers, .. } => {
            let sql = "SELECT 'file', page_count * page_size FROM pragma_page_count, pragma_page_size";
            sqlx::query_as(sql).fetch_all(readers).await.expect("the size")
        }
        Pools::Postgres { readers, .. } => {
            let sql = "SELECT relname::text, pg_relation_size(oid) FROM pg_class WHERE relname LIKE 'access_log%' AND pg_relation_size(oid) > 10000000 ORDER BY 1";
            sqlx::query_as(sql).fetch_all(readers).await.expect("the sizes")
        }
    }
}

/// The number of open connections.
pub fn connections(db: &Db) -> u32 {
    match &db.pools {
        Pools::Sqlite { readers, writer } => readers.size() + writer.size(),
        Pools::Postgres { readers, .. } => readers.size(),
    }
}
