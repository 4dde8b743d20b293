//! Metrics and traces for the operator. Both contain numbers and names of operations, and nothing about people: no ids, no paths,
//! no addresses, no texts. `docs/monitoring.md` describes them.

mod exposition;
mod metrics;
mod totals;
mod traces;

pub use exposition::{Observed, expose};
pub use metrics::{Metrics, metrics};
pub use traces::{TraceError, Traces};
