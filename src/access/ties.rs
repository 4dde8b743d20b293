//! Disqualification (inhabilitet, fvl § 6): people who are too close to a child to work with it, in any registration of the
//! child. It only removes rights that come from work. The rights of a guardian or a young person rest on other facts.
//!
//! A tie is **confirmed** by the person, or by their own leader (fvl § 8). Until then it is **stated**: by the
//! registration that a case belongs to, or by another one, or by a colleague. A statement closes what the person would otherwise
//! be shown or given, so that a parent does not read about their own child at work. It takes nothing from anyone that they
//! hold: no seat, no baton, no text of their own, and no view of a reviewer that no other reviewer has. A statement of another
//! registration closes for [`PROVISIONAL`] only, unless the contact person or the auditor confirms it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{DbError, Tx},
    execute, fetch_all,
    identity::{Caller, persons_of},
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{Child, Person, Unit},
    },
    role_counts_for_controller_sql, role_counts_sql,
};

/// How long a statement that nobody has confirmed or rejected closes something.
pub const PROVISIONAL: TimeDelta = TimeDelta::days(14);

/// An SQL condition: the person is the child, or has a confirmed conflict of interest about it, as any person that they are. A declaration of
/// their own counts in every municipality, and a decision of others in its own. Both arguments are SQL expressions for ids of persons.
#[macro_export]
macro_rules! is_disqualified_sql {
    ($person:literal, $child_person:literal) => {
        concat!(
            "(",
            $crate::same_human_sql!($child_person, $person),
            " OR EXISTS (SELECT 1 FROM conflict_of_interest fc WHERE fc.ended_at IS NULL AND fc.confirmed_at IS NOT NULL
                         AND fc.child_person = ",
            $child_person,
            " AND ",
            $crate::same_human_sql!("fc.person_id", $person),
            ") OR EXISTS (SELECT 1 FROM person fk JOIN person fx ON fx.identity_id = fk.identity_id AND fx.id <> fk.id
                          JOIN conflict_of_interest fd ON fd.child_person = fx.id
                          WHERE fd.ended_at IS NULL AND fd.confirmed_at IS NOT NULL AND fd.recorded_by = fd.person_id AND fk.id = ",
            $child_person,
            " AND ",
            $crate::same_human_sql!("fd.person_id", $person),
            "))"
        )
    };
}

/// The registrations of the children that a person is close to, and whether that is confirmed. A declaration of their own counts
/// for the child in every municipality, and one about a mother for the child whose birth was recorded in her case. Statements that nobody has confirmed
/// are from after `$2`, or one of the two registrations is, except those of the registration itself. A leader's rejection ends a statement.
const CLOSE_TO: &str = "
    SELECT k.municipality, k.id, TRUE AS confirmed FROM child k WHERE k.person_id = $1
    UNION
    SELECT k.municipality, k.id, c.confirmed_at IS NOT NULL
    FROM conflict_of_interest c JOIN person cp ON cp.id = c.child_person
    JOIN person kp ON kp.identity_id = cp.identity_id JOIN child k ON k.person_id = kp.id
    WHERE c.person_id = $1 AND c.ended_at IS NULL AND (k.person_id = c.child_person OR c.recorded_by = c.person_id)
      AND (c.confirmed_at IS NOT NULL OR (c.recorded_at > $2 AND NOT c.as_party))
    UNION
    SELECT b.municipality, b.id, c.confirmed_at IS NOT NULL
    FROM conflict_of_interest c JOIN person cp ON cp.id = c.child_person
    JOIN person kp ON kp.identity_id = cp.identity_id JOIN child k ON k.person_id = kp.id
    JOIN child b ON b.mother_id = k.id AND b.municipality = k.municipality
    WHERE c.person_id = $1 AND c.ended_at IS NULL AND (k.person_id = c.child_person OR c.recorded_by = c.person_id)
      AND (c.confirmed_at IS NOT NULL OR (c.recorded_at > $2 AND NOT c.as_party))
    UNION
    SELECT s.municipality, s.id, FALSE FROM guardianship g
    JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
    JOIN child s ON s.person_id = k.person_id
    LEFT JOIN claim_decision d ON d.child_id = s.id AND d.claim_id = g.id
    WHERE g.guardian_id = $1 AND (g.ended_at IS NULL OR k.unborn = 'replaced')
      AND (s.id = g.child_id OR d.confirmed
           OR (d.confirmed IS NULL AND (g.created_at > $2 OR s.registered_at > $2 OR s.identified_at > $2 OR k.identified_at > $2)))
      AND NOT EXISTS (SELECT 1 FROM conflict_of_interest r
                      WHERE r.child_person = k.person_id AND r.person_id = g.guardian_id AND r.ground = 'guardian'
                        AND r.ended_at IS NOT NULL AND r.recorded_at >= g.created_at)";
