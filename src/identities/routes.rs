//! Operations on national identity numbers that are added to people.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{NumberConfirmationIn, NumberProposalIn, NumberProposalOut, NumberStatus},
    store::{self, NewProposal},
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{ConfirmNumber, DeclineNumber, ListNumberProposals, ProposeNumber},
    },
    children,
    db::{DbError, Tx},
    identity::{Attempt, are_same, find_person},
    kernel::{
        Id, NationalId, Page, PageQuery,
        ids::{NumberProposal, PersonId},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(propose_number)
        .service(list_number_proposals)
        .service(confirm_number)
        .service(decline_number);
}

/// Proposes another national identity number for a person, such as when a D-number is replaced. A proposal does nothing.
///
/// Another administrator must confirm it. The answer does not reveal whether either number is known. Write in the reason who it is
/// about, or say it to the other administrator.
#[utoipa::path(
    operation_id = "propose_number", tag = "accounts", params(("municipality" = String, Path, example = "4014")),
    request_body = NumberProposalIn,
    responses((status = 201, body = NumberProposalOut, description = "The proposal"), WriteProblems),
)]
#[post("/municipalities/{municipality}/number-proposals")]
async fn propose_number(mut permit: Permit<ProposeNumber>) -> Result<HttpResponse> {
    let NumberProposalIn { person_id, known_national_id, national_id, reason } = permit.input()?;
    let Parts { object, caller, tx, moment } = permit.parts();
    let municipality = &object.number;
    let person = match said(person_id, known_national_id)? {
        Said::Person(person) => store::known(tx, municipality, person)
            .await?
            .ok_or_else(|| Problem::field("/person_id", "must be a person that the municipality knows"))?,
        // A number that nobody has is kept, so that the answer is the same.
        Said::Number(number) => {
            let (born, now) = (number.birth_date(), moment.now);
            children::identify(tx, municipality, Some(&number), "", born, now).await?
        }
    };
    let holders = store::holders(tx, &national_id).await?;
    if caller.is(person) || holders.into_iter().any(|holder| caller.is(holder)) {
        return Err(Problem::conflict("another administrator must propose a number of yours"));
    }
    let new = NewProposal { municipality, person, number: &national_id, reason: &reason };
    let id = store::propose(tx, new, caller.person, moment.now).await?;
    let id = id.ok_or_else(|| Problem::conflict("a number is proposed for the person already"))?;
    let proposal = store::find(tx, municipality, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([person.to_string(), id.to_string()]);
    permit.added(1, &proposal.whole()).await
}

/// Lists the proposals of numbers in a municipality that are not decided yet.
#[utoipa::path(
    operation_id = "list_number_proposals", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), PageQuery),
    responses((status = 200, body = Page<NumberProposalOut>, description = "The proposals"), ReadProblems),
)]
#[get("/municipalities/{municipality}/number-proposals")]
async fn list_number_proposals(mut permit: Permit<ListNumberProposals>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { object, tx, .. } = permit.parts();
    let rows = store::list(tx, &object.number, query.slice()?).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Confirms a number that another administrator proposed, with both numbers of the person from the population register.
///
/// The number is the person's from now on. If the service knew another person by it, the two are one human from now on: nothing
/// ends, and what goes by who a person is counts for both. The person sees at `/v1/me` that the number was added, when, and the names of both administrators.
#[utoipa::path(
    operation_id = "confirm_number", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("number_proposal_id" = Uuid, Path)),
    request_body = NumberConfirmationIn,
    responses(
        (status = 201, body = NumberProposalOut, description = "The confirmed proposal"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many wrong numbers; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/municipalities/{municipality}/number-proposals/{number_proposal_id}/confirm")]
async fn confirm_number(mut permit: Permit<ConfirmNumber>) -> Result<HttpResponse, actix_web::Error> {
    let NumberConfirmationIn { person_id, known_national_id, national_id } = permit.input()?;
    let said = said(person_id, known_national_id)?;
    let (municipality, id) = (permit.object().municipality.clone(), permit.object().id);
    open(store::find(permit.tx(), &municipality, id).await.map_err(Problem::from)?)?;
    let attempt = Attempt::at_confirmation(permit.tx(), id).map_err(Problem::from)?;
    let check = async |tx: &mut Tx, _| is_as_proposed(tx, &municipality, id, &said, &national_id).await;
    // One answer for both, so that it does not reveal which of them is right.
    let wrong = Problem::field("/national_id", "and the person are not those of the proposal");
    let permit = permit.ask_secret(attempt, check, wrong).await?;
    Ok(add_number(permit, &national_id).await?)
}

/// Returns whether an administrator knows both who the proposal is about and the number that it adds.
async fn is_as_proposed(
    tx: &mut Tx,
    municipality: &str,
    id: Id<NumberProposal>,
    said: &Said,
    number: &NationalId,
) -> Result<bool, DbError> {
    let Some(proposal) = store::find(tx, municipality, id).await? else { return Ok(false) };
    let known = match said {
        Said::Person(person) => store::known(tx, municipality, *person).await?,
        Said::Number(number) => find_person(tx, municipality, number).await?,
    };
    let is_them = match known {
        Some(person) => are_same(tx, person, proposal.person_id).await?,
        None => false,
    };
    Ok(store::is_proposed(tx, municipality, id, number).await? && is_them)
}

async fn add_number(mut permit: Permit<ConfirmNumber>, national_id: &NationalId) -> Result<HttpResponse> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let (municipality, id, now) = (&object.municipality, object.id, moment.now);
    let proposal = open(store::find(tx, municipality, id).await?)?;
    let holders = store::holders(tx, national_id).await?;
    let is_proposers = are_same(tx, proposal.proposed_by, proposal.person_id).await?;
    if is_proposers || holders.iter().any(|holder| caller.is(*holder) || *holder == proposal.proposed_by) {
        return Err(Problem::conflict("nobody proposes or confirms a number of their own"));
    }
    let replaced = store::add(tx, municipality, proposal.person_id, national_id, now).await?;
    let by = (caller.person, now);
    store::decide(tx, municipality, id, NumberStatus::Confirmed, replaced, by).await?;
    let confirmed = store::find(tx, municipality, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([proposal.person_id.to_string(), id.to_string()]);
    permit.added(1, &confirmed.whole()).await
}

/// Declines or withdraws a proposal of a number.
#[utoipa::path(
    operation_id = "decline_number", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("number_proposal_id" = Uuid, Path)),
    responses((status = 204, description = "Declined"), WriteProblems),
)]
#[post("/municipalities/{municipality}/number-proposals/{number_proposal_id}/decline")]
async fn decline_number(mut permit: Permit<DeclineNumber>) -> Result<HttpResponse> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let (municipality, id, by) = (&object.municipality, object.id, (caller.person, moment.now));
    let proposal = open(store::find(tx, municipality, id).await?)?;
    store::decide(tx, municipality, id, NumberStatus::Declined, None, by).await?;
    permit.note_shown([proposal.person_id]);
    permit.done().await
}

/// How an administrator identifies a person.
enum Said {
    Person(PersonId),
    Number(NationalId),
}

fn said(person: Option<PersonId>, number: Option<NationalId>) -> Result<Said> {
    match (person, number) {
        (Some(person), None) => Ok(Said::Person(person)),
        (None, Some(number)) => Ok(Said::Number(number)),
        (Some(_), Some(_)) => Err(Problem::field("/known_national_id", "is not allowed with person_id")),
        (None, None) => Err(Problem::field("/person_id", "is required when there is no known_national_id")),
    }
}

fn open(proposal: Option<NumberProposalOut>) -> Result<NumberProposalOut> {
    let proposal = proposal.ok_or_else(Problem::not_found)?;
    match proposal.status {
        NumberStatus::Proposed => Ok(proposal),
        NumberStatus::Confirmed | NumberStatus::Declined => {
            Err(Problem::conflict("the proposal is decided already"))
        }
    }
}
