//! The rows in force of some cases, read by one statement for any number of cases.
//!
//! The statement returns one JSON array, because a database hands over one value faster than many rows. Each element of the array
//! is a case and a [`Part`]: the kind of row and its columns, in the order of the fields that they are read into. `CROSS JOIN`
//! fixes the order of the joins in SQLite, which otherwise reads all rows of the municipality where it has no statistics.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    custody::{GuardianRow, RegistrationRow},
    flag::flag,
    moves::{Move, MoveRow},
};
use crate::{
    care_order_role_sql,
    db::{DbError, EngineTx, Tx, in_time, padded},
    kernel::{
        Id,
        ids::{Case, Child, Consent, Person, Transition, Unit},
        vocabulary::{InformationKind, Sector},
    },
};

const ASKED: &str = "
    WITH asked AS (
        SELECT c.municipality, c.id, c.child_id, k.person_id AS child_person, k.birth_date, c.unit_id, c.opening_unit_id, c.status,
               k.registered_at, k.identified_at, k.unborn
        FROM care_case c JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
        WHERE c.id IN (";
/// The rest of the statement. `hex` makes an id a text, and `known` is the person that the municipality knows the same human as, so that
/// rows of before two identities became one agree.
const PARTS: &str = concat!(
    "))
    SELECT COALESCE('[' || string_agg(CAST(part AS TEXT), ',') || ']', '[]') FROM (
    SELECT json_array(hex(a.id), json_object('case', json_array(
               a.municipality, hex(a.id), hex(a.child_id), hex(a.child_person), hex(a.unit_id), o.sector, s.sector, a.status = 'open',
               a.birth_date, a.registered_at, a.identified_at, COALESCE(a.unborn = 'registered', FALSE), m.own_record_age, hex(known(cp.person_id)), hex(cp.unit_id),
               CASE WHEN h.to_person IS NOT NULL THEN hex(known(h.to_person)) END,
               CASE WHEN n.person_id IS NOT NULL THEN hex(known(n.person_id)) END,
               CASE WHEN n.person_id IS NOT NULL THEN hex(n.unit_id) END, n.due_on,
               EXISTS (SELECT 1 FROM note n WHERE n.municipality = a.municipality AND n.case_id = a.id
                       AND n.kind = 'confidential_health' AND n.audience = 'team' AND n.unit_id IS NOT NULL
                       AND n.struck_out_at IS NULL),
               EXISTS (SELECT 1 FROM person i CROSS JOIN person j CROSS JOIN meeting_participant v CROSS JOIN meeting q
                       WHERE i.id = a.child_person AND j.identity_id = i.identity_id AND v.person_id = j.id AND v.called
                         AND v.municipality = a.municipality AND q.municipality = v.municipality AND q.id = v.meeting_id
                         AND q.case_id = a.id),
               EXISTS (SELECT 1 FROM objection j WHERE j.municipality = a.municipality AND j.case_id = a.id
                       AND j.withdrawn_at IS NULL)))) AS part
    FROM asked a
    JOIN municipality m ON m.number = a.municipality
    JOIN unit o ON o.id = a.unit_id
    JOIN unit s ON s.id = a.opening_unit_id
    JOIN contact_person cp ON cp.municipality = a.municipality AND cp.case_id = a.id
    LEFT JOIN handover h ON h.municipality = a.municipality AND h.case_id = a.id AND h.status = 'offered'
    LEFT JOIN next_step n ON n.municipality = a.municipality AND n.pending_in = a.id
    UNION ALL
    SELECT json_array(hex(a.id), json_object('member', json_array(hex(known(t.person_id)), hex(t.unit_id))))
    FROM asked a JOIN team_member t ON t.municipality = a.municipality AND t.case_id = a.id
    WHERE t.left_at IS NULL
    UNION ALL
    SELECT json_array(hex(a.id), json_object('consent', json_array(
               hex(c.id), hex(known(c.given_by)), hex(u.unit_id), x.sector, k.kind, c.alone_basis, c.valid_from, c.valid_until)))
    FROM asked a CROSS JOIN consent c CROSS JOIN consent_unit u CROSS JOIN unit x CROSS JOIN consent_kind k
    WHERE x.id = u.unit_id AND c.municipality = a.municipality AND c.case_id = a.id
      AND u.municipality = c.municipality AND u.consent_id = c.id AND u.withdrawn_at IS NULL
      AND k.municipality = c.municipality AND k.consent_id = c.id AND k.withdrawn_at IS NULL
    UNION ALL
    SELECT json_array(hex(a.id), json_object('withheld', json_array(hex(known(w.guardian_id)),
               CASE WHEN COALESCE(w.note_id, w.measure_id, w.meeting_id) IS NOT NULL
                    THEN hex(COALESCE(w.note_id, w.measure_id, w.meeting_id)) END)))
    FROM asked a JOIN withholding w ON w.municipality = a.municipality AND w.case_id = a.id
    WHERE w.ended_at IS NULL
    UNION ALL
    SELECT json_array(hex(a.id), json_object('move', json_array(
               hex(t.id), hex(t.from_unit), hex(t.to_unit), x.sector, CASE WHEN t.to_person IS NOT NULL THEN hex(known(t.to_person)) END,
               t.moves_on, t.planned_at, t.settled_at)))
    FROM asked a CROSS JOIN transition t CROSS JOIN unit x
    WHERE t.municipality = a.municipality AND t.case_id = a.id AND t.status IN ('planned', 'moved') AND x.id = t.to_unit
    UNION ALL
    SELECT json_array(hex(a.id), json_object('agrees', json_array(hex(t.id), hex(known(w.person_id)))))
    FROM asked a CROSS JOIN transition t CROSS JOIN transition_answer w
    WHERE t.municipality = a.municipality AND t.case_id = a.id AND t.status = 'planned'
      AND w.municipality = t.municipality AND w.transition_id = t.id AND w.agrees
    UNION ALL
    SELECT json_array(hex(a.id), json_object('knew', json_array(hex(t.id), hex(w.unit_id))))
    FROM asked a CROSS JOIN transition t CROSS JOIN transition_unit w
    WHERE t.municipality = a.municipality AND t.case_id = a.id AND w.municipality = t.municipality AND w.transition_id = t.id
    UNION ALL
    SELECT json_array(hex(a.id), json_object('follows', json_array(hex(t.id), hex(w.entry_id))))
    FROM asked a CROSS JOIN transition t CROSS JOIN transition_entry w
    WHERE t.municipality = a.municipality AND t.case_id = a.id AND w.municipality = t.municipality AND w.transition_id = t.id
    UNION ALL
    SELECT json_array(hex(a.id), json_object('reader', json_array(hex(r.note_id), hex(known(r.person_id)))))
    FROM asked a JOIN note_reader r ON r.municipality = a.municipality AND r.case_id = a.id
    UNION ALL
    SELECT json_array(hex(a.id), json_object('kept', json_array(
               hex(u.unit_id), CASE WHEN t.person_id IS NOT NULL THEN hex(known(t.person_id)) END)))
    FROM asked a CROSS JOIN consent c CROSS JOIN consent_kind k CROSS JOIN consent_unit u
    LEFT JOIN team_member t ON t.municipality = a.municipality AND t.case_id = a.id AND t.unit_id = u.unit_id
    WHERE c.municipality = a.municipality AND c.case_id = a.id AND known(c.given_by) = known(a.child_person)
      AND k.municipality = c.municipality AND k.consent_id = c.id AND k.kind = 'confidential_health'
      AND u.municipality = c.municipality AND u.consent_id = c.id
      AND NOT EXISTS (SELECT 1 FROM consent q JOIN consent_unit v ON v.municipality = q.municipality AND v.consent_id = q.id
                      JOIN consent_kind z ON z.municipality = q.municipality AND z.consent_id = q.id AND z.kind = 'agreed'
                      WHERE q.municipality = a.municipality AND q.case_id = a.id AND v.unit_id = u.unit_id
                        AND known(q.given_by) <> known(a.child_person))
    UNION ALL
    SELECT json_array(hex(a.id), json_object('guardian', json_array(
               hex(g.child_id), hex(known(g.guardian_id)), g.parental_responsibility, g.lives_with_child, g.capacity,
               CASE WHEN s.identified_at > g.created_at THEN s.identified_at ELSE g.created_at END,
               d.confirmed,
               EXISTS (SELECT 1 FROM conflict_of_interest r
                       WHERE r.child_person = a.child_person AND r.person_id = g.guardian_id AND r.ground = 'guardian'
                         AND r.ended_at IS NOT NULL AND r.recorded_at >= g.created_at))))
    FROM asked a CROSS JOIN child s CROSS JOIN guardianship g
    LEFT JOIN claim_decision d ON d.municipality = a.municipality AND d.child_id = a.child_id AND d.claim_id = g.id
    WHERE s.municipality = a.municipality AND s.person_id = a.child_person
      AND g.municipality = s.municipality AND g.child_id = s.id AND g.ended_at IS NULL
    UNION ALL
    SELECT json_array(hex(a.id), json_object('registration', json_array(
               hex(s.id), p.protection, CASE WHEN s.identified_at > p.protected_at THEN s.identified_at ELSE p.protected_at END,
               CASE WHEN dp.decided_at >= p.protected_at THEN dp.confirmed END,
               o.kind, CASE WHEN o.id IS NOT NULL THEN hex(known(o.child_welfare_person_id)) END,
               CASE WHEN o.id IS NOT NULL THEN hex(o.child_welfare_unit_id) END, o.in_force_from, o.in_force_until,
               CASE WHEN o.id IS NOT NULL THEN o.accepted_at IS NOT NULL END,
               CASE WHEN s.identified_at > o.recorded_at THEN s.identified_at ELSE o.recorded_at END, d.confirmed,
               (SELECT MAX(r.ends_on) ",
    care_order_role_sql!("known(o.child_welfare_person_id)", "s.person_id"),
    "),
               EXISTS (SELECT 1 FROM claim_decision rd JOIN care_order ro ON ro.municipality = rd.municipality AND ro.id = rd.claim_id
                   WHERE rd.municipality = a.municipality AND rd.child_id = a.child_id AND ro.child_id = s.id AND NOT rd.confirmed))))
    FROM asked a
    JOIN child s ON s.municipality = a.municipality AND s.person_id = a.child_person
    LEFT JOIN address_protection p ON p.municipality = s.municipality AND p.child_id = s.id
    LEFT JOIN care_order o ON o.municipality = s.municipality AND o.child_id = s.id AND o.ended_at IS NULL
    LEFT JOIN claim_decision dp ON dp.municipality = a.municipality AND dp.child_id = a.child_id AND dp.claim_id = s.id
    LEFT JOIN claim_decision d ON d.municipality = a.municipality AND d.child_id = a.child_id AND d.claim_id = o.id
    UNION ALL
    SELECT json_array(hex(a.id), json_object('conflict', json_array(
               hex(known(x.person_id)), x.confirmed_at IS NOT NULL, x.recorded_at)))
    FROM asked a JOIN conflict_of_interest x ON x.child_person = a.child_person
    WHERE x.ended_at IS NULL AND (x.confirmed_at IS NOT NULL OR NOT x.as_party)
    UNION ALL
    SELECT json_array(hex(a.id), json_object('conflict', json_array(
               hex(known(x.person_id)), x.confirmed_at IS NOT NULL, x.recorded_at)))
    FROM asked a JOIN person k ON k.id = a.child_person JOIN person o ON o.identity_id = k.identity_id AND o.id <> k.id
    JOIN conflict_of_interest x ON x.child_person = o.id
    WHERE x.ended_at IS NULL AND x.recorded_by = x.person_id
    UNION ALL
    SELECT json_array(hex(a.id), json_object('emergency', json_array(hex(known(e.person_id)), hex(e.unit_id), e.started_at)))
    FROM asked a JOIN emergency_access e ON e.municipality = a.municipality AND e.case_id = a.id
    WHERE a.status = 'open' AND e.ended_at IS NULL AND e.ends_at > "
);
const END: &str = ") AS parts";

/// [`PARTS`] as SQLite reads it, where an id is a blob.
static PARTS_ON_SQLITE: LazyLock<String> =
    LazyLock::new(|| PARTS.replace("known(", "(SELECT canonical_id FROM person WHERE id = "));
/// [`PARTS`] as PostgreSQL reads it, where an id becomes a text in JSON.
static PARTS_ON_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    PARTS_ON_SQLITE
        .replace("json_array(", "json_build_array(")
        .replace("json_object(", "json_build_object(")
        .replace("hex(", "(")
});

/// A row about a case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Case(CaseRow),
    Member(Member),
    Consent(ConsentRow),
    Withheld(Id<Person>, Option<Uuid>),
    Reader(Uuid, Id<Person>),
    Kept(Id<Unit>, Option<Id<Person>>),
    Move(MoveRow),
    Agrees(Id<Transition>, Id<Person>),
    Knew(Id<Transition>, Id<Unit>),
    Follows(Id<Transition>, Uuid),
    Guardian(GuardianRow),
    Registration(RegistrationRow),
    Conflict(ConflictRow),
    Emergency(OpenEmergency),
}

/// The rows in force of one case.
#[derive(Debug, Clone)]
pub(super) struct CaseRows {
    pub case: CaseRow,
    pub members: Vec<Member>,
    pub consents: Vec<ConsentRow>,
    /// The guardians who have something withheld from them: the whole case, or one note, measure or meeting.
    pub withheld: Vec<(Id<Person>, Option<Uuid>)>,
    /// The notes of the family, each with a reader in the family that its writer chose.
    pub readers: Vec<(Uuid, Id<Person>)>,
    /// The units that the child keeps from the guardians, each with someone who helps or has helped through it.
    pub kept: Vec<(Id<Unit>, Option<Id<Person>>)>,
    /// The moves of the record to another unit, planned or made.
    pub moves: Vec<Move>,
    pub guardians: Vec<GuardianRow>,
    pub registrations: Vec<RegistrationRow>,
    /// The people with a conflict of interest about the child.
    pub conflicts: Vec<ConflictRow>,
    /// The people who have the case open in an emergency.
    pub emergencies: Vec<OpenEmergency>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct CaseRow {
    pub municipality: String,
    pub id: Id<Case>,
    pub child: Id<Child>,
    pub child_person: Id<Person>,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub key_sector: Sector,
    #[serde(deserialize_with = "flag")]
    pub is_open: bool,
    pub birth_date: NaiveDate,
    pub registered_at: DateTime<Utc>,
    pub identified_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "flag")]
    pub is_unborn: bool,
    pub own_record_age: i64,
    pub contact_person: Id<Person>,
    pub contact_unit: Id<Unit>,
    pub offered_to: Option<Id<Person>>,
    pub step_person: Option<Id<Person>>,
    pub step_unit: Option<Id<Unit>>,
    pub step_due_on: Option<NaiveDate>,
    #[serde(deserialize_with = "flag")]
    pub has_health_contact: bool,
    #[serde(deserialize_with = "flag")]
    pub child_is_invited: bool,
    #[serde(deserialize_with = "flag")]
    pub health_objection: bool,
}

