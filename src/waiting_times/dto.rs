//! Request and response types for waiting times.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{ids::WaitReasonId, text::Prose, vocabulary::InformationKind},
    shown,
    vault::Content,
    words,
};

words! {
    /// A step on the way from a concern to help, in this order.
    HelpStep {
        /// The concern that the case was opened from is recorded.
        Concern = "concern",
        /// The case is opened, as agreed.
        Opened = "opened",
        /// Someone from a unit that has not kept the record takes part.
        Shared = "shared",
        /// A meeting is held.
        Meeting = "meeting",
        /// A measure begins.
        Measure = "measure",
        /// A measure is evaluated, so that its effect is known.
        Evaluation = "evaluation",
    }
}

impl HelpStep {
    /// The steps in order.
    pub(super) const ALL: [Self; 6] =
        [Self::Concern, Self::Opened, Self::Shared, Self::Meeting, Self::Measure, Self::Evaluation];
}

/// A reason for a wait to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"step": "meeting", "reason": "Everyone could meet only after the holidays.", "contains": []}))]
pub struct WaitReasonIn {
    /// The step that is waited for.
    pub step: HelpStep,
    /// Why. The family and everyone who may see what is agreed read it, so it names no person, service or meeting.
    pub reason: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// A reason for a wait.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct WaitReasonOut {
    /// The id of the reason.
    pub id: WaitReasonId,
    /// The step that was waited for.
    pub step: HelpStep,
    /// Why.
    pub reason: Content,
    /// When the contact person recorded it.
    pub recorded_at: DateTime<Utc>,
}

shown!(WaitReasonOut { id, step, reason, recorded_at });

/// A step of the help.
#[derive(Debug, Serialize, ToSchema)]
pub struct HelpStepOut {
    /// The step.
    pub step: HelpStep,
    /// The first day of it that the reader may know of. Null if it has not happened, or nobody may know.
    pub on: Option<NaiveDate>,
    /// The days since the last step before it. Until it happens, the days until today, for the first step after the last one of an open case.
    #[schema(example = 12)]
    pub days: Option<i64>,
    /// Why it was waited for, oldest first.
    pub reasons: Vec<WaitReasonOut>,
}

shown!(HelpStepOut, crate::access::RowReader {
    row { step, on, days }
    + each { reasons }
});

/// How long the help has taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingTimesOut {
    /// The steps in order.
    pub steps: Vec<HelpStepOut>,
}

shown!(WaitingTimesOut, crate::access::RowReader {
    row {}
    + each { steps }
});
