//! What is in a case: found only together with it.

use cedar_policy::RestrictedExpression;

use super::{Attributes, CaseObject, Lookup, Object, Subject};
use crate::{
    access::policies::{Policies, reference, references},
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    identity::{Caller, Seat},
    kernel::{
        Id,
        ids::{Consent, Handover, Measure, Meeting, Note, Person, Unit},
        vocabulary::Sector,
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
    (@read_measure $self:ident, $policies:ident, $caller:ident) => { $policies.decide($caller, "read_measure", $self).allowed };
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
    known by read_measure,
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
        policies.decide(caller, "read_meeting", self).allowed
    }
}
