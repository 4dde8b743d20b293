//! Sessions: a log-in and the chain of refresh tokens that follows.
//!
//! Each refresh token works once (RFC 9700 § 4.14.2). A token that is used again may be stolen, so the whole session ends,
//! with all its access tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::{TokenKeys, sha256_hex};
use crate::{
    db::{DbError, Tx, expect_one},
    execute, fetch_optional,
    kernel::{
        Id,
        ids::{Person, Session},
    },
};

/// The lifetime of an access token.
pub const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(10);
/// The lifetime of a session, however often it is refreshed: a long working day.
pub const SESSION_LIFE: TimeDelta = TimeDelta::hours(12);

/// Tokens issued to a person.
#[derive(Debug)]
pub struct NewTokens {
    /// The person.
    pub person: Id<Person>,
    /// The session.
    pub session: Id<Session>,
    /// The access token.
    pub access: SecretString,
    /// The refresh token.
    pub refresh: SecretString,
    /// The number of seconds for which the access token is valid.
    pub expires_in: i64,
}

/// The result of a refresh.
#[derive(Debug)]
pub enum Refreshed {
    /// New tokens.
    Renewed(NewTokens),
    /// The token was already used. Its session has been ended, which must be committed.
    Reused(Id<Person>),
    /// The token does not exist, or its session has ended.
    Refused,
}

const INSERT_SESSION: &str =
    "INSERT INTO session (id, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
const INSERT_TOKEN: &str =
    "INSERT INTO refresh_token (token_hash, session_id, created_at) VALUES ($1, $2, $3)";
const FIND_TOKEN: &str = "
    SELECT s.id, s.person_id, s.expires_at, s.ended_at, a.disabled_at
    FROM refresh_token t
    JOIN session s ON s.id = t.session_id
    JOIN account a ON a.person_id = s.person_id
    WHERE t.token_hash = $1";
const USE_TOKEN: &str = "UPDATE refresh_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL";
const END_SESSION: &str =
    "UPDATE session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";
const END_OTHERS: &str = "
    UPDATE session SET ended_at = $2, end_reason = $3 WHERE person_id = $1 AND ended_at IS NULL AND id <> $4";
const END_SESSIONS: &str =
    "UPDATE session SET ended_at = $2, end_reason = $3 WHERE person_id = $1 AND ended_at IS NULL";

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: Id<Session>,
    person_id: Id<Person>,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
}

/// Opens a session for a person whose password was correct.
///
/// # Errors
/// If the write to the database fails.
pub async fn open_session(
    tx: &mut Tx,
    keys: &TokenKeys,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<NewTokens, DbError> {
    let session = Id::new();
    expect_one(execute!(tx, INSERT_SESSION, session, person, now, now + SESSION_LIFE)?)?;
    issue(tx, keys, person, session, now).await
}

/// Returns whether a refresh token was issued here. It only reads, so strangers do not hold up writers.
///
/// # Errors
/// If the database query fails.
pub async fn is_issued(tx: &mut Tx, token: &str) -> Result<bool, DbError> {
    let hash = sha256_hex(token.as_bytes());
    Ok(fetch_optional!(tx, TokenRow, FIND_TOKEN, &hash)?.is_some())
}

/// Exchanges a refresh token for new tokens.
///
/// # Errors
/// If the database query fails.
pub async fn refresh(
    tx: &mut Tx,
    keys: &TokenKeys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Refreshed, DbError> {
    let hash = sha256_hex(token.as_bytes());
    let Some(row) = fetch_optional!(tx, TokenRow, FIND_TOKEN, &hash)? else {
        return Ok(Refreshed::Refused);
    };
    if row.ended_at.is_some() || row.disabled_at.is_some() || row.expires_at <= now {
        return Ok(Refreshed::Refused);
    }
    if execute!(tx, USE_TOKEN, &hash, now)? == 0 {
        end_session(tx, row.id, "token_reuse", now).await?;
        return Ok(Refreshed::Reused(row.person_id));
    }
    issue(tx, keys, row.person_id, row.id, now).await.map(Refreshed::Renewed)
}

/// Ends one session.
///
/// # Errors
/// If the database query fails.
pub async fn end_session(
    tx: &mut Tx,
    session: Id<Session>,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, END_SESSION, session, now, reason)?;
    Ok(())
}

/// Ends every session of a person.
///
/// # Errors
/// If the database query fails.
pub async fn end_sessions_of(
    tx: &mut Tx,
    person: Id<Person>,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, END_SESSIONS, person, now, reason)?;
    Ok(())
}

/// Ends every session of a person but one.
///
/// # Errors
/// If the database query fails.
pub async fn end_other_sessions(
    tx: &mut Tx,
    person: Id<Person>,
    kept: Id<Session>,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, END_OTHERS, person, now, reason, kept)?;
    Ok(())
}

async fn issue(
    tx: &mut Tx,
    keys: &TokenKeys,
    person: Id<Person>,
    session: Id<Session>,
    now: DateTime<Utc>,
) -> Result<NewTokens, DbError> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
    let refresh = URL_SAFE_NO_PAD.encode(secret);
    expect_one(execute!(tx, INSERT_TOKEN, sha256_hex(refresh.as_bytes()), session, now)?)?;
    let access = keys
        .sign(person, session, now, now + ACCESS_TOKEN_LIFE)
        .map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    Ok(NewTokens {
        person,
        session,
        access: access.into(),
        refresh: refresh.into(),
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
    })
}
