//! Rules for what may be stored, and for lowering the protection.

use super::dto::ContactDetailsIn;
use crate::{
    kernel::{Id, ids::Guardianship, vocabulary::Protection},
    problem::{Problem, Result},
};

/// The maximum number of guardians.
const MAX_GUARDIANS: usize = 20;

/// Checks that a strictly confidential address has no details that reveal where the child is.
pub(super) fn may_be_kept(new: &ContactDetailsIn) -> Result<()> {
    if new.protection != Protection::StrictlyConfidential {
        return Ok(());
    }
    let given = [
        ("/address", new.address.is_some()),
        ("/phone", new.phone.is_some()),
        ("/school_unit_id", new.school_unit_id.is_some()),
        ("/guardians", !new.guardians.is_empty()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((place, _)) => {
            Err(Problem::field(*place, "must be left out: strictly confidential details are not stored"))
        }
        None => Ok(()),
    }
}

/// Checks that lowering the protection has a reason.
pub(super) fn may_change(from: Protection, new: &ContactDetailsIn) -> Result<()> {
    match (new.protection < from, &new.reason) {
        (true, None) => Err(Problem::field("/reason", "is required when the protection is lowered")),
        (false, Some(_)) => Err(Problem::field("/reason", "is allowed only when the protection is lowered")),
        _ => Ok(()),
    }
}

/// Checks that each guardian is a current guardian of the child, listed once.
pub(super) fn guardians(new: &ContactDetailsIn, live: &[Id<Guardianship>]) -> Result<()> {
    if new.guardians.len() > MAX_GUARDIANS {
        return Err(Problem::field("/guardians", format!("must contain at most {MAX_GUARDIANS} guardians")));
    }
    for (at, guardian) in new.guardians.iter().enumerate() {
        let place = format!("/guardians/{at}/guardianship_id");
        if !live.contains(&guardian.guardianship_id) {
            return Err(Problem::field(place, "must be a guardianship of the child that is in force"));
        }
        if new.guardians[..at].iter().any(|other| other.guardianship_id == guardian.guardianship_id) {
            return Err(Problem::field(place, "is listed more than once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(protection: &str, more: &str) -> ContactDetailsIn {
        serde_json::from_str(&format!(r#"{{"protection": "{protection}"{more}}}"#)).expect("details")
    }

    #[test]
    fn of_what_is_strictly_confidential_nothing_is_kept() {
        let id = uuid::Uuid::nil();
        for more in [
            r#", "address": "x""#.to_owned(),
            r#", "phone": "1""#.to_owned(),
            format!(r#", "school_unit_id": "{id}""#),
            format!(r#", "guardians": [{{"guardianship_id": "{id}"}}]"#),
        ] {
            assert!(may_be_kept(&details("strictly_confidential", &more)).is_err(), "{more}");
            assert!(may_be_kept(&details("confidential", &more)).is_ok(), "{more}");
        }
        assert!(may_be_kept(&details("strictly_confidential", "")).is_ok());
    }

    #[test]
    fn a_lower_protection_alone_has_a_reason() {
        let words = ["none", "confidential", "strictly_confidential"];
        let levels = [Protection::None, Protection::Confidential, Protection::StrictlyConfidential];
        for (from, level) in levels.into_iter().enumerate() {
            for (to, word) in words.into_iter().enumerate() {
                let with = details(word, r#", "reason": "the register says so""#);
                assert_eq!(may_change(level, &details(word, "")).is_ok(), to >= from);
                assert_eq!(may_change(level, &with).is_ok(), to < from);
            }
        }
    }
}