/// The auditors of a municipality. There are a few.
const AUDITORS: &str = concat!(
    "SELECT DISTINCT r.person_id FROM unit u JOIN staff_role r ON r.unit_id = u.id
     WHERE u.municipality = $1 AND r.role = 'auditor' AND ",
    role_counts_sql!("r", "$2")
);
/// The auditors of a unit that another controller runs.
const AUDITORS_OF_UNIT: &str = concat!(
    "SELECT DISTINCT r.person_id FROM staff_role r WHERE r.unit_id = $1 AND r.role = 'auditor' AND ",
    role_counts_for_controller_sql!("r", "$2")
);
/// The conflicts of interest about one registration of a child: those about its cases and its guardianships. `$2` states whether no
/// other registration has the person, so that all of theirs are about it.
macro_rules! of_registration {
    () => {
        "child_person = $1 AND ($2 OR case_id IN (SELECT id FROM care_case WHERE child_id = $3)
                                OR id IN (SELECT id FROM guardianship WHERE child_id = $3))"
    };
}
const MOVE_CONFLICTS: &str = concat!(
    "UPDATE conflict_of_interest SET child_person = $4 WHERE NOT ($5 AND ground = 'guardian') AND ",
    of_registration!()
);
const UNCONFIRM_CONFLICTS: &str = concat!(
    "UPDATE conflict_of_interest SET confirmed_at = NULL, confirmed_by = NULL, confirm_reason = NULL, recorded_at = $4, version = version + 1
     WHERE confirmed_by <> person_id AND ground <> 'guardian' AND ended_at IS NULL AND ",
    of_registration!()
);
/// Seats of people whose disqualification must be decided again. It had closed their seats, which must not open meanwhile.
const END_SEATS: &str = concat!(
    "UPDATE team_member SET left_at = $4, version = version + 1
     WHERE left_at IS NULL AND case_id IN (SELECT k.id FROM care_case k WHERE k.child_id = $3)
       AND person_id IN (
           SELECT o.id FROM person o JOIN person p ON p.identity_id = o.identity_id WHERE p.id IN (
               SELECT person_id FROM conflict_of_interest
               WHERE confirmed_by <> person_id AND ended_at IS NULL AND ",
    of_registration!(),
    "))"
);

/// The children that a person is close to, in every registration.
#[derive(Debug, Default)]
pub struct Ties(Vec<Tie>);

/// The municipality, the child, and whether the tie is confirmed.
type Tie = (String, Id<Child>, bool);

impl Ties {
    /// Returns whether the person is disqualified: their tie to the child is confirmed.
    #[must_use]
    pub fn disqualify(&self, child: Id<Child>) -> bool {
        self.0.iter().any(|(_, tied, is_confirmed)| *tied == child && *is_confirmed)
    }

    /// Returns whether a tie to the child is confirmed or stated, so that the person is given nothing new.
    #[must_use]
    pub fn close(&self, child: Id<Child>) -> bool {
        self.0.iter().any(|(_, tied, _)| *tied == child)
    }

    /// Returns whether the person is kept from what they do not hold (`own`): disqualified, or stated to be close to the child.
    #[must_use]
    pub fn keep_from(&self, child: Id<Child>, own: bool) -> bool {
        self.disqualify(child) || (self.close(child) && !own)
    }
}

/// Returns whether a person is close to a child, or is stated to be. They are given nothing new.
///
/// # Errors
/// If the database does not answer.
pub async fn is_close(
    tx: &mut Tx,
    child: Id<Child>,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let persons = persons_of(tx, person).await?;
    Ok(close_to(tx, persons, now).await?.close(child))
}

/// Returns the children that the caller is close to, in all municipalities.
///
/// # Errors
/// If the database does not answer.
pub async fn ties(tx: &mut Tx, caller: &Caller, now: DateTime<Utc>) -> Result<Ties, DbError> {
    close_to(tx, caller.persons(), now).await
}

/// Returns the children that another auditor of the municipality controls for the caller: those from which the caller is disqualified,
/// and those that the caller is stated to be close to while another auditor is not. So nobody blinds a municipality by naming its
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
    let mut others: BTreeMap<&str, Vec<Ties>> = BTreeMap::new();
    for (municipality, _, is_confirmed) in &ties.0 {
        if !is_confirmed && !others.contains_key(municipality.as_str()) {
            let auditors = fetch_all!(tx, (Id<Person>,), AUDITORS, municipality, day_in_norway(now))?;
            others.insert(municipality, ties_of_others(tx, caller, auditors, now).await?);
        }
    }
    let is_for_another = |(municipality, child, _): &&Tie| {
        let others = others.get(municipality.as_str()).into_iter().flatten();
        ties.disqualify(*child) || others.into_iter().any(|other| !other.close(*child))
    };
    Ok(ties.0.iter().filter(is_for_another).map(|(_, child, _)| *child).collect())
}

/// Returns the children that another auditor of the same unit controls for the auditor of another controller. The auditors of the
/// municipality do not review for that controller.
///
/// # Errors
/// If the database does not answer.
pub async fn children_of_other_auditors_of(
    tx: &mut Tx,
    caller: &Caller,
    unit: Id<Unit>,
    now: DateTime<Utc>,
) -> Result<Vec<Id<Child>>, DbError> {
    let ties = ties(tx, caller, now).await?;
    let auditors = fetch_all!(tx, (Id<Person>,), AUDITORS_OF_UNIT, unit, day_in_norway(now))?;
    let others = ties_of_others(tx, caller, auditors, now).await?;
    let is_for_another =
        |(_, child, _): &&Tie| ties.disqualify(*child) || others.iter().any(|other| !other.close(*child));
    Ok(ties.0.iter().filter(is_for_another).map(|(_, child, _)| *child).collect())
}

/// Returns the ties of each auditor besides the caller.
async fn ties_of_others(
    tx: &mut Tx,
    caller: &Caller,
    auditors: Vec<(Id<Person>,)>,
    now: DateTime<Utc>,
) -> Result<Vec<Ties>, DbError> {
    let mut others = Vec::new();
    for (auditor,) in auditors {
        if !caller.is(auditor) {
            let persons = persons_of(tx, auditor).await?;
            others.push(close_to(tx, persons, now).await?);
        }
    }
    Ok(others)
}

/// Returns the children that some persons, who are one human, are close to. Most humans are one person.
async fn close_to(
    tx: &mut Tx,
    persons: impl IntoIterator<Item = Id<Person>>,
    now: DateTime<Utc>,
) -> Result<Ties, DbError> {
    let mut ties = Ties::default();
    for person in persons {
        ties.0.extend(fetch_all!(tx, Tie, CLOSE_TO, person, now - PROVISIONAL)?);
    }
    Ok(ties)
}

/// A registration of a child that has become another person, since its number came later or was wrong.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// The registration.
    pub child: Id<Child>,
    /// The person that it was.
    pub from: Id<Person>,
    /// The person that it is.
    pub to: Id<Person>,
    /// Whether the person that it was had no number and no other registration.
    pub was_alone: bool,
    /// Whether the municipality knew the person that it is.
    pub was_known: bool,
}

/// Moves the conflicts of interest about a registration with it. If the number leads to a person who was known before, only what people
/// have declared themselves still counts: their leaders have decided about another child, and decide again. Until then it is stated,
/// and their seats end, so that nobody gets back in by a number that is corrected twice.
///
/// # Errors
/// If the database does not answer.
pub async fn move_conflicts(tx: &mut Tx, moved: Moved, now: DateTime<Utc>) -> Result<(), DbError> {
    let Moved { child, from, to, was_alone, was_known } = moved;
    if was_known {
        execute!(tx, END_SEATS, from, was_alone, child, now)?;
        execute!(tx, UNCONFIRM_CONFLICTS, from, was_alone, child, now)?;
    }
    execute!(tx, MOVE_CONFLICTS, from, was_alone, child, to, was_known)?;
    Ok(())
}
