//! Conflicts of interest in the database.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{ConflictGround, ConflictOfInterestOut, StaffConflictOut, StatedConflictOut};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional, has_leader_sql,
    identity::Caller,
    kernel::{
        Id, NationalId,
        ids::{Case, ConflictOfInterest, Person},
    },
    persons_of_sql, role_counts_sql, role_is_held_sql,
    vault::KeyName,
};

/// A conflict of interest that applies in several municipalities has several rows. One is shown, and one that is in force before others.
macro_rules! once {
    ($rest:literal) => {
        concat!(
            "c.municipality = (SELECT o.municipality FROM conflict_of_interest o WHERE o.id = c.id
                               ORDER BY o.ended_at IS NOT NULL, o.municipality LIMIT 1) AND ",
            $rest
        )
    };
}
macro_rules! own {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.national_id, c.case_id, c.ground, c.note, c.recorded_by, c.recorded_at, c.as_party, c.own_view,
                    c.own_view_at, c.confirmed_at, c.confirm_reason, c.ended_at, c.end_reason, c.version
             FROM conflict_of_interest c WHERE ",
            once!($rest)
        )
    };
}

const GET_OWN: &str = own!(
    "c.person_id IN (SELECT o.id FROM person p JOIN person o ON o.identity_id = p.identity_id WHERE p.id = $1) AND c.id = $2"
);
const LIST_OWN: &str = own!("c.person_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3");
const PLACES: &str = "SELECT DISTINCT id, municipality FROM conflict_of_interest WHERE id IN (";
const GET: &str = "
    SELECT c.id, c.person_id, p.name AS person_name, c.ground, c.recorded_at, c.as_party,
           CASE WHEN c.as_party THEN c.note END AS demand, c.own_view, c.confirmed_at, c.ended_at, c.version
    FROM conflict_of_interest c JOIN person p ON p.id = c.person_id WHERE c.municipality = $1 AND c.id = $2";
const LEADS: &str = concat!(
    "SELECT COUNT(*) FROM staff_role l JOIN staff_role r ON r.unit_id = l.unit_id
     WHERE l.role = 'unit_leader' AND l.person_id IN ",
    persons_of_sql!("$1"),
    " AND r.person_id IN ",
    persons_of_sql!("$2"),
    " AND ",
    has_leader_sql!(),
    " AND ",
    role_counts_sql!("l", "$3"),
    " AND ",
    role_is_held_sql!("r", "$3")
);
const WORKPLACES: &str = concat!(
    "SELECT DISTINCT s.municipality FROM unit_serves s JOIN staff_role r ON r.unit_id = s.unit_id
     WHERE r.role IN ('worker', 'unit_leader') AND r.person_id IN ",
    persons_of_sql!("$1"),
    " AND ",
    role_counts_sql!("r", "$2"),
    " ORDER BY s.municipality"
);
const ON_TEAM: &str = concat!(
    "SELECT COUNT(*) FROM team_member WHERE municipality = $1 AND case_id = $2 AND left_at IS NULL AND person_id IN ",
    persons_of_sql!("$3")
);
const INSERT: &str = "
    INSERT INTO conflict_of_interest (municipality, id, person_id, child_person, case_id, national_id, ground, note,
                                      recorded_by, recorded_at, confirmed_by, confirmed_at, as_party)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
/// The statements of a person about others in a case.
const RECORDED: &str = concat!(
    "SELECT c.id, c.person_id, c.ground, c.note, c.recorded_at, c.confirmed_at, c.confirm_reason, c.ended_at, c.end_reason
     FROM conflict_of_interest c
     WHERE c.municipality = $1 AND c.case_id = $2 AND c.recorded_by <> c.person_id AND c.recorded_by IN ",
    persons_of_sql!("$3"),
    " AND c.id > $4 ORDER BY c.id LIMIT $5"
);
const DEMANDED: &str = concat!(
    "SELECT COUNT(*) FROM conflict_of_interest c
     WHERE c.municipality = $1 AND c.case_id = $2 AND c.ended_at IS NULL AND c.confirmed_at IS NULL AND c.as_party AND c.person_id IN ",
    persons_of_sql!("$3"),
    " AND c.recorded_by IN ",
    persons_of_sql!("$4")
);
const GIVE_VIEW: &str = concat!(
    "UPDATE conflict_of_interest SET own_view = $3, own_view_at = $4, version = version + 1
     WHERE id = $1 AND version = $2 AND ended_at IS NULL AND confirmed_at IS NULL AND person_id IN ",
    persons_of_sql!("$5")
);
/// The statements of others about a person who has not given their view yet.
const UNANSWERED: &str = "
    SELECT DISTINCT c.id, c.recorded_at FROM conflict_of_interest c
    WHERE c.person_id = $1 AND c.ended_at IS NULL AND c.confirmed_at IS NULL AND c.own_view IS NULL
      AND (c.recorded_at, c.id) > ($2, $3)
    ORDER BY c.recorded_at, c.id LIMIT $4";

/// How the child is identified.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// By a case.
    Case(Id<Case>),
    /// By national identity number.
    Number(&'a NationalId),
}

/// A conflict of interest in one municipality, with the persons that it knows people as.
pub(super) struct Row {
    pub municipality: String,
    /// The child.
    pub child: Id<Person>,
    /// The person who is too close to it.
    pub person: Id<Person>,
    pub recorded_by: Id<Person>,
}

