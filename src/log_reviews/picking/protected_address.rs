//! Access to a child whose address is protected in any registration.

use super::{facts::Facts, look::Look};

pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    facts.graded.contains(&look.child)
}
