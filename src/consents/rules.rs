//! Who consents to what, how, and for how long.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::dto::{ConsentForm, ConsentIn, ConsentOut, ConsentStatusOut, KindStatus, WithdrawalIn};
use crate::{
    access::{CaseFacts, Kinds, Law},
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::InformationKind,
    },
    problem::{Problem, Result},
};

/// Units a consent names at the most.
const MAX_UNITS: usize = 50;
/// The law on which the one the child lives with decides alone.
const LIVES_WITH: &str = "barnelova.bor-fast-hos";

/// The kinds a consent names: what is agreed, unless it says otherwise.
pub(super) fn kinds(named: Option<&[InformationKind]>) -> Result<Vec<InformationKind>> {
    let Some(named) = named else { return Ok(vec![InformationKind::Agreed]) };
    if named.is_empty() {
        return Err(Problem::field("/kinds", "must name at least one kind"));
    }
    for (at, kind) in named.iter().enumerate() {
        if let Err(refused) = Kinds::rule(*kind) {
            return Err(Problem::field(format!("/kinds/{at}"), &refused.instead));
        }
        if named[..at].contains(kind) {
            return Err(Problem::field(format!("/kinds/{at}"), "is named twice"));
        }
    }
    Ok(named.to_vec())
}

/// Who gives the consent, and how: for oneself digitally, for another on paper or by word of mouth.
pub(super) fn giver(
    case: &CaseFacts,
    caller: Id<Person>,
    input: &ConsentIn,
    kinds: &[InformationKind],
) -> Result<(Id<Person>, ConsentForm)> {
    // The child is known to the team by the id it is registered with.
    let given_by = match input.given_by {
        Some(id) if id.uuid() == case.child.uuid() => case.child_person,
        Some(id) => id,
        None => caller,
    };
    for (at, kind) in kinds.iter().enumerate() {
        if case.ground.family.consenters(*kind).contains(&given_by) {
            continue;
        }
        let detail = "is not one whose consent is needed: every holder of parental responsibility, child welfare under a care order, or the young person of age";
        return Err(match input.kinds {
            Some(_) => Problem::field(format!("/kinds/{at}"), format!("the one who gives it {detail}")),
            None => Problem::field("/given_by", detail),
        });
    }
    let by_oneself = given_by == caller;
    if !by_oneself && !case.is_contact_person {
        return Err(Problem::field(
            "/given_by",
            "is another: the contact person records the consent of others",
        ));
    }
    let form = match input.form {
        Some(form) if by_oneself == (form == ConsentForm::Digital) => form,
        None if by_oneself => ConsentForm::Digital,
        _ if by_oneself => return Err(Problem::field("/form", "is digital when one consents for oneself")),
        _ => return Err(Problem::field("/form", "is paper or oral when the consent of another is recorded")),
    };
    match (form, &input.document) {
        (ConsentForm::Paper, None) => {
            Err(Problem::field("/document", "is required: where does the paper lie?"))
        }
        (ConsentForm::Digital | ConsentForm::Oral, Some(_)) => {
            Err(Problem::field("/document", "is taken only for a consent on paper"))
        }
        _ => Ok((given_by, form)),
    }
}

/// From which day; it must not be over before it begins, nor today.
pub(super) fn period(input: &ConsentIn, today: NaiveDate) -> Result<NaiveDate> {
    let valid_from = input.valid_from.unwrap_or(today);
    if input.valid_until < valid_from || input.valid_until < today {
        return Err(Problem::field("/valid_until", "must not be before valid_from, nor before today"));
    }
    Ok(valid_from)
}

/// One guardian's consent is enough only where the law says so for every kind, and the contact person records why.
pub(super) fn alone(
    case: &CaseFacts,
    given_by: Id<Person>,
    input: &ConsentIn,
    kinds: &[InformationKind],
    lives_with_child: bool,
) -> Result<()> {
    let Some(alone) = &input.alone else { return Ok(()) };
    if !case.is_contact_person {
        return Err(Problem::field("/alone", "is for the contact person to record"));
    }
    let law: &str = &alone.legal_basis;
    if !kinds.iter().all(|kind| case.ground.family.suffices_alone(given_by, *kind, law)) {
        return Err(Problem::field(
            "/alone/legal_basis",
            "does not let one guardian consent alone to each of the kinds",
        ));
    }
    let is_of_home = Law::of_key(LIVES_WITH).is_some_and(|home| home.is_cited_as(law));
    if is_of_home && !lives_with_child {
        return Err(Problem::field("/alone/legal_basis", "is about the one the child lives with"));
    }
    Ok(())
}

/// The units named exist, and each is named once.
pub(super) fn check_units(units: &[Id<Unit>], known: &[Id<Unit>], unknown: &str) -> Result<()> {
    if units.is_empty() || units.len() > MAX_UNITS {
        return Err(Problem::field("/unit_ids", format!("must name 1 to {MAX_UNITS} units")));
    }
    let mut seen = HashSet::new();
    for (at, unit) in units.iter().enumerate() {
        let pointer = format!("/unit_ids/{at}");
        if !known.contains(unit) {
            return Err(Problem::field(pointer, unknown));
        }
        if !seen.insert(unit) {
            return Err(Problem::field(pointer, "is named twice"));
        }
    }
    Ok(())
}

/// The units named may have a part in a record at all.
pub(super) fn take_part(units: &[Id<Unit>], kinds: &[(Id<Unit>, String)]) -> Result<()> {
    for (at, unit) in units.iter().enumerate() {
        let kind = kinds.iter().find(|(known, _)| known == unit).map_or("", |(_, kind)| kind.as_str());
        Kinds::may_take_part(kind)
            .map_err(|refused| Problem::field(format!("/unit_ids/{at}"), &refused.instead))?;
    }
    Ok(())
}

/// What is withdrawn of a consent.
pub(super) struct Withdrawn {
    pub units: Vec<Id<Unit>>,
    pub kinds: Vec<InformationKind>,
}

/// The units and kinds that are withdrawn; all units where nothing is named.
pub(super) fn withdrawn(consent: &ConsentOut, input: WithdrawalIn) -> Result<Withdrawn> {
    let named: Vec<Id<Unit>> = consent.units.iter().map(|unit| unit.unit_id).collect();
    let units = match (input.unit_ids, &input.kinds) {
        (Some(units), _) => {
            check_units(&units, &named, "is not a unit that the consent names")?;
            units
        }
        (None, None) => named,
        (None, Some(_)) => Vec::new(),
    };
    let kinds = input.kinds.unwrap_or_default();
    for (at, kind) in kinds.iter().enumerate() {
        if !consent.kinds.iter().any(|named| named.kind == *kind) {
            return Err(Problem::field(format!("/kinds/{at}"), "is not a kind that the consent names"));
        }
    }
    Ok(Withdrawn { units, kinds })
}

/// What is consented to for a unit, kind by kind. The child is told of by the id it is registered with.
pub(super) fn status(case: &CaseFacts, unit: Id<Unit>) -> ConsentStatusOut {
    let known =
        |person: Id<Person>| if person == case.child_person { case.child.uuid().into() } else { person };
    let kinds = Kinds::rules().map(|rule| {
        let consenters = case.ground.family.consenters(rule.key);
        let missing = case.ground.missing_for(unit, rule.key);
        KindStatus {
            kind: rule.key,
            may_pass: !consenters.is_empty() && missing.is_empty(),
            consenters: consenters.into_iter().map(known).collect(),
            missing: missing.into_iter().map(known).collect(),
        }
    });
    ConsentStatusOut { unit_id: unit, may_take_part: case.ground.covers(unit), kinds: kinds.collect() }
}
