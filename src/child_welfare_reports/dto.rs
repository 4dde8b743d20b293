//! Request and response types for reports to child welfare.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::{PastDay, day},
        ids::{ChildId, ChildWelfareReportId, ConcernId, PersonId, ReportReplyId, UnitId},
        text::Prose,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// A ground for reporting (bvl § 13-2).
    ReportGround {
        /// The child is mistreated or seriously neglected.
        MistreatmentOrNeglect = "mistreatment_or_neglect",
        /// The child has a serious illness or injury and gets no treatment.
        UntreatedIllness = "untreated_illness",
        /// The child has special needs that are not met.
        SpecialNeedsUnmet = "special_needs_unmet",
        /// The child shows serious behavioural problems: crime, substance abuse or other self-harm.
        SeriousBehaviour = "serious_behaviour",
        /// The child is, or will be, a victim of human trafficking.
        Trafficking = "trafficking",
    }
}

words! {
    /// A reply from child welfare.
    ReplyOutcome {
        /// The report has been received.
        Received = "received",
        /// An investigation has been opened.
        InvestigationOpened = "investigation_opened",
        /// The report will not be investigated.
        NotInvestigated = "not_investigated",
        /// The investigation has been closed.
        InvestigationClosed = "investigation_closed",
    }
}

/// A report to child welfare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "child_id": "018f2f60-0000-7000-8000-000000000005", "grounds": ["mistreatment_or_neglect"],
    "text": "Says that he is hit at home.", "sent_on": "2026-11-20", "guardians_told": false,
    "guardians_not_told_reason": "It may put the child in danger.",
    "receiving_unit_id": "018f2f60-0000-7000-8000-000000000009"
}))]
pub struct ReportIn {
    /// The child, if registered and readable by the caller. Otherwise use `child_description`.
    #[serde(default)]
    pub child_id: Option<ChildId>,
    /// A description of the child, if `child_id` is left out.
    #[serde(default)]
    pub child_description: Option<Prose>,
    /// The grounds for reporting. The possible grounds depend on the unit's own duty to report.
    #[schema(min_items = 1, max_items = 5)]
    pub grounds: Vec<ReportGround>,
    /// The content of the report.
    pub text: Prose,
    /// The day it was sent, which must not be in the future. The deadlines for replies are calculated from it.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub sent_on: NaiveDate,
    /// The concern that led to it. It must belong to the unit, and the caller must be able to read it.
    #[serde(default)]
    pub concern_id: Option<ConcernId>,
    /// Whether the guardians have been informed of the report.
    pub guardians_told: bool,
    /// The reason they have not been informed.
    #[serde(default)]
    pub guardians_not_told_reason: Option<Prose>,
    /// The child welfare unit that receives the report. It serves the municipality where the child stays.
    pub receiving_unit_id: UnitId,
    /// The number of the municipality where the child stays now, if it does not stay where it lives: its child welfare receives the report
    /// (bvl § 15-4).
    #[serde(default)]
    #[schema(pattern = "^[0-9]{4}$", example = "4001")]
    pub stays_in: Option<String>,
}

/// The grounds of a report, encrypted as one text.
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

/// A report to child welfare.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ReportOut {
    /// The id of the report.
    pub id: ChildWelfareReportId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The unit that reported.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The person who reported.
    pub reporter_id: PersonId,
    /// Their name.
    #[schema(value_type = String)]
    pub reporter_name: Content,
    /// The child welfare unit that it was sent to.
    pub receiving_unit_id: UnitId,
    /// The name of that unit.
    pub receiving_unit_name: String,
    /// The child, if it was registered.
    pub child_id: Option<ChildId>,
    /// The child's name, as registered when the report was made.
    #[schema(value_type = Option<String>)]
    pub child_name: Option<Content>,
    /// The date of birth, as registered when the report was made.
    pub child_birth_date: Option<NaiveDate>,
    /// The description of the child, if it was not registered.
    #[schema(value_type = Option<String>)]
    pub child_description: Option<Content>,
    /// The grounds for reporting.
    #[sqlx(try_from = "Content")]
    #[schema(value_type = Vec<ReportGround>)]
    pub grounds: Grounds,
    /// The content of the report.
    #[schema(value_type = String)]
    pub text: Content,
    /// The day it was sent.
    pub sent_on: NaiveDate,
    /// The concern that led to it. Not shown to the recipient.
    pub concern_id: Option<ConcernId>,
    /// Whether the guardians have been informed.
    pub guardians_told: bool,
    /// The reason they have not been informed.
    #[schema(value_type = Option<String>)]
    pub guardians_not_told_reason: Option<Content>,
    /// The statutory section that imposes the duty to report.
    #[schema(example = "oppl § 24-3")]
    pub law: String,
    /// The first day that this version of the section is in force.
    pub law_valid_from: NaiveDate,
    /// The replies from child welfare, in the order they were recorded.
    #[sqlx(skip)]
    pub replies: Vec<ReplyOut>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// The version; the same as the `ETag`.
    pub version: i64,
    /// Whether the rules are to keep the caller from it, as disqualified.
    #[serde(skip)]
    #[schema(ignore)]
    #[sqlx(skip)]
    pub disqualified: bool,
}

shown!(ReportOut {
    id,
    municipality,
    unit_id,
    unit_name,
    reporter_id,
    reporter_name,
    receiving_unit_id,
    receiving_unit_name,
    child_id,
    child_name,
    child_birth_date,
    child_description,
    grounds,
    text,
    sent_on,
    concern_id,
    guardians_told,
    guardians_not_told_reason,
    law,
    law_valid_from,
    replies,
    created_at,
    version,
    disqualified
});

/// A reply from child welfare to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outcome": "received", "answered_on": "2026-11-21"}))]
pub struct ReplyIn {
    /// The content of the reply.
    pub outcome: ReplyOutcome,
    /// With `investigation_closed`: whether child welfare follows up.
    #[serde(default)]
    pub followed_up: Option<bool>,
    /// The day it arrived, which must not be in the future or before the report was sent.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub answered_on: NaiveDate,
    /// Other text in the reply.
    #[serde(default)]
    pub text: Option<Prose>,
}

/// A reply from child welfare.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ReplyOut {
    /// The id of the reply.
    pub id: ReportReplyId,
    /// The content of the reply.
    pub outcome: ReplyOutcome,
    /// Whether child welfare follows up, once the investigation is closed.
    pub followed_up: Option<bool>,
    /// The day it arrived.
    pub answered_on: NaiveDate,
    /// Other text in the reply.
    #[schema(value_type = Option<String>)]
    pub text: Option<Content>,
    /// The person who recorded it.
    pub recorded_by: PersonId,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}
