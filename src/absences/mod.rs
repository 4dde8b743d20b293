//! Members of staff who are away (fravær), and those who stand in for them (vikar).
//!
//! An absence is from one unit. Why is not stored. From the first day on, the batons and duties that the person has through the unit pass to
//! the stand-in if they may have them, and otherwise as if the right to them were lost. They return when the person is back, unless someone
//! has moved them meanwhile. Standing in opens nothing: the baton or the duty does.

mod dto;
mod effects;
mod routes;
mod rules;
mod store;

pub use dto::AbsenceOut;
pub use effects::sweep;
pub use routes::configure;
