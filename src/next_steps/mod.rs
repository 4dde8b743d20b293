//! Next steps (neste steg): what happens next in a case, who has it and by when. An open case always has one.
//!
//! A step is settled when it is done, or replaced with a reason, and the same transaction sets the next. Its day moves in no other way.
//! A member of the team who loses access passes the step to the contact person (`handovers`).

mod change;
mod dto;
pub(crate) mod record;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use change::change;
pub use dto::{NextStepChange, NextStepHolder, NextStepIn, NextStepKind, NextStepOut, NextStepOutcome};
pub use routes::configure;
pub use rules::{Checked, checked};
pub use store::{Known, Settled, StepFound, begin, pending, settle};