pub(super) struct New<'a> {
    /// The municipality whose key encrypts the texts about it.
    pub home: &'a str,
    pub told: Told<'a>,
    pub ground: ConflictGround,
    pub note: Option<&'a str>,
    /// Whether the person who records it may decide that it counts.
    pub confirmed: bool,
    /// Whether a guardian or the young person demands the decision.
    pub as_party: bool,
}

/// Records a conflict of interest. The child has a person record in each of the municipalities.
pub(super) async fn insert(
    tx: &mut Tx,
    rows: &[Row],
    new: New<'_>,
    now: DateTime<Utc>,
) -> Result<Id<ConflictOfInterest>, DbError> {
    let New { home, told, ground, note, confirmed, as_party } = new;
    let id = Id::<ConflictOfInterest>::new();
    let key = KeyName::people(home);
    let note = tx.vault().seal_optional(&key, note)?;
    let (case, number) = match told {
        Told::Case(case) => (Some(case), None),
        Told::Number(number) => (None, Some(tx.vault().seal(&key, number.as_str())?)),
    };
    for Row { municipality, child, person, recorded_by } in rows {
        expect_one(execute!(
            tx,
            INSERT,
            municipality,
            id,
            *person,
            *child,
            case,
            number.clone(),
            ground,
            note.clone(),
            *recorded_by,
            now,
            confirmed.then_some(*recorded_by),
            confirmed.then_some(now),
            as_party
        )?)?;
    }
    Ok(id)
}

/// Returns the municipalities that a person's units serve.
pub(super) async fn workplaces(
    tx: &mut Tx,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<Vec<String>, DbError> {
    let rows = fetch_all!(tx, (String,), WORKPLACES, person, today)?;
    Ok(rows.into_iter().map(|(municipality,)| municipality).collect())
}

/// Returns whether the person is on the team of the case, even if their access is not in force.
pub(super) async fn is_on_team(tx: &mut Tx, case: &CaseState, person: Id<Person>) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), ON_TEAM, &case.municipality, case.id, person)?;
    Ok(count > 0)
}

/// Returns whether a guardian or the young person has demanded a decision about a person that nobody has made yet.
pub(super) async fn has_demanded(
    tx: &mut Tx,
    case: &CaseState,
    person: Id<Person>,
    by: Id<Person>,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), DEMANDED, &case.municipality, case.id, person, by)?;
    Ok(count > 0)
}

/// Lists what a person has stated about others in a case, oldest first.
pub(super) async fn list_recorded(
    tx: &mut Tx,
    case: &CaseState,
    by: Id<Person>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<StatedConflictOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, StatedConflictOut, RECORDED, &case.municipality, case.id, by, after, limit)
}

/// Returns a conflict of interest of a person; none if there is none with this id.
pub(super) async fn find_own(
    tx: &mut Tx,
    person: Id<Person>,
    id: Id<ConflictOfInterest>,
) -> Result<Option<ConflictOfInterestOut>, DbError> {
    fetch_optional!(tx, ConflictOfInterestOut, GET_OWN, person, id)
}

/// Stores the view of the person concerned, in all municipalities, in place of an earlier one.
pub(super) async fn give_view(
    tx: &mut Tx,
    current: &ConflictOfInterestOut,
    (person, municipality): (Id<Person>, &str),
    view: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let view = tx.vault().seal(&KeyName::people(municipality), view)?;
    let given = execute!(tx, GIVE_VIEW, current.id, current.version, view, now, person)?;
    expect_one(given.min(1))
}

/// Lists what others have stated about a person who has not given their view: its id and time, the earliest first.
///
/// # Errors
/// If the database query fails.
pub async fn unanswered(
    tx: &mut Tx,
    person: Id<Person>,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, DbError> {
    fetch_all!(tx, (Uuid, DateTime<Utc>), UNANSWERED, person, after.0, after.1, limit)
}

pub(super) async fn list_own(
    tx: &mut Tx,
    caller: &Caller,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ConflictOfInterestOut>, DbError> {
    let (most, mut rows) = (i64::try_from(limit).unwrap_or(i64::MAX), Vec::new());
    // Most people are one person.
    for person in caller.persons() {
        rows.extend(fetch_all!(tx, ConflictOfInterestOut, LIST_OWN, person, after, most)?);
    }
    rows.sort_by_key(|row: &ConflictOfInterestOut| row.id);
    rows.truncate(limit);
    Ok(rows)
}

/// Returns the municipalities that have each of some conflicts of interest.
pub(super) async fn places(
    tx: &mut Tx,
    ids: &[Id<ConflictOfInterest>],
) -> Result<Vec<(Id<ConflictOfInterest>, String)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    fetch_in!(tx, (Id<ConflictOfInterest>, String), PLACES, ids)
}

pub(super) async fn get(
    tx: &mut Tx,
    municipality: &str,
    id: Id<ConflictOfInterest>,
) -> Result<StaffConflictOut, DbError> {
    fetch_one!(tx, StaffConflictOut, GET, municipality, id)
}

/// Returns whether one person leads a unit where the other works, and so decides whether they are disqualified (fvl § 8).
pub(super) async fn leads(
    tx: &mut Tx,
    leader: Id<Person>,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), LEADS, leader, person, today)?;
    Ok(count > 0)
}
