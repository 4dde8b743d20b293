//! Accounts in the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    rows::{self, AccountRow},
    username::{TypedUsername, Username},
};
use crate::{
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_optional,
    kernel::{Id, ids::Person},
    persons_of_sql,
    vault::{Content, KeyName, Sealed},
};

const FIND_LOGIN: &str = "
    SELECT a.person_id, p.municipality, w.hash AS password_hash, a.disabled_at
    FROM account a JOIN person p ON p.id = a.person_id LEFT JOIN account_password w ON w.person_id = a.person_id
    WHERE a.username_index = $1";
const FIND_HASH: &str = "SELECT hash FROM account_password WHERE person_id = $1";
const FIND_ACCOUNT: &str = "
    SELECT p.name, a.disabled_at FROM account a JOIN person p ON p.id = a.person_id
    WHERE a.person_id = $1 AND p.municipality = $2";
const HAS_ACCOUNT: &str = "
    SELECT a.person_id FROM person i JOIN person p ON p.canonical_id = i.canonical_id JOIN account a ON a.person_id = p.id
    WHERE i.id = $1 LIMIT 1";
const SET_NAME: &str = "UPDATE person SET name = $2 WHERE id = $1";
const SET_HASH: &str = "
    INSERT INTO account_password (person_id, hash, set_at) VALUES ($1, $2, $3)
    ON CONFLICT (person_id) DO UPDATE SET hash = $2, set_at = $3";
const DISABLE: &str = "
    UPDATE account SET disabled_at = $3 WHERE person_id = $1 AND disabled_at IS NULL
      AND person_id IN (SELECT id FROM person WHERE municipality = $2)";

const ENABLE: &str = "UPDATE account SET disabled_at = NULL WHERE person_id = $1 AND disabled_at IS NOT NULL";

/// The data that a log-in is checked against.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LogIn {
    pub person_id: Id<Person>,
    pub municipality: String,
    /// None if the account was never activated.
    pub password_hash: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// An account as those who administer it see it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Account {
    pub name: Content,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// Finds an account of a municipality, disabled or not.
pub(super) async fn find_account(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
) -> Result<Option<Account>, DbError> {
    fetch_optional!(tx, Account, FIND_ACCOUNT, person, municipality)
}

pub(super) async fn find_login(tx: &mut Tx, username: &str) -> Result<Option<LogIn>, DbError> {
    let index = tx.vault().username_index(username)?;
    fetch_optional!(tx, LogIn, FIND_LOGIN, index)
}

/// Finds the person with a username.
///
/// # Errors
/// If the database query fails.
pub async fn find_person(tx: &mut Tx, username: &str) -> Result<Option<Id<Person>>, DbError> {
    Ok(find_login(tx, username).await?.map(|login| login.person_id))
}

/// Finds the person of the account that an operator means by a name in a municipality.
///
/// # Errors
/// If the database query fails.
pub async fn find_person_within(
    tx: &mut Tx,
    typed: &TypedUsername,
    municipality: &str,
) -> Result<Option<Id<Person>>, DbError> {
    for name in typed.names_within(municipality) {
        if let Some(found) = find_login(tx, &name).await?.filter(|found| found.municipality == municipality) {
            return Ok(Some(found.person_id));
        }
    }
    Ok(None)
}

pub(super) async fn find_hash(tx: &mut Tx, person: Id<Person>) -> Result<Option<String>, DbError> {
    Ok(fetch_optional!(tx, (String,), FIND_HASH, person)?.map(|(hash,)| hash))
}

/// An account to create for a person who is already registered.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// The person the account belongs to.
    pub person: Id<Person>,
    /// The name that the account shows.
    pub name: &'a str,
    /// The username to log in with.
    pub username: &'a Username,
    /// The hash of its password. Without one, the account is not active until its owner uses an activation code.
    pub password_hash: Option<&'a str>,
}

