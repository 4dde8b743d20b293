//! What is in a case: found only together with it.

use std::sync::Arc;

use cedar_policy::RestrictedExpression;
use uuid::Uuid;

use super::{Attributes, CaseObject, Lookup, Object, Subject};
use crate::{
    access::{
        kinds::Kinds,
        policies::{Policies, reference, references},
    },
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Consent, Handover, Measure, Meeting, Note, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
};

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
            const PATH: &'static [&'static str] = &["case_id", $path];

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
            fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> { self.case.seats(caller) }
            fn context(&self, caller: &Caller) -> Attributes { self.case.context(caller) }
            fn attributes(&self) -> Attributes { let $self = self; $attributes }
            fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
                in_case!(@$known self, policies, caller)
            }
        }
    };
    (@list_handovers $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "list_handovers", &$self.case).allowed };
    (@read_note $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "read_note", $self).allowed };
    (@read_measure $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "read_measure", $self).allowed };
    (@read_consent $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "read_consent", $self).allowed };
}

in_case! {
    /// A note; its audience and its kind decide who may know that it exists.
    NoteObject as "Note", Id<Note>, "note_id",
    "SELECT n.author_id, n.audience, n.unit_id, u.sector, n.kind, n.child_agrees
     FROM note n LEFT JOIN unit u ON u.id = n.unit_id
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
        /// What it is about.
        kind: InformationKind,
        /// The child has agreed that the guardians see what it said.
        child_agrees: bool,
    },
    |note| note_attributes(note)
}

impl NoteObject {
    /// What the child has said in another entry for the team, as the rules speak of it: its own statement.
    #[must_use]
    pub fn child_statement(case: &CaseObject, entry: Uuid, author: Id<Person>, child_agrees: bool) -> Self {
        Self {
            case: case.clone(),
            id: entry.into(),
            author_id: author,
            audience: "team".to_owned(),
            unit_id: None,
            sector: None,
            kind: InformationKind::ChildStatement,
            child_agrees,
        }
    }
}

fn note_attributes(note: &NoteObject) -> Attributes {
    let facts = &note.case.facts;
    let own_record_age = facts.ground.family.own_record_age;
    // A kind that must not be in the record is shared with nobody, and seen by no one of the family.
    let rule = Kinds::rule(note.kind).ok();
    let from = note.unit_id.unwrap_or(facts.ground.owner_unit);
    let mut shared_with = facts.ground.shared_with(note.kind, from);
    // The unit is told with the note: that it helps may itself be secret.
    let known_to = note.sector.and_then(|sector| facts.known_to(from, sector));
    if let Some(known_to) = known_to.filter(|_| !facts.relation.is_contact_person) {
        shared_with.retain(|unit| known_to.contains(unit));
    }
    let mut attributes = vec![
        ("author", reference("Person", note.author_id)),
        ("audience", RestrictedExpression::new_string(note.audience.clone())),
        ("kind", RestrictedExpression::new_string(note.kind.to_string())),
        ("guardians_until", RestrictedExpression::new_long(rule.map_or(0, |rule| rule.guardians_until))),
        ("shared_with", references("Unit", shared_with)),
        ("child_agrees", RestrictedExpression::new_bool(note.child_agrees)),
        ("withheld_from", references("Person", facts.withheld_from(note.id.uuid()))),
    ];
    let child_from = rule.and_then(|rule| rule.child_from).map(|age| age.years(own_record_age));
    attributes.extend(child_from.map(|age| ("child_from", RestrictedExpression::new_long(age))));
    attributes.extend(note.unit_id.map(|unit| ("unit", reference("Unit", unit))));
    let sector = note.sector.map(|sector| RestrictedExpression::new_string(sector.to_string()));
    attributes.extend(sector.map(|sector| ("sector", sector)));
    attributes
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
    known by list_handovers,
    {
        /// Who is to take the baton.
        to_person: Id<Person>,
    },
    |handover| vec![("offered_to", reference("Person", handover.to_person))]
}

in_case! {
    /// A measure.
    MeasureObject as "Measure", Id<Measure>, "measure_id",
    "SELECT m.responsible_id, m.unit_id, u.sector FROM measure m JOIN unit u ON u.id = m.unit_id
     WHERE m.municipality = $1 AND m.case_id = $2 AND m.id = $3",
    known by read_measure,
    {
        /// Who is responsible.
        responsible_id: Id<Person>,
        /// The unit they are responsible for.
        unit_id: Id<Unit>,
        /// The sector of that unit.
        sector: Sector,
    },
    |measure| measure_attributes(measure)
}

fn measure_attributes(measure: &MeasureObject) -> Attributes {
    let known_to = measure.case.facts.known_to(measure.unit_id, measure.sector);
    let mut attributes = vec![
        ("responsible", reference("Person", measure.responsible_id)),
        ("withheld_from", references("Person", measure.case.facts.withheld_from(measure.id.uuid()))),
    ];
    attributes.extend(known_to.map(|units| ("known_to", references("Unit", units))));
    attributes
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
    const PATH: &'static [&'static str] = &["case_id", "meeting_id"];

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

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        self.case.seats(caller)
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("called_by", reference("Person", self.called_by)),
            ("invited", references("Person", &self.invited)),
            ("withheld_from", references("Person", self.case.facts.withheld_from(self.id.uuid()))),
        ]
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.case.context(caller)
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_meeting", self).allowed
    }
}
