//! Rules for what is asked for, and for the people who answer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::dto::{ConsentRequestAnswerIn, ConsentRequestIn, ConsentRequestOut, ConsentRequestStatus};
use crate::{
    access::{Asker, CaseFacts, Family, objects::ConsentRequestObject},
    consents::{
        NOT_ASKED,
        rules::{kinds, period, sector_of, units},
        store::{has_text_in_any_language, units_serving},
    },
    db::Tx,
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    problem::{Problem, Result},
};

/// The parts of a request that are checked as those of a consent.
pub(super) struct Asked {
    pub kinds: Vec<InformationKind>,
    pub valid_from: NaiveDate,
}

/// Checks what is asked for.
pub(super) async fn checked(
    tx: &mut Tx,
    case: &CaseFacts,
    input: &ConsentRequestIn,
    today: NaiveDate,
) -> Result<Asked> {
    let kinds = kinds(input.kinds.as_deref())?;
    let serving = units_serving(tx, &case.municipality).await?;
    units(&input.unit_ids, &serving)?;
    let valid_from = period(input.valid_from, input.valid_until, today)?;
    if input.answer_by > input.valid_until {
        return Err(Problem::field("/answer_by", "must not be after valid_until"));
    }
    if !has_text_in_any_language(tx, &case.municipality, &input.text_version).await? {
        return Err(Problem::field("/text_version", "must be a consent text of the municipality"));
    }
    let sectors: Vec<Sector> = input.unit_ids.iter().filter_map(|unit| sector_of(&serving, *unit)).collect();
    one_question(&case.ground.family, &kinds, &sectors)?;
    Ok(Asked { kinds, valid_from })
}

/// Checks that somebody can answer, that each of them is asked for the same kinds for each of their units, and that nobody reads of a health
/// contact that the child keeps from them.
fn one_question(family: &Family, kinds: &[InformationKind], sectors: &[Sector]) -> Result<()> {
    let mut asked: BTreeMap<Id<Person>, BTreeSet<InformationKind>> = BTreeMap::new();
    for (at, sector) in sectors.iter().enumerate() {
        let mut here: BTreeMap<Id<Person>, BTreeSet<InformationKind>> = BTreeMap::new();
        for kind in kinds {
            for person in family.consenters(*kind, *sector) {
                here.entry(person).or_default().insert(*kind);
            }
        }
        for (person, kinds) in here {
            if *asked.entry(person).or_insert_with(|| kinds.clone()) != kinds {
                return Err(Problem::field(
                    format!("/unit_ids/{at}"),
                    "must be in a request of its own: not the same people must consent to each of these kinds for a unit of this sector",
                ));
            }
        }
    }
    if asked.is_empty() {
        return Err(Problem::conflict("nobody is registered who can consent to this"));
    }
    let secret = InformationKind::ConfidentialHealth;
    let learns_of_it = |kinds: &BTreeSet<InformationKind>| !kinds.contains(&secret);
    match kinds.iter().position(|kind| *kind == secret) {
        Some(at) if asked.values().any(learns_of_it) => Err(Problem::field(
            format!("/kinds/{at}"),
            "must be in a request of its own: the others who are asked would read of it",
        )),
        _ => Ok(()),
    }
}

/// Returns the kinds and units that a person is asked for, of the units that they may know of.
pub(super) fn asked_of(
    asker: &Asker,
    request: &ConsentRequestObject,
    person: Id<Person>,
) -> Vec<(InformationKind, Id<Unit>)> {
    let unknown: BTreeSet<Id<Unit>> = request
        .units
        .iter()
        .filter(|(unit, sector)| !asker.knows_that_helps(&request.case, *unit, *sector))
        .map(|(unit, _)| *unit)
        .collect();
    let mut asked = request.asks(person);
    asked.retain(|(_, unit)| !unknown.contains(unit));
    asked
}

/// Checks that a request can be answered.
pub(super) fn answerable(request: &ConsentRequestOut) -> Result<()> {
    match request.status {
        ConsentRequestStatus::Open => Ok(()),
        ConsentRequestStatus::Withdrawn => Err(Problem::conflict("the request has been withdrawn")),
        ConsentRequestStatus::Over => Err(Problem::conflict(
            "the last day of what was asked for has passed; it must be asked for again",
        )),
    }
}

/// Checks that a person has not answered, or changes a no to a yes.
pub(super) fn not_answered(request: &ConsentRequestOut, person: Id<Person>, agrees: bool) -> Result<()> {
    match request.answers.iter().find(|answer| answer.person_id == person) {
        Some(before) if before.agrees => Err(Problem::conflict(
            "you have consented; withdraw the consent, or give another, instead of a new answer",
        )),
        Some(_) if !agrees => Err(Problem::conflict("you have answered no already")),
        _ => Ok(()),
    }
}

/// The units and kinds that a yes is about.
pub(super) struct Agreed {
    pub units: Vec<Id<Unit>>,
    pub kinds: Vec<InformationKind>,
}

/// Returns what a yes is about: the kinds that the person is asked for, or some of them, for each unit that they are asked for.
pub(super) fn agreed(
    asked: &[(InformationKind, Id<Unit>)],
    named: Option<&[InformationKind]>,
) -> Result<Agreed> {
    let units: BTreeSet<Id<Unit>> = asked.iter().map(|(_, unit)| *unit).collect();
    let everywhere = |kind: &InformationKind| units.iter().all(|unit| asked.contains(&(*kind, *unit)));
    let kinds: BTreeSet<InformationKind> = asked.iter().map(|(kind, _)| *kind).collect();
    let kinds: Vec<InformationKind> = kinds.into_iter().filter(everywhere).collect();
    if kinds.is_empty() {
        return Err(Problem::field("/agrees", NOT_ASKED));
    }
    let units = units.into_iter().collect();
    let Some(named) = named else { return Ok(Agreed { units, kinds }) };
    if named.is_empty() {
        return Err(Problem::field("/kinds", "must contain at least one kind"));
    }
    for (at, kind) in named.iter().enumerate() {
        if !kinds.contains(kind) {
            return Err(Problem::field(format!("/kinds/{at}"), "must be a kind that you are asked for"));
        }
        if named[..at].contains(kind) {
            return Err(Problem::field(format!("/kinds/{at}"), "is listed twice"));
        }
    }
    Ok(Agreed { units, kinds: named.to_vec() })
}

/// Checks that an answer has nothing that belongs to the other answer.
pub(super) fn fits(input: &ConsentRequestAnswerIn) -> Result<()> {
    let stray = match input.agrees {
        true => [("/reason", input.reason.is_some())].to_vec(),
        false => [("/language", input.language.is_some()), ("/kinds", input.kinds.is_some())].to_vec(),
    };
    let why = if input.agrees { "is allowed only with a no" } else { "is allowed only with a yes" };
    match stray.into_iter().find(|(_, is_there)| *is_there) {
        Some((pointer, _)) => Err(Problem::field(pointer, why)),
        None => Ok(()),
    }
}
