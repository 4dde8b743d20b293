//! A backup that was just written is restored in a temporary place and checked there.

use std::{path::Path, str::FromStr};

use age::x25519;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{BackupError, Place, Source, Unpacked, restore::put};
use crate::{
    db::{Db, DbError, sqlite_file},
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
    beside: &Path,
) -> Result<Vec<(String, i64)>, BackupError> {
    let unpacked = Unpacked::open(file, &[identity], beside)?;
    let folder = tempfile::tempdir_in(beside).map_err(|error| BackupError::File(beside.into(), error))?;
    let database = Temporary::create(source, folder.path()).await?;
    let place = Place {
        url: database.url.clone(),
        keys: folder.path().join("keys"),
        master_key: folder.path().join("master_key"),
        log_key: folder.path().join("access_log_key.pem"),
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

/// A database for the verification.
struct Temporary {
    url: String,
    afterwards: Afterwards,
}

/// The end of the database.
enum Afterwards {
    /// It is a file in a folder that is deleted.
    Nothing,
    /// It is dropped on the server by its name.
    Drop(PgConnectOptions, String),
    /// It is emptied, because the operator provides it.
    Empty(PgConnectOptions),
}

impl Temporary {
    async fn create(source: &Source<'_>, folder: &Path) -> Result<Self, BackupError> {
        if sqlite_file(source.url).is_some() {
            let url = format!("sqlite:{}", folder.join("copy.db").display());
            return Ok(Self { url, afterwards: Afterwards::Nothing });
        }
        if let Some(url) = source.verify_in {
            if !Db::connect(url, 1, Vault::without_keys()?).await?.is_empty().await? {
                return Err(BackupError::PlaceToVerify);
            }
            let server = PgConnectOptions::from_str(url).map_err(DbError::from)?;
            return Ok(Self { url: url.to_owned(), afterwards: Afterwards::Empty(server) });
        }
        let server = PgConnectOptions::from_str(source.url).map_err(DbError::from)?;
        let name = format!("stafett_backup_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect_with(&server).await.map_err(DbError::from)?;
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        admin.execute(create).await.map_err(BackupError::NoTemporaryDatabase)?;
        let url = server.clone().database(&name).to_url_lossy().to_string();
        Ok(Self { url, afterwards: Afterwards::Drop(server, name) })
    }

    async fn drop(self) -> Result<(), BackupError> {
        let (server, statement) = match self.afterwards {
            Afterwards::Nothing => return Ok(()),
            Afterwards::Drop(server, name) => (server, format!("DROP DATABASE {name} WITH (FORCE)")),
            Afterwards::Empty(server) => (server, EMPTY.to_owned()),
        };
        let mut admin = PgConnection::connect_with(&server).await.map_err(DbError::from)?;
        admin.execute(AssertSqlSafe(statement)).await.map_err(DbError::from)?;
        Ok(())
    }
}
