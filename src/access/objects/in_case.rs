//! Objects that belong to a case and are found only together with it.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Attributes, CaseObject, Listed, Lookup, Object, Subject, note::attributes_of_note};
use crate::{
    access::{
        facts::{CaseFacts, Move, Written},
        policies::{Fact, Policies, reference, references},
    },
    db::{DbError, Tx},
    fetch_all, fetch_in, fetch_of_case, fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id, Slice,
        ids::{Case, Consent, Handover, Measure, Meeting, Note, Person, Transition, Unit, Withholding},
        vocabulary::{InformationKind, Sector},
    },
};

/// Defines an object that belongs to a case. It is found or listed only through its case, with its facts and no content.
macro_rules! in_case {
    ($(#[$meta:meta])* $name:ident as $kind:literal, $id:ty, $path:literal, $alias:literal, $select:literal,
     known by $known:tt,
     { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? }, |$self:ident| $attributes:expr $(, by $consents:expr)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name {
            /// The case it is in.
            pub case: CaseObject,
            /// Its id.
            pub id: $id,
            $($(#[$fmeta])* pub $field: $ty,)*
        }

        const _: () = {
            #[derive(sqlx::FromRow)]
            struct Row { id: $id, $($field: $ty,)* }

            impl Row {
                fn of(self, case: CaseObject) -> $name {
                    $name { case, id: self.id, $($field: self.$field,)* }
                }
            }

            macro_rules! rows {
                ($which:literal) => {
                    concat!(
                        "SELECT ", $alias, ".id, ", $select, " WHERE ", $alias, ".municipality = $1 AND ", $alias,
                        ".case_id = $2 AND ", $alias, $which
                    )
                };
            }
            const FIND: &str = rows!(".id = $3");
            const LIST: &str = concat!(rows!(".id > $3"), " ORDER BY ", $alias, ".id LIMIT $4");

            impl $name {
                /// Finds one in a case by its id.
                ///
                /// # Errors
                /// If the database query fails.
                pub async fn of_case(tx: &mut Tx, case: &CaseObject, id: $id) -> Result<Option<Self>, DbError> {
                    let row = fetch_optional!(tx, Row, FIND, &case.facts.municipality, case.facts.id, id)?;
                    Ok(row.map(|row| row.of(case.clone())))
                }

                /// Returns those in a case with one of these ids, without a decision on who may read them.
                ///
                /// # Errors
                /// If the database query fails.
                pub async fn these(
                    tx: &mut Tx,
                    case: &CaseObject,
                    ids: &[$id],
                ) -> Result<Vec<Self>, DbError> {
                    const SELECT: &str = concat!("SELECT ", $alias, ".id, ", $select);
                    let rows: Vec<Row> = fetch_of_case!(tx, Row, SELECT, $alias, case.facts, ids)?;
                    Ok(rows.into_iter().map(|row| row.of(case.clone())).collect())
                }

                /// Returns those in some cases with one of these ids, without a decision on who may read them.
                ///
                /// # Errors
                /// If the database query fails.
                pub async fn in_cases<'a>(
                    tx: &mut Tx,
                    cases: impl IntoIterator<Item = &'a CaseObject>,
                    ids: &[$id],
                ) -> Result<Vec<Self>, DbError> {
                    const THESE: &str = concat!(
                        "SELECT ", $alias, ".case_id AS in_case, ", $alias, ".id, ", $select, " WHERE ", $alias, ".id IN ("
                    );
                    #[derive(sqlx::FromRow)]
                    struct InCase { in_case: Id<Case>, #[sqlx(flatten)] row: Row }
                    if ids.is_empty() {
                        return Ok(Vec::new());
                    }
                    let rows = fetch_in!(tx, InCase, THESE, ids)?;
                    let cases: BTreeMap<Id<Case>, &CaseObject> =
                        cases.into_iter().map(|case| (case.facts.id, case)).collect();
                    let of_case = |InCase { in_case, row }| Some(row.of((*cases.get(&in_case)?).clone()));
                    Ok(rows.into_iter().filter_map(of_case).collect())
                }

                /// Lists those in a case in order of id, without a decision on who may read them.
                ///
                /// # Errors
                /// If the database query fails.
                pub async fn list(tx: &mut Tx, case: &CaseObject, slice: Slice) -> Result<Vec<Self>, DbError> {
                    let (municipality, id) = (&case.facts.municipality, case.facts.id);
                    let rows = fetch_all!(tx, Row, LIST, municipality, id, slice.after, slice.sql_limit())?;
                    Ok(rows.into_iter().map(|row| row.of(case.clone())).collect())
                }
            }
        };

        impl Object for $name {
            const TYPE: &'static str = $kind;
            const PATH: &'static [&'static str] = &["case_id", $path];

            async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
                let Some(case) = CaseObject::find(tx, lookup).await? else { return Ok(None) };
                let Some(id) = lookup.id($path) else { return Ok(None) };
                Self::of_case(tx, &case, id).await
            }

            fn id(&self) -> String { self.id.to_string() }
            fn subject(&self) -> Subject { self.case.subject() }
            fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> { self.case.seats(caller) }
            fn is_met_privately(&self) -> bool { self.case.is_met_privately() }
            fn consents(&self) -> Vec<Id<Consent>> { consents!(self, $self $(, $consents)?) }
            fn actor(&self, caller: &Caller) -> Id<Person> { self.case.actor(caller) }
            fn context(&self, caller: &Caller) -> Attributes { self.case.context(caller) }
            fn attributes(&self) -> Attributes { let $self = self; $attributes }
            fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
                known!(policies, caller, self, $known)
            }
        }

        impl Listed for $name {
            fn place(&self) -> Uuid { self.id.uuid() }
        }
    };
}

