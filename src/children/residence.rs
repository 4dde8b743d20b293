//! The municipality where a child lives. It is the controller of the record, and its auditors control the reads of it.

use crate::{
    access::objects::UnitObject,
    problem::{Problem, Result},
};

/// Returns the municipality that keeps the record of a child that a unit registers.
///
/// # Errors
/// 422 if the unit does not serve it, or serves several and none is stated.
pub(super) fn of_new_child(unit: &UnitObject, stated: Option<String>) -> Result<String> {
    match (stated, unit.serves.as_slice()) {
        (Some(number), serves) if serves.contains(&number) => Ok(number),
        (None, [only]) => Ok(only.clone()),
        (_, []) => Err(Problem::field(
            "/municipality",
            "the unit serves no municipality, so it cannot register children",
        )),
        (Some(_), serves) => Err(Problem::field(
            "/municipality",
            format!("must be one that the unit serves: {}", serves.join(", ")),
        )),
        (None, serves) => {
            let detail = format!("is required, because the unit serves several: {}", serves.join(", "));
            Err(Problem::field("/municipality", detail))
        }
    }
}

/// Checks that a correction leaves the record in its municipality. Municipalities never share one.
///
/// # Errors
/// 409 if the child has moved, with what to do.
pub(super) fn stays(current: &str, stated: Option<&str>) -> Result<()> {
    if stated.is_none_or(|number| number == current) {
        return Ok(());
    }
    Err(Problem::conflict(
        "a record does not move between municipalities: a unit that serves the new one registers the child again, and the family gives \
         new consents; close the case here when the help has ended",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Id, vocabulary::Sector};

    fn unit(serves: &[&str]) -> UnitObject {
        let serves = serves.iter().map(ToString::to_string).collect();
        UnitObject { id: Id::new(), municipality: "5054".to_owned(), sector: Sector::ChildWelfare, serves }
    }

    fn chosen(serves: &[&str], stated: Option<&str>) -> Option<String> {
        of_new_child(&unit(serves), stated.map(ToOwned::to_owned)).ok()
    }

    #[test]
    fn a_child_lives_in_a_municipality_that_the_unit_serves() {
        assert_eq!(chosen(&["5054"], None).as_deref(), Some("5054"));
        assert_eq!(chosen(&["5057"], None).as_deref(), Some("5057"), "also if the unit belongs to another");
        assert_eq!(chosen(&["5054", "5057"], Some("5057")).as_deref(), Some("5057"));
        for (serves, stated) in
            [(&["5054", "5057"][..], None), (&["5057"], Some("5054")), (&[], None), (&[], Some("5054"))]
        {
            assert_eq!(chosen(serves, stated), None, "{serves:?} {stated:?}");
        }
    }

    #[test]
    fn a_record_stays_in_its_municipality() {
        assert!(stays("5057", None).is_ok() && stays("5057", Some("5057")).is_ok());
        assert!(stays("5057", Some("5054")).is_err());
    }
}
