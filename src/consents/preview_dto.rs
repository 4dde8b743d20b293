//! Response types of the preview of a withdrawal.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{PersonId, UnitId},
        vocabulary::InformationKind,
    },
    shown,
    teams::TeamMemberOut,
    vault::Content,
};

/// The effect of withdrawing the whole consent now. To the person who gave it, it follows from their own consents alone: if
/// what others have consented to is enough without it, the unit still takes part.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalPreviewOut {
    /// The units that lose something today, or whose seats end.
    pub units: Vec<UnitLossOut>,
    /// Whether the contact person's unit takes part no more. The leader of the unit that keeps the record becomes the contact person or, if none may, a
    /// member of the team. False if the caller may not know who helps.
    pub contact_person_leaves: bool,
    /// The unit that keeps the record, if the contact person's unit takes part no more.
    pub next_contact_unit_id: Option<UnitId>,
    /// The name of that unit.
    pub next_contact_unit_name: Option<String>,
}

shown!(WithdrawalPreviewOut { units, contact_person_leaves, next_contact_unit_id, next_contact_unit_name });

/// The losses of a unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitLossOut {
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The kinds of information that pass to and from the unit today, and then no more. A kind about one guardian can still pass about another. To
    /// others than the contact person, the kinds that they have consented to.
    pub kinds: Vec<InformationKind>,
    /// The members of the team whose seats through the unit end, because the unit takes part no more. A new consent does not bring them back. The contact
    /// person takes over their duties. If only kinds other than `agreed` are withdrawn, their seats remain.
    pub leaving: Vec<LeavingMemberOut>,
}

/// A member of the team whose seat ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeavingMemberOut {
    /// The member.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
}

impl LeavingMemberOut {
    /// Describes a member whose seat ends.
    pub(super) fn of(member: &TeamMemberOut) -> Self {
        Self { person_id: member.person_id, person_name: member.person_name.clone() }
    }
}
