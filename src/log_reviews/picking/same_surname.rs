//! The person who made the access has the same surname as the child or a guardian.

use super::{facts::Facts, folding::folded, look::Look};

/// Returns the normalized surnames in a name: the last word, split at a hyphen.
pub(super) fn surnames(name: &str) -> Vec<String> {
    let last = name.split_whitespace().next_back().unwrap_or_default();
    let parts = last.split('-').filter(|part| !part.is_empty());
    parts.map(folded).collect()
}

pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    let Some(own) = facts.surnames_of_lookers.get(&look.person) else { return false };
    let family = facts.surnames_of_families.get(&look.child);
    family.is_some_and(|family| own.iter().any(|surname| family.contains(surname)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(one: &str, other: &str) -> bool {
        surnames(one).iter().any(|surname| surnames(other).contains(surname))
    }

    #[test]
    fn a_surname_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("Kari Åsen", "OLA AASEN"),
            ("Kari Ødegård", "Per Oedegaard"),
            ("Kari Næss", "Per Naess"),
            ("Kari Moberg-Lie", "Per Lie"),
            ("Kari Lie-Moberg", "Per  Moberg "),
            ("André Sandré", "Liv Sandre"),
        ] {
            assert!(meet(one, other), "{one}, {other}");
        }
        for (one, other) in
            [("Kari Hansen", "Per Hanssen"), ("Per Lie", "Lie Per"), ("Kari Berg", "Kari Bergan"), ("", "")]
        {
            assert!(!meet(one, other), "{one}, {other}");
        }
    }
}
