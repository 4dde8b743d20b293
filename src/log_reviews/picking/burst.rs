//! Access to many different children within a short time.

use std::collections::BTreeSet;

use super::{facts::Facts, look::Look};
use crate::log_reviews::settings::settings;

/// Returns whether this access exceeds the limit.
pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    let burst = &settings().burst;
    let looks = facts.looks_of.get(&look.person).map(Vec::as_slice).unwrap_or_default();
    let within = looks.iter().filter(|(at, id, _)| {
        // Entries at the same moment count in the order they were made.
        (*at, *id) <= (look.at, look.id) && *at > look.at - burst.within()
    });
    let children: BTreeSet<_> = within.map(|(.., child)| *child).chain([look.child]).collect();
    children.len() >= burst.children
}
