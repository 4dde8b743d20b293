//! One human in the whole installation: an identity, which persons of several municipalities share.
//!
//! An identity holds nothing but the keyed hashes of its national identity numbers. A person is what one municipality records about
//! a human. Municipalities learn nothing about each other through an identity: no answer contains one.

use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id, NationalId,
        ids::{Identity, Person},
    },
};

/// SQL: whether two persons are the same human. Both arguments are SQL expressions for ids of persons.
#[macro_export]
macro_rules! same_human_sql {
    ($one:literal, $other:literal) => {
        concat!(
            "(SELECT hi.identity_id FROM person hi WHERE hi.id = ",
            $one,
            ") = (SELECT ho.identity_id FROM person ho WHERE ho.id = ",
            $other,
            ")"
        )
    };
}

/// SQL: the persons who are the same human as a person, in all municipalities. The argument is an SQL expression for the id of a person.
#[macro_export]
macro_rules! persons_of_sql {
    ($person:literal) => {
        concat!(
            "(SELECT hp.id FROM person hp WHERE hp.identity_id = (SELECT hq.identity_id FROM person hq WHERE hq.id = ",
            $person,
            "))"
        )
    };
}

/// SQL: the person that the municipality of a person knows the same human as. Rows of before two identities became one may name
/// another. The argument is an SQL expression for the id of a person.
#[macro_export]
macro_rules! canonical_sql {
    ($person:literal) => {
        concat!("(SELECT hc.canonical_id FROM person hc WHERE hc.id = ", $person, ")")
    };
}

/// The row of a number is locked until the transaction ends, so that no identity gets another person while two become one. The
/// statement does the same work whether or not the installation knows the number.
const OF_NUMBER: &str = "
    INSERT INTO identity_number (number_index, identity_id) VALUES ($1, $2)
    ON CONFLICT (number_index) DO UPDATE SET number_index = excluded.number_index RETURNING identity_id";
const FIND_IN: &str = "
    SELECT p.id FROM identity_number n JOIN person p ON p.identity_id = n.identity_id
    WHERE n.number_index = $1 AND p.municipality = $2 AND p.id = p.canonical_id";
const KNOWN_IN: &str =
    "SELECT id FROM person WHERE identity_id = $1 AND municipality = $2 AND id = canonical_id";
const PERSONS_OF: &str = "
    SELECT o.id, o.municipality FROM person p JOIN person o ON o.identity_id = p.identity_id
    WHERE p.id = $1 ORDER BY o.created_at, o.id";

/// Returns the identity of the human with a number, and creates it if no municipality knows the number.
///
/// # Errors
/// If the write to the database fails.
pub async fn identity_of(tx: &mut Tx, number: &NationalId) -> Result<Id<Identity>, DbError> {
    let index = tx.vault().identity_index(number.as_str())?;
    let (identity,) = fetch_one!(tx, (Id<Identity>,), OF_NUMBER, index, Id::<Identity>::of_new_human())?;
    Ok(identity)
}

/// Returns the person that a municipality knows by a number.
///
/// # Errors
/// If the database query fails.
pub async fn find_person(
    tx: &mut Tx,
    municipality: &str,
    number: &NationalId,
) -> Result<Option<Id<Person>>, DbError> {
    let index = tx.vault().identity_index(number.as_str())?;
    let found = fetch_optional!(tx, (Id<Person>,), FIND_IN, index, municipality)?;
    Ok(found.map(|(id,)| id))
}

/// Returns the person that a municipality knows a human as.
///
/// # Errors
/// If the database query fails.
pub async fn known_in(
    tx: &mut Tx,
    municipality: &str,
    identity: Id<Identity>,
) -> Result<Option<Id<Person>>, DbError> {
    let found = fetch_optional!(tx, (Id<Person>,), KNOWN_IN, identity, municipality)?;
    Ok(found.map(|(id,)| id))
}

/// Returns the persons who are the same human as a person, in all municipalities, with the oldest first.
///
/// # Errors
/// If the database query fails.
pub async fn persons_of(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>, String), PERSONS_OF, person)?;
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

/// Returns the persons that the municipality of a person knows the same human as, with the oldest first.
///
/// # Errors
/// If the database query fails.
pub async fn persons_there(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>, String), PERSONS_OF, person)?;
    let there = rows.iter().find(|(id, _)| *id == person).map(|(_, municipality)| municipality.clone());
    Ok(rows.into_iter().filter(|(_, at)| Some(at) == there.as_ref()).map(|(id, _)| id).collect())
}

/// Returns the person that a municipality knows a human as, or the same person if it does not know them.
///
/// # Errors
/// If the database query fails.
pub async fn person_in(tx: &mut Tx, person: Id<Person>, municipality: &str) -> Result<Id<Person>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>, String), PERSONS_OF, person)?;
    Ok(rows.into_iter().find(|(_, at)| at == municipality).map_or(person, |(id, _)| id))
}

/// Returns whether two persons are the same human.
///
/// # Errors
/// If the database query fails.
pub async fn are_same(tx: &mut Tx, one: Id<Person>, other: Id<Person>) -> Result<bool, DbError> {
    Ok(one == other || persons_of(tx, one).await?.contains(&other))
}
