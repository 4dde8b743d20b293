//! Request and response types for measures and evaluations.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::readers::{EvaluationReader, MeasureReader};
use crate::{
    kernel::{
        day::{EvaluationDay, MeasureStart, PastDay, day, optional_day},
        ids::{CatalogueMeasureId, EvaluationId, GoalId, MeasureId, MeetingId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::{InformationKind, PreventionLevel},
    },
    shown,
    vault::Content,
    wordings::EarlierWordingOut,
    words,
};

words! {
    /// The status of a measure.
    MeasureStatus {
        /// It is in force.
        InForce = "in_force",
        /// It ended because it reached its purpose.
        EndedReached = "ended_reached",
        /// It ended because it did not help.
        EndedNoEffect = "ended_no_effect",
        /// It ended because it could not be carried out.
        EndedNotCarriedOut = "ended_not_carried_out",
    }
}

words! {
    /// The outcome of an evaluation.
    EvaluationOutcome {
        /// It continues unchanged.
        Continue = "continue",
        /// It continues with changes.
        Adjust = "adjust",
        /// It ends because it has reached its purpose.
        EndReached = "end_reached",
        /// It ends because it does not help.
        EndNoEffect = "end_no_effect",
        /// It ends because it could not be carried out. The assessment states why.
        EndNotCarriedOut = "end_not_carried_out",
    }
}

/// A measure (tiltak).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeasureOut {
    /// The id of the measure.
    pub id: MeasureId,
    /// The title of the measure.
    pub title: Content,
    /// A description of the measure.
    pub description: Option<Content>,
    /// The earlier wordings of the description, in the order they were replaced.
    #[sqlx(skip)]
    pub earlier: Vec<EarlierWordingOut>,
    /// The prevention level.
    pub level: PreventionLevel,
    /// The goal that it serves.
    pub goal_id: Option<GoalId>,
    /// The description of that goal.
    pub goal_description: Option<Content>,
    /// The measure in the municipality's catalogue that it is based on.
    pub catalogue_measure_id: Option<CatalogueMeasureId>,
    /// The title in the catalogue.
    pub catalogue_measure_title: Option<String>,
    /// The meeting that decided on it.
    pub meeting_id: Option<MeetingId>,
    /// When that meeting starts.
    pub meeting_starts_at: Option<DateTime<Utc>>,
    /// The person responsible (ansvarlig). Null, like everything that reveals where the child is, for emergency access to the
    /// case of a child with a protected address.
    pub responsible_id: Option<PersonId>,
    /// Their name. Null for emergency access, as for `responsible_id`.
    pub responsible_name: Option<Content>,
    /// The unit that they are responsible on behalf of.
    pub responsible_unit_id: Option<UnitId>,
    /// The name of that unit.
    pub responsible_unit_name: Option<String>,
    /// The first day of the measure.
    pub starts_on: NaiveDate,
    /// The date of the next evaluation; absent once it has ended.
    pub evaluate_on: Option<NaiveDate>,
    /// The status of the measure.
    pub status: MeasureStatus,
    /// Whether an evaluation is overdue.
    #[sqlx(skip)]
    pub overdue: bool,
    /// The person who recorded it.
    pub created_by: Option<PersonId>,
    /// Their name.
    pub created_by_name: Option<Content>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(MeasureOut, MeasureReader {
    row {
        id, title, description, level, goal_id, goal_description, catalogue_measure_id, catalogue_measure_title, starts_on,
        evaluate_on, status, overdue, created_at;
        version
    }
    + each { earlier }
    meeting: meeting_id, meeting_starts_at;
    whereabouts: responsible_id, responsible_name, responsible_unit_id, responsible_unit_name, created_by, created_by_name;
});

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
    /// A measure in the municipality's catalogue. It supplies the title and level if they are left out.
    #[serde(default)]
    pub catalogue_measure_id: Option<CatalogueMeasureId>,
    /// The title. Required unless the measure is from the catalogue.
    #[serde(default)]
    pub title: Option<Line>,
    /// The prevention level. Required unless the measure is from the catalogue.
    #[serde(default)]
    pub level: Option<PreventionLevel>,
    /// A description of the measure.
    #[serde(default)]
    pub description: Option<Prose>,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The goal of the case that it serves.
    #[serde(default)]
    pub goal_id: Option<GoalId>,
    /// The person responsible (ansvarlig), who must be a team member.
    pub responsible_id: PersonId,
    /// The unit that they take part from.
    pub responsible_unit_id: UnitId,
    /// The first day, which may be in the past; today if left out.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<MeasureStart>)]
    pub starts_on: Option<NaiveDate>,
    /// The date of the next evaluation: not before the start, not before today, and within the longest time of the municipality.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = EvaluationDay)]
    pub evaluate_on: NaiveDate,
}

