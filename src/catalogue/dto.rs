//! Response and query types for the catalogue.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    kernel::{
        ids::{ArenaId, CatalogueMeasureId, UnitId},
        page::{Cursor, Limit, PageQuery},
        text::Line,
        vocabulary::PreventionLevel,
    },
    words,
};

words! {
    /// The status of an offer.
    OfferStatus {
        /// Available now.
        InUse = "in_use",
        /// Decided, but not yet available.
        Planned = "planned",
        /// Recommended, but not decided.
        Recommended = "recommended",
    }
}

words! {
    /// The scope of an arena.
    ArenaScope {
        /// One child.
        Individual = "individual",
        /// The services as a whole.
        System = "system",
    }
}

/// A municipality.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct MunicipalityOut {
    /// Its four-digit number.
    #[schema(example = "4014")]
    pub number: String,
    /// Its name.
    #[schema(example = "Kragerø")]
    pub name: String,
    /// Its county.
    pub county: String,
    /// The plan that its data comes from.
    pub plan: String,
    /// The period of the plan, in years.
    pub plan_period: Option<String>,
    /// The age from which young people see their own record and consent to sharing it.
    #[schema(example = 15)]
    pub own_record_age: i64,
    /// The longest time until a next step or an evaluation, in days.
    #[schema(example = 366)]
    pub longest_wait_days: i64,
}

/// A measure (tiltak) in the catalogue.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CatalogueMeasureOut {
    /// The id of the measure.
    pub id: CatalogueMeasureId,
    /// The municipality that offers it.
    #[schema(example = "4014")]
    pub municipality: String,
    /// A stable key that identifies the measure within the municipality.
    pub key: String,
    /// The title of the measure.
    pub title: String,
    /// A short description.
    pub summary: Option<String>,
    /// The prevention level.
    pub level: PreventionLevel,
    /// The person or service responsible.
    pub responsible: String,
    /// The target group.
    pub target_group: String,
    /// The lowest age, in years.
    pub age_from: Option<i64>,
    /// The highest age, in years.
    pub age_to: Option<i64>,
    /// How to get access to it.
    pub access: Option<String>,
    /// The person or service to contact.
    pub contact: Option<String>,
    /// The status of the offer.
    pub status: Option<OfferStatus>,
    /// The theme in the plan.
    pub theme: Option<String>,
    /// The unit that provides it.
    pub unit_id: Option<UnitId>,
    /// The plan it comes from.
    pub plan: String,
    /// The chapter or annex of the plan.
    pub source: String,
    /// When the municipality stopped offering it; null while it is offered. Lists contain only measures that are offered.
    pub ended_at: Option<DateTime<Utc>>,
}

/// An arena (samarbeidsarena) where services meet.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArenaOut {
    /// The id of the arena.
    pub id: ArenaId,
    /// A stable key that identifies the arena within the municipality.
    #[schema(example = "tik-team")]
    pub key: String,
    /// The name of the arena.
    #[schema(example = "TIK-team")]
    pub name: String,
    /// The purpose of the arena.
    pub purpose: String,
    /// The service that runs it.
    pub run_by: Option<String>,
    /// The participants.
    pub participants: Vec<String>,
    /// The scope: one child, or the services as a whole.
    pub scope: ArenaScope,
    /// Whether consent is required; absent if the plan does not say. A meeting there then needs consent to another unit than that which
    /// opened the case.
    pub consent_required: Option<bool>,
    /// The lowest age of the child, in whole years; absent if any.
    pub age_from: Option<i64>,
    /// The highest age of the child, in whole years; absent if any.
    pub age_to: Option<i64>,
    /// The chapter of the plan.
    pub source: String,
}

/// A level of the guide (handlingsveileder).
#[derive(Debug, Serialize, ToSchema)]
pub struct GuideLevelOut {
    /// The version of the guide. Version 0 has levels that were used before there were versions.
    pub version: i64,
    /// The number of the level.
    pub level: i64,
    /// The name of the level.
    pub name: String,
    /// A description of the level.
    pub summary: String,
    /// The person or service responsible at this level.
    pub responsible: Option<String>,
    /// The steps, in order.
    pub steps: Vec<String>,
    /// The deadline in days.
    pub deadline_days: Option<i64>,
    /// The chapter of the plan.
    pub source: String,
}

/// The version of the guide to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GuideQuery {
    /// The version, as in `guide_version` of a case; the newest if left out.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    pub version: Option<GuideVersion>,
}

/// Filters for the catalogue.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MeasureQuery {
    /// The municipality; all municipalities if left out.
    #[serde(default)]
    #[param(example = "4014")]
    pub municipality: Option<Line>,
    /// The prevention level.
    #[serde(default)]
    pub level: Option<PreventionLevel>,
    /// The child's age in years. Measures without an age limit always match.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0, maximum = 99)]
    pub age: Option<Age>,
    /// Words to find in the title, summary, theme or target group.
    #[serde(default)]
    pub q: Option<Line>,
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

impl MeasureQuery {
    /// The requested page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// The number of a version of a guide.
#[derive(Debug, Clone, Copy)]
pub struct GuideVersion(pub i64);

impl<'de> Deserialize<'de> for GuideVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(version @ 0..=1_000_000) => Ok(Self(version)),
            _ => Err(serde::de::Error::custom("must be the number of a version")),
        }
    }
}

/// An age in whole years.
#[derive(Debug, Clone, Copy)]
pub struct Age(pub i64);

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(years @ 0..=99) => Ok(Self(years)),
            _ => Err(serde::de::Error::custom("must be an age from 0 to 99")),
        }
    }
}
