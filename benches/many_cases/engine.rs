//! Indexes that are dropped while tables are filled, and restored afterwards, which is many times faster.

use sqlx::{AssertSqlSafe, Executor};
use stafett::{
    db::{Db, Pools},
    execute, on_engine,
};

/// Runs a statement in its own transaction. References are not checked, because every row is created with what it refers to.
pub async fn run(db: &Db, sql: String) {
    let mut tx = db.write().await.expect("a transaction");
    if matches!(db.pools, Pools::Postgres { .. }) {
        execute!(&mut tx, "SET LOCAL session_replication_role = replica").expect("set");
    }
    let done = on_engine!(&mut tx, |conn| sqlx::query(AssertSqlSafe(sql.clone()))
        .persistent(false)
        .execute(conn)
        .await
        .map(|_| ()));
    done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    tx.commit().await.expect("committed");
}

/// Drops the indexes that are not keys, and returns the statements that restore them.
pub async fn let_go(db: &Db) -> Vec<String> {
    let found: Vec<(String, String)> = match &db.pools {
        Pools::Sqlite { writer, .. } => {
            for pragma in
                ["PRAGMA cache_size = -1000000", "PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF"]
            {
                writer.execute(pragma).await.expect("a pragma");
            }
            let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
            sqlx::query_as(sql).fetch_all(writer).await.expect("the schema")
        }
        Pools::Postgres { writer, .. } => {
            let sql = "SELECT i.indexname::text, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public'
                AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)";
            sqlx::query_as(sql).fetch_all(writer).await.expect("the schema")
        }
    };
    for (name, _) in &found {
        run(db, format!("DROP INDEX {name}")).await;
    }
    found.into_iter().map(|(_, sql)| sql).collect()
}

pub async fn take_back(db: &Db, kept: Vec<String>) {
    for sql in kept {
        run(db, sql).await;
    }
}

/// Leaves the database as a running service would. An index that was dropped has lost its statistics, and the migration states them.
pub async fn settle(db: &Db) {
    stafett::db::migrate(db).await.expect("statistics");
    match &db.pools {
        Pools::Sqlite { writer, .. } => {
            for sql in [
                "PRAGMA foreign_keys = ON",
                "PRAGMA wal_checkpoint(TRUNCATE)",
                "PRAGMA cache_size = -2000",
                "PRAGMA synchronous = FULL",
            ] {
                writer.execute(sql).await.expect("settled");
            }
        }
        Pools::Postgres { writer, .. } => {
            for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
                writer.execute(sql).await.expect("settled");
            }
        }
    }
}
