//! Request and response types for next steps.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::CaseReader,
    kernel::{
        day::{NextStepDay, day},
        ids::{NextStepId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The source of the words of a next step.
    NextStepKind {
        /// It was agreed, and has a text.
        Agreed = "agreed",
        /// The service set it: a measure must be evaluated.
        EvaluateMeasure = "evaluate_measure",
        /// The service set it: the contact person must look through the case.
        ReviewCase = "review_case",
    }
}

words! {
    /// The holder of a next step.
    NextStepHolder {
        /// The contact person, also after a handover.
        ContactPerson = "contact_person",
        /// A member of the team.
        Member = "member",
        /// The guardians or the young person.
        Family = "family",
        /// A unit that the case waits for. The contact person follows it up.
        Unit = "unit",
        /// A body outside the municipality that the case waits for. The contact person follows it up.
        Outside = "outside",
    }
}

words! {
    /// How a next step ended.
    NextStepOutcome {
        /// It was done.
        Done = "done",
        /// Another step replaced it, or it got another day.
        Replaced = "replaced",
        /// The case was closed.
        CaseClosed = "case_closed",
    }
}

words! {
    /// How the caller settles a next step.
    NextStepSettling {
        /// It was done.
        Done = "done",
        /// Another step replaces it, or it gets another day. The reason is required.
        Replaced = "replaced",
    }
}

/// A next step (neste steg) of a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NextStepOut {
    /// The id of the step.
    pub id: NextStepId,
    /// The source of its words.
    pub kind: NextStepKind,
    /// The text. Null if the service set it.
    pub what: Option<Content>,
    /// The holder. For a reader who may not know of the unit that has it, the contact person.
    pub held_by: NextStepHolder,
    /// The member of the team who has it. Null, like everything that reveals where the child is, for emergency access to the case of a
    /// child with a protected address.
    pub person_id: Option<PersonId>,
    /// Their name.
    pub person_name: Option<Content>,
    /// The unit of that member, or the unit that the case waits for.
    pub unit_id: Option<UnitId>,
    /// The name of the unit.
    pub unit_name: Option<String>,
    /// The body outside the municipality that the case waits for.
    pub outside: Option<Content>,
    /// The day by which it is taken.
    pub due_on: NaiveDate,
    /// Whether it is pending and its day has passed.
    pub overdue: bool,
    /// The member of the team who had it and lost access, if the reader may know of them.
    pub passed_on_from: Option<PersonId>,
    /// When it passed to the contact person.
    pub passed_on_at: Option<DateTime<Utc>>,
    /// The person who set it. Null if the service did, or the reader may not know of them.
    pub set_by: Option<PersonId>,
    /// Their name.
    pub set_by_name: Option<Content>,
    /// When it was set.
    pub set_at: DateTime<Utc>,
    /// How it ended; absent while it is pending.
    pub outcome: Option<NextStepOutcome>,
    /// Why it was replaced, or a word about how it was done.
    pub reason: Option<Content>,
    /// The person who settled it, if the reader may know of them.
    pub settled_by: Option<PersonId>,
    /// Their name.
    pub settled_by_name: Option<Content>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
}

shown!(NextStepOut, CaseReader {
    row { id, kind, held_by, due_on, overdue, set_at, outcome, settled_at }
    agreed: what, reason;
    whereabouts: person_id, person_name, unit_id, unit_name, outside, passed_on_from, passed_on_at, set_by, set_by_name, settled_by,
        settled_by_name;
});

/// A next step: the text, the holder and the day.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "what": "Talk with the class about the breaks.", "held_by": "contact_person", "due_on": "2026-12-11", "contains": []
}))]
pub struct NextStepIn {
    /// The text, in a few words. The family and everyone on the case will read it.
    pub what: Line,
    /// The holder.
    pub held_by: NextStepHolder,
    /// With `member`: the member of the team.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// With `member`: the unit that they take part from. With `unit`: the unit that the case waits for.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
    /// With `outside`: the body outside the municipality that the case waits for.
    #[serde(default)]
    pub outside: Option<Line>,
    /// The day by which it is taken: from today, and within the longest time of the municipality.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = NextStepDay)]
    pub due_on: NaiveDate,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// The pending step is settled, and the next is set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "settles": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b11", "outcome": "done", "contains": [],
    "next": {"what": "Meet the parents.", "held_by": "contact_person", "due_on": "2026-12-18", "contains": []}
}))]
pub struct NextStepChange {
    /// The step that is settled, which must be the pending one.
    pub settles: NextStepId,
    /// How it is settled.
    pub outcome: NextStepSettling,
    /// Why it is replaced: required then. The family and everyone on the case will read it.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// Must be `[]`: confirms that the reason holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The next step.
    pub next: NextStepIn,
}
