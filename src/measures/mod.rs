//! Measures (tiltak) and their evaluations: what was agreed for the child, who does it, and whether it helps.
//!
//! A measure in force always has a responsible team member and a date of evaluation. Only an evaluation sets the next date
//! or ends the measure; otherwise the date moves with a reason, which is kept. Each evaluation contains the child's view, or the reason it is missing.

mod create;
mod day_changes;
mod dto;
mod evaluations;
mod known;
mod readable;
mod readers;
pub mod record;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use create::{Creation, create};
pub use day_changes::DayChangeOut;
pub use dto::{DecidedMeasureIn, EvaluationOut, EvaluationOutcome, MeasureIn, MeasureOut, MeasureStatus};
pub use readable::{not_readable, readable};
pub use routes::configure;
