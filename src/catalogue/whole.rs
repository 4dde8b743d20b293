//! All that a municipality has in its catalogue, for what makes use of the whole.

use super::guide::{self, GuideLevel};
use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Arena, CatalogueMeasure},
        vocabulary::PreventionLevel,
    },
};

const MUNICIPALITY: &str = "SELECT own_record_age FROM municipality WHERE number = $1";
const TEXT: &str = "
    SELECT version FROM consent_text WHERE municipality = $1 AND language = 'nb' ORDER BY version DESC LIMIT 1";
const ARENAS: &str = "
    SELECT id, COALESCE(age_from, 0), COALESCE(age_to, 25) FROM arena WHERE municipality = $1 AND scope = 'individual' AND ended_at IS NULL ORDER BY key LIMIT 50";
const MEASURES: &str = "
    SELECT id, title, level FROM catalogue_measure WHERE municipality = $1 AND ended_at IS NULL ORDER BY key LIMIT 500";

/// The catalogue of a municipality.
pub(crate) struct Whole {
    pub own_record_age: i64,
    /// The version of the consent text that people read now.
    pub consent_text: String,
    /// Where one child at a time is taken up, each with the lowest and the highest age.
    pub arenas: Vec<(Id<Arena>, i64, i64)>,
    pub measures: Vec<(Id<CatalogueMeasure>, String, PreventionLevel)>,
    /// The levels of its guide. There is at least one.
    pub levels: Vec<GuideLevel>,
}

/// Is the municipality there?
pub(crate) async fn is_known(tx: &mut Tx, municipality: &str) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (i64,), MUNICIPALITY, municipality)?.is_some())
}

/// The catalogue of a municipality that is there.
pub(crate) async fn whole(tx: &mut Tx, municipality: &str) -> Result<Whole, DbError> {
    let (own_record_age,) = fetch_one!(tx, (i64,), MUNICIPALITY, municipality)?;
    let (consent_text,) = fetch_one!(tx, (String,), TEXT, municipality)?;
    let arenas = fetch_all!(tx, (Id<Arena>, i64, i64), ARENAS, municipality)?;
    let measures = fetch_all!(tx, (Id<CatalogueMeasure>, String, PreventionLevel), MEASURES, municipality)?;
    let levels = guide::levels_in_force(tx, municipality).await?;
    Ok(Whole { own_record_age, consent_text, arenas, measures, levels })
}
