//! Rules for the person, the form, the units and the period of a consent.

use std::collections::HashSet;

use chrono::{Months, NaiveDate};

use super::{
    dto::{ConsentForm, ConsentIn, ConsentOut, ConsentStatusOut, KindStatus, WithdrawalIn},
    store::Serving,
};
use crate::{
    access::{CaseFacts, Home, Kinds},
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    problem::{Problem, Result},
};

/// The maximum number of units in a consent.
const MAX_UNITS: usize = 50;

/// Returns the kinds in a consent; only what has been agreed by default.
pub(crate) fn kinds(named: Option<&[InformationKind]>) -> Result<Vec<InformationKind>> {
    let Some(named) = named else { return Ok(vec![InformationKind::Agreed]) };
    if named.is_empty() {
        return Err(Problem::field("/kinds", "must contain at least one kind"));
    }
    for (at, kind) in named.iter().enumerate() {
        if let Err(refused) = Kinds::rule(*kind) {
            return Err(Problem::field(format!("/kinds/{at}"), &refused.instead));
        }
        if named[..at].contains(kind) {
            return Err(Problem::field(format!("/kinds/{at}"), "is listed twice"));
        }
    }
    Ok(named.to_vec())
}

/// Returns who consents, and how: digitally for the caller, or on paper or orally for someone else.
pub(super) fn giver(
    case: &CaseFacts,
    caller: Id<Person>,
    input: &ConsentIn,
    kinds: &[InformationKind],
    serving: &[Serving],
) -> Result<(Id<Person>, ConsentForm)> {
    // The team knows the child by the id of its registration.
    let given_by = match input.given_by {
        Some(id) if id.uuid() == case.child.uuid() => case.child_person,
        Some(id) => id,
        None => caller,
    };
    is_asked(case, given_by, input, kinds, serving)?;
    let form = form(given_by == caller, case, input.form, input.document.as_deref())?;
    Ok((given_by, form))
}

/// Returns how something was given: digitally by the caller, or on paper or orally, recorded by the contact person.
pub(crate) fn form(
    by_caller: bool,
    case: &CaseFacts,
    named: Option<ConsentForm>,
    document: Option<&str>,
) -> Result<ConsentForm> {
    if !by_caller && !case.relation.is_contact_person {
        return Err(Problem::field(
            "/given_by",
            "must be left out: only the contact person records the consents of others",
        ));
    }
    let form = match named {
        Some(form) if by_caller == (form == ConsentForm::Digital) => form,
        None if by_caller => ConsentForm::Digital,
        _ if by_caller => {
            return Err(Problem::field("/form", "must be digital when you consent for yourself"));
        }
        _ => {
            return Err(Problem::field(
                "/form",
                "must be paper or oral when you record someone else's consent",
            ));
        }
    };
    match (form, document) {
        (ConsentForm::Paper, None) => {
            Err(Problem::field("/document", "is required: the archive reference of the paper"))
        }
        (ConsentForm::Digital | ConsentForm::Oral, Some(_)) => {
            Err(Problem::field("/document", "is allowed only for a consent on paper"))
        }
        _ => Ok(form),
    }
}

/// Why somebody's consent is not asked for.
pub(crate) const NOT_ASKED: &str = "is not among those who must consent: holders of parental responsibility, child welfare under a care order, or the young person who is old enough";

/// Checks that the person is among those who must consent to each kind for each unit.
fn is_asked(
    case: &CaseFacts,
    given_by: Id<Person>,
    input: &ConsentIn,
    kinds: &[InformationKind],
    serving: &[Serving],
) -> Result<()> {
    let family = &case.ground.family;
    for (at, kind) in kinds.iter().enumerate() {
        let asked = |unit: &Id<Unit>| {
            sector_of(serving, *unit).is_none_or(|to| family.consenters(*kind, to).contains(&given_by))
        };
        let Some(other) = input.unit_ids.iter().position(|unit| !asked(unit)) else { continue };
        if input.unit_ids.iter().any(asked) {
            let why = format!("the person consenting {NOT_ASKED}, for a unit of this sector");
            return Err(Problem::field(format!("/unit_ids/{other}"), why));
        }
        return Err(match input.kinds {
            Some(_) => Problem::field(format!("/kinds/{at}"), format!("the person consenting {NOT_ASKED}")),
            None => Problem::field("/given_by", NOT_ASKED),
        });
    }
    Ok(())
}

/// Returns the sector of a unit that serves the municipality.
pub(crate) fn sector_of(serving: &[Serving], unit: Id<Unit>) -> Option<Sector> {
    serving.iter().find(|serving| serving.unit == unit).map(|serving| serving.sector)
}

/// The longest time for which a consent is given: it must stay informed (GDPR art. 7).
const LONGEST: Months = Months::new(24);

/// Returns the first day of a consent; today if none is named. The consent must not end before it starts, or before today, and lasts at
/// most [`LONGEST`].
pub(crate) fn period(
    valid_from: Option<NaiveDate>,
    valid_until: NaiveDate,
    today: NaiveDate,
) -> Result<NaiveDate> {
    let valid_from = valid_from.unwrap_or(today);
    if valid_until < valid_from || valid_until < today {
        return Err(Problem::field("/valid_until", "must not be before valid_from or before today"));
    }
    if valid_from.checked_add_months(LONGEST).is_some_and(|end| valid_until > end) {
        return Err(Problem::field("/valid_until", "must be at most 2 years after valid_from"));
    }
    Ok(valid_from)
}

