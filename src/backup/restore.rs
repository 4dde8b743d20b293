//! Restoring a backup into an empty place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use age::x25519;
use secrecy::ExposeSecret;

use super::{BackupError, KEYS, LOG_KEY, MASTER_KEY, ROWS, Unpacked};
use crate::{
    db::{Db, put_back, sqlite_file},
    log_tree::{LogKey, LogVerifier, Verifier, evidence_of, municipalities},
    vault::{MasterKey, Vault, create_folder},
};

/// Where a backup is restored.
#[derive(Debug, Clone)]
pub struct Place {
    /// The address of the database.
    pub url: String,
    /// The folder of the data keys.
    pub keys: PathBuf,
    /// The file of the master key.
    pub master_key: PathBuf,
    /// The file of the key that signs the access log.
    pub log_key: PathBuf,
    /// The origin of the access log; by default as in the backup.
    pub log_origin: Option<String>,
}

/// A restored installation. All of it is checked.
#[derive(Debug)]
pub struct Restored {
    /// The database, open with its keys.
    pub db: Db,
    /// The number of rows.
    pub rows: i64,
    /// The number of data keys.
    pub keys: usize,
    /// The logs that verify: municipality and number of entries.
    pub logs: Vec<(String, i64)>,
}

impl Place {
    /// Refuses a place that has anything.
    ///
    /// # Errors
    /// If a file, the database or the folder of keys is there.
    pub async fn require_empty(&self) -> Result<(), BackupError> {
        let not_empty = |path: &Path| Err(BackupError::NotEmpty(path.display().to_string()));
        for file in [&self.master_key, &self.log_key] {
            if file.exists() {
                return not_empty(file);
            }
        }
        if fs::read_dir(&self.keys).is_ok_and(|mut files| files.next().is_some()) {
            return not_empty(&self.keys);
        }
        match sqlite_file(&self.url) {
            Some(file) if file.exists() => not_empty(&file),
            Some(_) => Ok(()),
            None if Db::connect(&self.url, 1, Vault::without_keys()?).await?.is_empty().await? => Ok(()),
            None => Err(BackupError::NotEmpty("the database, with tables,".to_owned())),
        }
    }
}

/// Restores a backup into an empty place, and checks all of it.
///
/// # Errors
/// If the place has anything, no identity opens the file, the file is damaged, or something differs from the backup.
pub async fn restore(
    file: &Path,
    identities: &[x25519::Identity],
    place: &Place,
) -> Result<Restored, BackupError> {
    place.require_empty().await?;
    let beside = place.keys.parent().unwrap_or(Path::new("."));
    create_folder(beside).map_err(|error| BackupError::File(beside.into(), error))?;
    put(&Unpacked::open(file, identities, beside)?, place).await
}

pub(super) async fn put(unpacked: &Unpacked, place: &Place) -> Result<Restored, BackupError> {
    let manifest = &unpacked.manifest;
    let copy = |from: &Path, to: &Path| {
        let text = fs::read_to_string(from).map_err(|error| BackupError::File(from.into(), error))?;
        super::write(to, &text)
    };
    create_folder(&place.keys).map_err(|error| BackupError::File(place.keys.clone(), error))?;
    for name in &manifest.keys {
        copy(&unpacked.part(KEYS).join(name), &place.keys.join(name))?;
    }
    copy(&unpacked.part(MASTER_KEY), &place.master_key)?;
    copy(&unpacked.part(LOG_KEY), &place.log_key)?;
    put_back(&place.url, &manifest.rows, &unpacked.part(ROWS)).await?;

    let origin = manifest.log_key.split('+').next().unwrap_or_default();
    let origin = place.log_origin.as_deref().unwrap_or(origin);
    let log_key = LogKey::from_pem(&unpacked.read(LOG_KEY)?, origin)?;
    let master = MasterKey::parse(unpacked.read(MASTER_KEY)?.expose_secret())?;
    let database = Db::connect(&place.url, 2, Vault::open(&place.keys, master)?).await?;
    require_rows(&manifest.rows, &database.describe().await?)?;
    let db = database.migrate(&log_key).await?;
    let logs = require_logs(&db, &log_key).await?;
    let rows = manifest.rows.tables.iter().map(|table| table.rows).sum();
    Ok(Restored { db, rows, keys: manifest.keys.len(), logs })
}

fn require_rows(expected: &crate::db::Snapshot, found: &crate::db::Snapshot) -> Result<(), BackupError> {
    for table in &expected.tables {
        let rows = found.tables.iter().find(|other| other.name == table.name).map_or(0, |other| other.rows);
        if rows != table.rows {
            let table_name = table.name.clone();
            return Err(BackupError::RowsDiffer { table: table_name, expected: table.rows, found: rows });
        }
    }
    Ok(())
}

/// Verifies every log, and returns its number of entries.
async fn require_logs(db: &Db, log_key: &LogKey) -> Result<Vec<(String, i64)>, BackupError> {
    let mut logs = Vec::new();
    for municipality in municipalities(&mut db.read().await?).await? {
        let key = LogVerifier::new(&log_key.public_key(&municipality))?;
        let mut verifier = Verifier::new(&municipality, key, None)?;
        evidence_of(db, &municipality, |line| verifier.hear(line)).await?;
        let report = verifier.report();
        if let Some(finding) = report.findings.first() {
            return Err(BackupError::LogDiffers(municipality, finding.to_string()));
        }
        logs.push((municipality, report.entries));
    }
    Ok(logs)
}
