//! The rows in force of some cases, read by one statement for any number of cases.
//!
//! Each part of the statement selects rows of one kind in the same columns, and [`CaseRows`] sorts them. The first part has a
//! value of the right type in every column, so PostgreSQL can infer the types of the other parts. `CROSS JOIN` fixes the order of
//! the joins in SQLite, which otherwise reads all rows of the municipality where it has no statistics.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::custody::{GuardianRow, RegistrationRow};
use crate::{
    db::{DbError, Tx},
    kernel::{
        Id,
        ids::{Case, Child, Person, Unit},
        vocabulary::{Capacity, InformationKind, Sector},
    },
    on_engine,
};

const ASKED: &str = "
    WITH asked AS (
        SELECT c.municipality, c.id, c.child_id, k.person_id AS child_person, k.birth_date, c.unit_id, c.status, c.agreed_on, c.opened_at
        FROM care_case c JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        WHERE c.id IN (";
const PARTS: &str = "))
    SELECT 'case' AS part, a.id AS case_id, a.child_id AS thing, a.child_person AS person, a.unit_id AS unit,
           cp.person_id AS other_person, cp.unit_id AS other_unit, h.to_person AS third_person,
           a.municipality AS word, o.sector AS other_word, a.status AS third_word,
           a.birth_date AS day, a.agreed_on AS other_day, a.opened_at AS moment, m.own_record_age AS number,
           EXISTS (SELECT 1 FROM note n WHERE n.municipality = a.municipality AND n.case_id = a.id
                   AND n.kind = 'confidential_health' AND n.audience = 'team') AS flag,
           EXISTS (SELECT 1 FROM objection j WHERE j.municipality = a.municipality AND j.case_id = a.id
                   AND j.withdrawn_at IS NULL) AS other_flag
    FROM asked a
    JOIN municipality m ON m.number = a.municipality
    JOIN unit o ON o.id = a.unit_id
    JOIN contact_person cp ON cp.municipality = a.municipality AND cp.case_id = a.id
    LEFT JOIN handover h ON h.municipality = a.municipality AND h.case_id = a.id AND h.status = 'offered'
    UNION ALL
    SELECT 'member', a.id, NULL, t.person_id, t.unit_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM asked a JOIN team_member t ON t.municipality = a.municipality AND t.case_id = a.id
    WHERE t.left_at IS NULL
    UNION ALL
    SELECT 'consent', a.id, NULL, c.given_by, u.unit_id, NULL, NULL, NULL, k.kind, c.alone_basis, NULL,
           c.valid_from, c.valid_until, NULL, NULL, NULL, NULL
    FROM asked a CROSS JOIN consent c CROSS JOIN consent_unit u CROSS JOIN consent_kind k
    WHERE c.municipality = a.municipality AND c.case_id = a.id
      AND u.municipality = c.municipality AND u.consent_id = c.id AND u.withdrawn_at IS NULL
      AND k.municipality = c.municipality AND k.consent_id = c.id AND k.withdrawn_at IS NULL
    UNION ALL
    SELECT 'withheld', a.id, COALESCE(w.note_id, w.measure_id, w.meeting_id), w.guardian_id,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM asked a JOIN withholding w ON w.municipality = a.municipality AND w.case_id = a.id
    WHERE w.ended_at IS NULL
    UNION ALL
    SELECT 'guardian', a.id, g.child_id, g.guardian_id, NULL, NULL, NULL, NULL, g.capacity, NULL, NULL,
           NULL, NULL, NULL, NULL, g.parental_responsibility, g.lives_with_child
    FROM asked a CROSS JOIN child s CROSS JOIN guardianship g
    WHERE s.municipality = a.municipality AND s.person_id = a.child_person
      AND g.municipality = s.municipality AND g.child_id = s.id AND g.ended_at IS NULL
    UNION ALL
    SELECT 'registration', a.id, s.id, o.child_welfare_person_id, o.child_welfare_unit_id, NULL, NULL, NULL,
           p.protection, NULL, NULL, o.in_force_from, NULL, NULL, NULL, NULL, NULL
    FROM asked a
    JOIN child s ON s.municipality = a.municipality AND s.person_id = a.child_person
    LEFT JOIN address_protection p ON p.municipality = s.municipality AND p.child_id = s.id
    LEFT JOIN care_order o ON o.municipality = s.municipality AND o.child_id = s.id AND o.ended_at IS NULL
    UNION ALL
    SELECT 'conflict', a.id, NULL, x.person_id,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM asked a JOIN conflict_of_interest x ON x.child_person = a.child_person
    WHERE x.ended_at IS NULL
    UNION ALL
    SELECT 'emergency', a.id, NULL, e.person_id, e.unit_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           e.started_at, NULL, NULL, NULL
    FROM asked a JOIN emergency_access e ON e.municipality = a.municipality AND e.case_id = a.id
    WHERE a.status = 'open' AND e.ended_at IS NULL AND e.ends_at > ";

/// A row of any part.
#[derive(Debug, sqlx::FromRow)]
struct PartRow {
    part: String,
    case_id: Id<Case>,
    thing: Option<Uuid>,
    person: Option<Id<Person>>,
    unit: Option<Id<Unit>>,
    other_person: Option<Id<Person>>,
    other_unit: Option<Id<Unit>>,
    third_person: Option<Id<Person>>,
    word: Option<String>,
    other_word: Option<String>,
    third_word: Option<String>,
    day: Option<NaiveDate>,
    other_day: Option<NaiveDate>,
    moment: Option<DateTime<Utc>>,
    number: Option<i64>,
    flag: Option<bool>,
    other_flag: Option<bool>,
}

/// The rows in force of one case.
#[derive(Debug, Clone)]
pub(super) struct CaseRows {
    pub case: CaseRow,
    pub members: Vec<Member>,
    pub consents: Vec<ConsentRow>,
    /// The guardians who have something withheld from them: the whole case, or one note, measure or meeting.
    pub withheld: Vec<(Id<Person>, Option<Uuid>)>,
    pub guardians: Vec<GuardianRow>,
    pub registrations: Vec<RegistrationRow>,
    /// The people with a conflict of interest about the child.
    pub conflicts: Vec<Id<Person>>,
    /// The people who have the case open in an emergency.
    pub emergencies: Vec<OpenEmergency>,
}

#[derive(Debug, Clone)]
pub(super) struct CaseRow {
    pub municipality: String,
    pub id: Id<Case>,
    pub child: Id<Child>,
    pub child_person: Id<Person>,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub is_open: bool,
    pub birth_date: NaiveDate,
    pub own_record_age: i64,
    pub contact_person: Id<Person>,
    pub contact_unit: Id<Unit>,
    pub offered_to: Option<Id<Person>>,
    pub has_health_contact: bool,
    pub health_objection: bool,
}

/// A seat on the team that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub person: Id<Person>,
    /// The unit that they take part through.
    pub unit: Id<Unit>,
}

/// A case that someone has open in an emergency.
#[derive(Debug, Clone, Copy)]
pub struct OpenEmergency {
    /// The person.
    pub person: Id<Person>,
    /// The unit that they opened it from.
    pub unit: Id<Unit>,
    /// The time they opened it.
    pub started_at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub(super) struct ConsentRow {
    pub given_by: Id<Person>,
    pub unit: Id<Unit>,
    pub kind: InformationKind,
    pub alone_basis: Option<String>,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
}

/// Reads the rows of some cases, in the order of the cases' ids.
pub(super) async fn case_rows(
    tx: &mut Tx,
    cases: &[Id<Case>],
    now: DateTime<Utc>,
) -> Result<Vec<CaseRows>, DbError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let rows = on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new(ASKED);
        let mut list = query.separated(", ");
        for case in cases {
            list.push_bind(*case);
        }
        query.push(PARTS).push_bind(now);
        query.build_query_as::<PartRow>().fetch_all(conn).await
    })?;
    sorted(rows)
}

