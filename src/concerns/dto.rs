//! Request and response types for concerns.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    factors::{self, ProtectiveFactor, RiskFactor},
    waiting::PostponementOut,
};
use crate::{
    access::{Kinds, RowReader},
    cases::AgreedWith,
    catalogue::Level,
    kernel::{
        day::{PastDay, optional_day},
        ids::{CaseId, ChildId, ChildWelfareReportId, ConcernId, PersonId, UnitId},
        text::Prose,
        vocabulary::{InformationKind, Sector},
    },
    next_steps::NextStepIn,
    problem::Problem,
    shown,
    vault::{Content, KeyName},
    wordings::{EarlierWordingOut, Text},
    words,
};

words! {
    /// The outcome of a concern.
    ConcernDecision {
        /// No further action is needed.
        NoNeed = "no_need",
        /// A case is opened, as agreed with the guardians or the young person.
        OpenCase = "open_case",
        /// The concern is added to a case that is already open.
        JoinCase = "join_case",
        /// The concern is reported to child welfare.
        ReportChildWelfare = "report_child_welfare",
    }
}

/// A concern to record or update.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"child_id": null, "facts": "Has stopped playing with the others since August.", "child_says": "It is noisy inside."}))]
pub struct ConcernIn {
    /// The child; left out of an anonymous concern.
    #[serde(default)]
    pub child_id: Option<ChildId>,
    /// The facts: what has been seen and heard.
    pub facts: Prose,
    /// Risk factors.
    #[serde(default)]
    pub risk_factors: Option<Prose>,
    /// Protective factors.
    #[serde(default)]
    pub protective_factors: Option<Prose>,
    /// The child's own words (barnets stemme).
    #[serde(default)]
    pub child_says: Option<Prose>,
    /// The efforts so far.
    #[serde(default)]
    pub tried_so_far: Option<Prose>,
    /// The adults' own practice and the learning environment: what in them may matter, and what they will change (pedagogisk analyse).
    #[serde(default)]
    pub own_practice: Option<Prose>,
    /// The risk factors that are seen, of those in `GET /v1/concern-factors`.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub seen_risk_factors: Vec<RiskFactor>,
    /// The protective factors that are seen, of those in `GET /v1/concern-factors`. Some say nothing about a young child.
    #[serde(default)]
    #[schema(max_items = 7)]
    pub seen_protective_factors: Vec<ProtectiveFactor>,
    /// In an update: why words are changed. The earlier wordings are kept in any case.
    #[serde(default)]
    pub change_reason: Option<Prose>,
    /// In an update: whether the wordings that it replaces are struck out: they are kept for inspection, and nobody reads them here.
    #[serde(default)]
    pub strike_out: bool,
}

/// The decision on a concern. The decision determines which other fields are required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "decision": "open_case", "reason": "The guardians agree that help is needed.",
    "contains": [], "case_reason": "Finds it hard to join in play.", "level": 1, "agreed_with": "guardians", "agreed_on": "2026-11-20",
    "next_step": {"what": "Meet the parents.", "held_by": "contact_person", "due_on": "2026-12-04", "contains": []}
}))]
pub struct DecisionIn {
    /// The outcome.
    pub decision: ConcernDecision,
    /// The reason for the decision.
    pub reason: Prose,
    /// With `open_case`: why help is given. The family and everyone on the case will read it.
    #[serde(default)]
    pub case_reason: Option<Prose>,
    /// With `open_case`: required, and must be `[]`. It confirms that the reason holds none of the prohibited kinds.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// With `open_case`: the level of the case.
    #[serde(default)]
    pub level: Option<Level>,
    /// With `open_case`: the people who agreed to it.
    #[serde(default)]
    pub agreed_with: Option<AgreedWith>,
    /// With `open_case`: the day it was agreed.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<PastDay>)]
    pub agreed_on: Option<NaiveDate>,
    /// With `open_case`: what happens next, who has it and by when.
    #[serde(default)]
    pub next_step: Option<NextStepIn>,
    /// With `join_case`: the case to join. It must be about the same child, and the caller must take part in it.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// With `report_child_welfare`: the report. It must be made from this concern, and the caller must be able to read it.
    #[serde(default)]
    pub report_id: Option<ChildWelfareReportId>,
}

