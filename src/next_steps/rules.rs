//! Checks of a next step before it is set.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{
    dto::{NextStepHolder, NextStepIn},
    rows::Holder,
    store,
};
use crate::{
    access::{Asker, Kinds, objects::CaseObject},
    catalogue,
    db::Tx,
    kernel::{
        Id,
        ids::{Person, Unit},
    },
    problem::Problem,
    teams,
};

/// A next step that may be set.
#[derive(Debug)]
pub struct Checked<'a> {
    pub(super) what: &'a str,
    pub(super) holder: Holder<'a>,
    pub(super) due_on: NaiveDate,
}

/// Checks a next step at a place in the body. A case that is being opened has no members yet but the contact person.
///
/// # Errors
/// 422 with each field that is wrong; or if the database query fails.
pub async fn checked<'a>(
    tx: &mut Tx,
    place: (&str, NaiveDate),
    case: Option<(&Asker, &CaseObject)>,
    step: &'a NextStepIn,
    pointer: &str,
) -> Result<Checked<'a>, Problem> {
    let (municipality, today) = place;
    let latest = catalogue::latest_day(tx, municipality, today).await?;
    let mut wrong: Vec<Problem> =
        Kinds::may_be_kept(pointer, Some(&step.contains)).err().into_iter().collect();
    if let Some(detail) = wrong_day(step.due_on, today, latest) {
        wrong.push(Problem::field(format!("{pointer}/due_on"), detail));
    }
    let holder = match holder(step) {
        Err((field, detail)) => Err(Problem::field(format!("{pointer}{field}"), detail)),
        Ok(Holder::Member(person, unit)) => member(tx, case, person, unit, pointer).await,
        Ok(Holder::Unit(unit)) => awaited(tx, municipality, unit, pointer).await,
        Ok(other) => Ok(other),
    };
    match (holder, wrong.is_empty()) {
        (Ok(holder), true) => Ok(Checked { what: &step.what, holder, due_on: step.due_on }),
        (Ok(_), false) => Err(Problem::together(wrong)),
        (Err(problem), _) => {
            wrong.push(problem);
            Err(Problem::together(wrong))
        }
    }
}

fn wrong_day(due_on: NaiveDate, today: NaiveDate, latest: NaiveDate) -> Option<String> {
    if due_on < today {
        Some("must not be before today".to_owned())
    } else if due_on > latest {
        Some(format!("must not be after {latest}, the longest time of the municipality"))
    } else {
        None
    }
}

/// Returns who has the step, if it has exactly the fields of that holder.
fn holder(step: &NextStepIn) -> Result<Holder<'_>, (&'static str, &'static str)> {
    let NextStepIn { held_by, person_id, unit_id, outside, .. } = step;
    let is_member = *held_by == NextStepHolder::Member;
    let fields = [
        ("/person_id", person_id.is_some(), is_member),
        ("/unit_id", unit_id.is_some(), is_member || *held_by == NextStepHolder::Unit),
        ("/outside", outside.is_some(), *held_by == NextStepHolder::Outside),
    ];
    for (field, is_given, is_wanted) in fields {
        if is_given != is_wanted {
            let detail =
                if is_wanted { "is required with this holder" } else { "is not allowed with this holder" };
            return Err((field, detail));
        }
    }
    Ok(match (held_by, person_id, unit_id, outside) {
        (NextStepHolder::Member, Some(person), Some(unit), _) => Holder::Member(*person, *unit),
        (NextStepHolder::Unit, _, Some(unit), _) => Holder::Unit(*unit),
        (NextStepHolder::Outside, .., Some(body)) => Holder::Outside(Cow::from(&**body)),
        (NextStepHolder::Family, ..) => Holder::Family,
        _ => Holder::ContactPerson,
    })
}

async fn member(
    tx: &mut Tx,
    case: Option<(&Asker, &CaseObject)>,
    person: Id<Person>,
    unit: Id<Unit>,
    pointer: &str,
) -> Result<Holder<'static>, Problem> {
    let seats = match case {
        Some((asker, case)) => teams::seats_known(tx, asker, case).await?,
        None => Vec::new(),
    };
    if seats.contains(&teams::Seat { person_id: person, unit_id: unit }) {
        return Ok(Holder::Member(person, unit));
    }
    Err(Problem::field(format!("{pointer}/person_id"), "must be a team member with access in force"))
}

async fn awaited(
    tx: &mut Tx,
    municipality: &str,
    unit: Id<Unit>,
    pointer: &str,
) -> Result<Holder<'static>, Problem> {
    let at = format!("{pointer}/unit_id");
    let Some(kind) = store::kind_of_unit(tx, municipality, unit).await? else {
        return Err(Problem::field(at, "must be a unit that serves the municipality"));
    };
    match Kinds::may_take_part(&kind) {
        Ok(()) => Ok(Holder::Unit(unit)),
        Err(refused) => Err(Problem::field(at, &refused.instead)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn step(fields: Value) -> NextStepIn {
        let mut body = json!({"what": "Talk with the class.", "due_on": "2026-12-11", "contains": []});
        let Value::Object(fields) = fields else { panic!("an object") };
        body.as_object_mut().expect("an object").extend(fields);
        serde_json::from_value(body).expect("a next step")
    }

    #[test]
    fn a_next_step_has_exactly_the_fields_of_its_holder() {
        let id = "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b12";
        let refused = |fields| holder(&step(fields)).err().map(|(field, _)| field);
        assert_eq!(refused(json!({"held_by": "contact_person"})), None);
        assert_eq!(refused(json!({"held_by": "family"})), None);
        assert_eq!(refused(json!({"held_by": "family", "person_id": id})), Some("/person_id"));
        assert_eq!(refused(json!({"held_by": "member", "unit_id": id})), Some("/person_id"));
        assert_eq!(refused(json!({"held_by": "member", "person_id": id})), Some("/unit_id"));
        assert_eq!(refused(json!({"held_by": "unit", "unit_id": id})), None);
        assert_eq!(refused(json!({"held_by": "unit"})), Some("/unit_id"));
        assert_eq!(refused(json!({"held_by": "outside"})), Some("/outside"));
        assert_eq!(refused(json!({"held_by": "contact_person", "outside": "BUP"})), Some("/outside"));
    }

    #[test]
    fn a_next_step_has_a_day_from_today_and_within_the_longest_time() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let is_wrong = |due| wrong_day(day(due), day("2026-06-15"), day("2026-09-15")).is_some();
        assert!(is_wrong("2026-06-14"));
        assert!(!is_wrong("2026-06-15"));
        assert!(!is_wrong("2026-09-15"));
        assert!(is_wrong("2026-09-16"));
    }
}
