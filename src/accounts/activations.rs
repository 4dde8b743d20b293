//! Activation codes in the database.
//!
//! Nobody but the person ever knows a password. A code has two halves, shown once to two administrators, who hand them over separately.
//! Nobody can use one half alone. A code ends when it is used, when a new one is made, when the person changes the password, and when the
//! account is disabled.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    code::{Half, Part, hash},
    dto::OwnActivation,
    username::Username,
};
use crate::{
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_optional,
    kernel::{
        Id,
        ids::{Activation, Person},
    },
};

/// The time within which a code must be approved and used. A letter may take a week.
const VALID_FOR: TimeDelta = TimeDelta::days(14);

const END_OTHERS: &str = "
    UPDATE activation SET ended_at = $3 WHERE used_at IS NULL AND ended_at IS NULL
      AND (person_id = $1 OR (username_index = $2 AND expires_at <= $3))";
const IS_ANOTHERS: &str = "SELECT person_id FROM account WHERE username_index = $1 AND person_id <> $2";
const INSERT: &str = "
    INSERT INTO activation (id, municipality, person_id, username_index, asked_by, asked_at, first_half_hash, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
const FIND_PENDING: &str = "
    SELECT v.expires_at, p.name FROM activation v
    JOIN account a ON a.person_id = v.person_id JOIN person p ON p.id = v.person_id
    WHERE v.id = $1 AND v.approved_at IS NULL AND v.ended_at IS NULL AND v.expires_at > $2 AND a.disabled_at IS NULL";
const APPROVE: &str = "
    UPDATE activation SET approved_by = $2, approved_at = $3, second_half_hash = $4
    WHERE id = $1 AND approved_at IS NULL AND ended_at IS NULL";
const FIND_OPEN: &str = "
    SELECT v.id, v.municipality, v.person_id, v.asked_by, v.approved_by, v.first_half_hash, v.second_half_hash
    FROM activation v JOIN account a ON a.person_id = v.person_id
    WHERE v.username_index = $1 AND v.approved_at IS NOT NULL AND v.used_at IS NULL AND v.ended_at IS NULL
      AND v.expires_at > $2 AND a.disabled_at IS NULL";
const USE: &str = "UPDATE activation SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND ended_at IS NULL";
const SET_USERNAME: &str = "
    UPDATE account SET username_index = $2 WHERE person_id = $1
      AND NOT EXISTS (SELECT 1 FROM account o WHERE o.username_index = $2 AND o.person_id <> $1)";
const END_OF: &str =
    "UPDATE activation SET ended_at = $2 WHERE person_id = $1 AND used_at IS NULL AND ended_at IS NULL";
const LIST_OF: &str = "
    SELECT v.asked_at, a.name AS asked_by_name, v.approved_at, b.name AS approved_by_name, v.expires_at, v.used_at
    FROM activation v LEFT JOIN person a ON a.id = v.asked_by LEFT JOIN person b ON b.id = v.approved_by
    WHERE v.person_id = $1 AND v.ended_at IS NULL AND (v.used_at IS NOT NULL OR v.expires_at > $2)
    ORDER BY v.asked_at DESC, v.id DESC LIMIT 20";

/// A code that was just made.
#[derive(Debug)]
pub(super) struct NewCode {
    pub id: Id<Activation>,
    pub first_half: Half,
    pub expires_at: DateTime<Utc>,
}

/// Makes a code, and ends the person's earlier one. The operator of the machine is nobody (`by`). Returns none if the username belongs to another.
pub(super) async fn ask(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
    username: &Username,
    by: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<Option<NewCode>, DbError> {
    dialect::lock(tx, person.uuid()).await?;
    let username = tx.vault().username_index(username.as_str())?;
    if fetch_optional!(tx, (Id<Person>,), IS_ANOTHERS, &username, person)?.is_some() {
        return Ok(None);
    }
    execute!(tx, END_OTHERS, person, &username, now)?;
    let new = NewCode { id: Id::new(), first_half: Half::random()?, expires_at: now + VALID_FOR };
    let hash = hash(tx, &new.first_half, new.id, Part::First)?;
    let made = execute!(tx, INSERT, new.id, municipality, person, &username, by, now, hash, new.expires_at)?;
    Ok((made == 1).then_some(new))
}

/// A code that the operator of the machine made: both halves, since the operator has the database and its keys.
#[derive(Debug)]
pub struct OperatorCode {
    /// Its id.
    pub id: Id<Activation>,
    /// Its halves, as they are printed.
    pub halves: [String; 2],
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Makes a code for the operator of the machine. It is approved, and names nobody. Returns none if the username belongs to another.
///
/// # Errors
/// If the database refuses, or there is no randomness.
pub async fn make_for_operator(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
    username: &Username,
    now: DateTime<Utc>,
) -> Result<Option<OperatorCode>, DbError> {
    let Some(NewCode { id, first_half, expires_at }) =
        ask(tx, person, municipality, username, None, now).await?
    else {
        return Ok(None);
    };
    let second_half = approve(tx, id, None, now).await?;
    Ok(Some(OperatorCode { id, halves: [first_half.printed(), second_half.printed()], expires_at }))
}

/// A code that waits for approval.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Pending {
    pub expires_at: DateTime<Utc>,
    /// The name of the person whose account it is.
    pub name: crate::vault::Content,
}

/// Returns the code if it can be approved now.
pub(super) async fn pending(
    tx: &mut Tx,
    id: Id<Activation>,
    now: DateTime<Utc>,
) -> Result<Option<Pending>, DbError> {
    fetch_optional!(tx, Pending, FIND_PENDING, id, now)
}

/// Approves a code, and returns its second half.
pub(super) async fn approve(
    tx: &mut Tx,
    id: Id<Activation>,
    by: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<Half, DbError> {
    let half = Half::random()?;
    let hash = hash(tx, &half, id, Part::Second)?;
    expect_one(execute!(tx, APPROVE, id, by, now, hash)?)?;
    Ok(half)
}

/// An approved code that can be used now.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Open {
    pub id: Id<Activation>,
    pub municipality: String,
    pub person_id: Id<Person>,
    pub asked_by: Option<Id<Person>>,
    pub approved_by: Option<Id<Person>>,
    first_half_hash: String,
    second_half_hash: Option<String>,
}

impl Open {
    /// Returns whether these are its halves.
    pub fn is(&self, tx: &Tx, first: &Half, second: &Half) -> Result<bool, DbError> {
        // Both are hashed whatever they are, and keyed hashes reveal nothing by the time of their comparison.
        let first = hash(tx, first, self.id, Part::First)?;
        let second = hash(tx, second, self.id, Part::Second)?;
        Ok(self.first_half_hash == first && self.second_half_hash == Some(second))
    }
}

/// Finds the code that can be used with a username now.
pub(super) async fn find_open(
    tx: &mut Tx,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Option<Open>, DbError> {
    let username = tx.vault().username_index(username)?;
    fetch_optional!(tx, Open, FIND_OPEN, username, now)
}

/// Uses a code up, and gives the account the username that it was made for. Returns false if the username was taken meanwhile.
pub(super) async fn use_up(
    tx: &mut Tx,
    open: &Open,
    username: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    expect_one(execute!(tx, USE, open.id, now)?)?;
    let username = tx.vault().username_index(username)?;
    Ok(execute!(tx, SET_USERNAME, open.person_id, username)? == 1)
}

/// Ends the code of a person that is not used yet.
pub(super) async fn end_of(tx: &mut Tx, person: Id<Person>, now: DateTime<Utc>) -> Result<(), DbError> {
    execute!(tx, END_OF, person, now)?;
    Ok(())
}

/// Returns the codes of a person that were used or can be used, newest first.
pub(super) async fn list_of(
    tx: &mut Tx,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Vec<OwnActivation>, DbError> {
    fetch_all!(tx, OwnActivation, LIST_OF, person, now)
}
