//! Proposals of national identity numbers in the database, and how two identities become one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{NumberProposalOut, NumberStatus, OwnNumber};
use crate::{
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    identity::identity_of,
    kernel::{
        Id, NationalId, Slice,
        ids::{Identity, NumberProposal, Person},
    },
    vault::{Content, KeyName, Sealed},
};

/// The lock that joins identities one at a time.
const JOINING: Uuid = Uuid::from_u128(0x0021_1de4);

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.person_id, n.reason, n.proposed_by, n.proposed_at, n.status, n.decided_by, n.decided_at
             FROM number_proposal n WHERE n.municipality = $1 AND ",
            $rest
        )
    };
}

const LIST: &str = select!("n.id > $2 AND n.status = 'proposed' ORDER BY n.id LIMIT $3");
const FIND: &str = select!("n.id = $2");
const NUMBER: &str = "SELECT number FROM number_proposal WHERE municipality = $1 AND id = $2";
const INSERT: &str = "
    INSERT INTO number_proposal (municipality, id, person_id, number, reason, proposed_by, proposed_at, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'proposed') ON CONFLICT DO NOTHING";
const DECIDE: &str = "
    UPDATE number_proposal SET status = $3, decided_by = $4, decided_at = $5, replaced_number = $6
    WHERE municipality = $1 AND id = $2 AND status = 'proposed'";
const KNOWN: &str = "SELECT canonical_id FROM person WHERE id = $1 AND municipality = $2";
const IDENTITY: &str = "SELECT identity_id, national_id FROM person WHERE id = $1";
const HOLDERS: &str = "
    SELECT p.id FROM identity_number n JOIN person p ON p.identity_id = n.identity_id WHERE n.number_index = $1";
/// All numbers of both are locked, so that nobody is registered by any of them meanwhile.
const MOVE_NUMBERS: &str = "UPDATE identity_number SET identity_id = $1 WHERE identity_id IN ($1, $2)";
const MOVE_PERSONS: &str = "UPDATE person SET identity_id = $1 WHERE identity_id = $2";
const SET_CANONICAL: &str = "
    UPDATE person SET canonical_id = (
        SELECT o.id FROM person o WHERE o.identity_id = person.identity_id AND o.municipality = person.municipality
        ORDER BY o.created_at, o.id LIMIT 1)
    WHERE identity_id = $1";
/// Registrations of a child meet each other by its person. Claims between those that meet now begin now.
const MOVE_CHILDREN: &str = "
    UPDATE child SET identified_at = $2, version = version + 1, person_id = (SELECT p.canonical_id FROM person p WHERE p.id = child.person_id)
    WHERE person_id IN (SELECT id FROM person WHERE identity_id = $1 AND canonical_id <> id)";
const MOVE_CONFLICTS: &str = "
    UPDATE conflict_of_interest SET child_person =
        (SELECT p.canonical_id FROM person p WHERE p.id = conflict_of_interest.child_person)
    WHERE child_person IN (SELECT id FROM person WHERE identity_id = $1 AND canonical_id <> id)";
const SET_NUMBER: &str = "
    UPDATE person SET national_id_index = $2, national_id = $3 WHERE id = $1 AND NOT EXISTS (
        SELECT 1 FROM person o WHERE o.municipality = person.municipality AND o.national_id_index = $2)";
const ADDED_TO: &str = "
    SELECT n.decided_at AS added_at, a.name AS proposed_by_name, b.name AS confirmed_by_name
    FROM number_proposal n JOIN person a ON a.id = n.proposed_by JOIN person b ON b.id = n.decided_by
    WHERE n.person_id = $1 AND n.status = 'confirmed' ORDER BY n.id DESC LIMIT 20";

/// A number to propose.
pub(super) struct NewProposal<'a> {
    pub municipality: &'a str,
    pub person: Id<Person>,
    pub number: &'a NationalId,
    pub reason: &'a str,
}

