//! Operations on objections: the patient, or a guardian for them, objects to sharing among health personnel.
//!
//! An objection applies from the next request until it is withdrawn. A guardian's objection applies while they hold
//! parental responsibility and no care order is in force. From the age of consent in health care, the young person alone
//! can object, and may withdraw the guardian's objection.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    basis,
    dto::{ObjectionForm, ObjectionIn, ObjectionOut},
    objections_store as store,
};
use crate::{
    access::{
        CaseFacts, Permit, Whole,
        actions::{ListObjections, ObjectToSharing, WithdrawObjection},
        objects::ObjectionObject,
    },
    db::{DbError, Tx},
    kernel::{Id, Page, PageQuery, ids::Person},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_objections).service(object_to_sharing).service(withdraw_objection);
}

/// Returns whether an objection applies: from the young person, or from someone who decides for the child now.
pub(super) async fn in_force(tx: &mut Tx, case: &CaseFacts) -> Result<bool, DbError> {
    let objecting = store::objecting(tx, case).await?;
    let decides = &case.ground.family.guardians;
    Ok(objecting.iter().any(|person| *person == case.child_person || decides.contains(person)))
}

/// Lists the objections in a case that the caller has made or recorded, oldest first.
#[utoipa::path(
    operation_id = "list_objections", tag = "disclosures", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<ObjectionOut>, description = "The objections that the caller made or recorded"), ReadProblems),
)]
#[get("/cases/{case_id}/objections")]
async fn list_objections(mut permit: Permit<ListObjections>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, person) = (permit.object().facts.clone(), permit.caller().person);
    let rows =
        store::list_objections(permit.tx(), &case, person, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Objects to sharing among health personnel (hpl § 29, pbrl § 5-3) for the caller, or records someone else's objection.
///
/// The guardians decide until the young person decides on their own health care, and then the young person alone. The
/// objection applies from the next request, whether the case is open or closed.
#[utoipa::path(
    operation_id = "object_to_sharing", tag = "disclosures", params(("case_id" = Uuid, Path)),
    request_body = ObjectionIn,
    responses((status = 201, body = ObjectionOut, description = "The objection"), WriteProblems),
)]
#[post("/cases/{case_id}/objections")]
async fn object_to_sharing(mut permit: Permit<ObjectToSharing>) -> Result<HttpResponse> {
    let input: ObjectionIn = permit.input()?;
    let case = permit.object().facts.clone();
    let (caller, now) = (permit.caller().person, permit.moment().now);
    let (objected_by, form) = objector(&case, caller, &input)?;
    let id = store::object(permit.tx(), &case, (objected_by, caller), form, now).await?;
    let id = id.ok_or_else(|| Problem::conflict("the objection has already been made"))?;
    let objection = store::objection(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    permit.added(objection.version, &objection.whole()).await
}

/// Withdraws an objection, with effect from the next request.
#[utoipa::path(
    operation_id = "withdraw_objection", tag = "disclosures",
    params(("case_id" = Uuid, Path), ("objection_id" = Uuid, Path)),
    responses((status = 200, body = ObjectionOut, description = "The updated objection"), WriteProblems),
)]
#[post("/cases/{case_id}/objections/{objection_id}/withdraw")]
async fn withdraw_objection(mut permit: Permit<WithdrawObjection>) -> Result<HttpResponse> {
    let ObjectionObject { case, id, .. } = permit.object().clone();
    let (case, caller, now) = (case.facts, permit.caller().person, permit.moment().now);
    store::withdraw(permit.tx(), &case, id, caller, now).await?;
    let objection = store::objection(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    permit.changed(objection.version, &objection.whole()).await
}

/// Returns who objects, and how: digitally for the caller, or on paper or orally for someone else.
fn objector(
    case: &CaseFacts,
    caller: Id<Person>,
    input: &ObjectionIn,
) -> Result<(Id<Person>, ObjectionForm)> {
    // The team knows the child by the id of its registration.
    let objected_by = match input.objected_by {
        Some(id) if id.uuid() == case.child.uuid() => case.child_person,
        Some(id) => id,
        None => caller,
    };
    let by_oneself = objected_by == caller;
    if !by_oneself && !case.relation.is_contact_person {
        let detail = "must be left out: only the contact person records the objections of others";
        return Err(Problem::field("/objected_by", detail));
    }
    let of_age = case.child_age >= basis::own_age();
    let decides = &case.ground.family.guardians;
    let entitled = if of_age { objected_by == case.child_person } else { decides.contains(&objected_by) };
    if !entitled {
        let detail = "cannot object: that is for a holder of parental responsibility, child welfare under a care order, or the \
                      young person who is old enough";
        return Err(Problem::field("/objected_by", detail));
    }
    match input.form {
        Some(form) if by_oneself == (form == ObjectionForm::Digital) => Ok((objected_by, form)),
        None if by_oneself => Ok((objected_by, ObjectionForm::Digital)),
        _ if by_oneself => Err(Problem::field("/form", "must be digital when you object for yourself")),
        _ => Err(Problem::field("/form", "must be paper or oral when you record someone else's objection")),
    }
}
