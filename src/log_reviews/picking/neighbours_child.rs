//! The child's family lives in the same street as the person who made the access.
//!
//! Only for staff whose own address is stored here, as a guardian or a young person; never for a child with a protected
//! address.

use super::{facts::Facts, folding::folded, look::Look};

/// A street and its postal code.
pub(super) type Street = (String, String);

/// Post office boxes have no neighbours.
const BOXES: [&str; 3] = ["postboks", "pb", "boks"];

/// Returns the street of an address such as `Storgata 12, 3770 Kragerø`; none if it cannot be determined.
pub(super) fn street(address: &str) -> Option<Street> {
    let folded = folded(address);
    let words: Vec<&str> = folded
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let is_code = |word: &&&str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = words.iter().skip(1).rfind(is_code)?;
    // A street name can start with a number, such as 7. juni-gata.
    let is_number = |word: &&&str| word.starts_with(|c: char| c.is_ascii_digit());
    let after_name = words.iter().skip(1).position(|word| is_number(&word))? + 1;
    let name = &words[..after_name];
    if name.iter().any(|word| BOXES.contains(word)) {
        return None;
    }
    Some((name.join(" "), (*code).to_owned()))
}

pub(super) fn fits(look: &Look, facts: &Facts) -> bool {
    let Some(own) = facts.streets_of_lookers.get(&look.person) else { return false };
    let family = facts.streets_of_families.get(&look.child);
    !facts.graded.contains(&look.child) && family.is_some_and(|family| !own.is_disjoint(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_is_told_by_its_name_and_postal_code() {
        let storgata = street("Storgata 12, 3770 Kragerø");
        assert_eq!(storgata, Some(("storgata".to_owned(), "3770".to_owned())));
        for same in [
            "storgata 7B, 3770 Kragerø",
            "Storgata 9\n3770 KRAGERØ",
            "Storgata 1234, 3770 Kragerø",
            "Storgata, 3770 Kragerø",
        ] {
            assert_eq!(street(same), storgata, "{same}");
        }
        for other in
            ["Storgata 12, 3900 Porsgrunn", "Lille Storgata 12, 3770 Kragerø", "Storgaten 12, 3770 Kragerø"]
        {
            assert!(street(other).is_some() && street(other) != storgata, "{other}");
        }
        assert_eq!(street("Åsvegen 1, 3770 Kragerø"), street("Aasvegen 3, 3770 Kragerø"));
        assert_eq!(
            street("7. juni-gata 3, 3770 Kragerø").map(|(name, _)| name).as_deref(),
            Some("7 juni-gata")
        );
        for none in
            ["", "Kragerø", "3770 Kragerø", "Storgata 12", "Postboks 12, 3770 Kragerø", "Hos besteforeldrene"]
        {
            assert_eq!(street(none), None, "{none}");
        }
    }
}
