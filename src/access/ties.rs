//! Disqualification (inhabilitet, fvl § 6): people who are too close to a child to work with it, in any registration of the
//! child. It only removes rights that come from work. The rights of a guardian or a young person rest on other facts.
//!
//! A tie is **confirmed** by the person, or by their own leader (fvl § 8). Until then it is **stated**: by the
//! registration that a case belongs to, or by another one, or by a colleague. A statement closes what the person would otherwise
//! be shown or given, so that a parent does not read about their own child at work. It takes nothing from anyone that they
//! hold: no seat, no baton, no text of their own, and no view of a reviewer that no other reviewer has. A statement of another registration closes for
//! [`PROVISIONAL`] only, unless the contact person confirms it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{DbError, Tx},
    execute, fetch_all,
    identity::{Caller, counterpart},
    kernel::{
        Id,
        ids::{Child, Person},
    },
};

/// How long a statement that nobody has confirmed or rejected closes something.
pub const PROVISIONAL: TimeDelta = TimeDelta::days(14);

/// An SQL condition: the person is the child, or has a confirmed conflict of interest about it. Both arguments are SQL
/// expressions for ids of persons.
#[macro_export]
macro_rules! is_disqualified_sql {
    ($person:literal, $child_person:literal) => {
        concat!(
            "(",
            $child_person,
            " = ",
            $person,
            " OR EXISTS (SELECT 1 FROM conflict_of_interest fc WHERE fc.ended_at IS NULL AND fc.confirmed_at IS NOT NULL
                         AND fc.child_person = ",
            $child_person,
            " AND fc.person_id = ",
            $person,
            "))"
        )
    };
}

/// The registrations of the children that a person is close to, and whether that is confirmed. Statements that nobody has confirmed
/// are from after `$2`, except those of the registration itself.
const CLOSE_TO: &str = "
    SELECT k.id, TRUE AS confirmed FROM child k WHERE k.person_id = $1
    UNION ALL
    SELECT k.id, c.confirmed_at IS NOT NULL FROM conflict_of_interest c JOIN child k ON k.person_id = c.child_person
    WHERE c.person_id = $1 AND c.ended_at IS NULL
      AND (c.confirmed_at IS NOT NULL OR c.recorded_at > $2)
    UNION ALL
    SELECT s.id, FALSE FROM guardianship g
    JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
    JOIN child s ON s.person_id = k.person_id
    LEFT JOIN claim_decision d ON d.child_id = s.id AND d.claim_id = g.id
    WHERE g.guardian_id = $1 AND g.ended_at IS NULL
      AND (s.id = g.child_id OR d.confirmed OR (d.confirmed IS NULL AND g.created_at > $2))";
/// The other municipalities whose units serve the municipalities that the person's own units serve. A colleague from one of
/// them may be the same person under another account.
const COLLEAGUES_FROM: &str = "
    SELECT DISTINCT u.municipality FROM staff_role r
    JOIN person p ON p.id = r.person_id JOIN unit_serves mine ON mine.unit_id = r.unit_id
    JOIN unit_serves theirs ON theirs.municipality = mine.municipality JOIN unit u ON u.id = theirs.unit_id
    WHERE r.person_id = $1 AND r.ended_at IS NULL AND u.municipality <> p.municipality";
/// The auditors of the municipality of a child. There are a few.
const AUDITORS: &str = "
    SELECT DISTINCT r.person_id FROM child k
    JOIN unit u ON u.municipality = k.municipality
    JOIN staff_role r ON r.unit_id = u.id
    WHERE k.id = $1 AND r.role = 'auditor' AND r.ended_at IS NULL";
const MOVE_CONFLICTS: &str = "UPDATE conflict_of_interest SET child_person = $2 WHERE child_person = $1";

/// The children that a person is close to, in every registration.
#[derive(Debug, Default)]
pub struct Ties(Vec<(Id<Child>, bool)>);

impl Ties {
    /// Returns whether the person is disqualified: their tie to the child is confirmed.
    #[must_use]
    pub fn disqualify(&self, child: Id<Child>) -> bool {
        self.0.contains(&(child, true))
    }

    /// Returns whether a tie to the child is confirmed or stated, so that the person is given nothing new.
    #[must_use]
    pub fn close(&self, child: Id<Child>) -> bool {
        self.0.iter().any(|(tied, _)| *tied == child)
    }

    /// Returns whether the person is kept from what they do not hold (`own`): disqualified, or stated to be close to the child.
    #[must_use]
    pub fn keep_from(&self, child: Id<Child>, own: bool) -> bool {
        self.disqualify(child) || (self.close(child) && !own)
    }
}

/// Returns whether a person in a municipality is close to a child there, or is stated to be. They are given nothing new.
///
/// # Errors
/// If the database does not answer.
pub async fn is_close(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let mut known_as = vec![person];
    known_as.extend(counterpart(tx, person, municipality).await?);
    Ok(close_to(tx, &known_as, now).await?.close(child))
}

/// Returns the children that the caller is close to, under each of the caller's known accounts.
///
/// # Errors
/// If the database does not answer.
pub async fn ties(tx: &mut Tx, caller: &Caller, now: DateTime<Utc>) -> Result<Ties, DbError> {
    close_to(tx, &caller.known_as, now).await
}

/// Returns the children that another reviewer controls for the caller: those from which the caller is disqualified, and those that
/// the caller is stated to be close to while an auditor of the municipality is not. So nobody blinds a municipality by naming its
/// auditors, and a parent does not review reads about their own child.
///
/// # Errors
/// If the database does not answer.
pub async fn children_of_other_reviewers(
    tx: &mut Tx,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Vec<Id<Child>>, DbError> {
    let ties = ties(tx, caller, now).await?;
    let mut children = Vec::new();
    for child in ties.0.iter().map(|(child, _)| *child) {
        if ties.disqualify(child) || has_other_auditor(tx, caller, child, now).await? {
            children.push(child);
        }
    }
    Ok(children)
}

/// Returns whether the municipality of a child has an auditor besides the caller who is not close to the child.
async fn has_other_auditor(
    tx: &mut Tx,
    caller: &Caller,
    child: Id<Child>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    for (auditor,) in fetch_all!(tx, (Id<Person>,), AUDITORS, child)? {
        if !caller.is(auditor) && !close_to(tx, &[auditor], now).await?.close(child) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn close_to(tx: &mut Tx, known_as: &[Id<Person>], now: DateTime<Utc>) -> Result<Ties, DbError> {
    let mut ties = Ties::default();
    for person in known_as {
        ties.0.extend(fetch_all!(tx, (Id<Child>, bool), CLOSE_TO, *person, now - PROVISIONAL)?);
    }
    Ok(ties)
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
