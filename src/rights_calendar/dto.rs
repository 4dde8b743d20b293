//! Response types of the calendar of rights.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::EndingCause,
    kernel::{
        ids::{ConsentId, PersonId, UnitId},
        vocabulary::InformationKind,
    },
    shown,
};

/// The rights that a case loses within 90 days by the passing of time, and those that it has lost and that are not settled.
#[derive(Debug, Serialize, ToSchema)]
pub struct RightsCalendarOut {
    /// The last day that the calendar looks at.
    pub until: NaiveDate,
    /// The endings, earliest first.
    pub endings: Vec<EndingOut>,
}

shown!(RightsCalendarOut { until, endings });

/// The end of what a unit may see, or of the seat of a member of the team.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndingOut {
    /// The first day without it.
    pub on: NaiveDate,
    /// Whether that day has come. It is listed until new consents are given or the old ones withdrawn, or nobody of the unit has a seat; kinds
    /// other than `agreed` for a year at most.
    pub overdue: bool,
    /// Why it ends.
    pub cause: EndingCause,
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The kinds of information that pass to and from the unit no more. If `agreed` is among them, the unit takes no part from that day.
    pub kinds: Vec<InformationKind>,
    /// The member of the team, if their role in the unit ends.
    pub person_id: Option<PersonId>,
    /// The consents it rests on or, if consents end, those that do. To others than the contact person, only their own.
    pub consent_ids: Vec<ConsentId>,
    /// The people who must consent from that day on, and have not: `guardian_id`s, or the `child_id`. To others than the contact person, only the
    /// caller. Nobody can while a care order keeps the parents out after its last day: its end must be recorded first.
    pub to_consent: Vec<PersonId>,
}

impl EndingOut {
    /// Creates an entry without a kind, a person or consents.
    pub(super) fn empty(on: NaiveDate, cause: EndingCause, unit_id: UnitId) -> Self {
        Self {
            on,
            overdue: false,
            cause,
            unit_id,
            unit_name: String::new(),
            kinds: Vec::new(),
            person_id: None,
            consent_ids: Vec::new(),
            to_consent: Vec::new(),
        }
    }
}
