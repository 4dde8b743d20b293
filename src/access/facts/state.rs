//! The state of a case: the content of its rows on a day, independent of the caller.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    custody::{Custody, GuardianRow, Registered, custody},
    ground::{Family, Given, Ground},
    moves::Move,
    rows::{CaseRow, CaseRows, ConflictRow, ConsentRow, Member, OpenEmergency, case_rows},
};
use crate::{
    access::PROVISIONAL,
    db::{DbError, Tx},
    kernel::{
        Id, Moment,
        clock::age_on,
        ids::{Case, Child, Person, Unit},
        vocabulary::{Protection, Sector},
    },
    vault::KeyName,
};

/// A case on a day. It contains no caller: [`relation`](super::relation()) computes a caller's relation to it.
#[derive(Debug, Clone)]
pub struct CaseState {
    /// The day of the state.
    pub today: NaiveDate,
    /// The municipality whose case it is.
    pub municipality: String,
    /// The sector of the unit that keeps the record.
    pub sector: Sector,
    /// The sector whose key seals the content: that of the unit that opened it.
    pub key_sector: Sector,
    /// The case.
    pub id: Id<Case>,
    /// The child as registered.
    pub child: Id<Child>,
    /// The child as a person, who may have a log-in.
    pub child_person: Id<Person>,
    /// Whether it is open.
    pub open: bool,
    /// The contact person.
    pub contact_person: Id<Person>,
    /// The unit through which they hold the baton.
    pub contact_unit: Id<Unit>,
    /// The person the baton is offered to.
    pub offered_to: Option<Id<Person>>,
    /// The day of the child's birth.
    pub birth_date: NaiveDate,
    /// The team member who has the next step, and the unit that they take part from.
    pub next_step_with: Option<(Id<Person>, Id<Unit>)>,
    /// The day by which the next step is taken, in an open case.
    pub next_step_due_on: Option<NaiveDate>,
    /// The child's age in whole years.
    pub child_age: i64,
    /// The ground for sharing: the people who must consent, and their consents.
    pub ground: Ground,
    /// The guardians who see the case.
    pub guardians: Vec<Id<Person>>,
    /// All guardians in this registration, with or without parental responsibility.
    pub registered_guardians: Vec<Id<Person>>,
    /// The guardians who have something withheld from them: the whole case, or one note, measure or meeting.
    pub withheld: Vec<(Id<Person>, Option<Uuid>)>,
    /// The notes of the family, each with a reader in the family that its writer chose.
    pub readers: Vec<(Uuid, Id<Person>)>,
    /// The units that the child keeps from the guardians, each with someone who helps or has helped through it: it has consented to
    /// share a confidential health contact with them, and no guardian has consented that they take part. A withdrawal changes nothing.
    pub(super) kept: Vec<(Id<Unit>, Option<Id<Person>>)>,
    /// The moves of the record to another unit, planned or made.
    pub moves: Vec<Move>,
    /// The seats on the team that have not ended, with or without a ground for sharing.
    pub members: Vec<Member>,
    /// The people who are disqualified: the child, and those with a confirmed conflict of interest.
    pub disqualified: Vec<Id<Person>>,
    /// The people who are stated to be close to the child, as guardians or otherwise, where that counts here.
    pub stated_close: Vec<Id<Person>>,
    /// The people who have the case open in an emergency.
    pub emergencies: Vec<OpenEmergency>,
    /// A note for the team is about a health contact that the child keeps from the guardians.
    pub has_health_contact: bool,
    /// The child is invited to a meeting, or was at one.
    pub child_is_invited: bool,
    /// Someone has objected to sharing among health personnel, and has not withdrawn the objection.
    pub health_objection: bool,
    /// The people who decide for the child.
    pub(super) custody: Custody,
}

/// Reads the states of some cases at a moment, in the order of their ids, by one statement.
///
/// # Errors
/// If the database does not answer.
pub async fn case_states(tx: &mut Tx, cases: &[Id<Case>], moment: Moment) -> Result<Vec<CaseState>, DbError> {
    let rows = case_rows(tx, cases, moment.now).await?;
    Ok(rows.into_iter().map(|rows| rows.on(moment)).collect())
}

impl CaseRows {
    /// Returns the state of the case at a moment.
    pub(super) fn on(self, moment: Moment) -> CaseState {
        let Self {
            case,
            members,
            consents,
            withheld,
            readers,
            kept,
            moves,
            guardians,
            registrations,
            conflicts,
            emergencies,
        } = self;
        let registered = guardians.iter().filter(|row| row.registration == case.child);
        let (today, child_age) = (moment.today, age_on(case.birth_date, moment.today));
        let reader = Registered::new(case.child, case.registered_at, case.identified_at, case.is_unborn);
        let custody = custody(reader, &guardians, &registrations, child_age, moment);
        let ground = ground(&case, &custody, consents, child_age, today);
        let confirmed = conflicts.iter().filter(|row| row.is_confirmed).map(|row| row.person);
        let disqualified = std::iter::once(case.child_person).chain(confirmed).collect();
        let stated_close = stated_close(reader, &guardians, &conflicts, moment.now);
        CaseState {
            today,
            municipality: case.municipality,
            sector: case.sector,
            key_sector: case.key_sector,
            id: case.id,
            child: case.child,
            child_person: case.child_person,
            open: case.is_open,
            contact_person: case.contact_person,
            contact_unit: case.contact_unit,
            offered_to: case.offered_to,
            birth_date: case.birth_date,
            next_step_with: case.step_person.zip(case.step_unit),
            next_step_due_on: case.step_due_on,
            child_age,
            ground,
            guardians: custody.guardians.clone(),
            registered_guardians: registered.map(|row| row.guardian_id).collect(),
            withheld,
            readers,
            kept,
            moves,
            members,
            disqualified,
            stated_close,
            emergencies,
            has_health_contact: case.has_health_contact,
            child_is_invited: case.child_is_invited,
            health_objection: case.health_objection,
            custody,
        }
    }
}

