//! The public catalogue of a municipality: measures, arenas and guide, from `data/municipalities/`.

mod consent_texts;
mod controllers;
mod dto;
mod files;
mod guide;
mod import;
mod imported;
mod limits;
mod routes;
mod store;
mod units;
pub(crate) mod whole;

pub use controllers::{ControlledUnit, MunicipalityUnits};
pub use files::{INCLUDED, MunicipalityFiles};
pub use guide::{GuideLevel, Level, level_in_force};
pub use import::{import, import_in};
pub use imported::{Changes, ImportError, Imported};
pub use limits::latest_day;
pub use routes::configure;

/// Returns words as a JSON list.
fn json<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(words).to_string()
}