/// The consents that an object is seen by: those of the seat, unless it states others.
macro_rules! consents {
    ($object:ident, $self:ident) => {
        $object.case.consents()
    };
    ($object:ident, $self:ident, $consents:expr) => {{
        let $self = $object;
        $consents
    }};
}

/// Decides whether a caller may know that an object exists: if they may read it or, for a handover, list the handovers.
macro_rules! known {
    ($policies:ident, $caller:ident, $self:ident, "list_handovers") => {
        $policies.decide($caller, "list_handovers", &$self.case).allowed
    };
    ($policies:ident, $caller:ident, $self:ident, $action:literal) => {
        $policies.decide($caller, $action, $self).allowed
    };
}

in_case! {
    /// A note; its audience and its kind decide who may know that it exists.
    NoteObject as "Note", Id<Note>, "note_id", "n",
    "n.author_id, n.audience, n.unit_id, n.unit_id IS NULL AS of_family, u.sector, n.kind, n.child_agrees,
     a.canonical_id AS about_person, n.guardians_need IS NOT NULL AS needed_by_guardians, n.created_at AS written_at,
     (r.note_id IS NOT NULL AND n.struck_out_at IS NULL) AS is_referral, CASE WHEN n.struck_out_at IS NULL THEN r.follower_id END AS followed_up_by
     FROM note n LEFT JOIN unit u ON u.id = n.unit_id LEFT JOIN person a ON a.id = n.about_person_id
     LEFT JOIN referral r ON r.municipality = n.municipality AND r.note_id = n.id",
    known by "read_note",
    {
        /// The person who wrote it.
        author_id: Id<Person>,
        /// `team`, `sector`, `unit` or `contact_person`.
        audience: String,
        /// The unit it was written in; none if the family wrote it.
        unit_id: Option<Id<Unit>>,
        /// The family wrote it.
        of_family: bool,
        /// The sector of that unit.
        sector: Option<Sector>,
        /// The kind of information in it.
        kind: InformationKind,
        /// The child has agreed that the guardians may see its statement.
        child_agrees: bool,
        /// The guardian that it is about, for a kind that is about one.
        about_person: Option<Id<Person>>,
        /// The guardians need it for their parental responsibility until the child is 18.
        needed_by_guardians: bool,
        /// When it was written.
        written_at: DateTime<Utc>,
        /// It is a referral, and not struck out.
        is_referral: bool,
        /// The team member who follows the referral up.
        followed_up_by: Option<Id<Person>>,
    },
    |note| attributes_of_note(note),
    by note.case.facts.consents_to_read(
        note.kind, note.unit_id.unwrap_or(note.kept().then_by), note.about_person, note.kept()
    )
}

in_case! {
    /// Something withheld from a guardian. Other units may not know of it.
    WithholdingObject as "Withholding", Id<Withholding>, "withholding_id", "w",
    "w.unit_id FROM withholding w",
    known by "end_withholding",
    {
        /// The unit that decided it; none where it is not recorded.
        unit_id: Option<Id<Unit>>,
    },
    |withholding| withholding.unit_id.map(|unit| ("unit", reference("Unit", unit))).into_iter().collect()
}