/// Returns the ground for sharing on a day.
fn ground(
    case: &CaseRow,
    custody: &Custody,
    consents: Vec<ConsentRow>,
    child_age: i64,
    today: NaiveDate,
) -> Ground {
    let in_force = consents.into_iter().filter(|row| row.valid_from <= today && today <= row.valid_until);
    let family = Family {
        guardians: custody.consenters.clone(),
        sole_home: custody.sole_home,
        child: case.child_person,
        child_age,
        own_record_age: case.own_record_age,
    };
    Ground { owner_unit: case.unit, family, in_force: in_force.map(Given::from).collect() }
}

/// Returns the people who are stated to be close to a child: by its own registration, or lately by another or by a colleague.
fn stated_close(
    reader: Registered,
    guardians: &[GuardianRow],
    conflicts: &[ConflictRow],
    now: DateTime<Utc>,
) -> Vec<Id<Person>> {
    let counts = |row: &&GuardianRow| {
        let is_own = row.registration == reader.child;
        !row.rejected && (is_own || reader.claim_counts(row.confirmed, Some(row.stated_at), now))
    };
    let guardians = guardians.iter().filter(counts).map(|row| row.guardian_id);
    let is_recent = |row: &&ConflictRow| now - row.recorded_at < PROVISIONAL;
    guardians.chain(conflicts.iter().filter(is_recent).map(|row| row.person)).collect()
}

impl CaseState {
    /// Returns the name of the key that seals the content of the case.
    #[must_use]
    pub fn key(&self) -> KeyName {
        KeyName::sector(&self.municipality, self.key_sector)
    }

    /// Returns the unit that is responsible for the case: that of the contact person or, if it has lost its ground for sharing,
    /// the unit that keeps the record.
    #[must_use]
    pub fn holding_unit(&self) -> Id<Unit> {
        if self.ground.covers(self.contact_unit) { self.contact_unit } else { self.ground.owner_unit }
    }

    /// Returns the child's age in whole years on a day.
    #[must_use]
    pub fn age_on(&self, day: NaiveDate) -> i64 {
        age_on(self.birth_date, day)
    }

    /// Returns whether the next step is overdue.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.next_step_due_on.is_some_and(|due_on| due_on < self.today)
    }

    /// Returns the person in child welfare who decides for the child, by a care order in force.
    #[must_use]
    pub fn child_welfare_person(&self) -> Option<Id<Person>> {
        self.custody.child_welfare.map(|(person, _)| person)
    }

    /// Returns whether the child's address is strictly confidential, so that nothing that shows where the child is may be stored.
    #[must_use]
    pub fn strict_address(&self) -> bool {
        self.custody.protection == Protection::StrictlyConfidential
    }

    /// Returns the guardians that a note, a measure or a meeting is withheld from.
    pub fn withheld_from(&self, entry: Uuid) -> impl Iterator<Item = Id<Person>> {
        self.withheld.iter().filter(move |(_, withheld)| *withheld == Some(entry)).map(|(person, _)| *person)
    }

    /// Returns the state in which nothing is withheld from a guardian.
    #[must_use]
    pub fn without_withholdings_from(&self, guardian: Id<Person>) -> Self {
        let mut state = self.clone();
        state.withheld.retain(|(person, _)| *person != guardian);
        state
    }

    /// Returns the case as one who may know nothing else about the family would see it: nothing is withheld, nobody decides by a care order, and
    /// these are the guardians who see it.
    #[must_use]
    pub fn with_guardians(&self, guardians: Vec<Id<Person>>) -> Self {
        let mut state = self.clone();
        state.withheld.clear();
        state.custody.child_welfare = None;
        state.custody.consenters.clone_from(&guardians);
        state.custody.guardians = guardians;
        state
    }

    /// Returns the readers in the family that the writer of a note chose.
    pub fn chosen_readers(&self, note: Uuid) -> impl Iterator<Item = Id<Person>> {
        self.readers.iter().filter(move |(of, _)| *of == note).map(|(_, person)| *person)
    }
}

#[cfg(test)]
impl CaseState {
    /// An open case at a school, of a child of an age with one guardian: a parent who lives with the child.
    pub(crate) fn sample(child_age: i64) -> Self {
        use crate::kernel::vocabulary::Capacity;

        let moment = Moment::on_day("2026-11-22");
        let today = moment.today;
        let months = chrono::Months::new(u32::try_from(child_age).expect("an age") * 12);
        let child = Id::new();
        let mut rows = CaseRows::new(CaseRow {
            municipality: "4014".to_owned(),
            id: Id::new(),
            child,
            child_person: Id::of_new_person(),
            unit: Id::new(),
            sector: Sector::School,
            key_sector: Sector::School,
            is_open: true,
            birth_date: today - months,
            registered_at: moment.now,
            identified_at: None,
            is_unborn: false,
            own_record_age: 15,
            contact_person: Id::of_new_person(),
            contact_unit: Id::new(),
            offered_to: None,
            step_person: None,
            step_unit: None,
            step_due_on: None,
            has_health_contact: false,
            child_is_invited: false,
            health_objection: false,
        });
        rows.guardians.push(GuardianRow {
            registration: child,
            guardian_id: Id::of_new_person(),
            parental_responsibility: true,
            lives_with_child: true,
            capacity: Capacity::Parent,
            stated_at: moment.now,
            confirmed: None,
            rejected: false,
        });
        rows.on(moment)
    }
}