/// A seat on the team that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// The person.
    pub person: Id<Person>,
    /// The unit that they take part through.
    pub unit: Id<Unit>,
}

/// A conflict of interest about the child.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ConflictRow {
    pub person: Id<Person>,
    #[serde(deserialize_with = "flag")]
    pub is_confirmed: bool,
    pub recorded_at: DateTime<Utc>,
}

/// A case that someone has open in an emergency.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct OpenEmergency {
    /// The person.
    pub person: Id<Person>,
    /// The unit that they opened it from.
    pub unit: Id<Unit>,
    /// The time they opened it.
    pub started_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Deserialize, sqlx::FromRow)]
pub(super) struct ConsentRow {
    pub id: Id<Consent>,
    pub given_by: Id<Person>,
    pub unit: Id<Unit>,
    pub sector: Sector,
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
    macro_rules! parts {
        ($limit:expr, $connection:expr, $parts:expr) => {{
            let mut query = sqlx::QueryBuilder::new(ASKED);
            let mut list = query.separated(", ");
            for case in padded(cases) {
                list.push_bind(*case);
            }
            query.push($parts).push_bind(now).push(END);
            in_time($limit, query.build_query_scalar::<String>().fetch_one(&mut **$connection)).await?
        }};
    }
    let limit = tx.limit();
    let parts = match &mut tx.engine {
        EngineTx::Sqlite(connection) => parts!(None, connection, &*PARTS_ON_SQLITE),
        EngineTx::Postgres(connection) => parts!(limit, connection, &*PARTS_ON_POSTGRES),
    };
    read(&parts)
}

