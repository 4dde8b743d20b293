//! The person behind a request, with the rights that the database holds at this moment.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    kernel::{
        Id,
        ids::{Person, Session, Unit},
        vocabulary::{ControllerKind, Role, Sector},
    },
    vault::Content,
};

/// A role in a unit (tilsetting, verv), as the database holds it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The person who holds it.
    pub person: Id<Person>,
    /// The unit.
    pub unit_id: Id<Unit>,
    /// The name of the unit.
    pub unit_name: String,
    /// The sector of the unit.
    pub sector: Sector,
    /// The municipality that the unit belongs to.
    pub municipality: String,
    /// The kind of controller of the unit.
    pub controller: ControllerKind,
    /// The role of the person in the unit. Ask [`acts_as`](Self::acts_as) what it gives.
    pub role: Role,
    /// When the role started.
    pub started_at: DateTime<Utc>,
    /// The day from which the role counts for nothing.
    pub ends_on: NaiveDate,
}

impl HeldRole {
    /// Returns whether the role gives what a role of this kind gives. One that acts for the municipality does so only in a unit that the
    /// municipality controls.
    #[must_use]
    pub fn acts_as(&self, role: Role) -> bool {
        self.role == role && (self.controller == ControllerKind::Municipality || !role.excludes_content())
    }

    /// Returns whether it is the role of an auditor of another controller, who controls what the staff of the unit do.
    #[must_use]
    pub fn audits_unit(&self) -> bool {
        self.role == Role::Auditor && self.controller != ControllerKind::Municipality
    }
}

/// A person that a municipality knows a human as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAs {
    /// The person.
    pub person: Id<Person>,
    /// The municipality.
    pub municipality: String,
}

/// The human behind a request. Rights go by all persons that they are, and what belongs to a log-in goes by its account.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person whose account it is. Their sessions, devices, password and second factor belong to it.
    pub account: Id<Person>,
    /// The person that they act as: the person that the record knows, once it is found, and otherwise that of the account. Rows that
    /// they write name this person. Compare people with [`is`](Self::is): a row can name the caller as another person.
    pub person: Id<Person>,
    /// All persons that they are, in all municipalities, in the order in which they became known.
    pub known_as: Vec<KnownAs>,
    /// The name of the person whose account it is.
    pub name: Content,
    /// The municipality that manages the account.
    pub municipality: String,
    /// The session of the token; none for a person that a question is about.
    pub session: Option<Id<Session>>,
    /// Whether this is the account that they had first.
    pub opens_elsewhere: bool,
    /// The current roles of all persons that the municipality of the account knows them as. To work for another municipality, they log
    /// in with the account that it made.
    pub roles: Vec<HeldRole>,
    /// Whether their roles do not count in this session, because it has not proven a second factor.
    pub lacks_second_factor: bool,
}

/// Which log-ins let roles count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffFactor {
    /// A password is enough.
    Password,
    /// Only a session that has proven a second factor.
    Second,
}

impl Caller {
    fn with_role(&self, role: Role) -> impl Iterator<Item = &HeldRole> {
        self.roles.iter().filter(move |held| held.acts_as(role))
    }

    /// Returns whether a role excludes content. The rules forbid administrators, auditors and analysts to see any, whatever other
    /// roles they hold (`policies/18-roles-without-content.cedar`).
    #[must_use]
    pub fn is_kept_from_content(&self) -> bool {
        self.roles.iter().any(|held| held.role.excludes_content())
    }

    /// Returns whether what they may see as family in the records of a municipality counts here. Each municipality trusts its own accounts.
    /// The records of others are opened by the account that they had first, so that another municipality cannot open them by
    /// an account that it makes later.
    #[must_use]
    pub fn is_family_in(&self, municipality: &str) -> bool {
        self.opens_elsewhere || self.municipality == municipality
    }

    /// Returns the roles in which the caller works with children, as worker or leader. The rules decide whether they count.
    pub fn works_in(&self) -> impl Iterator<Item = &HeldRole> {
        self.roles.iter().filter(|held| !held.role.excludes_content())
    }

    /// Returns the roles as unit leader.
    pub fn leads(&self) -> impl Iterator<Item = &HeldRole> {
        self.with_role(Role::UnitLeader)
    }

