//! Devices that have logged in to an account before. Failures of strangers do not lock them out.
//!
//! A device's token opens nothing. It only shows that the password was once right there.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::sha256_hex;
use crate::{
    db::{Db, DbError, Tx, dialect, expect_one},
    execute, fetch_optional,
    kernel::{Id, ids::Person},
};

/// How long a device is known after its last log-in.
const KNOWN_FOR: TimeDelta = TimeDelta::days(90);
/// The devices that are known of an account. The service forgets first the device that was unused for the longest time.
const MOST_DEVICES: i64 = 10;
/// The longest token that is looked up, in bytes.
const LONGEST_TOKEN: usize = 64;

const FIND: &str = "SELECT person_id FROM known_device WHERE token_hash = $1 AND expires_at > $2";
const USE: &str = "UPDATE known_device SET used_at = $2, expires_at = $3 WHERE token_hash = $1";
const INSERT: &str = "
    INSERT INTO known_device (token_hash, person_id, created_at, used_at, expires_at) VALUES ($1, $2, $3, $3, $4)";
const FORGET_OLDEST: &str = "
    DELETE FROM known_device WHERE person_id = $1 AND token_hash NOT IN
        (SELECT token_hash FROM known_device WHERE person_id = $1 ORDER BY used_at DESC, token_hash LIMIT $2)";
const FORGET_ALL: &str = "DELETE FROM known_device WHERE person_id = $1";
const FORGET_EXPIRED: &str = "DELETE FROM known_device WHERE expires_at <= $1";

/// A device that is known, by the hash of its token.
#[derive(Debug)]
pub struct KnownDevice {
    token: SecretString,
    hash: String,
}

impl KnownDevice {
    /// Returns the hash of its token.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Returns the device with a token, if it has logged in to the account of this person. Without a person there is none, in the same
/// time.
///
/// # Errors
/// If the database query fails.
pub async fn find_device(
    tx: &mut Tx,
    token: Option<SecretString>,
    person: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<Option<KnownDevice>, DbError> {
    let token = token.filter(|token| token.expose_secret().len() <= LONGEST_TOKEN);
    let Some(token) = token else { return Ok(None) };
    let hash = sha256_hex(token.expose_secret().as_bytes());
    let owner = fetch_optional!(tx, (Id<Person>,), FIND, &hash, now)?.map(|(owner,)| owner);
    Ok(owner.filter(|owner| Some(*owner) == person).map(|_| KnownDevice { token, hash }))
}

/// Waits for other log-ins of the person, so that together they do not exceed the number of devices. It comes before other locks of
/// the log-in.
///
/// # Errors
/// If the database query fails.
pub async fn hold_devices_of(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    dialect::lock(tx, person.uuid()).await
}

/// Remembers the device of a person whose password was right, and returns its token.
///
/// # Errors
/// If the write to the database fails.
pub async fn remember_device(
    tx: &mut Tx,
    person: Id<Person>,
    known: Option<KnownDevice>,
    now: DateTime<Utc>,
) -> Result<SecretString, DbError> {
    if let Some(KnownDevice { token, hash }) = known
        && execute!(tx, USE, &hash, now, now + KNOWN_FOR)? == 1
    {
        return Ok(token);
    }
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
    let token = URL_SAFE_NO_PAD.encode(secret);
    expect_one(execute!(tx, INSERT, sha256_hex(token.as_bytes()), person, now, now + KNOWN_FOR)?)?;
    execute!(tx, FORGET_OLDEST, person, MOST_DEVICES)?;
    Ok(token.into())
}

/// Forgets all devices of a person: the password is another, or the account is closed.
///
/// # Errors
/// If the database query fails.
pub async fn forget_devices_of(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    execute!(tx, FORGET_ALL, person)?;
    Ok(())
}

/// Forgets devices whose time is out.
///
/// # Errors
/// If the database query fails.
pub async fn forget_expired_devices(db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    execute!(&mut tx, FORGET_EXPIRED, now)?;
    tx.commit().await
}