in_case! {
    /// A consent. One guardian cannot see the other's.
    ConsentObject as "Consent", Id<Consent>, "consent_id", "c",
    "c.given_by FROM consent c",
    known by "read_consent",
    {
        /// The person who gave it.
        given_by: Id<Person>,
    },
    |consent| vec![("given_by", reference("Person", consent.given_by))]
}

in_case! {
    /// A handover of the baton.
    HandoverObject as "Handover", Id<Handover>, "handover_id", "h",
    "h.to_person FROM handover h",
    known by "list_handovers",
    {
        /// The person the baton is offered to.
        to_person: Id<Person>,
    },
    |handover| vec![("offered_to", reference("Person", handover.to_person))]
}

in_case! {
    /// A measure.
    MeasureObject as "Measure", Id<Measure>, "measure_id", "m",
    "m.responsible_id, m.unit_id, u.sector, m.meeting_id, k.called_by, m.created_at AS written_at, k.created_at AS called_at
     FROM measure m JOIN unit u ON u.id = m.unit_id
     LEFT JOIN meeting k ON k.municipality = m.municipality AND k.id = m.meeting_id",
    known by "read_measure",
    {
        /// The person who is responsible for it.
        responsible_id: Id<Person>,
        /// The unit through which they are responsible.
        unit_id: Id<Unit>,
        /// The sector of that unit.
        sector: Sector,
        /// The meeting that decided it.
        meeting_id: Option<Id<Meeting>>,
        /// The person who called that meeting.
        called_by: Option<Id<Person>>,
        /// When it was agreed.
        written_at: DateTime<Utc>,
        /// When that meeting was called.
        called_at: Option<DateTime<Utc>>,
    },
    |measure| measure_attributes(measure)
}

/// The units that may know of an entry that was left behind when the record moved; none if it was not.
pub(super) fn known_before(
    facts: &CaseFacts,
    written: Written,
    unit: Option<Id<Unit>>,
) -> Option<(&'static str, Fact)> {
    Some(("known_before", references("Unit", facts.known_before(written, unit)?)))
}

fn measure_attributes(measure: &MeasureObject) -> Attributes {
    let known_to = measure.case.facts.known_to(measure.unit_id, measure.sector);
    let mut attributes = vec![
        ("responsible", reference("Person", measure.responsible_id)),
        ("withheld_from", references("Person", measure.case.facts.withheld_from(measure.id.uuid()))),
        ("kept_from_guardians", Fact::Flag(measure.case.facts.is_kept_from_guardians(measure.unit_id))),
    ];
    attributes.extend(known_to.map(|units| ("known_to", references("Unit", units))));
    let written = Written { entry: measure.id.uuid(), at: measure.written_at };
    attributes.extend(known_before(&measure.case.facts, written, Some(measure.unit_id)));
    attributes
}

in_case! {
    /// A planned or made move of the record to another unit.
    TransitionObject as "Transition", Id<Transition>, "transition_id", "t",
    "t.status = 'planned' AS is_planned, t.status = 'moved' AS is_made, t.to_unit, t.planned_at AS written_at FROM transition t",
    known by "read_transition",
    {
        /// It is planned, and not made or given up.
        is_planned: bool,
        /// It is made.
        is_made: bool,
        /// The unit that the record moves to.
        to_unit: Id<Unit>,
        /// When it was planned.
        written_at: DateTime<Utc>,
    },
    |transition| transition_attributes(transition)
}

impl TransitionObject {
    /// Returns the move that is planned in a case.
    #[must_use]
    pub fn planned(case: &CaseObject) -> Option<Self> {
        let Move { id, to_unit, planned_at: written_at, .. } = *case.facts.planned_move()?;
        Some(Self { case: case.clone(), id, is_planned: true, is_made: false, to_unit, written_at })
    }
}

fn transition_attributes(transition: &TransitionObject) -> Attributes {
    let facts = &transition.case.facts;
    let mut attributes = vec![
        ("planned", Fact::Flag(transition.is_planned)),
        // Everyone in the case knows which unit keeps the record.
        (
            "kept_from_guardians",
            Fact::Flag(!transition.is_made && facts.is_kept_from_guardians(transition.to_unit)),
        ),
    ];
    let written = Written { entry: transition.id.uuid(), at: transition.written_at };
    // A move that was made is known to the unit that it was made to.
    attributes.extend(known_before(facts, written, None).filter(|_| !transition.is_made));
    attributes
}
