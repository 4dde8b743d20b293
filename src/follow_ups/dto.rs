//! Follow-ups as the API speaks of them.

use chrono::NaiveDate;
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
        // The time in an id loses its uppermost 16 bits, and begins anew every 50 days.
        const ID_BITS: u32 = 112;
        let day = self.due_on.signed_duration_since(NaiveDate::default()).num_days();
        let day = u128::from(u16::try_from(day).unwrap_or(0));
        let id = self.object_id.as_u128() & ((1 << ID_BITS) - 1);
        Uuid::from_u128(day << ID_BITS | id)
    }
}