/// Reads the rows, in the order of the cases' ids.
fn read(parts: &str) -> Result<Vec<CaseRows>, DbError> {
    let parts: Vec<(Id<Case>, Part)> = serde_json::from_str(parts).map_err(|_| unreadable())?;
    let (mut cases, mut others) = (BTreeMap::new(), Vec::new());
    for (id, part) in parts {
        match part {
            Part::Case(case) => drop(cases.insert(id, CaseRows::new(case))),
            other => others.push((id, other)),
        }
    }
    // A move comes before the rows that belong to it.
    others.sort_by_key(|(_, part)| !matches!(part, Part::Move(_)));
    for (id, part) in others {
        cases.get_mut(&id).ok_or_else(unreadable)?.add(part);
    }
    Ok(cases.into_values().collect())
}

/// The error for a row that the schema does not allow. No decision is based on such a row. The error is logged, so it must not
/// contain a value, as that of `serde_json` does.
fn unreadable() -> DbError {
    DbError::Engine(sqlx::Error::Decode(
        "a row about a case has a value that the service does not know".into(),
    ))
}

impl CaseRows {
    pub(super) fn new(case: CaseRow) -> Self {
        Self {
            case,
            members: Vec::new(),
            consents: Vec::new(),
            withheld: Vec::new(),
            readers: Vec::new(),
            kept: Vec::new(),
            moves: Vec::new(),
            guardians: Vec::new(),
            registrations: Vec::new(),
            conflicts: Vec::new(),
            emergencies: Vec::new(),
        }
    }

