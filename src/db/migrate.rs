//! The schema: the same versions on both engines, from `migrations/`.

use sqlx::{PgConnection, migrate::Migrator};

use super::{Db, DbError, EngineTx, Pools, Tx, sealing};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Statistics of the indexes for the planner of SQLite. PostgreSQL keeps statistics by itself.
const STATISTICS: &str = include_str!("statistics.sql");

/// The schema of a database compared with the schema that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// It is up to date.
    Current,
    /// The database lacks this many migrations.
    Behind(usize),
}

/// Updates the schema, and encrypts text from before encryption was introduced. Does nothing if all is done.
///
/// # Errors
/// If a migration fails, or an applied migration has been changed.
pub async fn migrate(db: &Db) -> Result<(), DbError> {
    migrate_schema(&db.pools).await?;
    sealing::seal_what_is_plain(db).await
}

/// Updates the schema alone.
pub(super) async fn migrate_schema(pools: &Pools) -> Result<(), DbError> {
    match pools {
        Pools::Sqlite { writer, .. } => {
            SQLITE.run(writer).await?;
            let mut tx = writer.begin().await?;
            sqlx::raw_sql(STATISTICS).execute(&mut *tx).await?;
            tx.commit().await?;
        }
        Pools::Postgres { writer, .. } => POSTGRES.run(writer).await?,
    }
    Ok(())
}

/// Creates the tables of an earlier version, for a copy of that version.
pub(super) async fn migrate_postgres_to(version: i64, server: &mut PgConnection) -> Result<(), DbError> {
    Ok(POSTGRES.run_to(version, server).await?)
}

/// The newest version that this program knows.
pub(super) fn newest_version() -> i64 {
    SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Returns whether [`migrate`] has something to do.
///
/// # Errors
/// If the database query fails.
pub async fn schema_state(db: &Db) -> Result<SchemaState, DbError> {
    schema_state_of(&mut db.read().await?).await
}

pub(super) async fn schema_state_of(tx: &mut Tx) -> Result<SchemaState, DbError> {
    let (known, has_table) = match tx.engine {
        EngineTx::Sqlite(_) => {
            (SQLITE.iter().count(), "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
        }
        EngineTx::Postgres(_) => {
            (POSTGRES.iter().count(), "SELECT COUNT(*) FROM pg_tables WHERE tablename = '_sqlx_migrations'")
        }
    };
    let (tables,) =
        crate::on_engine!(tx, |conn| sqlx::query_as::<_, (i64,)>(has_table).fetch_one(conn).await)?;
    if tables == 0 {
        return Ok(SchemaState::Behind(known));
    }
    let applied = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
    let (applied,) = crate::on_engine!(tx, |conn| sqlx::query_as::<_, (i64,)>(applied).fetch_one(conn).await)
        .map_err(DbError::when_opened)?;
    let missing = known.saturating_sub(usize::try_from(applied).unwrap_or(0));
    if missing == 0 && sealing::are_joined(tx).await? {
        return Ok(SchemaState::Current);
    }
    Ok(SchemaState::Behind(missing.max(1)))
}
