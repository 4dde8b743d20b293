//! Passkeys (WebAuthn): keys in a phone, a computer or a security key that sign a challenge, after the person has unlocked it.
//!
//! A passkey is a second factor: it counts only after the password. Its credential is sealed in the database. A challenge is used
//! once, whatever comes of it, and belongs to the session or to the log-in that asked for it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use webauthn_rs::prelude::{
    CreationChallengeResponse, Passkey as Credential, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse,
};

use super::{
    RelyingParty,
    relying_party::{Asked, Verified, from_text, to_text},
    sha256_hex,
};
use crate::{
    db::{Db, DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Passkey, PasskeyChallenge, Person, Session},
    },
    vault::{Content, KeyName},
};

/// How long an authenticator has to answer.
pub const CHALLENGE_LIFE: TimeDelta = TimeDelta::minutes(5);
/// The passkeys that an account can have.
pub const MOST_PASSKEYS: usize = 10;
/// The challenges of a person that are open. A new one ends the oldest.
const MOST_CHALLENGES: i64 = 5;
/// The longest token that is looked up, in bytes.
const LONGEST_TOKEN: usize = 64;

const LIST: &str =
    "SELECT id, name, created_at, last_used_at FROM passkey WHERE person_id = $1 ORDER BY created_at, id";
