//! What the actions are done to: found from the ids in the path, with the facts the rules speak of.

use actix_web::HttpRequest;
use cedar_policy::RestrictedExpression;
use chrono::NaiveDate;

use super::{
    facts::{CaseFacts, ChildFacts, case_facts, child_facts},
    policies::{Policies, reference, references},
};
use crate::{
    db::{DbError, Tx, dialect},
    fetch_all, fetch_optional,
    identity::{Caller, Seat},
    is_family_sql,
    kernel::{
        Id,
        ids::{Case, Child, Concern, Consent, Handover, Measure, Meeting, Note, Person, Unit},
        vocabulary::Sector,
    },
    problem::Problem,
};

/// Names and values that the rules read.
pub type Attributes = Vec<(&'static str, RestrictedExpression)>;

/// What is needed to find an object.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The day it is.
    pub today: NaiveDate,
    /// Whether it is to be changed.
    pub for_write: bool,
    pub(super) request: &'a HttpRequest,
}

impl Lookup<'_> {
    /// An id in the path; what cannot be an id is an id of nothing.
    #[must_use]
    pub fn id<T>(&self, name: &str) -> Option<Id<T>> {
        self.request.match_info().get(name)?.parse().ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        // PostgreSQL takes no NUL in text.
        self.request.match_info().get(name).filter(|part| !part.contains('\0'))
    }
}

/// Whom and what a look concerns, for the access log.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The municipality whose log it belongs in.
    pub municipality: String,
    /// The case, if any.
    pub case: Option<uuid::Uuid>,
    /// The child, if any.
    pub child: Option<uuid::Uuid>,
}

/// Something that can be looked at or changed, with the facts the rules speak of.
pub trait Object: Sized + 'static {
    /// Its kind in the schema.
    const TYPE: &'static str;

    /// Finds it from the path; none if there is no such thing.
    ///
    /// # Errors
    /// If the database does not answer.
    fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> impl Future<Output = Result<Option<Self>, DbError>>;

    /// Its id.
    fn id(&self) -> String;

    /// Whom and what it concerns.
    fn subject(&self) -> Subject;

    /// Its attributes in the schema.
    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    /// The context of a request about it.
    fn context(&self, _caller: &Caller) -> Attributes {
        Vec::new()
    }

    /// The roles through which the caller came to it.
    fn roles_used(&self, caller: &Caller) -> Vec<Seat> {
        caller.seats.clone()
    }

    /// May the caller know that it exists? Where not, a refusal is "not found".
    fn may_be_known(&self, policies: &Policies, caller: &Caller) -> bool;
}

/// The caller's own account and work list.
#[derive(Debug, Clone)]
pub struct Desk {
    person: Id<Person>,
    municipality: String,
}

impl Object for Desk {
    const TYPE: &'static str = "Person";

    async fn find(_tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Caller { person, municipality, .. } = lookup.caller;
        Ok(Some(Self { person: *person, municipality: municipality.clone() }))
    }

    fn id(&self) -> String {
        self.person.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), ..Subject::default() }
    }

    fn may_be_known(&self, _policies: &Policies, _caller: &Caller) -> bool {
        true
    }
}

/// A municipality; that it exists is public.
#[derive(Debug, Clone)]
pub struct MunicipalityObject {
    /// Its four-digit number.
    pub number: String,
}

impl Object for MunicipalityObject {
    const TYPE: &'static str = "Municipality";

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let number = lookup.text("municipality").unwrap_or_default();
        let found =
            fetch_optional!(tx, (String,), "SELECT number FROM municipality WHERE number = $1", number)?;
        Ok(found.map(|(number,)| Self { number }))
    }

    fn id(&self) -> String {
        self.number.clone()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.number.clone(), ..Subject::default() }
    }

    fn may_be_known(&self, _policies: &Policies, _caller: &Caller) -> bool {
        true
    }
}

/// A unit; that it exists is public.
#[derive(Debug, Clone)]
pub struct UnitObject {
    /// The unit.
    pub id: Id<Unit>,
    /// The municipality that keeps it.
    pub municipality: String,
    /// The municipalities it serves.
    pub serves: Vec<String>,
}