/// Creates an account. Returns false if the person has an account, disabled or not, or the username is taken.
///
/// # Errors
/// If the database query fails.
pub async fn insert(tx: &mut Tx, new: NewAccount<'_>, now: DateTime<Utc>) -> Result<bool, DbError> {
    let NewAccount { person, name, username, password_hash } = new;
    let row = AccountRow { person, username: Cow::Borrowed(username), password_hash, created_at: now };
    if rows::insert(tx, &[row]).await? == 0 {
        return Ok(false);
    }
    let municipality = municipality_of(tx, person).await?;
    let name = tx.vault().seal(&KeyName::people(&municipality), name)?;
    set_name(tx, person, &name).await?;
    Ok(true)
}

/// Stores a name, which must be sealed.
pub(super) async fn set_name(tx: &mut Tx, person: Id<Person>, name: &Sealed) -> Result<(), DbError> {
    expect_one(execute!(tx, SET_NAME, person, name)?)
}

pub(super) async fn set_hash(
    tx: &mut Tx,
    person: Id<Person>,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, SET_HASH, person, hash, now)?)
}

const OPEN_ACCOUNTS: &str = concat!(
    "SELECT a.person_id FROM account a JOIN person p ON p.id = a.person_id
     WHERE p.municipality = $2 AND a.disabled_at IS NULL AND p.id IN ",
    persons_of_sql!("$1"),
    " ORDER BY a.person_id"
);

/// Returns the persons of all accounts that a human has in a municipality and that are not disabled.
pub(super) async fn open_accounts_of(
    tx: &mut Tx,
    human: Id<Person>,
    municipality: &str,
) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>,), OPEN_ACCOUNTS, human, municipality)?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Returns false if the person has no active account in the municipality.
pub(super) async fn disable(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(execute!(tx, DISABLE, person, municipality, now)? == 1)
}

/// Enables an account. Returns false if it is not disabled.
pub(super) async fn enable(tx: &mut Tx, person: Id<Person>) -> Result<bool, DbError> {
    dialect::lock(tx, person.uuid()).await?;
    Ok(execute!(tx, ENABLE, person)? == 1)
}

const IS_OPEN: &str = "
    SELECT a.person_id FROM account a JOIN person p ON p.id = a.person_id
    WHERE a.person_id = $1 AND p.municipality = $2 AND a.disabled_at IS NULL";

/// Returns whether the person has an account in the municipality that is not closed.
///
/// # Errors
/// If the database query fails.
pub async fn is_open(tx: &mut Tx, person: Id<Person>, municipality: &str) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Person>,), IS_OPEN, person, municipality)?.is_some())
}

const OPEN_OF_HUMAN: &str = concat!(
    "
    SELECT a.person_id FROM account a JOIN person p ON p.id = a.person_id
    WHERE p.municipality = $2 AND a.disabled_at IS NULL AND p.id IN ",
    persons_of_sql!("$1"),
    " ORDER BY a.username_index = $3 DESC, p.created_at, p.id LIMIT 1"
);

/// Returns the person of the account that a human has in a municipality and that is not closed. Of several, it is the one with the
/// username, or the oldest.
///
/// # Errors
/// If the database query fails.
pub async fn find_open_of(
    tx: &mut Tx,
    human: Id<Person>,
    municipality: &str,
    username: &str,
) -> Result<Option<Id<Person>>, DbError> {
    let username = tx.vault().username_index(username)?;
    let found = fetch_optional!(tx, (Id<Person>,), OPEN_OF_HUMAN, human, municipality, username)?;
    Ok(found.map(|(id,)| id))
}

const MUNICIPALITY: &str = "SELECT municipality FROM person WHERE id = $1";

pub(super) async fn municipality_of(tx: &mut Tx, person: Id<Person>) -> Result<String, DbError> {
    let (municipality,) = crate::fetch_one!(tx, (String,), MUNICIPALITY, person)?;
    Ok(municipality)
}

/// Returns whether a municipality has an account of a human, under any person that it knows them as.
pub(super) async fn has_account(tx: &mut Tx, person: Id<Person>) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Person>,), HAS_ACCOUNT, person)?.is_some())
}