/// Checks that the conditions on which a law lets one guardian consent alone are met, and that the contact person has recorded why.
pub(super) fn alone(
    case: &CaseFacts,
    given_by: Id<Person>,
    input: &ConsentIn,
    kinds: &[InformationKind],
    serving: &[Serving],
) -> Result<()> {
    let Some(alone) = &input.alone else { return Ok(()) };
    if !case.relation.is_contact_person {
        return Err(Problem::field("/alone", "is allowed only for the contact person"));
    }
    let law: &str = &alone.legal_basis;
    for kind in kinds {
        let Some(rule) = Kinds::alone_by(*kind, law) else {
            return Err(Problem::field(
                "/alone/legal_basis",
                "does not let one guardian consent alone to all of the kinds",
            ));
        };
        let family = &case.ground.family;
        if rule.home == Some(Home::WithThemOnly) && family.sole_home != Some(given_by) {
            return Err(Problem::field(
                "/alone/legal_basis",
                "applies only where the child lives with this guardian, and with no other who must consent",
            ));
        }
        for (at, unit) in input.unit_ids.iter().enumerate() {
            if !sector_of(serving, *unit)
                .is_some_and(|sector| family.suffices_alone(given_by, *kind, law, sector))
            {
                return Err(Problem::field(
                    format!("/unit_ids/{at}"),
                    "needs the consent of everyone: the law does not let one guardian consent alone to a unit of this sector",
                ));
            }
        }
    }
    Ok(())
}

/// Checks that the units of a consent serve the municipality, are listed once, and may take part in a record at all.
pub(crate) fn units(units: &[Id<Unit>], serving: &[Serving]) -> Result<()> {
    let known: Vec<_> = serving.iter().map(|serving| serving.unit).collect();
    check_units(units, &known, "must be a unit that serves the municipality")?;
    take_part(units, serving)
}

/// Checks that the units exist and are listed once.
fn check_units(units: &[Id<Unit>], known: &[Id<Unit>], unknown: &str) -> Result<()> {
    if units.is_empty() || units.len() > MAX_UNITS {
        return Err(Problem::field("/unit_ids", format!("must contain 1 to {MAX_UNITS} units")));
    }
    let mut seen = HashSet::new();
    for (at, unit) in units.iter().enumerate() {
        let pointer = format!("/unit_ids/{at}");
        if !known.contains(unit) {
            return Err(Problem::field(pointer, unknown));
        }
        if !seen.insert(unit) {
            return Err(Problem::field(pointer, "is listed twice"));
        }
    }
    Ok(())
}

/// Checks that the units may take part in a record at all.
fn take_part(units: &[Id<Unit>], serving: &[Serving]) -> Result<()> {
    for (at, unit) in units.iter().enumerate() {
        let kind = serving.iter().find(|known| known.unit == *unit).map_or("", |known| known.kind.as_str());
        Kinds::may_take_part(kind)
            .map_err(|refused| Problem::field(format!("/unit_ids/{at}"), &refused.instead))?;
    }
    Ok(())
}

/// The parts of a consent that are withdrawn.
pub(super) struct Withdrawn {
    pub units: Vec<Id<Unit>>,
    pub kinds: Vec<InformationKind>,
}

/// Returns the units and kinds to withdraw; all units if neither is listed.
pub(super) fn withdrawn(consent: &ConsentOut, input: WithdrawalIn) -> Result<Withdrawn> {
    let named: Vec<Id<Unit>> = consent.units.iter().map(|unit| unit.unit_id).collect();
    let units = match (input.unit_ids, &input.kinds) {
        (Some(units), _) => {
            check_units(&units, &named, "must be a unit in the consent")?;
            units
        }
        (None, None) => named,
        (None, Some(_)) => Vec::new(),
    };
    let kinds = input.kinds.unwrap_or_default();
    for (at, kind) in kinds.iter().enumerate() {
        if !consent.kinds.iter().any(|named| named.kind == *kind) {
            return Err(Problem::field(format!("/kinds/{at}"), "must be a kind in the consent"));
        }
    }
    Ok(Withdrawn { units, kinds })
}

/// Returns the consent status of each kind for a unit. It refers to the child by the id of its registration.
pub(super) fn status(case: &CaseFacts, unit: Id<Unit>, sector: Sector) -> ConsentStatusOut {
    let known =
        |person: Id<Person>| if person == case.child_person { case.child.uuid().into() } else { person };
    let kinds = Kinds::rules().map(|rule| {
        let consenters = case.ground.family.consenters(rule.key, sector);
        let missing = case.ground.missing_for(unit, sector, rule.key);
        let about_person = Kinds::is_about_a_person(rule.key);
        let may_pass = missing.is_empty() || (about_person && missing.len() < consenters.len());
        KindStatus {
            kind: rule.key,
            about_person,
            may_pass: !consenters.is_empty() && may_pass,
            consenters: consenters.into_iter().map(known).collect(),
            missing: missing.into_iter().map(known).collect(),
        }
    });
    ConsentStatusOut { unit_id: unit, may_take_part: case.ground.covers(unit), kinds: kinds.collect() }
}
