//! Cases as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{CaseEventId, CaseId, ChildId, PersonId, UnitId},
        text::Prose,
        vocabulary::InformationKind,
    },
    vault::Content,
    words,
};

words! {
    /// Whether help goes on.
    CaseStatus {
        /// It goes on.
        Open = "open",
        /// It has ended; the record is only read.
        Closed = "closed",
    }
}

words! {
    /// With whom it was agreed to open the case.
    AgreedWith {
        /// The guardians.
        Guardians = "guardians",
        /// The young person.
        Youth = "youth",
    }
}

/// A level of the municipality's guide, 0 to 3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
#[schema(value_type = i64, minimum = 0, maximum = 3, example = 1)]
pub struct Level(i64);

impl Level {
    /// The level of this number, which is at most 3.
    #[must_use]
    pub const fn new(level: i64) -> Option<Self> {
        if matches!(level, 0..=3) { Some(Self(level)) } else { None }
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let level = Self::new(i64::deserialize(deserializer)?);
        level.ok_or_else(|| serde::de::Error::custom("must be a level from 0 to 3"))
    }
}

/// A case.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct CaseOut {
    /// Its id.
    pub id: CaseId,
    /// The municipality whose case it is.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The child.
    pub child_id: ChildId,
    /// The child's name.
    pub child_name: Content,
    /// The child's date of birth.
    pub child_birth_date: NaiveDate,
    /// The unit that opened the case and keeps its record. Null, like the contact person and their unit, to one who has opened
    /// the case of a hidden child in an emergency.
    #[schema(value_type = Option<UnitId>)]
    pub unit_id: UnitId,
    /// The name of that unit.
    #[schema(value_type = Option<String>)]
    pub unit_name: String,
    /// Why help is given (oppmerksomhet). Null, like the other words about the help, to a leader who is not on the team.
    pub reason: Option<Content>,
    /// The level of the guide.
    pub level: Level,
    /// Why it is at that level.
    pub level_reason: Option<Content>,
    /// Whether help goes on.
    pub status: CaseStatus,
    /// With whom it was agreed to open the case.
    pub agreed_with: AgreedWith,
    /// When that was agreed.
    pub agreed_on: NaiveDate,
    /// Who holds the baton.
    #[schema(value_type = Option<PersonId>)]
    pub contact_person_id: PersonId,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub contact_person_name: Content,
    /// The unit they hold it for.
    #[schema(value_type = Option<UnitId>)]
    pub contact_unit_id: UnitId,
    /// The name of that unit.
    #[schema(value_type = Option<String>)]
    pub contact_unit_name: String,
    /// Since when they hold it.
    pub contact_person_since: DateTime<Utc>,
    /// When the next measure is to be evaluated. Null, too, to a leader who is not on the team.
    pub next_evaluation_on: Option<NaiveDate>,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When it closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it closed.
    pub closing_reason: Option<Content>,
    /// What came of the help.
    pub final_evaluation: Option<Content>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

words! {
    /// What became of a case.
    CaseEventKind {
        /// It was opened.
        Opened = "opened",
        /// It went to another level.
        LevelChanged = "level_changed",
        /// It was closed.
        Closed = "closed",
        /// It was opened again.
        Reopened = "reopened",
    }
}

/// Something that became of a case.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CaseEventOut {
    /// Its id.
    pub id: CaseEventId,
    /// What.
    pub kind: CaseEventKind,
    /// The level from then on.
    pub level: Level,
    /// Why.
    pub reason: Content,
    /// What had come of the help, when it was closed.
    pub final_evaluation: Option<Content>,
    /// Who did it.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// When.
    pub at: DateTime<Utc>,
}

/// A change of level.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "level": 2, "level_reason": "Two services beside the school are now needed."}))]
pub struct CasePatch {
    /// The new level.
    pub level: Level,
    /// Why.
    pub level_reason: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// The end of a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "reason": "The goal is reached.", "final_evaluation": "He takes part in play every day."}))]
pub struct CaseClosing {
    /// Why.
    pub reason: Prose,
    /// What came of the help.
    pub final_evaluation: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// The reopening of a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "level": 1, "level_reason": "The difficulties are back."}))]
pub struct CaseReopening {
    /// At which level.
    pub level: Level,
    /// Why.
    pub level_reason: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}