/// Stores a proposal. Returns none if one for the person is undecided.
pub(super) async fn propose(
    tx: &mut Tx,
    new: NewProposal<'_>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Option<Id<NumberProposal>>, DbError> {
    let NewProposal { municipality, person, number, reason } = new;
    let (id, key) = (Id::<NumberProposal>::new(), KeyName::people(municipality));
    let number = tx.vault().seal(&key, number.as_str())?;
    let reason = tx.vault().seal(&key, reason)?;
    let made = execute!(tx, INSERT, municipality, id, person, number, reason, by, now)?;
    Ok((made == 1).then_some(id))
}

pub(super) async fn list(
    tx: &mut Tx,
    municipality: &str,
    slice: Slice<Uuid>,
) -> Result<Vec<NumberProposalOut>, DbError> {
    fetch_all!(tx, NumberProposalOut, LIST, municipality, slice.after, slice.sql_limit())
}

pub(super) async fn find(
    tx: &mut Tx,
    municipality: &str,
    id: Id<NumberProposal>,
) -> Result<Option<NumberProposalOut>, DbError> {
    fetch_optional!(tx, NumberProposalOut, FIND, municipality, id)
}

/// Returns whether this is the number that was proposed.
pub(super) async fn is_proposed(
    tx: &mut Tx,
    municipality: &str,
    id: Id<NumberProposal>,
    number: &NationalId,
) -> Result<bool, DbError> {
    let (proposed,) = fetch_one!(tx, (Content,), NUMBER, municipality, id)?;
    Ok(&*proposed == number.as_str())
}

/// Returns the person that the municipality knows a human as; none if it does not know them as this person.
pub(super) async fn known(
    tx: &mut Tx,
    municipality: &str,
    person: Id<Person>,
) -> Result<Option<Id<Person>>, DbError> {
    Ok(fetch_optional!(tx, (Id<Person>,), KNOWN, person, municipality)?.map(|(id,)| id))
}

/// Returns all persons of the human with a number, in all municipalities. No answer may show them.
pub(super) async fn holders(tx: &mut Tx, number: &NationalId) -> Result<Vec<Id<Person>>, DbError> {
    let index = tx.vault().identity_index(number.as_str())?;
    let rows = fetch_all!(tx, (Id<Person>,), HOLDERS, index)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Records how a proposal was decided, and the number that it replaced, if any.
pub(super) async fn decide(
    tx: &mut Tx,
    municipality: &str,
    id: Id<NumberProposal>,
    status: NumberStatus,
    replaced: Option<Sealed>,
    (by, now): (Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    expect_one(execute!(tx, DECIDE, municipality, id, status.as_str(), by, now, replaced)?)
}

/// Adds a number to a person, and returns the number that it replaces. If the number is that of another identity, the two become one.
pub(super) async fn add(
    tx: &mut Tx,
    municipality: &str,
    person: Id<Person>,
    number: &NationalId,
    now: DateTime<Utc>,
) -> Result<Option<Sealed>, DbError> {
    dialect::lock(tx, JOINING).await?;
    let joined = identity_of(tx, number).await?;
    let (identity, replaced) = fetch_one!(tx, (Id<Identity>, Option<Content>), IDENTITY, person)?;
    // Numbers are locked before persons, as in a registration, and the strongest lock on the person is taken first.
    if identity != joined {
        execute!(tx, MOVE_NUMBERS, identity, joined)?;
    }
    let key = KeyName::people(municipality);
    let index = tx.vault().national_id_index(municipality, number.as_str())?;
    let sealed = tx.vault().seal(&key, number.as_str())?;
    let is_set = execute!(tx, SET_NUMBER, person, index, sealed)? == 1;
    if identity != joined {
        execute!(tx, MOVE_PERSONS, identity, joined)?;
        execute!(tx, SET_CANONICAL, identity)?;
        execute!(tx, MOVE_CHILDREN, identity, now)?;
        execute!(tx, MOVE_CONFLICTS, identity)?;
    }
    let replaced = replaced.filter(|_| is_set);
    Ok(tx.vault().seal_optional(&key, replaced.as_deref())?)
}

/// Returns the numbers that were added to a person, newest first.
///
/// # Errors
/// If the database query fails.
pub async fn added_to(tx: &mut Tx, person: Id<Person>) -> Result<Vec<OwnNumber>, DbError> {
    fetch_all!(tx, OwnNumber, ADDED_TO, person)
}
