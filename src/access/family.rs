//! Disqualification (inhabilitet, fvl § 6): people who are too close to a child to work with it, in any registration of the
//! child. They are the child's family, and people with a declared or recorded conflict of interest. Disqualification only
//! removes rights that come from work. The rights of a guardian or a young person rest on other facts.

use crate::{
    db::{DbError, Tx},
    execute, fetch_all, fetch_one,
    identity::{Caller, counterpart},
    kernel::{
        Id,
        ids::{Child, Person},
    },
};

/// An SQL condition: the person is the child or one of its current guardians, in any registration of the child, or has a
/// conflict of interest about it. Both arguments are SQL expressions for ids of persons.
#[macro_export]
macro_rules! is_family_sql {
    ($person:literal, $child_person:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM child fk
                     LEFT JOIN guardianship fg ON fg.municipality = fk.municipality AND fg.child_id = fk.id
                          AND fg.ended_at IS NULL
                     WHERE fk.person_id = ",
            $child_person,
            " AND (fk.person_id = ",
            $person,
            " OR fg.guardian_id = ",
            $person,
            ")) OR EXISTS (SELECT 1 FROM conflict_of_interest fc WHERE fc.ended_at IS NULL AND fc.child_person = ",
            $child_person,
            " AND fc.person_id = ",
            $person,
            "))"
        )
    };
}

const IS_FAMILY: &str = concat!(
    "SELECT COUNT(*) FROM child k WHERE k.municipality = $1 AND k.id = $2 AND ",
    is_family_sql!("$3", "k.person_id")
);
/// All registrations of the children that a person is disqualified from.
const OWN_CHILDREN: &str = "
    SELECT k.id FROM child k WHERE k.person_id = $1
    UNION
    SELECT s.id FROM guardianship g
    JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
    JOIN child s ON s.person_id = k.person_id
    WHERE g.guardian_id = $1 AND g.ended_at IS NULL
    UNION
    SELECT k.id FROM conflict_of_interest c JOIN child k ON k.person_id = c.child_person
    WHERE c.person_id = $1 AND c.ended_at IS NULL";
/// The other municipalities whose units serve the municipalities that the person's own units serve. A colleague from one of
/// them may be the same person under another account.
const COLLEAGUES_FROM: &str = "
    SELECT DISTINCT u.municipality FROM staff_role r
    JOIN person p ON p.id = r.person_id JOIN unit_serves mine ON mine.unit_id = r.unit_id
    JOIN unit_serves theirs ON theirs.municipality = mine.municipality JOIN unit u ON u.id = theirs.unit_id
    WHERE r.person_id = $1 AND r.ended_at IS NULL AND u.municipality <> p.municipality";
const MOVE_CONFLICTS: &str = "UPDATE conflict_of_interest SET child_person = $2 WHERE child_person = $1";

/// Returns whether this person is the child, one of its guardians, or has a conflict of interest about it.
///
/// # Errors
/// If the database does not answer.
pub async fn is_family(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    person: Id<Person>,
) -> Result<bool, DbError> {
    let mut known_as = vec![person];
    known_as.extend(counterpart(tx, person, municipality).await?);
    for person in known_as {
        let (count,) = fetch_one!(tx, (i64,), IS_FAMILY, municipality, child, person)?;
        if count > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the children that the caller is disqualified from, in every registration and under each of the caller's known
/// accounts.
///
/// # Errors
/// If the database does not answer.
pub async fn own_children(tx: &mut Tx, caller: &Caller) -> Result<Vec<Id<Child>>, DbError> {
    let mut children = Vec::new();
    for person in &caller.known_as {
        let rows = fetch_all!(tx, (Id<Child>,), OWN_CHILDREN, *person)?;
        children.extend(rows.into_iter().map(|(child,)| child));
    }
    Ok(children)
}

/// Returns all accounts of the caller: the known ones, and those in other municipalities whose units serve where the caller
/// works.
///
/// # Errors
/// If the database does not answer.
pub async fn own_accounts(tx: &mut Tx, caller: &Caller) -> Result<Vec<Id<Person>>, DbError> {
    let mut accounts = caller.known_as.clone();
    for (municipality,) in fetch_all!(tx, (String,), COLLEAGUES_FROM, caller.person)? {
        accounts.extend(counterpart(tx, caller.person, &municipality).await?);
    }
    Ok(accounts)
}

/// Moves conflicts of interest from one person to another, after a child turned out to be another person than the one
/// registered.
///
/// # Errors
/// If the database does not answer.
pub async fn move_conflicts(tx: &mut Tx, from: Id<Person>, to: Id<Person>) -> Result<(), DbError> {
    execute!(tx, MOVE_CONFLICTS, from, to)?;
    Ok(())
}
