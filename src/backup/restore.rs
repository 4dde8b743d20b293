//! Restoring a backup into an empty place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use age::x25519;
use secrecy::ExposeSecret;

use super::{
    BackupError, KEYS, ROWS, Unpacked,
    workplace::{self, RESTORE, Workplace, abandoned},
};
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
    /// The folder beside which the work is done.
    fn beside(&self) -> &Path {
        self.keys.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// The files and the folder that a restore makes.
    fn makes(&self) -> Vec<PathBuf> {
        let database = sqlite_file(&self.url).into_iter().flat_map(|file| {
            ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", file.display())))
        });
        let keys = [self.keys.clone(), self.log_key.clone(), self.master_key.clone()];
        database.chain(keys).collect()
    }

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

/// Removes what an interrupted restore into the same place left. Its keys come last, so nobody has used it: a place with a master key is
/// left alone.
///
/// # Errors
/// If something cannot be removed.
pub fn clear_interrupted(place: &Place) -> Result<(), BackupError> {
    let beside = place.beside();
    if !beside.is_dir() || place.master_key.exists() {
        return Ok(());
    }
    let failed = |error| BackupError::File(beside.into(), error);
    for left in abandoned(beside, RESTORE).map_err(failed)? {
        match left.makes() {
            // It was interrupted before it made anything outside.
            made if made.is_empty() => {}
            made if made == place.makes() => workplace::remove(&made).map_err(failed)?,
            _ => left.keep(),
        }
    }
    Ok(())
}

/// Restores a backup into an empty place, and checks all of it.
///
/// # Errors
/// If the place has anything, no identity opens the file, the file is damaged, or something differs from the backup. Nothing is left
/// then.
pub async fn restore(
    file: &Path,
    identities: &[x25519::Identity],
    place: &Place,
) -> Result<Restored, BackupError> {
    place.require_empty().await?;
    let beside = place.beside();
    let failed = |error| BackupError::File(beside.into(), error);
    create_folder(beside).map_err(failed)?;
    let workplace = Workplace::create(beside, RESTORE).map_err(failed)?;
    let unpacked = Unpacked::open(file, identities, &workplace)?;
    workplace.will_make(&place.makes()).map_err(failed)?;
    let restored = put_with_keys(&unpacked, place).await;
    if restored.is_err() {
        workplace::remove(&place.makes()).map_err(failed)?;
        if sqlite_file(&place.url).is_none() {
            // The failure that led here is reported. If this fails too, the server does not answer.
            let _emptied = super::verify::empty(&place.url).await;
        }
    }
    restored
}

/// The keys that open it come last: what is interrupted opens nothing.
async fn put_with_keys(unpacked: &Unpacked, place: &Place) -> Result<Restored, BackupError> {
    let restored = put(unpacked, place).await?;
    super::write(&place.log_key, unpacked.secrets.log_key.expose_secret())?;
    super::write(&place.master_key, unpacked.secrets.master_key.expose_secret())?;
    Ok(restored)
}

/// Restores rows and wrapped keys, and checks them.
pub(super) async fn put(unpacked: &Unpacked, place: &Place) -> Result<Restored, BackupError> {
    let manifest = &unpacked.manifest;
    manifest.rows.require_engine_of(&place.url)?;
    create_folder(&place.keys).map_err(|error| BackupError::File(place.keys.clone(), error))?;
    for name in &manifest.keys {
        let from = unpacked.part(KEYS).join(name);
        let text = fs::read_to_string(&from).map_err(|error| BackupError::File(from, error))?;
        super::write(&place.keys.join(name), &text)?;
    }
    put_back(&place.url, &manifest.rows, &unpacked.part(ROWS)).await?;

    let origin = manifest.log_key.split('+').next().unwrap_or_default();
    let origin = place.log_origin.as_deref().unwrap_or(origin);
    let log_key = LogKey::from_pem(&unpacked.secrets.log_key, origin)?;
    let master = MasterKey::parse(unpacked.secrets.master_key.expose_secret())?;
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
