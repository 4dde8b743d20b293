//! Operations on contact details.

use actix_web::{HttpResponse, get, put};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ContactDetailsIn, ContactDetailsOut, ContactDetailsReader},
    rules, store,
};
use crate::{
    access::{
        Parts, Permit, Seen, Shown,
        actions::{Action, ReadContactDetails, UpdateContactDetails},
        objects::ChildObject,
    },
    handovers,
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_contact_details).service(update_contact_details);
}

/// Returns the contact details of a child and its guardians, and the protection of the address.
///
/// For a strictly confidential address, only the protection is returned. Family members see only their own entry among
/// the guardians.
#[utoipa::path(
    operation_id = "read_contact_details", tag = "children", params(("child_id" = Uuid, Path)),
    responses((status = 200, body = ContactDetailsOut, description = "The contact details"), ReadProblems),
)]
#[get("/children/{child_id}/contact-details")]
async fn read_contact_details(mut permit: Permit<ReadContactDetails>) -> Result<HttpResponse> {
    let (_, details) = current(&mut permit).await?;
    permit.note_shown([details.child_id]);
    permit.show_version(details.version, &details)
}

/// Replaces the contact details of a child and its guardians, and the protection of the address.
///
/// Fields left out are erased. Raising the protection to strictly confidential erases everything but the protection.
/// Once the address is protected, a guardian who does not live with the child loses access from the next request on.
#[utoipa::path(
    operation_id = "update_contact_details", tag = "children", params(("child_id" = Uuid, Path)),
    request_body = ContactDetailsIn,
    responses((status = 200, body = ContactDetailsOut, description = "The updated contact details"), ChangeProblems),
)]
#[put("/children/{child_id}/contact-details")]
async fn update_contact_details(mut permit: Permit<UpdateContactDetails>) -> Result<HttpResponse> {
    let child = permit.object().facts.clone();
    let (version, before) = current(&mut permit).await?;
    let new: ContactDetailsIn = permit.input()?;
    rules::may_be_kept(&new)?;
    permit.expect_seen(&before)?;
    rules::may_change(before.protection, &new)?;
    let live = store::live_guardianships(permit.tx(), &child).await?;
    rules::guardians(&new, &live)?;
    if let Some(school) = new.school_unit_id
        && !store::can_be_attended(permit.tx(), school, &child.municipality).await?
    {
        return Err(Problem::field(
            "/school_unit_id",
            "must be a school or kindergarten that serves the municipality",
        ));
    }
    let (caller, moment) = (permit.caller().person, permit.moment());
    store::put(permit.tx(), &child, version, &new, caller, moment.now).await?;
    // Access to the child's cases has changed, so pending actions in them are decided again.
    handovers::of_child(permit.tx(), child.id, caller, moment).await?;
    let (_, details) = current(&mut permit).await?;
    permit.note_shown([details.child_id]);
    permit.changed(details.version, &details).await
}

/// The version that is stored, and the contact details as the caller sees them.
async fn current<A: Action<Object = ChildObject>>(
    permit: &mut Permit<A>,
) -> Result<(i64, Seen<ContactDetailsOut>)> {
    let asker = permit.asker();
    let reader = ContactDetailsReader::new(&asker.about(permit.object()));
    let Parts { object, tx, .. } = permit.parts();
    let sees = |guardian| reader.of_all() || asker.caller().is(guardian);
    let details = store::get(tx, &object.facts, sees).await?;
    Ok((details.version.unwrap_or_default(), details.seen_by(&reader)))
}
