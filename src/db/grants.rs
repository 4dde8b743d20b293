//! The privileges of the service's role on PostgreSQL. On the access log it may insert but not change.

use sqlx::AssertSqlSafe;

use super::{Db, DbError, EngineTx};

/// The tables with limited privileges, and the privileges.
const LIMITED: [(&str, &str); 17] = [
    ("access_log", "SELECT, INSERT"),
    ("access_log_leaf", "SELECT, INSERT"),
    ("access_log_node", "SELECT, INSERT"),
    ("access_log_checkpoint", "SELECT, INSERT"),
    ("access_log_term", "SELECT, INSERT"),
    ("access_log_pending", "SELECT, INSERT, DELETE"),
    ("access_log_count", "SELECT, INSERT, UPDATE"),
    ("earlier_wording", "SELECT, INSERT, UPDATE"),
    ("earlier_approval", "SELECT, INSERT"),
    ("wait_reason", "SELECT, INSERT, UPDATE"),
    ("concern_postponement", "SELECT, INSERT, UPDATE"),
    ("referral", "SELECT, INSERT, UPDATE"),
    ("referral_event", "SELECT, INSERT, UPDATE"),
    ("referral_agreement", "SELECT, INSERT"),
    ("installation", "SELECT"),
    ("data_key", "SELECT, INSERT, UPDATE"),
    ("_sqlx_migrations", "SELECT"),
];

/// An error when granting privileges.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The database fails or refuses.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The database is not PostgreSQL.
    #[error("SQLite has no roles: anyone who can write to the file can do everything")]
    NoRoles,
    /// The name would need quotes.
    #[error("the name of the role must consist of lower-case letters, digits and _")]
    Name,
}

/// Grants a role the privileges that the service needs, and revokes all others. To be run as the owner of the tables after
/// each migration.
///
/// # Errors
/// If there are no roles, or the database refuses.
pub async fn grant_to(db: &Db, role: &str) -> Result<(), GrantError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if role.is_empty() || !role.chars().all(is_plain) {
        return Err(GrantError::Name);
    }
    let mut tx = db.write().await?;
    let EngineTx::Postgres(transaction) = &mut tx.engine else { return Err(GrantError::NoRoles) };
    let mut sql = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
         GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};"
    );
    for (table, may) in LIMITED {
        sql += &format!("REVOKE ALL ON {table} FROM {role}; GRANT {may} ON {table} TO {role};");
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **transaction).await.map_err(DbError::from)?;
    Ok(tx.commit().await?)
}

/// Returns whether the service can change the access log. On SQLite it always can.
///
/// # Errors
/// If the database query fails.
pub async fn can_change_log(db: &Db) -> Result<bool, DbError> {
    let mut tx = db.read().await?;
    let EngineTx::Postgres(transaction) = &mut tx.engine else { return Ok(true) };
    let sql = "SELECT has_table_privilege('access_log', 'UPDATE, DELETE, TRUNCATE')
        OR pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = 'access_log'::regclass";
    Ok(sqlx::query_scalar(sql).fetch_one(&mut **transaction).await?)
}
