//! SQL behind the service's back, to check what was written.

use sqlx::AssertSqlSafe;
use stafett::{
    db::DbError,
    kernel::ids::{CaseId, ChildId, LogReviewId, PersonId},
    on_engine,
};

use super::World;

impl World {
    /// A number from a query that both engines understand, without parameters.
    pub async fn number_of(&self, sql: impl Into<String>) -> i64 {
        let sql = AssertSqlSafe(sql.into());
        let mut tx = self.db.read().await.expect("a transaction");
        let row = on_engine!(&mut tx, |conn| sqlx::query_as::<_, (i64,)>(sql).fetch_one(conn).await);
        row.expect("a number").0
    }

    /// The most recently sealed entry of the access log.
    pub async fn newest_entry(&self, municipality: &str) -> uuid::Uuid {
        let sql =
            "SELECT entry_id FROM access_log_leaf WHERE municipality = $1 ORDER BY position DESC LIMIT 1";
        let mut tx = self.db.read().await.expect("a transaction");
        stafett::fetch_one!(&mut tx, (uuid::Uuid,), sql, municipality).expect("an entry").0
    }

    /// The most recent review of a person's access to a child.
    pub async fn review_of(&self, child: ChildId, by: PersonId) -> LogReviewId {
        let sql = "SELECT r.id FROM log_review r
            JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id
            WHERE l.child_id = $1 AND l.person_id = $2 ORDER BY r.id DESC LIMIT 1";
        let mut tx = self.db.read().await.expect("a transaction");
        stafett::fetch_one!(&mut tx, (LogReviewId,), sql, child, by).expect("a review").0
    }

    /// The number of rows in a table.
    pub async fn rows(&self, table: &str) -> i64 {
        self.number_of(format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// A reason for each guardian of the child of a case who is not among those invited to a meeting.
    pub async fn absent_guardians(&self, case: CaseId, invited: &[PersonId]) -> serde_json::Value {
        let sql = "SELECT g.guardian_id FROM care_case c
                   JOIN guardianship g ON g.municipality = c.municipality AND g.child_id = c.child_id
                   WHERE c.id = $1 AND g.ended_at IS NULL ORDER BY g.id";
        let mut tx = self.db.read().await.expect("a transaction");
        let found = stafett::fetch_all!(&mut tx, (PersonId,), sql, case).expect("guardians");
        let absent = found.into_iter().map(|(person,)| person).filter(|person| !invited.contains(person));
        let reason =
            |person| serde_json::json!({"person_id": person, "reason": "Has asked for another day."});
        absent.map(reason).collect()
    }

    /// Runs a statement that may fail, and returns the error.
    pub async fn try_execute(&self, sql: impl Into<String>) -> Result<u64, DbError> {
        let sql = AssertSqlSafe(sql.into());
        let mut tx = self.db.write().await?;
        let done = on_engine!(&mut tx, |conn| sqlx::query(sql)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(done)
    }

    /// The rows of every table except the access log, sessions and throttling, to check that nothing was written.
    pub async fn all_rows(&self) -> Vec<(String, i64)> {
        // The log may record the key that seals its first entry of a kind.
        const ASIDE: [&str; 6] =
            ["session", "refresh_token", "known_device", "login_throttle", "data_key", "_sqlx_migrations"];
        let mut counts = Vec::new();
        for table in self.tables().await {
            if !ASIDE.contains(&table.as_str()) && !table.starts_with("access_log") {
                counts.push((table.clone(), self.rows(&table).await));
            }
        }
        counts
    }

    /// The names of the tables, in order.
    pub async fn tables(&self) -> Vec<String> {
        let sql = match self.engine {
            super::Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            }
            super::Engine::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            }
        };
        let mut tx = self.db.read().await.expect("a transaction");
        let rows = on_engine!(&mut tx, |conn| sqlx::query_as::<_, (String,)>(sql).fetch_all(conn).await);
        rows.expect("the tables").into_iter().map(|(name,)| name).collect()
    }
}
