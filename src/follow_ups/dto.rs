//! Request and response types for follow-ups.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{kernel::ids::CaseId, words};

words! {
    /// The kind of task.
    FollowUpKind {
        /// A concern must be decided.
        DecideConcern = "decide_concern",
        /// A measure must be evaluated.
        EvaluateMeasure = "evaluate_measure",
        /// A meeting will be held, or its minutes must be recorded.
        Meeting = "meeting",
        /// The caller must answer a handover.
        AnswerHandover = "answer_handover",
        /// A consent expires within 30 days.
        RenewConsent = "renew_consent",
        /// Child welfare must confirm receipt of a report.
        ReportReceipt = "report_receipt",
        /// Child welfare must review a report.
        ReportReview = "report_review",
        /// Child welfare must complete the investigation.
        ReportInvestigation = "report_investigation",
        /// The leader of the contact person's unit must review an emergency access.
        EmergencyAccess = "emergency_access",
    }
}

/// A pending task of the caller.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct FollowUpOut {
    /// The kind of task.
    pub kind: FollowUpKind,
    /// The concern, measure, meeting, handover, consent, report or emergency access.
    pub object_id: Uuid,
    /// The case, if there is one.
    pub case_id: Option<CaseId>,
    /// The due date.
    pub due_on: NaiveDate,
    /// Whether the due date has passed.
    #[sqlx(skip)]
    pub overdue: bool,
}

impl FollowUpOut {
    /// Its position in the list, by day and then by id. The next page starts after it even if the task has been done.
    #[must_use]
    pub fn place(&self) -> Uuid {
        // The timestamp in an id loses its upper 16 bits, and therefore starts over every 50 days.
        const ID_BITS: u32 = 112;
        let day = self.due_on.signed_duration_since(NaiveDate::default()).num_days();
        let day = u128::from(u16::try_from(day).unwrap_or(0));
        let id = self.object_id.as_u128() & ((1 << ID_BITS) - 1);
        Uuid::from_u128(day << ID_BITS | id)
    }
}