/// A measure decided at a meeting, from the catalogue or written freely. The minutes confirm what its text holds.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Play group after lunch",
    "level": "selective",
    "description": "Four children and an adult, three days a week.",
    "goal_id": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b11",
    "responsible_id": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b12",
    "responsible_unit_id": "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b13",
    "starts_on": "2026-09-01",
    "evaluate_on": "2026-10-13"
}))]
pub struct DecidedMeasureIn {
    /// A measure in the municipality's catalogue. It supplies the title and level if they are left out.
    #[serde(default)]
    pub catalogue_measure_id: Option<CatalogueMeasureId>,
    /// The title. Required unless the measure is from the catalogue.
    #[serde(default)]
    pub title: Option<Line>,
    /// The prevention level. Required unless the measure is from the catalogue.
    #[serde(default)]
    pub level: Option<PreventionLevel>,
    /// A description of the measure.
    #[serde(default)]
    pub description: Option<Prose>,
    /// `[]` if it is given: the minutes confirm the same.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// The goal of the case that it serves.
    #[serde(default)]
    pub goal_id: Option<GoalId>,
    /// The person responsible (ansvarlig), who must be a team member.
    pub responsible_id: PersonId,
    /// The unit that they take part from.
    pub responsible_unit_id: UnitId,
    /// The first day, which may be in the past; today if left out.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<MeasureStart>)]
    pub starts_on: Option<NaiveDate>,
    /// The date of the next evaluation: not before the start, not before today, and within the longest time of the municipality.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = EvaluationDay)]
    pub evaluate_on: NaiveDate,
}

impl From<DecidedMeasureIn> for MeasureIn {
    fn from(decided: DecidedMeasureIn) -> Self {
        let DecidedMeasureIn {
            catalogue_measure_id,
            title,
            level,
            description,
            contains,
            goal_id,
            responsible_id,
            responsible_unit_id,
            starts_on,
            evaluate_on,
        } = decided;
        Self {
            catalogue_measure_id,
            title,
            level,
            description,
            contains: contains.unwrap_or_default(),
            goal_id,
            responsible_id,
            responsible_unit_id,
            starts_on,
            evaluate_on,
        }
    }
}

/// A change to a measure: in force or, of its description alone, after it has ended. Fields left out are unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"evaluate_on": "2026-10-20", "reason": "The class is away that week.", "contains": []}))]
pub struct MeasurePatch {
    /// The new person responsible, who must be a team member.
    #[serde(default)]
    pub responsible_id: Option<PersonId>,
    /// The unit that they take part from.
    #[serde(default)]
    pub responsible_unit_id: Option<UnitId>,
    /// Another date of the next evaluation: not before the start, not before today, and within the longest time of the municipality. The
    /// move is kept, with its reason.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<EvaluationDay>)]
    pub evaluate_on: Option<NaiveDate>,
    /// Why the evaluation is moved, or what is done is changed: required with `evaluate_on`, and with a description that replaces
    /// another. Everyone who may read the measure reads it, the family included.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// A description of the measure. The earlier wording is kept.
    #[serde(default)]
    pub description: Option<Prose>,
    /// Whether the earlier description is struck out: it is kept for inspection, and nobody reads it here.
    #[serde(default)]
    pub strike_out: bool,
    /// Required with a description or a reason, and must be `[]`: confirms that the text holds none of the prohibited kinds.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

impl MeasurePatch {
    /// Returns whether it changes the description and nothing else, as in a measure that has ended.
    pub(super) fn is_words_alone(&self) -> bool {
        let Self { responsible_id, responsible_unit_id, evaluate_on, .. } = self;
        self.description.is_some()
            && responsible_id.is_none()
            && responsible_unit_id.is_none()
            && evaluate_on.is_none()
    }
}

/// An evaluation of a measure (evaluering av tiltak).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct EvaluationOut {
    /// The id of the evaluation.
    pub id: EvaluationId,
    /// The measure.
    pub measure_id: MeasureId,
    /// The day it was held.
    pub held_on: NaiveDate,
    /// The outcome.
    pub outcome: EvaluationOutcome,
    /// The effect of the measure, and the reasons for the outcome.
    pub assessment: Content,
    /// The child's view (barnets stemme). Only shown to those who may read the child's own statements.
    pub child_view: Option<Content>,
    /// Whether the child agrees that the guardians may see the child's view.
    pub child_agrees: bool,
    /// Why the child's view is missing.
    pub child_view_missing_reason: Option<Content>,
    /// The guardians' view.
    pub guardians_view: Option<Content>,
    /// The date of the next evaluation; absent if the measure ends.
    pub next_evaluation_on: Option<NaiveDate>,
    /// The person who recorded it. Null if the reader may not know that they help.
    pub evaluated_by: Option<PersonId>,
    /// Their name.
    pub evaluated_by_name: Option<Content>,
    /// The person who recorded it, for the rules.
    #[serde(skip)]
    #[sqlx(rename = "evaluated_by")]
    pub author: PersonId,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

shown!(EvaluationOut, EvaluationReader {
    row {
        id, measure_id, held_on, outcome, assessment, child_agrees, child_view_missing_reason, guardians_view,
        next_evaluation_on, evaluated_by, evaluated_by_name, author, created_at,
    }
    child_view: child_view;
});

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
    /// The day it was held, which must not be in the future.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub held_on: NaiveDate,
    /// The outcome.
    pub outcome: EvaluationOutcome,
    /// The effect of the measure, and the reasons for the outcome.
    pub assessment: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The child's view (barnets stemme). Either this or the reason it is missing is required.
    #[serde(default)]
    pub child_view: Option<Prose>,
    /// Whether the child agrees that the guardians may see the child's view.
    #[serde(default)]
    pub child_agrees: bool,
    /// Why the child's view is missing.
    #[serde(default)]
    pub child_view_missing_reason: Option<Prose>,
    /// The guardians' view.
    #[serde(default)]
    pub guardians_view: Option<Prose>,
    /// The date of the next evaluation. Required if the measure continues, and not allowed if it ends.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<EvaluationDay>)]
    pub next_evaluation_on: Option<NaiveDate>,
}