impl Object for UnitObject {
    const TYPE: &'static str = "Unit";

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Unit>("unit_id") else { return Ok(None) };
        let unit = fetch_optional!(tx, (String,), "SELECT municipality FROM unit WHERE id = $1", id)?;
        let Some((municipality,)) = unit else { return Ok(None) };
        let serves = "SELECT municipality FROM unit_serves WHERE unit_id = $1 ORDER BY municipality";
        let serves = fetch_all!(tx, (String,), serves, id)?;
        Ok(Some(Self { id, municipality, serves: serves.into_iter().map(|(number,)| number).collect() }))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), ..Subject::default() }
    }

    fn attributes(&self) -> Attributes {
        vec![("municipality", reference("Municipality", &self.municipality))]
    }

    fn context(&self, caller: &Caller) -> Attributes {
        let same = caller
            .works_in()
            .any(|seat| seat.municipality == self.municipality || self.serves.contains(&seat.municipality));
        vec![("same_municipality", RestrictedExpression::new_bool(same))]
    }

    fn may_be_known(&self, _policies: &Policies, _caller: &Caller) -> bool {
        true
    }
}

/// A child as registered.
#[derive(Debug, Clone)]
pub struct ChildObject {
    /// The facts of it to the caller.
    pub facts: ChildFacts,
}

impl Object for ChildObject {
    const TYPE: &'static str = "Child";

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Child>("child_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let facts = child_facts(tx, lookup.caller, id, lookup.today).await?;
        Ok(facts.map(|facts| Self { facts }))
    }

    fn id(&self) -> String {
        self.facts.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject {
            municipality: self.facts.municipality.clone(),
            case: None,
            child: Some(self.facts.id.uuid()),
        }
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        let facts = &self.facts;
        record(&[
            ("has_case", facts.has_case),
            ("registered", facts.registered),
            ("leads_registering_unit", facts.leads_registering_unit),
            ("contact_person", facts.is_contact_person),
            ("seat", facts.has_seat),
            ("guardian", facts.is_guardian),
            ("young_person", facts.is_young_person),
        ])
    }

    fn may_be_known(&self, policies: &Policies, caller: &Caller) -> bool {
        policies.decide(caller, "read_child", self).allowed
    }
}

fn record(flags: &[(&str, bool)]) -> Attributes {
    let fields = flags.iter().map(|(name, flag)| ((*name).to_owned(), RestrictedExpression::new_bool(*flag)));
    relation(fields.collect())
}

fn relation(fields: Vec<(String, RestrictedExpression)>) -> Attributes {
    #[expect(clippy::expect_used, reason = "only a repeated field name fails, and the names are constants")]
    let record = RestrictedExpression::new_record(fields).expect("field names that differ");
    vec![("relation", record)]
}

/// A concern of a unit.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ConcernObject {
    /// The municipality of the unit.
    pub municipality: String,
    /// The concern.
    pub id: Id<Concern>,
    /// The unit it belongs to.
    pub unit_id: Id<Unit>,
    /// Who wrote it.
    pub author_id: Id<Person>,
    /// The child, unless it is anonymous.
    pub child_id: Option<Id<Child>>,
    /// Whether the caller is of the child's family.
    pub own_family: bool,
}

impl Object for ConcernObject {
    const TYPE: &'static str = "Concern";

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Concern>("concern_id") else { return Ok(None) };
        const FIND: &str = concat!(
            "SELECT c.municipality, c.id, c.unit_id, c.author_id, c.child_id,
                    (k.person_id IS NOT NULL AND ",
            is_family_sql!("$2", "k.person_id"),
            ") AS own_family
             FROM concern c LEFT JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
             WHERE c.id = $1"
        );
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        fetch_optional!(tx, Self, FIND, id, lookup.caller.person)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        let child = self.child_id.map(Id::uuid);
        Subject { municipality: self.municipality.clone(), case: None, child }
    }

    fn attributes(&self) -> Attributes {
        vec![("unit", reference("Unit", self.unit_id)), ("author", reference("Person", self.author_id))]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("own_family", RestrictedExpression::new_bool(self.own_family))]
    }

    fn may_be_known(&self, policies: &Policies, caller: &Caller) -> bool {
        policies.decide(caller, "read_concern", self).allowed
    }
}