/// A decision with exactly the fields it requires.
#[derive(Debug)]
pub enum Decided {
    /// No further action is needed.
    NoNeed,
    /// A case is opened. The person who decides becomes its first contact person.
    OpenCase {
        /// Why help is given.
        reason: Prose,
        /// The level of the case.
        level: Level,
        /// The people who agreed to it.
        agreed_with: AgreedWith,
        /// The day it was agreed.
        agreed_on: NaiveDate,
        /// The next step.
        next_step: NextStepIn,
    },
    /// The concern joins a case.
    JoinCase(CaseId),
    /// The concern is reported to child welfare.
    Report(ChildWelfareReportId),
}

impl DecisionIn {
    /// Returns the decision and the reason for it.
    ///
    /// # Errors
    /// 422 if a field that the decision requires is missing, or a field that it does not allow is present.
    pub fn read(self) -> Result<(Decided, Prose), Problem> {
        let Self {
            decision,
            reason,
            case_reason,
            contains,
            level,
            agreed_with,
            agreed_on,
            next_step,
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
            ("/next_step", next_step.is_some(), opens),
            ("/case_id", case_id.is_some(), decision == ConcernDecision::JoinCase),
            ("/report_id", report_id.is_some(), decision == ConcernDecision::ReportChildWelfare),
        ] {
            match (told, taken) {
                (false, true) => return Err(Problem::field(pointer, format!("is required with {decision}"))),
                (true, false) => {
                    return Err(Problem::field(pointer, format!("is not allowed with {decision}")));
                }
                _ => {}
            }
        }
        if opens {
            Kinds::may_be_kept("", contains.as_deref())?;
        }
        let agreed = (agreed_with, agreed_on, next_step);
        let decision = match (case_reason, level, agreed, case_id.map(Decided::JoinCase)) {
            (Some(reason), Some(level), (Some(agreed_with), Some(agreed_on), Some(next_step)), _) => {
                Decided::OpenCase { reason, level, agreed_with, agreed_on, next_step }
            }
            (_, _, _, Some(joins)) => joins,
            _ => report_id.map_or(Decided::NoNeed, Decided::Report),
        };
        Ok((decision, reason))
    }
}

/// The texts of a concern, in the order of `texts()` of what it is written as and what it is shown as.
pub(super) const TEXTS: [Text; 8] = [
    Text::Facts,
    Text::RiskFactors,
    Text::ProtectiveFactors,
    Text::ChildSays,
    Text::TriedSoFar,
    Text::OwnPractice,
    Text::SeenRiskFactors,
    Text::SeenProtectiveFactors,
];

/// A concern.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ConcernOut {
    /// The id of the concern.
    pub id: ConcernId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The author.
    pub author_id: PersonId,
    /// The author's name.
    pub author_name: Content,
    /// The child; absent in an anonymous concern.
    pub child_id: Option<ChildId>,
    /// The child's name.
    pub child_name: Option<Content>,
    /// The facts: what has been seen and heard.
    pub facts: Content,
    /// Risk factors.
    pub risk_factors: Option<Content>,
    /// Protective factors.
    pub protective_factors: Option<Content>,
    /// The child's own words.
    pub child_says: Option<Content>,
    /// The efforts so far.
    pub tried_so_far: Option<Content>,
    /// The adults' own practice and the learning environment.
    pub own_practice: Option<Content>,
    /// The risk factors that are seen. Null if the key of the texts has been erased.
    #[serde(serialize_with = "factors::as_list")]
    #[schema(value_type = Option<Vec<RiskFactor>>)]
    pub seen_risk_factors: Option<Content>,
    /// The protective factors that are seen. Null if the key of the texts has been erased.
    #[serde(serialize_with = "factors::as_list")]
    #[schema(value_type = Option<Vec<ProtectiveFactor>>)]
    pub seen_protective_factors: Option<Content>,
    /// The earlier wordings of its texts, in the order they were replaced.
    #[sqlx(skip)]
    pub earlier: Vec<EarlierWordingOut>,
    /// The deadline for a decision.
    pub decide_by: NaiveDate,
    /// The times someone has waited (se an), in order. The last has the day to look again, which is the deadline.
    #[sqlx(skip)]
    pub postponements: Vec<PostponementOut>,
    /// The advice about a concern that names a child and is not decided. It is the same about every child.
    #[sqlx(skip)]
    pub advice: Option<AdviceOut>,
    /// The decision.
    pub decision: Option<ConcernDecision>,
    /// The reason for the decision.
    pub decision_reason: Option<Content>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The case it opened or joined.
    pub case_id: Option<CaseId>,
    /// The report to child welfare that it led to.
    pub report_id: Option<ChildWelfareReportId>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
    /// The sector of the unit.
    #[serde(skip)]
    #[schema(ignore)]
    pub sector: Sector,
    /// Whether it was about another child before.
    #[serde(skip)]
    #[schema(ignore)]
    pub had_another_child: bool,
    /// Whether the rules are to keep the caller from it, as disqualified.
    #[serde(skip)]
    #[schema(ignore)]
    #[sqlx(skip)]
    pub disqualified: bool,
}

