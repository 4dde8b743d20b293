//! Request and response types for reviews of the access log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    audit::EntryOut,
    kernel::{
        day::{LogTime, optional_time},
        ids::{LogReviewId, PersonId},
        page::{Cursor, Limit, PageQuery},
        text::Prose,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The reason an entry was selected for review.
    PickReason {
        /// It was selected at random.
        RandomSample = "random_sample",
        /// The person had no task in the case at the time.
        NoTask = "no_task",
        /// It was outside working hours.
        OutsideHours = "outside_hours",
        /// A guardian of the child works in the same unit as the person.
        ColleaguesChild = "colleagues_child",
        /// The child's family lives in the same street as the person.
        NeighboursChild = "neighbours_child",
        /// The person accessed many children within a short time.
        Burst = "burst",
        /// The person has the same surname as the child or a guardian.
        SameSurname = "same_surname",
        /// The child's address is protected.
        ProtectedAddress = "protected_address",
    }
}

impl PickReason {
    /// The reason in Norwegian and English.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::RandomSample => ("Plukket ut tilfeldig.", "Selected at random."),
            Self::NoTask => (
                "Den som så på saken, hadde ingen oppgave i den da.",
                "The person who viewed the case had no task in it at the time.",
            ),
            Self::OutsideHours => ("Utenfor arbeidstid.", "Outside working hours."),
            Self::ColleaguesChild => (
                "En forelder arbeider i samme enhet som den som så på saken.",
                "A guardian works in the same unit as the person who viewed the case.",
            ),
            Self::NeighboursChild => (
                "Familien bor i samme gate som den som så på saken.",
                "The family lives in the same street as the person who viewed the case.",
            ),
            Self::Burst => ("Oppslag på mange barn på kort tid.", "Accessed many children in a short time."),
            Self::SameSurname => (
                "Den som så på saken, har samme etternavn som barnet eller en forelder.",
                "The person who viewed the case has the same surname as the child or a guardian.",
            ),
            Self::ProtectedAddress => ("Barnets adresse er gradert.", "The child's address is protected."),
        }
    }
}

words! {
    /// The outcome of a review.
    LogVerdict {
        /// The access was necessary for the work.
        Justified = "justified",
        /// It cannot be decided yet; a later verdict can follow.
        Unclear = "unclear",
        /// The access was not necessary for the work.
        Unjustified = "unjustified",
    }
}

words! {
    /// The status of a review.
    LogReviewStatus {
        /// Without a verdict, or unclear.
        Open = "open",
        /// Justified or unjustified.
        Closed = "closed",
    }
}

/// Filters for the list of reviews.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogReviewQuery {
    /// The status of the review.
    #[serde(default)]
    pub status: Option<LogReviewStatus>,
    /// The reason for the selection. Entries with more reasons also match.
    #[serde(default)]
    pub reason: Option<PickReason>,
    /// The person who made the access.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// Entries from this time on.
    #[serde(default, deserialize_with = "optional_time")]
    #[param(value_type = Option<LogTime>)]
    pub from: Option<DateTime<Utc>>,
    /// Entries before this time.
    #[serde(default, deserialize_with = "optional_time")]
    #[param(value_type = Option<LogTime>)]
    pub until: Option<DateTime<Utc>>,
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

impl LogReviewQuery {
    /// The requested page.
    pub(super) fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// A verdict.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "unclear", "note": "The leader is asked which task the look was for."}))]
pub struct LogVerdictIn {
    /// The outcome of the review. An unclear verdict can be followed by another; the other verdicts are final.
    pub verdict: LogVerdict,
    /// How the access was looked into. Required unless it was justified.
    #[serde(default)]
    pub note: Option<Prose>,
}

/// A reason, with a sentence that describes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PickReasonOut {
    /// The reason.
    pub reason: PickReason,
    /// The sentence in Norwegian.
    pub no: &'static str,
    /// The sentence in English.
    pub en: &'static str,
}

impl From<PickReason> for PickReasonOut {
    fn from(reason: PickReason) -> Self {
        let (no, en) = reason.words();
        Self { reason, no, en }
    }
}

/// A verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogVerdictOut {
    /// The outcome of the review.
    pub verdict: LogVerdict,
    /// How the access was looked into.
    pub note: Option<Content>,
    /// The auditor who gave it.
    pub given_by: PersonId,
    /// When it was given.
    pub given_at: DateTime<Utc>,
}

/// An entry selected for review, and the outcome. Contains no content.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogReviewOut {
    /// The id of the review.
    pub id: LogReviewId,
    /// The municipality whose log contains the entry.
    #[schema(example = "4014")]
    pub municipality: String,
    /// When it was selected.
    pub picked_at: DateTime<Utc>,
    /// The reasons for the selection.
    pub reasons: Vec<PickReasonOut>,
    /// The entry.
    pub entry: EntryOut,
    /// The status of the review.
    pub status: LogReviewStatus,
    /// The latest verdict, if any.
    pub verdict: Option<LogVerdict>,
    /// All verdicts, oldest first.
    pub verdicts: Vec<LogVerdictOut>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

shown!(LogReviewOut { id, municipality, picked_at, reasons, entry, status, verdict, verdicts, version });
