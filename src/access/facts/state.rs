//! The state of a case: the content of its rows on a day, independent of the caller.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    custody::{Custody, custody},
    ground::{Family, Given, Ground},
    rows::{CaseRows, Member, OpenEmergency, case_rows},
};
use crate::{
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
    /// The sector of the unit that opened it.
    pub sector: Sector,
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
    /// The child's age in whole years.
    pub child_age: i64,
    /// The ground for sharing: the people who must consent, and their consents.
    pub ground: Ground,
    /// The guardians who see the case.
    pub guardians: Vec<Id<Person>>,
    /// The guardians who have something withheld from them: the whole case, or one note, measure or meeting.
    pub withheld: Vec<(Id<Person>, Option<Uuid>)>,
    /// The seats on the team that have not ended, with or without a ground for sharing.
    pub members: Vec<Member>,
    /// The child's family in any registration: the child and its guardians.
    pub family: Vec<Id<Person>>,
    /// The people with a recorded conflict of interest about the child.
    pub conflicts: Vec<Id<Person>>,
    /// The people who have the case open in an emergency.
    pub emergencies: Vec<OpenEmergency>,
    /// A note for the team is about a health contact that the child keeps from the guardians.
    pub has_health_contact: bool,
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
    Ok(rows.into_iter().map(|rows| rows.on(moment.today)).collect())
}

impl CaseRows {
    /// Returns the state of the case on a day.
    pub(super) fn on(self, today: NaiveDate) -> CaseState {
        let Self { case, members, consents, withheld, guardians, registrations, conflicts, emergencies } =
            self;
        let child_age = age_on(case.birth_date, today);
        let custody = custody(case.child, &guardians, &registrations, child_age, today);
        let in_force = consents.into_iter().filter(|row| row.valid_from <= today && today <= row.valid_until);
        let ground = Ground {
            owner_unit: case.unit,
            family: Family {
                guardians: custody.consenters.clone(),
                child: case.child_person,
                child_age,
                own_record_age: case.own_record_age,
            },
            in_force: in_force.map(Given::from).collect(),
        };
        let mut family = vec![case.child_person];
        family.extend(guardians.iter().map(|row| row.guardian_id));
        CaseState {
            today,
            municipality: case.municipality,
            sector: case.sector,
            id: case.id,
            child: case.child,
            child_person: case.child_person,
            open: case.is_open,
            contact_person: case.contact_person,
            contact_unit: case.contact_unit,
            offered_to: case.offered_to,
            child_age,
            ground,
            guardians: custody.guardians.clone(),
            withheld,
            members,
            family,
            conflicts,
            emergencies,
            has_health_contact: case.has_health_contact,
            health_objection: case.health_objection,
            custody,
        }
    }
}

impl CaseState {
    /// Returns the name of the key that seals the content of the case.
    #[must_use]
    pub fn key(&self) -> KeyName {
        KeyName::sector(&self.municipality, self.sector)
    }

    /// Returns the unit that is responsible for the case: that of the contact person or, if it has lost its ground for sharing,
    /// the unit that opened the case.
    #[must_use]
    pub fn holding_unit(&self) -> Id<Unit> {
        if self.ground.covers(self.contact_unit) { self.contact_unit } else { self.ground.owner_unit }
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
}

#[cfg(test)]
impl CaseState {
    /// An open case at a school, of a child of an age with one guardian: a parent who lives with the child.
    pub(crate) fn sample(child_age: i64) -> Self {
        use super::{custody::GuardianRow, rows::CaseRow};
        use crate::kernel::vocabulary::Capacity;

        let today: NaiveDate = "2026-11-22".parse().expect("a day");
        let months = chrono::Months::new(u32::try_from(child_age).expect("an age") * 12);
        let child = Id::new();
        let mut rows = CaseRows::new(CaseRow {
            municipality: "4014".to_owned(),
            id: Id::new(),
            child,
            child_person: Id::of_new_person(),
            unit: Id::new(),
            sector: Sector::School,
            is_open: true,
            birth_date: today - months,
            own_record_age: 15,
            contact_person: Id::of_new_person(),
            contact_unit: Id::new(),
            offered_to: None,
            has_health_contact: false,
            health_objection: false,
        });
        rows.guardians.push(GuardianRow {
            registration: child,
            guardian_id: Id::of_new_person(),
            parental_responsibility: true,
            lives_with_child: true,
            capacity: Capacity::Parent,
        });
        rows.on(today)
    }
}
