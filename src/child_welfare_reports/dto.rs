//! Reports to child welfare as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::day,
        ids::{ChildId, ChildWelfareReportId, ConcernId, PersonId, ReportReplyId, UnitId},
        text::Prose,
    },
    vault::Content,
    words,
};

words! {
    /// What there is reason to believe (bvl § 13-2).
    ReportGround {
        /// The child is mistreated or seriously neglected.
        MistreatmentOrNeglect = "mistreatment_or_neglect",
        /// The child has a serious illness or injury that is not treated.
        UntreatedIllness = "untreated_illness",
        /// The child has special needs that are not met.
        SpecialNeedsUnmet = "special_needs_unmet",
        /// The child shows serious behavioural difficulties: crime, drugs, other harm to itself.
        SeriousBehaviour = "serious_behaviour",
        /// The child is, or will be, exploited by human trafficking.
        Trafficking = "trafficking",
    }
}

words! {
    /// What child welfare answers.
    ReplyOutcome {
        /// The report is received.
        Received = "received",
        /// An investigation is opened.
        InvestigationOpened = "investigation_opened",
        /// The report is not investigated.
        NotInvestigated = "not_investigated",
        /// The investigation is closed.
        InvestigationClosed = "investigation_closed",
    }
}

/// A report to child welfare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "child_id": "018f2f60-0000-7000-8000-000000000005", "grounds": ["mistreatment_or_neglect"],
    "text": "Has told of being hit at home.", "sent_on": "2026-11-20", "guardians_told": false,
    "guardians_not_told_reason": "It may put the child in danger.",
    "receiving_unit_id": "018f2f60-0000-7000-8000-000000000009"
}))]
pub struct ReportIn {
    /// The child, if it is registered and the reporter may read it; else it is described.
    #[serde(default)]
    pub child_id: Option<ChildId>,
    /// Who the child is, where it is not named by `child_id`.
    #[serde(default)]
    pub child_description: Option<Prose>,
    /// What there is reason to believe. Which grounds there are depends on the unit's own duty.
    #[schema(min_items = 1, max_items = 5)]
    pub grounds: Vec<ReportGround>,
    /// What is reported.
    pub text: Prose,
    /// When it was sent; not a day to come. The deadlines of the answers are counted from it.
    #[serde(deserialize_with = "day")]
    pub sent_on: NaiveDate,
    /// The concern that led to it, one of the unit that the reporter may read.
    #[serde(default)]
    pub concern_id: Option<ConcernId>,
    /// Whether the guardians are told of the report.
    pub guardians_told: bool,
    /// Why they are not.
    #[serde(default)]
    pub guardians_not_told_reason: Option<Prose>,
    /// The child welfare unit that it is sent to.
    pub receiving_unit_id: UnitId,
}

/// The grounds of a report; sealed in one text.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Grounds(pub Vec<ReportGround>);

impl TryFrom<Content> for Grounds {
    type Error = String;

    fn try_from(text: Content) -> Result<Self, String> {
        text.split(' ')
            .map(|word| ReportGround::try_from(word.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// A report that was made.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ReportOut {
    /// Its id.
    pub id: ChildWelfareReportId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The unit that reported.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Who reported.
    pub reporter_id: PersonId,
    /// Their name.
    #[schema(value_type = String)]
    pub reporter_name: Content,
    /// The child welfare unit that it was sent to.
    pub receiving_unit_id: UnitId,
    /// Its name.
    pub receiving_unit_name: String,
    /// The child, if registered.
    pub child_id: Option<ChildId>,
    /// The child's name, as registered when the report was made.
    #[schema(value_type = Option<String>)]
    pub child_name: Option<Content>,
    /// The date of birth, likewise.
    pub child_birth_date: Option<NaiveDate>,
    /// Who the child is, where it is not registered.
    #[schema(value_type = Option<String>)]
    pub child_description: Option<Content>,
    /// What there is reason to believe.
    #[sqlx(try_from = "Content")]
    #[schema(value_type = Vec<ReportGround>)]
    pub grounds: Grounds,
    /// What is reported.
    #[schema(value_type = String)]
    pub text: Content,
    /// When it was sent.
    pub sent_on: NaiveDate,
    /// The concern that led to it; not told to the receiver.
    pub concern_id: Option<ConcernId>,
    /// Whether the guardians are told.
    pub guardians_told: bool,
    /// Why they are not.
    #[schema(value_type = Option<String>)]
    pub guardians_not_told_reason: Option<Content>,
    /// The paragraph that the duty rests on.
    #[schema(example = "oppl § 24-3")]
    pub law: String,
    /// The first day of the wording of that paragraph.
    pub law_valid_from: NaiveDate,
    /// What child welfare has answered, in the order it was recorded.
    #[sqlx(skip)]
    pub replies: Vec<ReplyOut>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// As in the `ETag`.
    pub version: i64,
    /// Whether it is about the caller's own family; then it is not shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub own_family: bool,
}

/// An answer from child welfare, to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outcome": "received", "answered_on": "2026-11-21"}))]
pub struct ReplyIn {
    /// What it says.
    pub outcome: ReplyOutcome,
    /// With `investigation_closed`: whether child welfare follows up.
    #[serde(default)]
    pub followed_up: Option<bool>,
    /// When it came; not a day to come, nor before the report was sent.
    #[serde(deserialize_with = "day")]
    pub answered_on: NaiveDate,
    /// What else it says.
    #[serde(default)]
    pub text: Option<Prose>,
}

/// An answer from child welfare.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ReplyOut {
    /// Its id.
    pub id: ReportReplyId,
    /// What it says.
    pub outcome: ReplyOutcome,
    /// Whether child welfare follows up, once the investigation is closed.
    pub followed_up: Option<bool>,
    /// When it came.
    pub answered_on: NaiveDate,
    /// What else it says.
    #[schema(value_type = Option<String>)]
    pub text: Option<Content>,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
}
