//! The facts that the rules speak of, as they stand at the moment of the request.
//!
//! All access across units is computed here from rows that live now: who sits on the team, who must
//! consent, what they have consented to, who holds the baton. Nothing is cached, so a withdrawal, a
//! birthday or a lost role counts from the very next request.

mod child;
mod custody;
mod emergency;
mod ground;
mod involvement;
mod place;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use self::custody::{Custody, GuardianRow, RegistrationRow, custody};
pub use self::{
    child::{ChildFacts, child_facts},
    custody::CustodyFacts,
    emergency::emergency_seat,
    ground::{Family, Given, Ground},
    involvement::hide,
    place::CasePlace,
};
use super::own_children;
use crate::{
    db::{DbError, Tx},
    fetch_in,
    identity::{Caller, Seat},
    kernel::{
        Id,
        clock::age_on,
        ids::{Case, Child, Person, Unit},
        vocabulary::{InformationKind, Protection, Sector},
    },
    vault::KeyName,
};

/// The age of majority: parental responsibility ends (vergemålsloven § 8, barnelova § 30).
const MAJORITY: i64 = 18;

/// A case, and what the caller is to it.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// The municipality whose case it is.
    pub municipality: String,
    /// The sector of the unit that opened it.
    pub sector: Sector,
    /// The case.
    pub id: Id<Case>,
    /// Whose case it is, as registered.
    pub child: Id<Child>,
    /// The child as a person, who may have a log-in.
    pub child_person: Id<Person>,
    /// Is it open?
    pub open: bool,
    /// Who holds the baton.
    pub contact_person: Id<Person>,
    /// Through which unit they hold it.
    pub contact_unit: Id<Unit>,
    /// The child's age in whole years.
    pub child_age: i64,
    /// On what sharing rests.
    pub ground: Ground,
    /// The guardians who see the case.
    pub guardians: Vec<Id<Person>>,
    /// What is withheld, and from whom: the whole case, or one note, measure or meeting.
    pub withheld: Vec<(Id<Person>, Option<Uuid>)>,
    /// The caller's seats on the team that rest on a ground in force.
    pub seats: Vec<Seat>,
    /// The caller holds the baton, and has the seat to hold it from.
    pub is_contact_person: bool,
    /// The caller leads the unit of the contact person or, if that has lost its ground, the one that opened the case.
    pub leads_contact_unit: bool,
    /// A handover to the caller awaits an answer.
    pub offered_baton: bool,
    /// The caller has parental responsibility for the child, who is under 18, and the case is not withheld from them.
    pub is_guardian: bool,
    /// The caller is the child, of any age.
    pub is_child: bool,
    /// The caller is the child, and something is written for the team of a health contact that it keeps from the guardians.
    pub own_health_contact: bool,
    /// Someone has objected to sharing among health personnel, and not taken it back.
    pub health_objection: bool,
    /// The caller is the child, of the age the municipality has set.
    pub is_young_person: bool,
    /// From where the caller has opened the case in an emergency. Only where the case itself is asked for: in lists of
    /// cases and in what is due, an emergency counts for nothing.
    pub emergency: Option<Seat>,
    /// What a care order or a protected address means for the caller.
    pub custody: CustodyFacts,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct CaseRow {
    municipality: String,
    id: Id<Case>,
    child_id: Id<Child>,
    child_person: Id<Person>,
    unit_id: Id<Unit>,
    sector: Sector,
    status: String,
    birth_date: NaiveDate,
    own_record_age: i64,
    contact_person: Id<Person>,
    contact_unit: Id<Unit>,
    offered_to: Option<Id<Person>>,
    has_health_contact: bool,
    health_objection: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct SeatRow {
    case_id: Id<Case>,
    person_id: Id<Person>,
    unit_id: Id<Unit>,
}

#[derive(Debug, sqlx::FromRow)]
struct ConsentRow {
    case_id: Id<Case>,
    given_by: Id<Person>,
    unit_id: Id<Unit>,
    kind: InformationKind,
    alone_basis: Option<String>,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
}

#[derive(Debug, sqlx::FromRow)]
struct WithheldRow {
    case_id: Id<Case>,
    guardian_id: Id<Person>,
    entry_id: Option<Uuid>,
}

const CASES: &str = "
    SELECT c.municipality, c.id, c.child_id, k.person_id AS child_person, c.unit_id, o.sector, c.status, k.birth_date, m.own_record_age,
           cp.person_id AS contact_person, cp.unit_id AS contact_unit, h.to_person AS offered_to,
           EXISTS (SELECT 1 FROM note n WHERE n.municipality = c.municipality AND n.case_id = c.id
                   AND n.kind = 'confidential_health' AND n.audience = 'team') AS has_health_contact,
           EXISTS (SELECT 1 FROM objection j WHERE j.municipality = c.municipality AND j.case_id = c.id
                   AND j.withdrawn_at IS NULL) AS health_objection
    FROM care_case c
    JOIN municipality m ON m.number = c.municipality
    JOIN unit o ON o.id = c.unit_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
    LEFT JOIN handover h ON h.municipality = c.municipality AND h.case_id = c.id AND h.status = 'offered'
    WHERE c.id IN (";
const SEATS: &str =
    "SELECT case_id, person_id, unit_id FROM team_member WHERE left_at IS NULL AND case_id IN (";
const CONSENTS: &str = "
    SELECT c.case_id, c.given_by, u.unit_id, k.kind, c.alone_basis, c.valid_from, c.valid_until
    FROM consent c
    JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
    JOIN consent_kind k ON k.municipality = c.municipality AND k.consent_id = c.id
    WHERE u.withdrawn_at IS NULL AND k.withdrawn_at IS NULL AND c.case_id IN (";
const WITHHELD: &str = "SELECT case_id, guardian_id, COALESCE(note_id, measure_id, meeting_id) AS entry_id
    FROM withholding WHERE ended_at IS NULL AND case_id IN (";

/// The facts of some cases to one caller, in the order of the cases' ids. A fixed number of queries.
///
/// # Errors
/// If the database does not answer.
pub async fn case_facts(
    tx: &mut Tx,
    caller: &Caller,
    cases: &[Id<Case>],
    today: NaiveDate,
) -> Result<Vec<CaseFacts>, DbError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<CaseRow> = fetch_in!(tx, CaseRow, CASES, cases)?;
    rows.sort_by_key(|row| row.id);
    let children: Vec<Id<Child>> = rows.iter().map(|row| row.child_id).collect();
    let seats = group(fetch_in!(tx, SeatRow, SEATS, cases)?, |row: &SeatRow| row.case_id);
    let consents = group(fetch_in!(tx, ConsentRow, CONSENTS, cases)?, |row: &ConsentRow| row.case_id);
    let withheld = group(fetch_in!(tx, WithheldRow, WITHHELD, cases)?, |row: &WithheldRow| row.case_id);
    let (guardians, registrations) = if children.is_empty() {
        (HashMap::new(), HashMap::new())
    } else {
        let guardians = fetch_in!(tx, GuardianRow, custody::GUARDIANS, &children)?;
        let registrations = fetch_in!(tx, RegistrationRow, custody::REGISTRATIONS, &children)?;
        (group(guardians, |row| row.child_id), group(registrations, |row| row.child_id))
    };
    let own_children = own_children(tx, caller.person).await?;
    let none = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Ok(rows
        .into_iter()
        .map(|row| {
            let seats = seats.get(&row.id).unwrap_or(&none.0);
            let consents = consents.get(&row.id).unwrap_or(&none.1);
            let guardians = guardians.get(&row.child_id).unwrap_or(&none.2);
            let withheld = withheld.get(&row.id).unwrap_or(&none.3);
            let own_family = own_children.contains(&row.child_id);
            let registrations = registrations.get(&row.child_id).unwrap_or(&none.4);
            let rows = Rows { seats, consents, guardians, registrations, withheld, own_family };
            relate(caller, row, &rows, today)
        })
        .collect())
}

fn group<K: std::hash::Hash + Eq, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// The rows of one case that live now.
struct Rows<'a> {
    seats: &'a [SeatRow],
    consents: &'a [ConsentRow],
    guardians: &'a [GuardianRow],
    registrations: &'a [RegistrationRow],
    withheld: &'a [WithheldRow],
    /// The caller is too close to the child, as registered anywhere: of its family, or with a conflict of interest (fvl § 6).
    own_family: bool,
}

/// What a caller is to a case, from the rows that live now.
fn relate(caller: &Caller, row: CaseRow, rows: &Rows<'_>, today: NaiveDate) -> CaseFacts {
    let Rows { seats: team, consents, guardians, registrations, withheld, own_family } = *rows;
    let child_age = age_on(row.birth_date, today);
    let custody = custody(row.child_id, guardians, registrations, child_age, today);
    let of_age = child_age >= row.own_record_age;
    let ground = Ground {
        owner_unit: row.unit_id,
        family: Family {
            guardians: custody.consenters.clone(),
            child: row.child_person,
            child_age,
            own_record_age: row.own_record_age,
        },
        in_force: consents
            .iter()
            .filter(|consent| consent.valid_from <= today && today <= consent.valid_until)
            .map(Given::from)
            .collect(),
    };
    let withheld: Vec<_> = withheld.iter().map(|row| (row.guardian_id, row.entry_id)).collect();
    let is_withheld = withheld.contains(&(caller.person, None));
    let mut seats: Vec<Seat> = Vec::new();
    for member in team.iter().filter(|member| member.person_id == caller.person && !own_family) {
        if !ground.covers(member.unit_id) || seats.iter().any(|seat| seat.unit_id == member.unit_id) {
            continue;
        }
        seats.extend(caller.works_in().find(|seat| seat.unit_id == member.unit_id).cloned());
    }
    let holding_unit = holding_unit(&ground, row.contact_unit);
    let sits_in = |unit: Id<Unit>| seats.iter().any(|seat| seat.unit_id == unit);
    CaseFacts {
        is_contact_person: row.contact_person == caller.person && sits_in(row.contact_unit),
        leads_contact_unit: !own_family && caller.leads().any(|seat| seat.unit_id == holding_unit),
        offered_baton: row.offered_to == Some(caller.person) && !seats.is_empty(),
        is_guardian: custody.guardians.contains(&caller.person) && !is_withheld,
        is_child: row.child_person == caller.person,
        health_objection: row.health_objection,
        own_health_contact: row.child_person == caller.person && row.has_health_contact,
        is_young_person: of_age && row.child_person == caller.person,
        emergency: None,
        custody: custody_facts(caller, &row, &custody, own_family, &seats),
        municipality: row.municipality,
        sector: row.sector,
        id: row.id,
        child: row.child_id,
        child_person: row.child_person,
        open: row.status == "open",
        contact_person: row.contact_person,
        contact_unit: row.contact_unit,
        child_age,
        ground,
        guardians: custody.guardians,
        withheld,
        seats,
    }
}

fn custody_facts(
    caller: &Caller,
    row: &CaseRow,
    custody: &Custody,
    own_family: bool,
    seats: &[Seat],
) -> CustodyFacts {
    let child_welfare_seat = custody.child_welfare_seat(caller).filter(|_| !own_family);
    let belongs = !seats.is_empty()
        || child_welfare_seat.is_some()
        || custody.guardians.contains(&caller.person)
        || caller.person == row.child_person;
    CustodyFacts {
        child_welfare_person: custody.child_welfare.map(|(person, _)| person),
        child_welfare_seat,
        kept_away: custody.is_closed && !belongs,
        foster_parent: custody.guardians.contains(&caller.person)
            && !custody.consenters.contains(&caller.person),
        strict_address: custody.protection == Protection::StrictlyConfidential,
    }
}

/// The unit that answers for the case: the contact person's or, where that has lost its ground, the one that
/// opened the case.
fn holding_unit(ground: &Ground, contact_unit: Id<Unit>) -> Id<Unit> {
    if ground.covers(contact_unit) { contact_unit } else { ground.owner_unit }
}

impl CaseFacts {
    /// The key that seals what is written in the case.
    #[must_use]
    pub fn key(&self) -> KeyName {
        KeyName::sector(&self.municipality, self.sector)
    }

    /// The unit that answers for the case.
    #[must_use]
    pub fn holding_unit(&self) -> Id<Unit> {
        holding_unit(&self.ground, self.contact_unit)
    }
}

#[cfg(test)]
impl CaseFacts {
    /// An open case at a school, of a child of an age with one guardian, seen by nobody in particular.
    pub(crate) fn sample(child_age: i64) -> Self {
        let (child, guardian) = (Id::new(), Id::new());
        let guardians = vec![guardian];
        let family = Family { guardians: guardians.clone(), child, child_age, own_record_age: 15 };
        Self {
            municipality: "4014".to_owned(),
            sector: Sector::School,
            id: Id::new(),
            child: Id::new(),
            child_person: child,
            open: true,
            contact_person: Id::new(),
            contact_unit: Id::new(),
            child_age,
            ground: Ground { owner_unit: Id::new(), family, in_force: Vec::new() },
            guardians,
            withheld: Vec::new(),
            seats: Vec::new(),
            is_contact_person: false,
            leads_contact_unit: false,
            offered_baton: false,
            is_guardian: false,
            is_child: false,
            own_health_contact: false,
            health_objection: false,
            is_young_person: false,
            emergency: None,
            custody: CustodyFacts::default(),
        }
    }
}
