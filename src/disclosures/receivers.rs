//! The recipient of a disclosure.

use super::{
    basis::Basis,
    dto::{DisclosureIn, Receiver},
    store::{self, Recipient},
};
use crate::{
    access::{Permit, actions::Disclose, is_close, objects::CaseObject},
    kernel::vocabulary::Sector,
    organisation,
    problem::{Problem, Result},
};

/// Returns a staff member of a unit that may receive, or an outside recipient if the basis allows one, and the kind of recipient that
/// the statutory sections distinguish.
pub(super) async fn recipient(
    permit: &mut Permit<Disclose>,
    case: &CaseObject,
    input: &DisclosureIn,
    basis: &Basis,
) -> Result<(Recipient, Receiver)> {
    let (unit, person) = match (input.outside_kind, input.to_unit_id, input.to_person_id) {
        (Some(kind), None, None) if basis.outside => {
            let name = input.outside_recipient.as_deref().map(ToOwned::to_owned);
            if kind == Receiver::Other && name.is_none() {
                return Err(Problem::field("/outside_recipient", "is required with other"));
            }
            return Ok((Recipient::Outside(kind, name), kind));
        }
        (Some(_), None, None) => {
            let detail = format!("is not allowed with {}", input.basis);
            return Err(Problem::field("/outside_kind", detail));
        }
        (Some(_), _, _) => {
            return Err(Problem::field("/outside_kind", "is not allowed with to_unit_id"));
        }
        (None, Some(unit), Some(person)) => (unit, person),
        (None, None, _) => {
            return Err(Problem::field("/to_unit_id", "is required unless outside_kind is present"));
        }
        (None, Some(_), None) => return Err(Problem::field("/to_person_id", "is required with to_unit_id")),
    };
    let municipality = &case.facts.municipality;
    let receives = if basis.anywhere {
        store::unit_anywhere(permit.tx(), unit).await?
    } else {
        store::unit_serving(permit.tx(), unit, municipality).await?
    };
    let receives = receives.filter(|(sector, kind): &(Sector, String)| basis.may_receive(*sector, kind));
    let Some((_, kind)) = receives else {
        let detail = if basis.anywhere {
            "must be a unit that may receive on this basis"
        } else {
            "must be a unit of the municipality that may receive on this basis"
        };
        return Err(Problem::field("/to_unit_id", detail));
    };
    if permit.caller().is(person) {
        return Err(Problem::field("/to_person_id", "must not be yourself"));
    }
    let moment = permit.moment();
    let name = organisation::name_in_unit(permit.tx(), unit, person, moment.today).await?;
    let of_family = is_close(permit.tx(), case.facts.child, person, moment.now).await?;
    // The answer is the same for both. A family relation may be registered where the caller may not know about it.
    let Some(name) = name.filter(|_| !of_family) else {
        return Err(Problem::field(
            "/to_person_id",
            "must work in the unit, and must not be in the child's family (fvl § 6)",
        ));
    };
    let receiver = match kind.as_str() {
        "police" => Receiver::Police,
        "fire" => Receiver::Fire,
        _ => Receiver::Other,
    };
    Ok((Recipient::Staff { unit, person, name }, receiver))
}
