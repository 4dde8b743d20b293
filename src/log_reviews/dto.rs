//! Reviews of the access log as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    audit::EntryOut,
    kernel::{
        day::optional_time,
        ids::{LogReviewId, PersonId},
        page::{Cursor, Limit, PageQuery},
        text::Prose,
    },
    vault::Content,
    words,
};

words! {
    /// Why a look was picked.
    PickReason {
        /// At random.
        RandomSample = "random_sample",
        /// Who looked had no task in the case then.
        NoTask = "no_task",
        /// Outside working hours.
        OutsideHours = "outside_hours",
        /// A guardian of the child works where the one who looked does.
        ColleaguesChild = "colleagues_child",
        /// The child's family lives in the street of the one who looked.
        NeighboursChild = "neighbours_child",
        /// Many children within a short time.
        Burst = "burst",
        /// The one who looked has a surname of the child or a guardian.
        SameSurname = "same_surname",
        /// The child's address is protected.
        ProtectedAddress = "protected_address",
    }
}

impl PickReason {
    /// In Norwegian and English.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::RandomSample => ("Plukket ut tilfeldig.", "Picked at random."),
            Self::NoTask => (
                "Den som så på saken, hadde ingen oppgave i den da.",
                "The one who looked at the case had no task in it then.",
            ),
            Self::OutsideHours => ("Utenfor arbeidstid.", "Outside working hours."),
            Self::ColleaguesChild => (
                "En forelder arbeider i samme enhet som den som så på saken.",
                "A guardian works in the same unit as the one who looked.",
            ),
            Self::NeighboursChild => (
                "Familien bor i samme gate som den som så på saken.",
                "The family lives in the same street as the one who looked.",
            ),
            Self::Burst => ("Oppslag på mange barn på kort tid.", "Looks at many children in a short time."),
            Self::SameSurname => (
                "Den som så på saken, har samme etternavn som barnet eller en forelder.",
                "The one who looked has the same surname as the child or a guardian.",
            ),
            Self::ProtectedAddress => {
                ("Barnets adresse er gradert.", "The address of the child is protected.")
            }
        }
    }
}

words! {
    /// What a review came to.
    LogVerdict {
        /// The look was for the work.
        Justified = "justified",
        /// It cannot be told yet; a later verdict may.
        Unclear = "unclear",
        /// It was not.
        Unjustified = "unjustified",
    }
}

words! {
    /// Whether a review is done with.
    LogReviewStatus {
        /// Without a verdict, or unclear.
        Open = "open",
        /// Justified or unjustified.
        Closed = "closed",
    }
}

/// Which reviews.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogReviewQuery {
    /// Done with or not.
    #[serde(default)]
    pub status: Option<LogReviewStatus>,
    /// Picked for this reason, perhaps among others.
    #[serde(default)]
    pub reason: Option<PickReason>,
    /// Of looks by this person.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// Of looks not before this time.
    #[serde(default, deserialize_with = "optional_time")]
    pub from: Option<DateTime<Utc>>,
    /// Of looks before this time.
    #[serde(default, deserialize_with = "optional_time")]
    pub until: Option<DateTime<Utc>>,
    /// Where the last page ended: its `next_cursor`.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// How many items, 1 to 200; 50 if left out.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<Limit>,
}

impl LogReviewQuery {
    /// The page that is asked for.
    pub(super) fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// A verdict.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "unclear", "note": "The leader is asked which task the look was for."}))]
pub struct LogVerdictIn {
    /// What the review came to. An unclear one may get a later verdict; the others are final.
    pub verdict: LogVerdict,
    /// How it was looked into; required unless the look was justified.
    #[serde(default)]
    pub note: Option<Prose>,
}

/// A reason, in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct PickReasonOut {
    /// The reason.
    pub reason: PickReason,
    /// In Norwegian.
    pub no: &'static str,
    /// In English.
    pub en: &'static str,
}

impl From<PickReason> for PickReasonOut {
    fn from(reason: PickReason) -> Self {
        let (no, en) = reason.words();
        Self { reason, no, en }
    }
}

/// A verdict that was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogVerdictOut {
    /// What the review came to.
    pub verdict: LogVerdict,
    /// How it was looked into.
    pub note: Option<Content>,
    /// By whom.
    pub given_by: PersonId,
    /// When.
    pub given_at: DateTime<Utc>,
}

/// A look that was picked, and what came of it. Holds no content.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogReviewOut {
    /// The id of the review.
    pub id: LogReviewId,
    /// The municipality in whose log the look is.
    #[schema(example = "4014")]
    pub municipality: String,
    /// When it was picked.
    pub picked_at: DateTime<Utc>,
    /// All reasons for it.
    pub reasons: Vec<PickReasonOut>,
    /// The look.
    pub entry: EntryOut,
    /// Whether it is done with.
    pub status: LogReviewStatus,
    /// The latest verdict, if there is one.
    pub verdict: Option<LogVerdict>,
    /// All verdicts, the first first.
    pub verdicts: Vec<LogVerdictOut>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}
