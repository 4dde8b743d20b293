//! The records of the same person in other municipalities, found by the national identity number.

use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    kernel::{Id, ids::Person},
    vault::Content,
};

/// The municipalities that a person works for, besides the municipality that manages their account.
const WORKS_FOR: &str = "
    SELECT s.municipality FROM staff_role r
    JOIN person p ON p.id = r.person_id JOIN unit_serves s ON s.unit_id = r.unit_id
    WHERE r.person_id = $1 AND r.ended_at IS NULL AND s.municipality <> p.municipality
    UNION
    SELECT u.municipality FROM staff_role r
    JOIN person p ON p.id = r.person_id JOIN unit u ON u.id = r.unit_id
    WHERE r.person_id = $1 AND r.ended_at IS NULL AND u.municipality <> p.municipality";
const NUMBER_ELSEWHERE: &str =
    "SELECT national_id FROM person WHERE id = $1 AND municipality <> $2 AND national_id IS NOT NULL";
const FIND_PERSON: &str = "SELECT id FROM person WHERE municipality = $1 AND national_id_index = $2";

/// Returns a person's id, and their ids in the other municipalities that they work for.
///
/// # Errors
/// If the database query fails.
pub async fn known_as(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Id<Person>>, DbError> {
    let mut known_as = vec![person];
    for (municipality,) in fetch_all!(tx, (String,), WORKS_FOR, person)? {
        known_as.extend(counterpart(tx, person, &municipality).await?);
    }
    Ok(known_as)
}

/// Returns the id of the same person in another municipality; none if it does not know them, or if they have no number.
///
/// # Errors
/// If the database query fails.
pub async fn counterpart(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
) -> Result<Option<Id<Person>>, DbError> {
    let number = fetch_optional!(tx, (Content,), NUMBER_ELSEWHERE, person, municipality)?;
    let Some((number,)) = number else { return Ok(None) };
    let index = tx.vault().national_id_index(municipality, &number)?;
    let found = fetch_optional!(tx, (Id<Person>,), FIND_PERSON, municipality, index)?;
    Ok(found.map(|(person,)| person))
}
