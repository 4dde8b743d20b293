//! Looks at many different children within a short time.

use std::collections::BTreeSet;

use super::{facts::Facts, look::Look};
use crate::log_reviews::settings::settings;

/// The look that is one too many.
pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    let burst = &settings().burst;
    let looks = facts.looks_of.get(&look.person).map(Vec::as_slice).unwrap_or_default();
    let within = looks.iter().filter(|(at, id, _)| {
        // Those of the same moment in the order in which they were made.
        (*at, *id) <= (look.at, look.id) && *at > look.at - burst.within()
    });
    let children: BTreeSet<_> = within.map(|(.., child)| *child).chain([look.child]).collect();
    children.len() >= burst.children
}
