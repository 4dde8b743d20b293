//! Rules for the unit that a record moves to, and for the people who answer.

use super::{
    dto::{TransitionAnswerIn, TransitionIn},
    store,
};
use crate::{
    access::{CaseFacts, Kinds, Move, is_close},
    consents::{self, ConsentForm},
    db::Tx,
    kernel::{
        Id, Moment,
        ids::{Person, Transition},
        vocabulary::{InformationKind, Sector},
    },
    problem::{Problem, Result},
    teams,
};

/// Checks the unit that a record is to move to, and the person who is asked to be the contact person there.
pub(super) async fn receiver(
    tx: &mut Tx,
    case: &CaseFacts,
    input: &TransitionIn,
    moment: Moment,
) -> Result<()> {
    let unit = input.to_unit_id;
    if unit == case.ground.owner_unit {
        return Err(Problem::field("/to_unit_id", "keeps the record already"));
    }
    let receiving = store::receiving(tx, unit, &case.municipality, moment.today).await?;
    let receiving = receiving
        .ok_or_else(|| Problem::field("/to_unit_id", "must be a unit that serves the municipality"))?;
    Kinds::may_take_part(&receiving.kind)
        .map_err(|refused| Problem::field("/to_unit_id", &refused.instead))?;
    if receiving.sector == Sector::ChildWelfare {
        let detail = "must not be child welfare: everyone in a case knows which unit keeps the record, and that child welfare helps is confidential";
        return Err(Problem::field("/to_unit_id", detail));
    }
    let Some(person) = input.to_person_id else {
        let detail = "has no leader who can accept; name a person";
        return if receiving.has_leader { Ok(()) } else { Err(Problem::field("/to_unit_id", detail)) };
    };
    if teams::works_there(tx, person, unit, &case.municipality, moment.today).await?.is_none() {
        return Err(Problem::field("/to_person_id", "must work in that unit"));
    }
    if is_close(tx, case.child, person, moment.now).await? {
        return Err(Problem::conflict(
            "this person is disqualified from joining the team of this child (fvl § 6)",
        ));
    }
    Ok(())
}

/// Returns the plan, which must not be settled.
pub(super) fn planned(case: &CaseFacts, id: Id<Transition>) -> Result<&Move> {
    let planned = case.planned_move().filter(|planned| planned.id == id);
    planned.ok_or_else(|| Problem::conflict("the transition has already been settled"))
}

/// Returns who answers, and how: digitally for the caller, or on paper or orally for someone else.
pub(super) fn giver(
    case: &CaseFacts,
    planned: &Move,
    caller: Id<Person>,
    input: &TransitionAnswerIn,
) -> Result<(Id<Person>, ConsentForm)> {
    let given_by = match input.given_by {
        // The team knows the child by the id of its registration.
        Some(id) if id.uuid() == case.child.uuid() => case.child_person,
        Some(id) => id,
        None => caller,
    };
    let is_asked =
        case.ground.family.consenters(InformationKind::Agreed, planned.to_sector).contains(&given_by);
    // Others in the family only choose what is theirs to decide on.
    let only_chooses = given_by == caller && !case.relation.is_contact_person && input.agrees;
    if !is_asked && !only_chooses {
        return Err(Problem::field("/given_by", consents::NOT_ASKED));
    }
    if !input.agrees && input.follows.is_some() {
        return Err(Problem::field("/follows", "is allowed only with an agreement"));
    }
    let form = consents::form(given_by == caller, case, input.form, input.document.as_deref())?;
    Ok((given_by, form))
}

/// Checks that a record can be accepted today, by a person who works in a unit that still serves the municipality and who is not close to the
/// child.
pub(super) async fn acceptable(
    tx: &mut Tx,
    case: &CaseFacts,
    planned: &Move,
    receiver: Id<Person>,
    moment: Moment,
) -> Result<()> {
    if moment.today < planned.moves_on {
        let detail = format!("the record can be accepted from {}", planned.moves_on);
        return Err(Problem::conflict(detail));
    }
    if teams::works_there(tx, receiver, planned.to_unit, &case.municipality, moment.today).await?.is_none() {
        return Err(Problem::conflict("the unit does not serve the municipality any more"));
    }
    if is_close(tx, case.child, receiver, moment.now).await? {
        return Err(Problem::conflict("you are disqualified from joining the team of this child (fvl § 6)"));
    }
    Ok(())
}