/// A case.
#[derive(Debug, Clone)]
pub struct CaseObject {
    /// The facts of it to the caller.
    pub facts: CaseFacts,
}

impl CaseObject {
    /// The seats on the team, or as leader, from which the caller sees the case; none for the family.
    fn seats(&self, caller: &Caller) -> Vec<Seat> {
        if self.facts.seats.is_empty() && self.facts.leads_contact_unit {
            caller.leads().filter(|seat| self.facts.holding_unit() == seat.unit_id).cloned().collect()
        } else {
            self.facts.seats.clone()
        }
    }
}

impl Object for CaseObject {
    const TYPE: &'static str = "Case";

    fn roles_used(&self, caller: &Caller) -> Vec<Seat> {
        self.seats(caller)
    }

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Case>("case_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let mut facts = case_facts(tx, lookup.caller, &[id], lookup.today).await?;
        Ok(facts.pop().map(|facts| Self { facts }))
    }

    fn id(&self) -> String {
        self.facts.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject {
            municipality: self.facts.municipality.clone(),
            case: Some(self.facts.id.uuid()),
            child: Some(self.facts.child.uuid()),
        }
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        let facts = &self.facts;
        let sectors =
            facts.seats.iter().map(|seat| RestrictedExpression::new_string(seat.sector.to_string()));
        let mut fields = vec![
            ("seat_units".to_owned(), references("Unit", facts.seats.iter().map(|seat| seat.unit_id))),
            ("seat_sectors".to_owned(), RestrictedExpression::new_set(sectors)),
        ];
        for (name, flag) in [
            ("contact_person", facts.is_contact_person),
            ("leads_contact_unit", facts.leads_contact_unit),
            ("offered_baton", facts.offered_baton),
            ("guardian", facts.is_guardian),
            ("young_person", facts.is_young_person),
        ] {
            fields.push((name.to_owned(), RestrictedExpression::new_bool(flag)));
        }
        relation(fields)
    }

    fn may_be_known(&self, policies: &Policies, caller: &Caller) -> bool {
        policies.decide(caller, "read_case", self).allowed
    }
}

/// A closed case is read, not changed.
///
/// # Errors
/// 409 if it is closed.
pub fn require_open(case: &CaseObject) -> Result<(), Problem> {
    if case.facts.open { Ok(()) } else { Err(Problem::conflict("the case is closed; reopen it first")) }
}

/// Something in a case: found only together with the case it is in.
macro_rules! in_case {
    ($(#[$meta:meta])* $name:ident as $kind:literal, $id:ty, $path:literal, $sql:literal, known by $known:ident,
     { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? }, |$self:ident| $attributes:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name {
            /// The case it is in.
            pub case: CaseObject,
            /// Its id.
            pub id: $id,
            $($(#[$fmeta])* pub $field: $ty,)*
        }

        impl Object for $name {
            const TYPE: &'static str = $kind;

            async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
                #[derive(sqlx::FromRow)]
                struct Row { $($field: $ty,)* }
                let Some(case) = CaseObject::find(tx, lookup).await? else { return Ok(None) };
                let Some(id) = lookup.id($path) else { return Ok(None) };
                let row = fetch_optional!(tx, Row, $sql, &case.facts.municipality, case.facts.id, id)?;
                Ok(row.map(|row| Self { case, id, $($field: row.$field,)* }))
            }

            fn id(&self) -> String { self.id.to_string() }
            fn subject(&self) -> Subject { self.case.subject() }
            fn roles_used(&self, caller: &Caller) -> Vec<Seat> { self.case.seats(caller) }
            fn context(&self, caller: &Caller) -> Attributes { self.case.context(caller) }
            fn attributes(&self) -> Attributes { let $self = self; $attributes }
            fn may_be_known(&self, policies: &Policies, caller: &Caller) -> bool {
                in_case!(@$known self, policies, caller)
            }
        }
    };
    (@case $self:ident, $policies:ident, $caller:ident) => { $self.case.may_be_known($policies, $caller) };
    (@read_note $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "read_note", $self).allowed };
    (@read_consent $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "read_consent", $self).allowed };
}

