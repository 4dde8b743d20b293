//! Measures and evaluations as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::{day, optional_day},
        ids::{CatalogueMeasureId, EvaluationId, GoalId, MeasureId, MeetingId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::{InformationKind, PreventionLevel, Sector},
    },
    vault::Content,
    words,
};

words! {
    /// Whether a measure goes on.
    MeasureStatus {
        /// It goes on.
        InForce = "in_force",
        /// It ended because it reached what it was for.
        EndedReached = "ended_reached",
        /// It ended because it did not help.
        EndedNoEffect = "ended_no_effect",
    }
}

words! {
    /// What an evaluation concludes.
    EvaluationOutcome {
        /// It goes on as it is.
        Continue = "continue",
        /// It goes on, changed.
        Adjust = "adjust",
        /// It ends: what it was for is reached.
        EndReached = "end_reached",
        /// It ends: it does not help.
        EndNoEffect = "end_no_effect",
    }
}

/// A measure (tiltak).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeasureOut {
    /// Its id.
    pub id: MeasureId,
    /// What it is called.
    pub title: Content,
    /// What is done, and how.
    pub description: Option<Content>,
    /// Whom such measures are meant for.
    pub level: PreventionLevel,
    /// The goal it serves.
    pub goal_id: Option<GoalId>,
    /// What that goal says.
    pub goal_description: Option<Content>,
    /// The measure of the municipality's catalogue that it is.
    pub catalogue_measure_id: Option<CatalogueMeasureId>,
    /// What the catalogue calls it.
    pub catalogue_measure_title: Option<String>,
    /// The meeting that decided it.
    pub meeting_id: Option<MeetingId>,
    /// When that meeting began.
    pub meeting_starts_at: Option<DateTime<Utc>>,
    /// Who is responsible (ansvarlig). Null, like all who tell where the child is, to one who has opened the case of a hidden
    /// child in an emergency.
    #[schema(value_type = Option<PersonId>)]
    pub responsible_id: PersonId,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub responsible_name: Content,
    /// The unit they are responsible for.
    #[schema(value_type = Option<UnitId>)]
    pub responsible_unit_id: UnitId,
    /// The name of that unit.
    #[schema(value_type = Option<String>)]
    pub responsible_unit_name: String,
    /// The sector of that unit.
    #[serde(skip)]
    #[schema(ignore)]
    pub responsible_sector: Sector,
    /// From which day.
    pub starts_on: NaiveDate,
    /// When it is to be evaluated; none once it has ended.
    pub evaluate_on: Option<NaiveDate>,
    /// Whether it goes on.
    pub status: MeasureStatus,
    /// It should have been evaluated before today.
    #[sqlx(skip)]
    pub overdue: bool,
    /// Who recorded it.
    #[schema(value_type = Option<PersonId>)]
    pub created_by: PersonId,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub created_by_name: Content,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

/// A new measure, from the catalogue or written freely.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "contains": [],
    "title": "Play group after lunch",
    "level": "selective",
    "description": "Four children and an adult, three days a week.",
    "goal_id": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b11",
    "responsible_id": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b12",
    "responsible_unit_id": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b13",
    "starts_on": "2026-09-01",
    "evaluate_on": "2026-10-13"
}))]
pub struct MeasureIn {
    /// A measure of the municipality's catalogue; it gives title and level where they are left out.
    #[serde(default)]
    pub catalogue_measure_id: Option<CatalogueMeasureId>,
    /// What it is called; required unless it is from the catalogue.
    #[serde(default)]
    pub title: Option<Line>,
    /// Whom such measures are meant for; required unless it is from the catalogue.
    #[serde(default)]
    pub level: Option<PreventionLevel>,
    /// What is done, and how.
    #[serde(default)]
    pub description: Option<Prose>,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty; as the decision of a
    /// meeting it may be left out, since the minutes say so.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// The goal of the case that it serves.
    #[serde(default)]
    pub goal_id: Option<GoalId>,
    /// Who is responsible (ansvarlig): someone with a seat on the team.
    pub responsible_id: PersonId,
    /// The unit of that seat.
    pub responsible_unit_id: UnitId,
    /// From which day, also one that has passed; today if left out.
    #[serde(default, deserialize_with = "optional_day")]
    pub starts_on: Option<NaiveDate>,
    /// When it is to be evaluated: not before it starts, and not before today.
    #[serde(deserialize_with = "day")]
    pub evaluate_on: NaiveDate,
}

/// A change of a measure in force; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"evaluate_on": "2026-10-20", "contains": [], "description": "Four days a week from now on."}))]
pub struct MeasurePatch {
    /// Who takes over as responsible: someone with a seat on the team.
    #[serde(default)]
    pub responsible_id: Option<PersonId>,
    /// The unit of that seat.
    #[serde(default)]
    pub responsible_unit_id: Option<UnitId>,
    /// When it is to be evaluated: not before it starts, and not before today.
    #[serde(default, deserialize_with = "optional_day")]
    pub evaluate_on: Option<NaiveDate>,
    /// What is done, and how.
    #[serde(default)]
    pub description: Option<Prose>,
    /// Which of the kinds it holds that must not be in the record: with a description it must be there, and empty.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// An evaluation of a measure (evaluering av tiltak).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct EvaluationOut {
    /// Its id.
    pub id: EvaluationId,
    /// The measure.
    pub measure_id: MeasureId,
    /// On which day it was held.
    pub held_on: NaiveDate,
    /// What it concludes.
    pub outcome: EvaluationOutcome,
    /// What the measure has led to, and why it is so concluded.
    pub assessment: Content,
    /// What the child thinks (barnets stemme): to those who may read what the child itself says.
    pub child_view: Option<Content>,
    /// The child has agreed that the guardians see what it thinks.
    pub child_agrees: bool,
    /// Why the child's view is missing.
    pub child_view_missing_reason: Option<Content>,
    /// What the guardians think.
    pub guardians_view: Option<Content>,
    /// When it is evaluated next; none where it ends.
    pub next_evaluation_on: Option<NaiveDate>,
    /// Who recorded it.
    pub evaluated_by: PersonId,
    /// Their name.
    pub evaluated_by_name: Content,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A new evaluation of a measure.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "held_on": "2026-10-13",
    "outcome": "continue",
    "contains": [],
    "assessment": "He joins in most days, but needs an adult to begin.",
    "child_view": "It is best when we are in the gym.",
    "guardians_view": "He talks of the group at home.",
    "next_evaluation_on": "2026-11-24"
}))]
pub struct EvaluationIn {
    /// On which day it was held; not one to come.
    #[serde(deserialize_with = "day")]
    pub held_on: NaiveDate,
    /// What it concludes.
    pub outcome: EvaluationOutcome,
    /// What the measure has led to, and why it is so concluded.
    pub assessment: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// What the child thinks (barnets stemme); this or the reason why it is missing.
    #[serde(default)]
    pub child_view: Option<Prose>,
    /// The child has agreed that the guardians see what it thinks.
    #[serde(default)]
    pub child_agrees: bool,
    /// Why the child's view is missing.
    #[serde(default)]
    pub child_view_missing_reason: Option<Prose>,
    /// What the guardians think.
    #[serde(default)]
    pub guardians_view: Option<Prose>,
    /// When it is evaluated next: required where it goes on, not taken where it ends.
    #[serde(default, deserialize_with = "optional_day")]
    pub next_evaluation_on: Option<NaiveDate>,
}
