//! The conditions of a disclosure that its basis states, checked against the rows.

use chrono::NaiveDate;

use super::{
    basis::{Basis, Informs},
    dto::{AppliedLaw, DelayGround, DisclosureIn, LeaveIn},
    informing, objections,
};
use crate::{
    access::{Permit, actions::Disclose, objects::CaseObject},
    kernel::{
        Id,
        ids::Person,
        vocabulary::{InformationKind, Sector},
    },
    problem::{Problem, Result},
};

/// Checks that nobody has objected to sharing among health personnel, and that the patient would not, unless weighty reasons are
/// given (hpl § 29).
pub(super) async fn check_objection(
    permit: &mut Permit<Disclose>,
    case: &CaseObject,
    input: &DisclosureIn,
    basis: &Basis,
) -> Result<()> {
    if !basis.unless_objected {
        let unasked = [
            ("/would_object", input.would_object.is_some()),
            ("/weighty_reasons", input.weighty_reasons.is_some()),
        ];
        return match unasked.iter().find(|(_, is_given)| *is_given) {
            Some((pointer, _)) => {
                Err(Problem::field(*pointer, format!("is not allowed with {}", input.basis)))
            }
            None => Ok(()),
        };
    }
    let Some(would_object) = input.would_object else {
        return Err(Problem::field("/would_object", format!("is required with {}", input.basis)));
    };
    let objected = objections::in_force(permit.tx(), &case.facts).await?;
    match (&input.weighty_reasons, objected || would_object) {
        (None, true) if objected => Err(Problem::conflict(
            "the patient, or a person acting for them, has objected to sharing among health personnel (hpl § 29)",
        )),
        (None, true) => {
            Err(Problem::conflict("the patient would object to sharing among health personnel (hpl § 29)"))
        }
        (Some(_), false) => {
            Err(Problem::field("/weighty_reasons", "is not allowed where nobody objects: it is not needed"))
        }
        _ => Ok(()),
    }
}

/// Checks that the receiver has asked, or that everyone who consents to each of the kinds has given leave. Returns the people who have.
pub(super) fn leave(
    case: &CaseObject,
    input: &DisclosureIn,
    basis: &Basis,
    kinds: &[InformationKind],
) -> Result<Vec<Id<Person>>> {
    if !basis.asked {
        let unasked = [("/request", input.request.is_some()), ("/leave", input.leave.is_some())];
        return match unasked.iter().find(|(_, is_given)| *is_given) {
            Some((pointer, _)) => {
                Err(Problem::field(*pointer, format!("is not allowed with {}", input.basis)))
            }
            None => Ok(Vec::new()),
        };
    }
    let LeaveIn { given_by, .. } = match (&input.request, &input.leave) {
        (Some(_), None) => return Ok(Vec::new()),
        (None, Some(leave)) => leave,
        (Some(_), Some(_)) => return Err(Problem::field("/leave", "is not allowed with request")),
        (None, None) => {
            return Err(Problem::field("/request", format!("or leave is required with {}", input.basis)));
        }
    };
    let facts = &case.facts;
    // The team knows the child by the id of its registration.
    let person = |id: &Id<Person>| if id.uuid() == facts.child.uuid() { facts.child_person } else { *id };
    let given: Vec<Id<Person>> = given_by.iter().map(person).collect();
    let mut needed: Vec<Id<Person>> =
        kinds.iter().flat_map(|kind| facts.ground.family.consenters(*kind, Sector::School)).collect();
    needed.sort_unstable();
    needed.dedup();
    let is_whole = !needed.is_empty() && needed.iter().all(|person| given.contains(person));
    if !is_whole || given.iter().any(|person| !needed.contains(person)) {
        let detail = "must be everyone who consents to sharing these kinds of information, and nobody else";
        return Err(Problem::field("/leave/given_by", detail));
    }
    Ok(needed)
}

/// The day from which the family is informed, and the ground if it is not at once.
type Informing<'a> = (NaiveDate, Option<(DelayGround, AppliedLaw, &'a str)>);

/// Returns when the family is informed; none if it never is.
pub(super) fn informing<'a>(
    input: &'a DisclosureIn,
    basis: &Basis,
    sector: Sector,
    today: NaiveDate,
) -> Result<Option<Informing<'a>>> {
    match (basis.informs, &input.delay) {
        (Informs::Never, None) => Ok(None),
        (Informs::Never, Some(_)) => Err(Problem::field(
            "/delay",
            format!("is not allowed with {}: the family is never informed", input.basis),
        )),
        (Informs::AtOnce, None) => Ok(Some((today, None))),
        (Informs::AtOnce, Some(delay)) => {
            let ground = informing::ground(delay, "/delay", (input.basis, sector), today)?;
            Ok(Some((delay.inform_from, Some(ground))))
        }
    }
}