fn sorted(rows: Vec<PartRow>) -> Result<Vec<CaseRows>, DbError> {
    let (cases, parts): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.part == "case");
    let cases = cases.into_iter().map(|row| row.case().ok_or_else(unreadable));
    let mut cases = cases.collect::<Result<Vec<CaseRow>, _>>()?;
    cases.sort_by_key(|case| case.id);
    let places: HashMap<Id<Case>, usize> =
        cases.iter().enumerate().map(|(place, case)| (case.id, place)).collect();
    let mut all: Vec<CaseRows> = cases.into_iter().map(CaseRows::new).collect();
    for part in parts {
        let case = places.get(&part.case_id).and_then(|place| all.get_mut(*place)).ok_or_else(unreadable)?;
        case.add(part).ok_or_else(unreadable)?;
    }
    Ok(all)
}

/// The error for a row that the schema does not allow. No decision is based on such a row.
fn unreadable() -> DbError {
    DbError::Engine(sqlx::Error::Decode(
        "a row about a case has a value that the service does not know".into(),
    ))
}

impl PartRow {
    fn case(self) -> Option<CaseRow> {
        Some(CaseRow {
            municipality: self.word?,
            id: self.case_id,
            child: self.thing?.into(),
            child_person: self.person?,
            unit: self.unit?,
            sector: Sector::try_from(self.other_word?).ok()?,
            is_open: self.third_word? == "open",
            birth_date: self.day?,
            own_record_age: self.number?,
            contact_person: self.other_person?,
            contact_unit: self.other_unit?,
            offered_to: self.third_person,
            has_health_contact: self.flag?,
            health_objection: self.other_flag?,
        })
    }

    fn consent(self) -> Option<ConsentRow> {
        Some(ConsentRow {
            given_by: self.person?,
            unit: self.unit?,
            kind: InformationKind::try_from(self.word?).ok()?,
            alone_basis: self.other_word,
            valid_from: self.day?,
            valid_until: self.other_day?,
        })
    }

    fn guardian(self) -> Option<GuardianRow> {
        Some(GuardianRow {
            registration: self.thing?.into(),
            guardian_id: self.person?,
            parental_responsibility: self.flag?,
            lives_with_child: self.other_flag?,
            capacity: Capacity::try_from(self.word?).ok()?,
        })
    }

    fn registration(self) -> Option<RegistrationRow> {
        Some(RegistrationRow {
            registration: self.thing?.into(),
            protection: self.word,
            child_welfare_person_id: self.person,
            child_welfare_unit_id: self.unit,
            in_force_from: self.day,
        })
    }
}

impl CaseRows {
    pub(super) fn new(case: CaseRow) -> Self {
        Self {
            case,
            members: Vec::new(),
            consents: Vec::new(),
            withheld: Vec::new(),
            guardians: Vec::new(),
            registrations: Vec::new(),
            conflicts: Vec::new(),
            emergencies: Vec::new(),
        }
    }

    fn add(&mut self, row: PartRow) -> Option<()> {
        match row.part.as_str() {
            "member" => self.members.push(Member { person: row.person?, unit: row.unit? }),
            "consent" => self.consents.push(row.consent()?),
            "withheld" => self.withheld.push((row.person?, row.thing)),
            "guardian" => self.guardians.push(row.guardian()?),
            "registration" => self.registrations.push(row.registration()?),
            "conflict" => self.conflicts.push(row.person?),
            "emergency" => self.emergencies.push(OpenEmergency {
                person: row.person?,
                unit: row.unit?,
                started_at: row.moment?,
            }),
            _ => return None,
        }
        Some(())
    }
}
