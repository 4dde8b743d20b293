//! Request and response types for cases.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    access::CaseReader,
    catalogue::{GuideLevel, Level},
    kernel::{
        PageQuery,
        ids::{CaseEventId, CaseId, ChildId, PersonId, UnitId},
        page::{Cursor, Limit},
        text::Prose,
        vocabulary::InformationKind,
    },
    next_steps::{NextStepIn, NextStepOut},
    shown,
    vault::Content,
    words,
};

words! {
    /// The status of a case.
    CaseStatus {
        /// Help is being given.
        Open = "open",
        /// Help has ended, and the record can only be read.
        Closed = "closed",
    }
}

words! {
    /// The people who agreed to opening the case.
    AgreedWith {
        /// The guardians.
        Guardians = "guardians",
        /// The young person.
        Youth = "youth",
    }
}

/// A case.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct CaseOut {
    /// The id of the case.
    pub id: CaseId,
    /// The municipality that the case belongs to.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The child.
    pub child_id: ChildId,
    /// The child's name.
    pub child_name: Content,
    /// The child's date of birth.
    pub child_birth_date: NaiveDate,
    /// The unit that keeps the record. A transition changes it. Null, like the contact person and their unit, for emergency
    /// access to the case of a child with a protected address.
    pub unit_id: Option<UnitId>,
    /// The name of that unit. Null for emergency access, as for `unit_id`.
    pub unit_name: Option<String>,
    /// Why help is given (oppmerksomhet). Null, like the other texts about the help, for a leader who is not on the team.
    pub reason: Option<Content>,
    /// The level in the guide.
    pub level: Level,
    /// The name of the level.
    #[schema(example = "Tverrfaglig vurdering og samarbeid")]
    pub level_name: String,
    /// The version of the guide that has the level.
    pub guide_version: i64,
    /// The reason for the level.
    pub level_reason: Option<Content>,
    /// The status of the case.
    pub status: CaseStatus,
    /// The people who agreed to opening the case.
    pub agreed_with: AgreedWith,
    /// The day it was agreed.
    pub agreed_on: NaiveDate,
    /// The contact person (stafettholder).
    pub contact_person_id: Option<PersonId>,
    /// The contact person's name.
    pub contact_person_name: Option<Content>,
    /// The unit that the contact person works for.
    pub contact_unit_id: Option<UnitId>,
    /// The name of the contact person's unit.
    pub contact_unit_name: Option<String>,
    /// Whether the contact person stands in for someone who is away, and the case returns to that person.
    pub contact_person_stands_in: Option<bool>,
    /// The last day on which they stand in. Null: they do not, or it is not known yet.
    pub contact_person_stands_in_until: Option<NaiveDate>,
    /// When the contact person took over.
    pub contact_person_since: DateTime<Utc>,
    /// The date of the next evaluation of a measure. Null for a leader who is not on the team.
    #[sqlx(skip)]
    pub next_evaluation_on: Option<NaiveDate>,
    /// The next step: what, who and by when. An open case always has one. Null for a leader who is not on the team. The list of next
    /// steps has the person who set it.
    #[sqlx(skip)]
    pub next_step: Option<NextStepOut>,
    /// When the case was opened.
    pub opened_at: DateTime<Utc>,
    /// When the case was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The reason for closing it.
    pub closing_reason: Option<Content>,
    /// The results of the help.
    pub final_evaluation: Option<Content>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(CaseOut, CaseReader {
    row {
        id, municipality, child_id, child_name, child_birth_date, level, level_name, guide_version, status, agreed_with, agreed_on,
        contact_person_since, opened_at, closed_at;
        version
    }
    agreed: reason, level_reason, next_evaluation_on, next_step, closing_reason, final_evaluation;
    whereabouts: unit_id, unit_name, contact_person_id, contact_person_name, contact_unit_id, contact_unit_name,
        contact_person_stands_in, contact_person_stands_in_until;
});

impl CaseOut {
    /// Returns the level, of the version of the guide that has it.
    #[must_use]
    pub const fn guide_level(&self) -> GuideLevel {
        GuideLevel { version: self.guide_version, level: self.level }
    }
}

words! {
    /// The kind of event in the history of a case.
    CaseEventKind {
        /// The case was opened.
        Opened = "opened",
        /// The level was changed.
        LevelChanged = "level_changed",
        /// The case was closed.
        Closed = "closed",
        /// The case was reopened.
        Reopened = "reopened",
    }
}

/// An event in the history of a case.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CaseEventOut {
    /// The id of the event.
    pub id: CaseEventId,
    /// The kind of event.
    pub kind: CaseEventKind,
    /// The level after the event.
    pub level: Level,
    /// The name of the level.
    pub level_name: String,
    /// The version of the guide that has the level.
    pub guide_version: i64,
    /// The reason.
    pub reason: Content,
    /// The results of the help, when the case was closed.
    pub final_evaluation: Option<Content>,
    /// The person who did it.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// When it happened.
    pub at: DateTime<Utc>,
}

shown!(CaseEventOut {
    id,
    kind,
    level,
    level_name,
    guide_version,
    reason,
    final_evaluation,
    person_id,
    person_name,
    at
});

/// A change of level.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "level": 2, "level_reason": "Two services beside the school are now needed."}))]
pub struct CasePatch {
    /// The new level, of the municipality's guide in force.
    pub level: Level,
    /// The reason for the change.
    pub level_reason: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// The closing of a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "reason": "The goal is reached.", "final_evaluation": "He takes part in play every day."}))]
pub struct CaseClosing {
    /// The reason for closing the case.
    pub reason: Prose,
    /// The results of the help.
    pub final_evaluation: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// The reopening of a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "contains": [], "level": 1, "level_reason": "The difficulties are back.",
    "next_step": {"what": "Meet the parents.", "held_by": "contact_person", "due_on": "2026-12-18", "contains": []}
}))]
pub struct CaseReopening {
    /// The next step: what, who and by when.
    pub next_step: NextStepIn,
    /// The level after reopening, of the municipality's guide in force.
    pub level: Level,
    /// The reason for reopening the case.
    pub level_reason: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

words! {
    /// Whether a next step is overdue.
    NextStepTime {
        /// Its day has passed.
        Overdue = "overdue",
        /// Its day has not passed.
        InTime = "in_time",
    }
}

/// The requested page of the list of cases.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    #[param(value_type = Option<Cursor>)]
    pub cursor: Option<Cursor<Uuid>>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Only open cases whose next step is overdue, or in time, of those whose next step the caller sees.
    #[serde(default)]
    #[param(inline)]
    pub next_step: Option<NextStepTime>,
}

impl CaseQuery {
    /// Returns the page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
