//! Concerns as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::Kinds,
    cases::{AgreedWith, Level},
    kernel::{
        day::optional_day,
        ids::{CaseId, ChildId, ChildWelfareReportId, ConcernId, PersonId, UnitId},
        text::Prose,
        vocabulary::{InformationKind, Sector},
    },
    problem::Problem,
    vault::{Content, KeyName},
    words,
};

words! {
    /// What a concern ended in.
    ConcernDecision {
        /// There is no need for more.
        NoNeed = "no_need",
        /// A case is opened, in agreement with the home.
        OpenCase = "open_case",
        /// It belongs in a case that is open already.
        JoinCase = "join_case",
        /// It is reported to child welfare.
        ReportChildWelfare = "report_child_welfare",
    }
}

/// A concern to be recorded, or rewritten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"child_id": null, "facts": "Has stopped playing with the others since August.", "child_says": "It is noisy inside."}))]
pub struct ConcernIn {
    /// The child; left out in an anonymous concern.
    #[serde(default)]
    pub child_id: Option<ChildId>,
    /// What was seen and heard.
    pub facts: Prose,
    /// What may harm.
    #[serde(default)]
    pub risk_factors: Option<Prose>,
    /// What protects.
    #[serde(default)]
    pub protective_factors: Option<Prose>,
    /// What the child says (barnets stemme).
    #[serde(default)]
    pub child_says: Option<Prose>,
    /// What has been tried.
    #[serde(default)]
    pub tried_so_far: Option<Prose>,
}

/// The decision of a concern. What else must be told depends on the decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "decision": "open_case", "reason": "The guardians agree that help is needed.",
    "contains": [], "case_reason": "Finds it hard to join in play.", "level": 1, "agreed_with": "guardians", "agreed_on": "2026-11-20"
}))]
pub struct DecisionIn {
    /// What it ends in.
    pub decision: ConcernDecision,
    /// Why.
    pub reason: Prose,
    /// With `open_case`: why help is given, as all on the case and the family will read it.
    #[serde(default)]
    pub case_reason: Option<Prose>,
    /// With `open_case`: which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// With `open_case`: at which level.
    #[serde(default)]
    pub level: Option<Level>,
    /// With `open_case`: with whom it was agreed.
    #[serde(default)]
    pub agreed_with: Option<AgreedWith>,
    /// With `open_case`: when.
    #[serde(default, deserialize_with = "optional_day")]
    pub agreed_on: Option<NaiveDate>,
    /// With `join_case`: which case; one of the same child that the one who decides takes part in.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// With `report_child_welfare`: the report, one made from this concern that the one who decides may read.
    #[serde(default)]
    pub report_id: Option<ChildWelfareReportId>,
}

/// A decision with what it needs, and nothing else.
#[derive(Debug)]
pub enum Decision {
    /// No need for more.
    NoNeed,
    /// A case is opened; the one who decides is its first contact person.
    OpenCase {
        /// Why help is given.
        reason: Prose,
        /// At which level.
        level: Level,
        /// With whom it was agreed.
        agreed_with: AgreedWith,
        /// When.
        agreed_on: NaiveDate,
    },
    /// It joins a case.
    JoinCase(CaseId),
    /// It is reported to child welfare.
    Report(ChildWelfareReportId),
}

impl DecisionIn {
    /// The decision, and why it was taken.
    ///
    /// # Errors
    /// 422 if something that the decision needs is missing, or something else is told.
    pub fn read(self) -> Result<(Decision, Prose), Problem> {
        let Self {
            decision,
            reason,
            case_reason,
            contains,
            level,
            agreed_with,
            agreed_on,
            case_id,
            report_id,
        } = self;
        let opens = decision == ConcernDecision::OpenCase;
        for (pointer, told, taken) in [
            ("/case_reason", case_reason.is_some(), opens),
            ("/contains", contains.is_some(), opens),
            ("/level", level.is_some(), opens),
            ("/agreed_with", agreed_with.is_some(), opens),
            ("/agreed_on", agreed_on.is_some(), opens),
            ("/case_id", case_id.is_some(), decision == ConcernDecision::JoinCase),
            ("/report_id", report_id.is_some(), decision == ConcernDecision::ReportChildWelfare),
        ] {
            match (told, taken) {
                (false, true) => return Err(Problem::field(pointer, format!("is required with {decision}"))),
                (true, false) => {
                    return Err(Problem::field(pointer, format!("is not taken with {decision}")));
                }
                _ => {}
            }
        }
        if opens {
            Kinds::may_be_kept("", contains.as_deref())?;
        }
        let decision = match (case_reason, level, agreed_with, agreed_on, case_id.map(Decision::JoinCase)) {
            (Some(reason), Some(level), Some(agreed_with), Some(agreed_on), _) => {
                Decision::OpenCase { reason, level, agreed_with, agreed_on }
            }
            (_, _, _, _, Some(joins)) => joins,
            _ => report_id.map_or(Decision::NoNeed, Decision::Report),
        };
        Ok((decision, reason))
    }
}

/// A concern.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ConcernOut {
    /// Its id.
    pub id: ConcernId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// Who wrote it.
    pub author_id: PersonId,
    /// Their name.
    pub author_name: Content,
    /// The child; none in an anonymous concern.
    pub child_id: Option<ChildId>,
    /// The child's name.
    pub child_name: Option<Content>,
    /// What was seen and heard.
    pub facts: Content,
    /// What may harm.
    pub risk_factors: Option<Content>,
    /// What protects.
    pub protective_factors: Option<Content>,
    /// What the child says.
    pub child_says: Option<Content>,
    /// What has been tried.
    pub tried_so_far: Option<Content>,
    /// The last day for a decision.
    pub decide_by: NaiveDate,
    /// The decision.
    pub decision: Option<ConcernDecision>,
    /// Why.
    pub decision_reason: Option<Content>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The case it opened or joined.
    pub case_id: Option<CaseId>,
    /// The report to child welfare that it ended in.
    pub report_id: Option<ChildWelfareReportId>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
    /// The sector of the unit.
    #[serde(skip)]
    #[schema(ignore)]
    pub sector: Sector,
    /// Whether it is about the caller's own family; then it is not shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub own_family: bool,
}

impl ConcernOut {
    /// The key that seals it.
    pub(super) fn key(&self) -> KeyName {
        KeyName::sector(&self.municipality, self.sector)
    }
}
