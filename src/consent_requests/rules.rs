//! Rules for what is asked for, and for the people who answer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::dto::{ConsentRequestAnswerIn, ConsentRequestIn, ConsentRequestOut, ConsentRequestStatus};
use crate::{
    access::CaseFacts,
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
    let units = input.unit_ids.iter().filter_map(|unit| Some((*unit, sector_of(&serving, *unit)?)));
    one_question(case, &kinds, &units.collect::<Vec<_>>())?;
    Ok(Asked { kinds, valid_from })
}

/// The people who are asked, each with the kinds that they are asked for.
type AskedFor = BTreeMap<Id<Person>, BTreeSet<InformationKind>>;

/// Checks that somebody can answer for each kind and unit, that each of them is asked for the same kinds for each of their units, and that nobody
/// reads of a health contact, or of a unit, that the child keeps from them.
fn one_question(case: &CaseFacts, kinds: &[InformationKind], units: &[(Id<Unit>, Sector)]) -> Result<()> {
    let mut asked = AskedFor::new();
    for (at, (unit, sector)) in units.iter().enumerate() {
        for (person, kinds) in asked_here(case, kinds, *unit, *sector)? {
            if *asked.entry(person).or_insert_with(|| kinds.clone()) != kinds {
                return Err(Problem::field(
                    format!("/unit_ids/{at}"),
                    "must be in a request of its own: not the same people must consent to each of these kinds for a unit of this sector",
                ));
            }
        }
    }
    let secret = InformationKind::ConfidentialHealth;
    let learns_of_it = |kinds: &BTreeSet<InformationKind>| !kinds.contains(&secret);
    if let Some(at) =
        kinds.iter().position(|kind| *kind == secret).filter(|_| asked.values().any(learns_of_it))
    {
        return Err(alone(format!("/kinds/{at}")));
    }
    let kept = units.iter().position(|(unit, _)| case.is_kept_from_guardians(*unit));
    let is_guardian_asked = asked.keys().any(|person| case.guardians.contains(person));
    match kept.filter(|_| is_guardian_asked) {
        Some(at) => Err(alone(format!("/unit_ids/{at}"))),
        None => Ok(()),
    }
}

fn alone(pointer: String) -> Problem {
    Problem::field(pointer, "must be in a request of its own: the others who are asked would read of it")
}

/// Returns the people who are asked for a unit. A guardian is not asked for a unit that the child keeps from the guardians.
fn asked_here(
    case: &CaseFacts,
    kinds: &[InformationKind],
    unit: Id<Unit>,
    sector: Sector,
) -> Result<AskedFor> {
    let is_kept = case.is_kept_from_guardians(unit);
    let mut asked = AskedFor::new();
    for (at, kind) in kinds.iter().enumerate() {
        let mut people = case.ground.family.consenters(*kind, sector);
        if people.is_empty() {
            return Err(Problem::conflict("nobody is registered who can consent to this"));
        }
        people.retain(|person| !(is_kept && case.guardians.contains(person)));
        if people.is_empty() {
            let detail = "cannot be asked for here: those who must consent may not know that the unit helps";
            return Err(Problem::field(format!("/kinds/{at}"), detail));
        }
        for person in people {
            asked.entry(person).or_default().insert(*kind);
        }
    }
    Ok(asked)
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
            "you have answered yes; to change that, withdraw the consent that you gave, or give another",
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
