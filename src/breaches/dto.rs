//! Request and response types for breaches.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    kernel::{
        day::{LogTime, optional_time},
        ids::{BreachId, CaseId, ChildId, PersonId, UnitId},
        page::{Cursor, Limit, PageQuery},
        text::Prose,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The control that found the look to be without need.
    BreachSource {
        /// A review of the access log.
        LogReview = "log_review",
        /// The review of an emergency access.
        EmergencyAccess = "emergency_access",
    }
}

words! {
    /// The person or the body to be notified.
    BreachStep {
        /// The leader of the unit of the person who looked.
        Leader = "leader",
        /// The controller.
        Controller = "controller",
        /// Datatilsynet.
        DataProtectionAuthority = "data_protection_authority",
        /// The child or its guardians.
        RegisteredPerson = "registered_person",
    }
}

words! {
    /// How a step ended.
    StepOutcome {
        /// They were notified.
        Done = "done",
        /// They need not be notified, for the reason given.
        NotRequired = "not_required",
    }
}

words! {
    /// The status of a breach.
    BreachStatus {
        /// A step remains.
        Open = "open",
        /// Each step is done, or has its reason.
        Closed = "closed",
    }
}

/// Filters for the list of breaches.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BreachQuery {
    /// The status of the breach.
    #[serde(default)]
    pub status: Option<BreachStatus>,
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

impl BreachQuery {
    /// The requested page.
    pub(super) fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// A step that was taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"step": "leader", "outcome": "done", "how": "Talked with her leader; minutes 26/1234-7."}))]
pub struct BreachStepIn {
    /// The step.
    pub step: BreachStep,
    /// Whether they were notified. The controller and the registered person must be.
    pub outcome: StepOutcome,
    /// How they were notified. Not allowed if they need not be notified.
    #[serde(default)]
    pub how: Option<Prose>,
    /// Why they need not be notified or, if this is recorded after the due time, why so late.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// When they were notified; now if left out. Not allowed if they need not be notified.
    #[serde(default, deserialize_with = "optional_time")]
    #[schema(value_type = Option<LogTime>)]
    pub done_at: Option<DateTime<Utc>>,
}

/// A step of a breach.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BreachStepOut {
    /// The person or the body to be notified.
    pub step: BreachStep,
    /// The laws that require it, as citations.
    pub legal_basis: Vec<&'static str>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// Whether it is due and not done.
    pub overdue: bool,
    /// How it ended; absent until then.
    pub outcome: Option<StepOutcome>,
    /// How they were notified.
    pub how: Option<Content>,
    /// Why they need not be notified, or why it was late.
    pub reason: Option<Content>,
    /// When they were notified, or when it was decided that they need not be.
    pub done_at: Option<DateTime<Utc>>,
    /// The auditor who recorded it.
    pub done_by: Option<PersonId>,
    /// When it was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
}

words! {
    /// The capacity in which someone is notified of a breach.
    NotifiedAs {
        /// The child whose record it was.
        Child = "child",
        /// A guardian who sees the child's record.
        Guardian = "guardian",
        /// The person in child welfare who decides for the child.
        ChildWelfare = "child_welfare",
    }
}

/// A person to notify of a breach: the child, and those who see its record on its behalf.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct PersonToNotify {
    /// The person.
    pub person_id: PersonId,
    /// Their name.
    pub name: Content,
    /// The capacity in which they are notified.
    pub notified_as: NotifiedAs,
}

shown!(PersonToNotify { person_id, name, notified_as });

/// A breach: a look without need, and what followed. Contains no content of the record.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreachOut {
    /// The id of the breach: that of the review, or of the emergency access.
    pub id: BreachId,
    /// The municipality whose record was looked at.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The control that found it.
    pub source: BreachSource,
    /// The status.
    pub status: BreachStatus,
    /// The person who looked.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// The unit in whose work they looked, whose leader must be notified.
    pub unit_id: Option<UnitId>,
    /// The child.
    pub child_id: ChildId,
    /// The case, if there was one.
    pub case_id: Option<CaseId>,
    /// When they looked.
    pub looked_at: DateTime<Utc>,
    /// The person who found it.
    pub found_by: PersonId,
    /// When it was found. The times of the steps count from it.
    pub found_at: DateTime<Utc>,
    /// The steps, in the order of their due times.
    pub steps: Vec<BreachStepOut>,
    /// The people to notify as the registered person, as they are now. Null in lists. It leaves out guardians who may
    /// not know where the child is, or who are kept from its record by a care order or a withholding.
    pub to_notify: Option<Vec<PersonToNotify>>,
    /// When the last step ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

shown!(BreachOut {
    id,
    municipality,
    source,
    status,
    person_id,
    person_name,
    unit_id,
    child_id,
    case_id,
    looked_at,
    found_by,
    found_at,
    steps,
    to_notify,
    closed_at,
    version
});