const CREDENTIALS: &str = "SELECT credential FROM passkey WHERE person_id = $1 ORDER BY created_at, id";
const HAS: &str = "SELECT EXISTS (SELECT 1 FROM passkey WHERE person_id = $1)";
const INSERT: &str = "
    INSERT INTO passkey (id, municipality, person_id, name, credential, credential_index, counter, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (credential_index) DO NOTHING";
const FIND: &str = "SELECT id, credential FROM passkey WHERE person_id = $1 AND credential_index = $2";
/// The counter of a copied authenticator does not grow. Others count nothing.
const USE: &str = "
    UPDATE passkey SET credential = $3, counter = $4, last_used_at = $5
    WHERE id = $1 AND person_id = $2 AND (counter < $4 OR (counter = 0 AND $4 = 0))";
const REMOVE: &str = "DELETE FROM passkey WHERE id = $1 AND person_id = $2";
const REMOVE_ALL: &str = "DELETE FROM passkey WHERE person_id = $1";

const INSERT_CHALLENGE: &str = "
    INSERT INTO passkey_challenge (id, municipality, person_id, session_id, password_index, token_hash, state, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const END_OLDEST: &str = "
    DELETE FROM passkey_challenge WHERE person_id = $1 AND id NOT IN
        (SELECT id FROM passkey_challenge WHERE person_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2)";
const FIND_CHALLENGE: &str = "
    SELECT c.id, c.municipality, c.person_id, c.state, a.username_index, c.password_index, w.hash AS password_hash
    FROM passkey_challenge c
    JOIN account a ON a.person_id = c.person_id
    JOIN account_password w ON w.person_id = c.person_id
    WHERE c.token_hash = $1 AND c.session_id IS NOT DISTINCT FROM $2 AND c.expires_at > $3 AND a.disabled_at IS NULL";
const END_CHALLENGE: &str = "DELETE FROM passkey_challenge WHERE id = $1";
const END_CHALLENGES: &str = "DELETE FROM passkey_challenge WHERE person_id = $1";
const END_EXPIRED: &str = "DELETE FROM passkey_challenge WHERE expires_at <= $1";

/// A passkey as its owner sees it.
#[derive(Debug, sqlx::FromRow)]
pub struct OwnPasskey {
    /// Its id.
    pub id: Id<Passkey>,
    /// The name that its owner gave it.
    pub name: Content,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last used to log in.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A challenge that waits for its answer.
#[derive(Debug, sqlx::FromRow)]
pub struct Challenge {
    id: Id<PasskeyChallenge>,
    /// The municipality of the account.
    pub municipality: String,
    /// Whose it is.
    pub person_id: Id<Person>,
    /// The keyed hash of the username.
    pub username_index: String,
    state: Content,
    password_index: String,
    password_hash: String,
}

/// A person who has just proven their password.
#[derive(Debug, Clone, Copy)]
pub struct Proven<'a> {
    /// The person.
    pub person: Id<Person>,
    /// The municipality of the account.
    pub municipality: &'a str,
    /// The hash of the password.
    pub password_hash: &'a str,
}

/// A challenge that was just made: the options for the authenticator, and the token that brings its answer back.
#[derive(Debug)]
pub struct NewChallenge<O> {
    /// The token. Only its hash is stored.
    pub token: SecretString,
    /// The options for the authenticator.
    pub options: O,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// The result of using a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyUse {
    /// It signed the challenge.
    Accepted,
    /// It signed the challenge, and its counter did not grow: there may be a copy of it.
    Copied,
    /// It is not a passkey of the person, or did not sign this challenge at this address.
    Wrong,
}

#[derive(sqlx::FromRow)]
struct CredentialRow {
    id: Id<Passkey>,
    credential: Content,
}

/// Returns the passkeys of a person, oldest first.
///
/// # Errors
/// If the database query fails.
pub async fn passkeys_of(tx: &mut Tx, person: Id<Person>) -> Result<Vec<OwnPasskey>, DbError> {
    fetch_all!(tx, OwnPasskey, LIST, person)
}

/// Returns whether a person has a passkey.
///
/// # Errors
/// If the database query fails.
pub async fn has_passkey(tx: &mut Tx, person: Id<Person>) -> Result<bool, DbError> {
    let (has,) = fetch_one!(tx, (bool,), HAS, person)?;
    Ok(has)
}

async fn credentials_of(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Credential>, DbError> {
    let rows = fetch_all!(tx, (Content,), CREDENTIALS, person)?;
    rows.iter().map(|(text,)| from_text(text)).collect()
}

/// Begins to add a passkey in a session.
///
/// # Errors
/// If the write to the database fails.
pub async fn begin_new_passkey(
    tx: &mut Tx,
    party: &RelyingParty,
    by: Proven<'_>,
    (session, name): (Id<Session>, &str),
    now: DateTime<Utc>,
) -> Result<NewChallenge<CreationChallengeResponse>, DbError> {
    let known = credentials_of(tx, by.person).await?.iter().map(|known| known.cred_id().clone()).collect();
    let asked = party.ask_for_new(by.person, name, known)?;
    store(tx, by, Some(session), asked, now).await
}

/// Begins to use a passkey in a log-in whose password was right. Returns none if the person has no passkey.
///
/// # Errors
/// If the write to the database fails.
pub async fn begin_passkey_proof(
    tx: &mut Tx,
    party: &RelyingParty,
    by: Proven<'_>,
    now: DateTime<Utc>,
) -> Result<Option<NewChallenge<RequestChallengeResponse>>, DbError> {
    let known = credentials_of(tx, by.person).await?;
    if known.is_empty() {
        return Ok(None);
    }
    let asked = party.ask_for_one_of(&known)?;
    store(tx, by, None, asked, now).await.map(Some)
}

async fn store<O>(
    tx: &mut Tx,
    Proven { person, municipality, password_hash }: Proven<'_>,
    session: Option<Id<Session>>,
    Asked { options, state }: Asked<O>,
    now: DateTime<Utc>,
) -> Result<NewChallenge<O>, DbError> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
    let token = URL_SAFE_NO_PAD.encode(secret);
    let (id, hash) = (Id::<PasskeyChallenge>::new(), sha256_hex(token.as_bytes()));
    let state = tx.vault().seal(&KeyName::people(municipality), &state)?;
    let (password, ends) = (password_index(tx, password_hash)?, now + CHALLENGE_LIFE);
    let made =
        execute!(tx, INSERT_CHALLENGE, id, municipality, person, session, password, hash, state, now, ends)?;
    expect_one(made)?;
    execute!(tx, END_OLDEST, person, MOST_CHALLENGES)?;
    Ok(NewChallenge { token: token.into(), options, expires_at: ends })
}

/// Finds the challenge with a token, if it belongs to this session (none: to a log-in) and can be answered now: its time is not out, its
/// owner has the same password, and the account is not disabled.
///
/// # Errors
/// If the database query fails.
pub async fn find_challenge(
    tx: &mut Tx,
    token: &SecretString,
    session: Option<Id<Session>>,
    now: DateTime<Utc>,
) -> Result<Option<Challenge>, DbError> {
    let token = token.expose_secret();
    if token.len() > LONGEST_TOKEN {
        return Ok(None);
    }
    let found = fetch_optional!(tx, Challenge, FIND_CHALLENGE, sha256_hex(token.as_bytes()), session, now)?;
    let Some(found) = found else { return Ok(None) };
    let is_proven = password_index(tx, &found.password_hash)? == found.password_index;
    Ok(Some(found).filter(|_| is_proven))
}

/// Uses a challenge up. Only one of several answers gets true.
async fn use_up(tx: &mut Tx, challenge: &Challenge) -> Result<bool, DbError> {
    Ok(execute!(tx, END_CHALLENGE, challenge.id)? == 1)
}

/// Uses a challenge up, and returns the new credential; none if the answer does not prove it.
///
/// # Errors
/// If the database query fails.
pub async fn prove_new_passkey(
    tx: &mut Tx,
    party: &RelyingParty,
    challenge: &Challenge,
    answer: &RegisterPublicKeyCredential,
) -> Result<Option<Credential>, DbError> {
    if use_up(tx, challenge).await? { party.verify_new(answer, &challenge.state) } else { Ok(None) }
}

/// Adds a passkey. Returns none if some account has it already.
///
/// # Errors
/// If the write to the database fails.
pub async fn add_passkey(
    tx: &mut Tx,
    (person, municipality): (Id<Person>, &str),
    name: &str,
    credential: &Credential,
    now: DateTime<Utc>,
) -> Result<Option<Id<Passkey>>, DbError> {
    let (id, key) = (Id::<Passkey>::new(), KeyName::people(municipality));
    let index = credential_index(tx, credential.cred_id())?;
    let (name, credential) = (tx.vault().seal(&key, name)?, tx.vault().seal(&key, &to_text(credential)?)?);
    let made = execute!(tx, INSERT, id, municipality, person, name, credential, index, now)?;
    Ok((made == 1).then_some(id))
}

/// Uses a challenge of a log-in up, and the passkey that signed it.
///
/// # Errors
/// If the database query fails.
pub async fn use_passkey(
    tx: &mut Tx,
    party: &RelyingParty,
    challenge: &Challenge,
    answer: &PublicKeyCredential,
    now: DateTime<Utc>,
) -> Result<PasskeyUse, DbError> {
    let person = challenge.person_id;
    let is_anothers = answer.get_user_unique_id().is_some_and(|owner| owner != person.uuid().as_bytes());
    if !use_up(tx, challenge).await? || is_anothers {
        return Ok(PasskeyUse::Wrong);
    }
    let result = match party.verify(answer, &challenge.state)? {
        Verified::Right(result) => result,
        Verified::Copied => return Ok(PasskeyUse::Copied),
        Verified::Wrong => return Ok(PasskeyUse::Wrong),
    };
    let index = credential_index(tx, result.cred_id())?;
    // It may have been removed since the challenge was made.
    let Some(row) = fetch_optional!(tx, CredentialRow, FIND, person, index)? else {
        return Ok(PasskeyUse::Wrong);
    };
    let mut credential: Credential = from_text(&row.credential)?;
    credential.update_credential(&result);
    let sealed = tx.vault().seal(&KeyName::people(&challenge.municipality), &to_text(&credential)?)?;
    let used = execute!(tx, USE, row.id, person, sealed, i64::from(result.counter()), now)?;
    Ok(if used == 1 { PasskeyUse::Accepted } else { PasskeyUse::Copied })
}

/// Removes a passkey of a person. Returns false if they have none with this id.
///
/// # Errors
/// If the database query fails.
pub async fn remove_passkey(tx: &mut Tx, person: Id<Person>, passkey: Id<Passkey>) -> Result<bool, DbError> {
    Ok(execute!(tx, REMOVE, passkey, person)? == 1)
}

/// Removes all passkeys of a person, and their challenges.
///
/// # Errors
/// If the database query fails.
pub async fn remove_passkeys_of(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    execute!(tx, END_CHALLENGES, person)?;
    execute!(tx, REMOVE_ALL, person)?;
    Ok(())
}

/// Deletes challenges whose time is out.
///
/// # Errors
/// If the database query fails.
pub async fn forget_expired_challenges(db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    execute!(&mut tx, END_EXPIRED, now)?;
    tx.commit().await
}

fn password_index(tx: &Tx, password_hash: &str) -> Result<String, DbError> {
    Ok(tx.vault().index(&format!("proven password: {password_hash}"))?)
}

fn credential_index(tx: &Tx, id: &[u8]) -> Result<String, DbError> {
    Ok(tx.vault().index(&format!("passkey: {}", URL_SAFE_NO_PAD.encode(id)))?)
}