    fn add(&mut self, part: Part) {
        match part {
            Part::Case(case) => self.case = case,
            Part::Member(member) => self.members.push(member),
            Part::Consent(consent) => self.consents.push(consent),
            Part::Withheld(guardian, entry) => self.withheld.push((guardian, entry)),
            Part::Reader(note, person) => self.readers.push((note, person)),
            Part::Kept(unit, person) => self.kept.push((unit, person)),
            Part::Move(row) => self.moves.push(row.into()),
            Part::Agrees(of, person) => self.change(of, |planned| planned.agreed.push(person)),
            Part::Knew(of, unit) => self.change(of, |moved| moved.knew.push(unit)),
            Part::Follows(of, entry) => self.change(of, |moved| moved.follows.push(entry)),
            Part::Guardian(guardian) => self.guardians.push(guardian),
            Part::Registration(registration) => self.registrations.push(registration),
            Part::Conflict(person) => self.conflicts.push(person),
            Part::Emergency(emergency) => self.emergencies.push(emergency),
        }
    }
}

impl CaseRows {
    /// Changes a move. Its row comes before those that belong to it.
    fn change(&mut self, of: Id<Transition>, change: impl FnOnce(&mut Move)) {
        if let Some(row) = self.moves.iter_mut().find(|row| row.id == of) {
            change(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_row_is_an_error_that_contains_no_value_of_it() {
        let case = Id::<Case>::new();
        for part in [
            r#"{"emergency": ["Solveig Strand", "Skolen", "2026-11-22"]}"#,
            r#"{"Solveig Strand": []}"#,
            r#"{"conflict": "Solveig Strand"}"#,
            r#"{"conflict": "018f2f60-0000-7000-8000-000000000003"}"#,
        ] {
            let error = read(&format!(r#"[["{case}", {part}]]"#)).expect_err("unreadable").to_string();
            for value in ["Solveig", "Skolen", "2026", "018f2f60", &case.to_string()] {
                assert!(!error.contains(value), "{error}");
            }
        }
    }
}
