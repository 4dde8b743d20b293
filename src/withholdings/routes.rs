//! Operations on withholdings.

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{LetterDelayIn, Withheld, WithholdingBasis, WithholdingIn, WithholdingOut, WithholdingReviewIn},
    grounds::{self, Owned},
    letters,
    sight::guardian_sees,
    store,
};
use crate::{
    access::{
        CaseFacts, Permit, Whole,
        actions::{Action, EndWithholding, ListWithholdings, ReviewWithholding, WithholdFromGuardian},
        objects::WithholdingObject,
    },
    db::Tx,
    kernel::{Id, Page, PageQuery, Slice, ids::Unit},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_withholdings)
        .service(withhold_from_guardian)
        .service(review_withholding)
        .service(end_withholding);
    letters::configure(config);
}

/// Lists what is and has been withheld from guardians, oldest first: all of it for the contact person, and what their own unit decided
/// for others.
#[utoipa::path(
    operation_id = "list_withholdings", tag = "withholdings", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<WithholdingOut>, description = "The withholdings"), ReadProblems),
)]
#[get("/cases/{case_id}/withholdings")]
async fn list_withholdings(mut permit: Permit<ListWithholdings>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (whole, asker) = (permit.object().clone(), permit.asker());
    let case = whole.facts.clone();
    let fetch = async |tx: &mut Tx, Slice { after, limit }| store::list(tx, &case, after, limit).await;
    let is_theirs = |_: &Permit<_>, row: &WithholdingOut| {
        let (case, id, unit_id) = (whole.clone(), row.id, row.unit_id);
        asker.may::<ReviewWithholding>(&WithholdingObject { case, id, unit_id })
    };
    let page = permit.page(&query, fetch, |row| row.id.uuid(), is_theirs).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(|row| as_seen(&case, row).whole()))
}

fn is_of_unit(case: &CaseFacts, row: &WithholdingOut) -> bool {
    row.unit_id.is_some_and(|unit| case.relation.seats.iter().any(|seat| seat.unit_id == unit))
}

/// Leaves out the reason of another unit. From before the unit was recorded, the contact person decided.
fn as_seen(case: &CaseFacts, row: WithholdingOut) -> WithholdingOut {
    let is_own = row.unit_id.is_none() || is_of_unit(case, &row);
    WithholdingOut { reason: row.reason.filter(|_| is_own), ..row }
}

/// Why nothing is withheld that the guardian does not see.
pub const NOT_SEEN: &str = "must see it now: the guardian does not, and a letter would reveal it";

/// Checks that a unit has nobody on the team who could end its withholding.
fn has_left(case: &CaseFacts, row: &WithholdingOut) -> bool {
    row.unit_id.is_none_or(|unit| !case.members.iter().any(|member| member.unit == unit))
}

/// Checks that someone who takes part through these units may withhold something on a ground.
///
/// # Errors
/// 422 at `pointer` if they may not.
pub fn check_ground(
    basis: WithholdingBasis,
    owned: Owned,
    (units, is_contact_person): (&[Id<Unit>], bool),
    pointer: &str,
) -> Result<()> {
    if grounds::rule(basis)?.lets(owned, units, is_contact_person) {
        return Ok(());
    }
    Err(Problem::field(
        pointer,
        "is not a ground that you can use for this: it belongs to the service that wrote it, and only children_act is for the \
         whole case",
    ))
}

/// Checks the ground for giving the letter later.
///
/// # Errors
/// If its law is not in force.
pub fn check_letter_delay(delay: Option<&LetterDelayIn>, today: NaiveDate) -> Result<()> {
    let Some(delay) = delay else { return Ok(()) };
    let wording = grounds::letter_delayed_by(delay.ground)?.wording(today);
    if wording.in_force { Ok(()) } else { Err(Problem::conflict("the law of the ground is not in force")) }
}

/// Withholds the case, or one note, measure or meeting, from a guardian on a legal basis, from the next request on.
///
/// A ground belongs to a service: health personnel and child welfare withhold what they have written, on their own laws. The contact
/// person withholds the rest. The guardian gets a letter, at once or on a later day with a ground.
///
/// The guardian is still one of those who must consent. To withhold a note from the start, use `withheld_from` when
/// writing it.
#[utoipa::path(
    operation_id = "withhold_from_guardian", tag = "withholdings", params(("case_id" = Uuid, Path)),
    request_body = WithholdingIn,
    responses((status = 201, body = WithholdingOut, description = "The withholding"), WriteProblems),
)]
#[post("/cases/{case_id}/withholdings")]
async fn withhold_from_guardian(mut permit: Permit<WithholdFromGuardian>) -> Result<HttpResponse> {
    let input: WithholdingIn = permit.input()?;
    let what = input.what()?;
    let WithholdingIn { guardian_id, legal_basis, reason, review_on, letter_delay, .. } = input;
    let case = permit.object().facts.clone();
    if !case.guardians.contains(&guardian_id) {
        return Err(Problem::field("/guardian_id", "must be a guardian with parental responsibility"));
    }
    let Some(owned) = store::owner(permit.tx(), &case, what).await? else {
        let (pointer, name) = match what {
            Withheld::Measure(_) => ("/measure_id", "measure"),
            Withheld::Meeting(_) => ("/meeting_id", "meeting"),
            Withheld::Note(_) | Withheld::Case => ("/note_id", "note"),
        };
        return Err(Problem::field(pointer, format!("must be a {name} of the case")));
    };
    let units: Vec<Id<Unit>> = case.relation.seats.iter().map(|seat| seat.unit_id).collect();
    let is_contact_person = case.relation.is_contact_person;
    check_ground(legal_basis, owned, (&units, is_contact_person), "/legal_basis")?;
    let today = permit.moment().today;
    check_letter_delay(letter_delay.as_ref(), today)?;
    let unit = match owned {
        Owned::By(unit, _) if units.contains(&unit) => unit,
        _ => case.contact_unit,
    };
    if case.withheld.contains(&(guardian_id, what.entry())) {
        return Err(Problem::conflict("this is already withheld from the guardian"));
    }
    let asker = permit.asker();
    if !guardian_sees(permit.tx(), &asker, &case, guardian_id, what).await? {
        return Err(Problem::field("/guardian_id", NOT_SEEN));
    }
    let (by, now) = (permit.caller().person, permit.moment().now);
    let (reason, letter_delay) = (reason.as_ref(), letter_delay.as_ref());
    let guardian = guardian_id;
    let new =
        store::NewWithholding { guardian, what, legal_basis, reason, review_on, letter_delay, by, unit };
    let id = store::insert(permit.tx(), &case, new, now).await?;
    let withholding = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.added(withholding.version, &withholding.whole()).await
}

