//! Follow-ups as the API speaks of them.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{kernel::ids::CaseId, words};

words! {
    /// What is due.
    FollowUpKind {
        /// A concern is to be decided.
        DecideConcern = "decide_concern",
        /// A measure is to be evaluated.
        EvaluateMeasure = "evaluate_measure",
        /// A meeting is to be held, or its minutes written.
        Meeting = "meeting",
        /// A handover awaits one's answer.
        AnswerHandover = "answer_handover",
        /// A consent runs out within 30 days.
        RenewConsent = "renew_consent",
        /// Child welfare is to confirm that a report is received.
        ReportReceipt = "report_receipt",
        /// Child welfare is to review a report.
        ReportReview = "report_review",
        /// Child welfare is to have investigated what was reported.
        ReportInvestigation = "report_investigation",
        /// A case was opened in an emergency, and is to be reviewed by the leader of the contact person's unit.
        EmergencyAccess = "emergency_access",
    }
}

/// Something that is due to the caller.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct FollowUpOut {
    /// What.
    pub kind: FollowUpKind,
    /// The concern, measure, meeting, handover, consent, report or emergency access.
    pub object_id: Uuid,
    /// The case, if there is one.
    pub case_id: Option<CaseId>,
    /// When.
    pub due_on: NaiveDate,
    /// Whether that day has passed.
    #[sqlx(skip)]
    pub overdue: bool,
}

impl FollowUpOut {
    /// Its place in the list, by day and then by id; a page begins after it even when it is done meanwhile.
    #[must_use]
    pub fn place(&self) -> Uuid {
        const ID_BITS: u32 = 96;
        let day = u128::try_from(self.due_on.num_days_from_ce()).unwrap_or(0);
        let id = self.object_id.as_u128() & ((1 << ID_BITS) - 1);
        Uuid::from_u128(day << ID_BITS | id)
    }
}
