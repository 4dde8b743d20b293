//! A guardian of the child works in the same unit as the person who made the access.

use super::{facts::Facts, look::Look};

pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    facts.colleagues.contains(&(look.child, look.person))
}