shown!(ConcernOut, RowReader {
    row {
        id, municipality, unit_id, unit_name, author_id, author_name, child_id, child_name, facts,
        risk_factors, protective_factors, child_says, tried_so_far, own_practice, seen_risk_factors,
        seen_protective_factors, decide_by, advice, decision,
        decision_reason, decided_at, case_id, report_id, created_at, version, sector, had_another_child, disqualified
    }
    + each { earlier, postponements }
});

/// Advice to the person who has a concern.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct AdviceOut {
    /// A stable code.
    #[schema(example = "ask_guardians_to_let_you_talk")]
    code: &'static str,
    /// The advice.
    text: &'static str,
    /// The advice in Norwegian.
    text_no: &'static str,
}

/// The advice about every child, so that it reveals nothing about the concerns of others.
const ADVICE: AdviceOut = AdviceOut {
    code: "ask_guardians_to_let_you_talk",
    text: "Talk with the guardians, and ask them to let you talk with others who know the child. Others may have seen the same.",
    text_no: "Snakk med de foresatte, og be om å få snakke med andre som kjenner barnet. Andre kan ha sett det samme.",
};

impl ConcernIn {
    /// Returns its texts, in the order of [`TEXTS`].
    pub(super) fn texts(&self) -> [Option<Cow<'_, str>>; 8] {
        [
            Some(Cow::from(&*self.facts)),
            self.risk_factors.as_deref().map(Cow::from),
            self.protective_factors.as_deref().map(Cow::from),
            self.child_says.as_deref().map(Cow::from),
            self.tried_so_far.as_deref().map(Cow::from),
            self.own_practice.as_deref().map(Cow::from),
            factors::as_text(&self.seen_risk_factors).map(Cow::from),
            factors::as_text(&self.seen_protective_factors).map(Cow::from),
        ]
    }
}

impl ConcernOut {
    /// Returns its texts, in the order of [`TEXTS`].
    pub(super) fn texts(&self) -> [Option<&str>; 8] {
        [
            Some(&*self.facts),
            self.risk_factors.as_deref(),
            self.protective_factors.as_deref(),
            self.child_says.as_deref(),
            self.tried_so_far.as_deref(),
            self.own_practice.as_deref(),
            self.seen_risk_factors.as_deref(),
            self.seen_protective_factors.as_deref(),
        ]
    }

    /// Returns the advice about it.
    pub(super) fn due_advice(&self) -> Option<AdviceOut> {
        (self.child_id.is_some() && self.decision.is_none()).then_some(ADVICE)
    }

    /// Returns whether a change makes it a concern about another child than one that it has been about.
    pub(super) fn gets_another_child(&self, child: Option<ChildId>) -> bool {
        self.had_another_child || self.child_id.is_some_and(|now| child != Some(now))
    }

    /// The key that encrypts it.
    pub(super) fn key(&self) -> KeyName {
        KeyName::sector(&self.municipality, self.sector)
    }
}
