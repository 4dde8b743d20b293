//! Measures (tiltak) and their evaluations: what was agreed for the child, who does it, and whether it helps.
//!
//! A measure in force always has a responsible person with a seat on the team and a day on which it is
//! evaluated. Only an evaluation sets the next day or ends it, and each evaluation holds the child's view or the
//! reason why it is missing.

mod create;
mod dto;
mod evaluations;
mod readable;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use create::{Creation, create};
pub use dto::{EvaluationOut, EvaluationOutcome, MeasureIn, MeasureOut, MeasureStatus};
pub use readable::{not_readable, readable};
pub use routes::configure;
