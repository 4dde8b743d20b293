//! A guardian of the child works where the one who looked does.

use super::{facts::Facts, look::Look};

pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    facts.colleagues.contains(&(look.child, look.person))
}
