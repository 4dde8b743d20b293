//! Basic types that all other modules build on: ids, time, days off, validated text and pages.

pub mod background;
pub mod clock;
pub mod day;
pub mod days_off;
pub mod files;
pub mod ids;
mod moment;
pub mod national_id;
pub mod organisation_number;
pub mod page;
pub mod text;
pub mod vocabulary;

pub use clock::Clock;
pub use ids::Id;
pub use moment::Moment;
pub use national_id::{NationalId, SyntheticIds};
pub use organisation_number::OrganisationNumber;
pub use page::{Page, PageQuery, Slice};
pub use text::Text;
