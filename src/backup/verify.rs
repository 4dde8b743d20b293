//! A backup that was just written is restored in a temporary place and checked there.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use age::x25519;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{BackupError, Place, Source, Unpacked, restore::put, workplace::Workplace};
use crate::{
    db::{Db, DbError, sqlite_file, sqlite_url},
    vault::Vault,
};

/// Empties a database that was empty before. Functions of extensions stay.
const EMPTY: &str = "
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() LOOP
            EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.name);
        END LOOP;
        FOR one IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p
            WHERE p.pronamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
            EXECUTE 'DROP FUNCTION IF EXISTS ' || one.name || ' CASCADE';
        END LOOP;
    END $$";

/// Returns the logs that verify: municipality and number of entries.
pub(super) async fn verify(
    file: &Path,
    identity: x25519::Identity,
    source: &Source<'_>,
    workplace: &Workplace,
) -> Result<Vec<(String, i64)>, BackupError> {
    let unpacked = Unpacked::open(file, &[identity], workplace)?;
    let folder = workplace.folder("copy");
    let folder = folder.map_err(|error| BackupError::File(workplace.path().into(), error))?;
    let database = Temporary::create(source, &folder).await?;
    let place = Place {
        url: database.url.clone(),
        keys: folder.join("keys"),
        // No file is made for these.
        master_key: PathBuf::new(),
        log_key: PathBuf::new(),
        log_origin: None,
    };
    let restored = put(&unpacked, &place).await;
    let logs = match restored {
        Ok(restored) => {
            restored.db.close().await;
            Ok(restored.logs)
        }
        Err(error) => Err(error),
    };
    database.drop().await?;
    logs
}

/// Removes everything that a restore has created in a database that was empty.
pub(super) async fn empty(url: &str) -> Result<(), BackupError> {
    let server = PgConnectOptions::from_str(url).map_err(DbError::from)?;
    run(&server, EMPTY.to_owned()).await
}

async fn run(server: &PgConnectOptions, statement: String) -> Result<(), BackupError> {
    let mut admin = PgConnection::connect_with(server).await.map_err(DbError::from)?;
    admin.execute(AssertSqlSafe(statement)).await.map_err(DbError::from)?;
    Ok(())
}

/// A database for the verification.
struct Temporary {
    url: String,
    afterwards: Afterwards,
}

/// The end of the database.
enum Afterwards {
    /// It is a file in a folder that is deleted.
    Nothing,
    /// It is dropped on the server by its name. The connection holds the lock of the name.
    Drop(Box<PgConnection>, String),
    /// It is emptied, because the operator provides it.
    Empty(Box<PgConnectOptions>),
}

impl Temporary {
    async fn create(source: &Source<'_>, folder: &Path) -> Result<Self, BackupError> {
        if sqlite_file(source.url).is_some() {
            let url = sqlite_url(&folder.join("copy.db"));
            return Ok(Self { url, afterwards: Afterwards::Nothing });
        }
        if let Some(url) = source.verify_in {
            let connected = Db::connect(url, 1, Vault::without_keys()?).await;
            if !connected.map_err(BackupError::NoPlaceToVerify)?.is_empty().await? {
                return Err(BackupError::PlaceToVerify);
            }
            let server = PgConnectOptions::from_str(url).map_err(DbError::from)?;
            return Ok(Self { url: url.to_owned(), afterwards: Afterwards::Empty(Box::new(server)) });
        }
        let server = PgConnectOptions::from_str(source.url).map_err(DbError::from)?;
        let mut admin = PgConnection::connect_with(&server).await.map_err(DbError::from)?;
        let begin = drop_abandoned(&mut admin).await.map_err(DbError::from)?;
        let name = format!("{begin}{}", Uuid::new_v4().simple());
        lock(&mut admin, &name).await.map_err(DbError::from)?;
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        admin.execute(create).await.map_err(|error| BackupError::NoTemporaryDatabase(error.into()))?;
        let url = server.database(&name).to_url_lossy().to_string();
        Ok(Self { url, afterwards: Afterwards::Drop(Box::new(admin), name) })
    }

    async fn drop(self) -> Result<(), BackupError> {
        match self.afterwards {
            Afterwards::Nothing => Ok(()),
            Afterwards::Drop(mut admin, name) => {
                Ok(drop_database(&mut admin, &name).await.map_err(DbError::from)?)
            }
            Afterwards::Empty(server) => run(&server, EMPTY.to_owned()).await,
        }
    }
}

/// Drops the databases that interrupted backups of this database left. Returns how their names begin.
async fn drop_abandoned(admin: &mut PgConnection) -> Result<String, sqlx::Error> {
    const OWN: &str =
        "SELECT 'stafett_backup_' || oid || '_' FROM pg_database WHERE datname = current_database()";
    const LEFT: &str = "SELECT datname::text FROM pg_database
        WHERE starts_with(datname::text, $1) AND pg_get_userbyid(datdba) = current_user";
    let begin: String = sqlx::query_scalar(OWN).fetch_one(&mut *admin).await?;
    let left: Vec<String> = sqlx::query_scalar(LEFT).bind(&begin).fetch_all(&mut *admin).await?;
    for name in left {
        // A backup that is still running holds the lock.
        if lock(admin, &name).await? {
            drop_database(admin, &name).await?;
        }
    }
    Ok(begin)
}

/// Takes the lock of a name for as long as the connection is open. Returns whether it was free.
async fn lock(admin: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    const LOCK: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
    sqlx::query_scalar(LOCK).bind(name).fetch_one(admin).await
}

async fn drop_database(admin: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    admin.execute(drop).await.map(|_| ())
}
