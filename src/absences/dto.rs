//! Request and response types for absences.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::{AbsenceEnd, AbsenceStart, day, optional_day},
        ids::{AbsenceId, PersonId, UnitId},
    },
    shown,
    vault::Content,
};

/// An absence to record. Why the person is away is not stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "from_on": "2026-12-01", "to_on": "2026-12-11", "stand_in_id": "018f2f60-0000-4000-8000-000000000002"}))]
pub struct AbsenceIn {
    /// The person who is away, who works in the unit. Only a leader of the unit names another than themself.
    pub person_id: PersonId,
    /// The first day.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = AbsenceStart)]
    pub from_on: NaiveDate,
    /// The last day, within the longest time of the municipality. Left out, it is not known yet.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<AbsenceEnd>)]
    pub to_on: Option<NaiveDate>,
    /// The person who stands in: they work in the unit, and are not away in these days.
    #[serde(default)]
    pub stand_in_id: Option<PersonId>,
}

/// The last day and the stand-in as they are from now on. A field that is left out is null.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_on": "2026-12-18", "stand_in_id": "018f2f60-0000-4000-8000-000000000002"}))]
pub struct AbsenceChange {
    /// The last day, within the longest time of the municipality. Left out, it is not known yet.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<AbsenceEnd>)]
    pub to_on: Option<NaiveDate>,
    /// The person who stands in. Without a stand-in, what has passed on stays where it is.
    #[serde(default)]
    pub stand_in_id: Option<PersonId>,
}

/// An absence of a member of staff from a unit (fravær).
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct AbsenceOut {
    /// The id of the absence.
    pub id: AbsenceId,
    /// The unit.
    pub unit_id: UnitId,
    /// The person who is away.
    pub person_id: PersonId,
    /// The person's name.
    pub person_name: Content,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day. Null: not known yet.
    pub to_on: Option<NaiveDate>,
    /// The person who stands in (vikar).
    pub stand_in_id: Option<PersonId>,
    /// The name of the stand-in.
    pub stand_in_name: Option<Content>,
    /// The person who recorded the absence.
    pub recorded_by: PersonId,
    /// Their name.
    pub recorded_by_name: Content,
    /// When it was over: the person was back, or the last day had passed. Batons and duties have returned then. Null until then.
    pub over_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`.
    pub version: i64,
}

shown!(AbsenceOut {
    id,
    unit_id,
    person_id,
    person_name,
    from_on,
    to_on,
    stand_in_id,
    stand_in_name,
    recorded_by,
    recorded_by_name,
    over_at,
    version
});