    /// Returns the units that the caller leads. Candidate rows for the caller are found there. The rules decide on each.
    #[must_use]
    pub fn units_led(&self) -> Vec<Id<Unit>> {
        self.leads().map(|held| held.unit_id).collect()
    }

    /// Returns the municipalities whose accounts and units the caller manages.
    pub fn administers(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Administrator).map(|held| held.municipality.as_str())
    }

    /// Returns the municipalities whose access log the caller audits.
    pub fn audits(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Auditor).map(|held| held.municipality.as_str())
    }

    /// Returns the units of other controllers whose staff the caller audits.
    pub fn audits_units(&self) -> impl Iterator<Item = &HeldRole> {
        self.roles.iter().filter(|held| held.audits_unit())
    }

    /// Returns the caller as in a session that has not proven the second factor that roles require.
    #[must_use]
    pub fn without_roles(&self) -> Self {
        Self { roles: Vec::new(), lacks_second_factor: true, ..self.clone() }
    }

    /// Returns whether the caller works in this unit.
    #[must_use]
    pub fn is_worker_in(&self, unit: Id<Unit>) -> bool {
        self.works_in().any(|held| held.unit_id == unit)
    }

    /// Returns whether the caller works in this unit, and no other role keeps them from content there.
    #[must_use]
    pub fn sees_content_in(&self, unit: Id<Unit>) -> bool {
        self.is_worker_in(unit) && !self.is_kept_from_content()
    }

    /// Returns whether the caller is this person.
    #[must_use]
    pub fn is(&self, person: Id<Person>) -> bool {
        self.persons().any(|own| own == person)
    }

    /// Returns all persons that the caller is.
    pub fn persons(&self) -> impl Iterator<Item = Id<Person>> + use<'_> {
        self.known_as.iter().map(|own| own.person)
    }

    /// Returns the first of some people that is the caller.
    #[must_use]
    pub fn among(&self, people: impl IntoIterator<Item = Id<Person>>) -> Option<Id<Person>> {
        people.into_iter().find(|person| self.is(*person))
    }

    /// Returns the person that a municipality knows the caller as: by a role in its units or, if there is none, by its own records.
    /// A role that acts for the municipality comes first. Returns the person of the account if it does not know them.
    #[must_use]
    pub fn person_in(&self, municipality: &str) -> Id<Person> {
        let mut roles = self.roles.iter().filter(|held| held.municipality == municipality);
        let acting = roles.clone().find(|held| held.role.excludes_content());
        let by_role = acting.or_else(|| roles.next()).map(|held| held.person);
        let is_there = |own: &&KnownAs| own.municipality == municipality;
        let own = || self.known_as.iter().filter(is_there).map(|own| own.person);
        by_role
            .or_else(|| own().find(|own| *own == self.account))
            .or_else(|| own().next())
            .unwrap_or(self.account)
    }

    /// Returns the person who holds a role of the caller in a unit; none if the caller has no role there.
    #[must_use]
    pub fn person_of_unit(&self, unit: Id<Unit>) -> Option<Id<Person>> {
        self.roles.iter().find(|held| held.unit_id == unit).map(|held| held.person)
    }

    /// Returns the roles that they hold as one of their persons.
    #[must_use]
    pub fn roles_of(&self, person: Id<Person>) -> Vec<HeldRole> {
        self.roles.iter().filter(|held| held.person == person).cloned().collect()
    }

    /// Returns a person of a record as the rules would see them, with some roles and without a session. `also` is what rows name them as, too.
    #[must_use]
    pub fn of_record(person: Id<Person>, also: Id<Person>, name: Content, municipality: &str) -> Self {
        let known_as = |person| KnownAs { person, municipality: municipality.to_owned() };
        Self {
            account: person,
            person,
            known_as: vec![known_as(person), known_as(also)],
            name,
            municipality: municipality.to_owned(),
            session: None,
            opens_elsewhere: true,
            roles: Vec::new(),
            lacks_second_factor: false,
        }
    }

    /// Returns the caller acting as one of their persons.
    #[must_use]
    pub fn acting_as(self, person: Id<Person>) -> Self {
        Self { person, ..self }
    }
}