in_case! {
    /// A note; its audience decides who may know that it exists.
    NoteObject as "Note", Id<Note>, "note_id",
    "SELECT n.author_id, n.audience, n.unit_id, u.sector FROM note n LEFT JOIN unit u ON u.id = n.unit_id
     WHERE n.municipality = $1 AND n.case_id = $2 AND n.id = $3",
    known by read_note,
    {
        /// Who wrote it.
        author_id: Id<Person>,
        /// `team`, `sector` or `unit`.
        audience: String,
        /// The unit it was written in; none when the family wrote it.
        unit_id: Option<Id<Unit>>,
        /// The sector of that unit.
        sector: Option<Sector>,
    },
    |note| {
        let mut attributes = vec![
            ("author", reference("Person", note.author_id)),
            ("audience", RestrictedExpression::new_string(note.audience.clone())),
        ];
        attributes.extend(note.unit_id.map(|unit| ("unit", reference("Unit", unit))));
        attributes.extend(note.sector.map(|sector| ("sector", RestrictedExpression::new_string(sector.to_string()))));
        attributes
    }
}

in_case! {
    /// A consent; one guardian's is not the other's to see.
    ConsentObject as "Consent", Id<Consent>, "consent_id",
    "SELECT given_by FROM consent WHERE municipality = $1 AND case_id = $2 AND id = $3",
    known by read_consent,
    {
        /// Who gave it.
        given_by: Id<Person>,
    },
    |consent| vec![("given_by", reference("Person", consent.given_by))]
}

in_case! {
    /// A handover of the baton.
    HandoverObject as "Handover", Id<Handover>, "handover_id",
    "SELECT to_person FROM handover WHERE municipality = $1 AND case_id = $2 AND id = $3",
    known by case,
    {
        /// Who is to take the baton.
        to_person: Id<Person>,
    },
    |handover| vec![("offered_to", reference("Person", handover.to_person))]
}

in_case! {
    /// A measure.
    MeasureObject as "Measure", Id<Measure>, "measure_id",
    "SELECT responsible_id FROM measure WHERE municipality = $1 AND case_id = $2 AND id = $3",
    known by case,
    {
        /// Who is responsible.
        responsible_id: Id<Person>,
    },
    |measure| vec![("responsible", reference("Person", measure.responsible_id))]
}

/// A meeting, with those invited.
#[derive(Debug, Clone)]
pub struct MeetingObject {
    /// The case it is about.
    pub case: CaseObject,
    /// The meeting.
    pub id: Id<Meeting>,
    /// Who called it.
    pub called_by: Id<Person>,
    /// Who is invited.
    pub invited: Vec<Id<Person>>,
}

impl Object for MeetingObject {
    const TYPE: &'static str = "Meeting";

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(case) = CaseObject::find(tx, lookup).await? else { return Ok(None) };
        let Some(id) = lookup.id::<Meeting>("meeting_id") else { return Ok(None) };
        let municipality = &case.facts.municipality;
        let meeting = "SELECT called_by FROM meeting WHERE municipality = $1 AND case_id = $2 AND id = $3";
        let meeting = fetch_optional!(tx, (Id<Person>,), meeting, municipality, case.facts.id, id)?;
        let Some((called_by,)) = meeting else { return Ok(None) };
        let invited = "SELECT person_id FROM meeting_participant WHERE municipality = $1 AND meeting_id = $2";
        let invited = fetch_all!(tx, (Id<Person>,), invited, municipality, id)?;
        let invited = invited.into_iter().map(|(person,)| person).collect();
        Ok(Some(Self { case, id, called_by, invited }))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        self.case.subject()
    }

    fn roles_used(&self, caller: &Caller) -> Vec<Seat> {
        self.case.seats(caller)
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("called_by", reference("Person", self.called_by)),
            ("invited", references("Person", &self.invited)),
        ]
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.case.context(caller)
    }

    fn may_be_known(&self, policies: &Policies, caller: &Caller) -> bool {
        self.case.may_be_known(policies, caller)
    }
}
