//! The catalogue as the API speaks of it.

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
    /// Whether a measure is on offer.
    OfferStatus {
        /// On offer.
        InUse = "in_use",
        /// Decided, not yet on offer.
        Planned = "planned",
        /// Recommended, not decided.
        Recommended = "recommended",
    }
}

words! {
    /// What an arena is about.
    ArenaScope {
        /// One child.
        Individual = "individual",
        /// The services as such.
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
    /// The plan its data are taken from.
    pub plan: String,
    /// The years of the plan.
    pub plan_period: Option<String>,
    /// The age from which a young person sees, and consents to the sharing of, their own record.
    #[schema(example = 15)]
    pub own_record_age: i64,
}

/// A measure (tiltak) on offer.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CatalogueMeasureOut {
    /// Its id.
    pub id: CatalogueMeasureId,
    /// The municipality that offers it.
    #[schema(example = "4014")]
    pub municipality: String,
    /// Its name in the municipality's data, stable.
    pub key: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub summary: Option<String>,
    /// Whom it is meant for.
    pub level: PreventionLevel,
    /// Who is responsible for it.
    pub responsible: String,
    /// For whom.
    pub target_group: String,
    /// From which age, in years.
    pub age_from: Option<i64>,
    /// To which age, in years.
    pub age_to: Option<i64>,
    /// How one gets it.
    pub access: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Whether it is on offer.
    pub status: Option<OfferStatus>,
    /// Its theme in the plan.
    pub theme: Option<String>,
    /// The unit that gives it.
    pub unit_id: Option<UnitId>,
    /// The plan it comes from.
    pub plan: String,
    /// The chapter or annex of the plan.
    pub source: String,
}

/// An arena (samarbeidsarena) where services meet.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArenaOut {
    /// Its id.
    pub id: ArenaId,
    /// Its name in the municipality's data, stable.
    #[schema(example = "tik-team")]
    pub key: String,
    /// Its name.
    #[schema(example = "TIK-team")]
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Who runs it.
    pub run_by: Option<String>,
    /// Who sits in it.
    pub participants: Vec<String>,
    /// What it is about.
    pub scope: ArenaScope,
    /// Whether consent is needed; unknown where the plan does not say.
    pub consent_required: Option<bool>,
    /// The chapter of the plan.
    pub source: String,
}

/// A level of the guide (handlingsveileder).
#[derive(Debug, Serialize, ToSchema)]
pub struct GuideLevelOut {
    /// Its number.
    pub level: i64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub summary: String,
    /// Who is responsible at this level.
    pub responsible: Option<String>,
    /// What is done, in order.
    pub steps: Vec<String>,
    /// In how many days.
    pub deadline_days: Option<i64>,
    /// The chapter of the plan.
    pub source: String,
}

/// Which measures of the catalogue.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MeasureQuery {
    /// Of which municipality; of all if left out.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "4014")]
    pub municipality: Option<Line>,
    /// For whom it is meant.
    #[serde(default)]
    pub level: Option<PreventionLevel>,
    /// For a child of this age, in years; measures with no ages are for all.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0, maximum = 99)]
    pub age: Option<Age>,
    /// Words that its title, summary, theme or target group contain.
    #[serde(default)]
    #[param(value_type = Option<String>, max_length = 200)]
    pub q: Option<Line>,
    /// Where the last page ended: its `next_cursor`.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// How many items, 1 to 200; 50 if left out.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<Limit>,
}

impl MeasureQuery {
    /// The page that is asked for.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
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
