//! A backup that was just written is restored in a temporary place and checked there.

use std::{path::Path, str::FromStr};

use age::x25519;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{BackupError, Place, Source, Unpacked, restore::put};
use crate::db::{DbError, sqlite_file};

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

/// A database that is dropped after the verification.
struct Temporary {
    url: String,
    server: Option<(PgConnectOptions, String)>,
}

impl Temporary {
    async fn create(source: &Source<'_>, folder: &Path) -> Result<Self, BackupError> {
        if sqlite_file(source.url).is_some() {
            return Ok(Self { url: format!("sqlite:{}", folder.join("copy.db").display()), server: None });
        }
        if let Some(url) = source.verify_in {
            return Ok(Self { url: url.to_owned(), server: None });
        }
        let server = PgConnectOptions::from_str(source.url).map_err(DbError::from)?;
        let name = format!("stafett_backup_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect_with(&server).await.map_err(DbError::from)?;
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        admin.execute(create).await.map_err(BackupError::NoTemporaryDatabase)?;
        let url = server.clone().database(&name).to_url_lossy().to_string();
        Ok(Self { url, server: Some((server, name)) })
    }

    async fn drop(self) -> Result<(), BackupError> {
        let Some((server, name)) = self.server else { return Ok(()) };
        let mut admin = PgConnection::connect_with(&server).await.map_err(DbError::from)?;
        let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
        admin.execute(drop).await.map_err(DbError::from)?;
        Ok(())
    }
}
