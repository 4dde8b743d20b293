//! Access to a case that was opened in an emergency, for the hour that it lasts.

use super::{CaseState, Relation};
use crate::identity::{Caller, HeldRole};

/// Returns the role in which the caller has this case open in an emergency. The access ends with that role, and a role that
/// began later does not restore it. A caller with a seat on the team needs no emergency access,
/// and the family meets the case as family.
pub(super) fn emergency_role(state: &CaseState, caller: &Caller, relation: &Relation) -> Option<HeldRole> {
    let is_family = relation.is_guardian || relation.is_child;
    if !relation.seats.is_empty() || is_family {
        return None;
    }
    let opened = |held: &&HeldRole| {
        let by_this_role =
            state.emergencies.iter().filter(|open| caller.is(open.person) && open.unit == held.unit_id);
        by_this_role.into_iter().any(|open| held.started_at <= open.started_at)
    };
    caller.works_in().find(opened).cloned()
}