/// Returns the withholding in the path, and the case.
async fn own<A: Action<Object = WithholdingObject>>(
    permit: &mut Permit<A>,
) -> Result<(CaseFacts, WithholdingOut)> {
    let (case, id) = (permit.object().case.facts.clone(), permit.object().id);
    let found = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    Ok((case, found))
}

/// Records that a withholding has been reviewed and is still needed, and when it is reviewed again.
///
/// Only those who could withhold it now can review it. The letter can be given another day, with a ground, until the guardian can read it.
#[utoipa::path(
    operation_id = "review_withholding", tag = "withholdings",
    params(("case_id" = Uuid, Path), ("withholding_id" = Uuid, Path)), request_body = WithholdingReviewIn,
    responses((status = 200, body = WithholdingOut, description = "The withholding"), ChangeProblems),
)]
#[post("/cases/{case_id}/withholdings/{withholding_id}/review")]
async fn review_withholding(mut permit: Permit<ReviewWithholding>) -> Result<HttpResponse> {
    let (case, withholding) = own(&mut permit).await?;
    let WithholdingReviewIn { review_on, reason, letter_delay } = permit.input()?;
    permit.expect_version(withholding.version)?;
    if withholding.ended_at.is_some() {
        return Err(Problem::conflict("the withholding has already ended"));
    }
    let owned = store::owner(permit.tx(), &case, withholding.what()).await?.ok_or_else(Problem::not_found)?;
    let units: Vec<Id<Unit>> = case.relation.seats.iter().map(|seat| seat.unit_id).collect();
    let by_whom = (units.as_slice(), case.relation.is_contact_person);
    if check_ground(withholding.legal_basis, owned, by_whom, "").is_err() {
        return Err(Problem::conflict(
            "you cannot use this ground for it: end the withholding, or leave it to its service",
        ));
    }
    let today = permit.moment().today;
    check_letter_delay(letter_delay.as_ref(), today)?;
    if letter_delay.is_some() && withholding.letter_from.is_some_and(|from| from <= today) {
        return Err(Problem::field("/letter_delay", "is not allowed: the guardian can read the letter"));
    }
    let letter_from = letter_delay.as_ref().map(|delay| delay.letter_from).or(withholding.letter_from);
    let (by, now) = (permit.caller().person, permit.moment().now);
    let review =
        store::Review { review_on, reason: &reason, letter_from, letter_delay: letter_delay.as_ref(), by };
    store::review(permit.tx(), &case, &withholding, review, now).await?;
    let id = withholding.id;
    let withholding = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.changed(withholding.version, &as_seen(&case, withholding).whole()).await
}

/// Ends a withholding. From the next request on, the guardian sees what guardians may see.
///
/// The service that withholds it ends it. When that service has left the team, the contact person does.
#[utoipa::path(
    operation_id = "end_withholding", tag = "withholdings",
    params(("case_id" = Uuid, Path), ("withholding_id" = Uuid, Path)),
    responses((status = 200, body = WithholdingOut, description = "The ended withholding"), ChangeProblems),
)]
#[post("/cases/{case_id}/withholdings/{withholding_id}/end")]
async fn end_withholding(mut permit: Permit<EndWithholding>) -> Result<HttpResponse> {
    let (case, withholding) = own(&mut permit).await?;
    let id = withholding.id;
    permit.expect_version(withholding.version)?;
    if withholding.ended_at.is_some() {
        return Err(Problem::conflict("the withholding has already ended"));
    }
    if !is_of_unit(&case, &withholding) && !has_left(&case, &withholding) {
        return Err(Problem::conflict("the service that withholds it ends it, as long as it takes part"));
    }
    let (by, now) = (permit.caller().person, permit.moment().now);
    store::end(permit.tx(), &case, &withholding, by, now).await?;
    let withholding = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.changed(withholding.version, &as_seen(&case, withholding).whole()).await
}
