//! Operations on disclosures.

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    basis::{self, Basis},
    dto::{AppliedLaw, DisclosedKind, DisclosureBasis, DisclosureIn, DisclosureOut},
    objections,
    store::{self, NewEntry, Recipient},
};
use crate::{
    access::{
        Law, Parts, Permit, Whole, Wording,
        actions::{Disclose, ListDisclosures, ReadDisclosure},
        cases_in_list, is_close,
        objects::{CaseObject, DisclosureObject},
        ties,
    },
    children,
    db::{Tx, dialect},
    kernel::{
        Id, Page, PageQuery, Slice,
        ids::Case,
        vocabulary::{InformationKind, Sector},
    },
    measures, notes, organisation,
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// A disclosure is never changed, so it only has one version.
const ONLY_VERSION: i64 = 1;
/// The maximum number of notes, and of measures, in one disclosure.
const MAX_ENTRIES: usize = 100;

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(disclose).service(list_disclosures).service(read_disclosure);
    objections::configure(config);
}

/// Discloses selected entries of a case to a named recipient without consent, on a statutory basis.
///
/// The caller must take part in the case through the unit and be able to read each entry. The recipient reads these
/// entries as they are now, and nothing else of the case. The case itself contains no trace of the disclosure.
#[utoipa::path(
    operation_id = "disclose", tag = "disclosures", params(("unit_id" = Uuid, Path)), request_body = DisclosureIn,
    responses((status = 201, body = DisclosureOut, description = "The disclosure"), WriteProblems),
)]
#[post("/units/{unit_id}/disclosures")]
async fn disclose(mut permit: Permit<Disclose>) -> Result<HttpResponse> {
    let input: DisclosureIn = permit.input()?;
    let unit = permit.object().id;
    let case = own_case(&mut permit, input.case_id).await?;
    let (sector, kind) = store::unit(permit.tx(), unit).await?;
    let basis =
        basis::find(input.basis).ok_or_else(|| Problem::internal("the basis is missing from the data"))?;
    let law = basis.law_for(sector, &kind, input.outside_recipient.is_some());
    let law = law.ok_or_else(|| Problem::field("/basis", "is not a basis that this unit can use"))?;
    check_order(&input)?;
    let recipient = recipient(&mut permit, &case, &input, basis).await?;
    let entries = entries(&mut permit, &case, &input, basis).await?;
    if basis.unless_objected && objections::in_force(permit.tx(), &case.facts).await? {
        let detail = "the patient, or a person acting for them, has objected to sharing among health personnel (hpl § 29)";
        return Err(Problem::conflict(detail));
    }
    let today = permit.moment().today;
    let applied = |laws: &[Law]| laws.iter().map(|law| applied(*law, today)).collect::<Result<Vec<_>>>();
    let (laws, processing) = (applied(law)?, applied(&basis.processing)?);
    let child = children::named(permit.tx(), &case.facts.municipality, case.facts.child).await?;
    let (caller, now) = (permit.caller().clone(), permit.moment().now);
    let new = store::NewDisclosure {
        case: &case.facts,
        child,
        unit,
        sector,
        by: caller.person,
        by_name: &caller.name,
        basis: input.basis,
        laws,
        processing,
        order_reference: input.order_reference.as_deref(),
        recipient,
        reason: &input.reason,
        entries,
    };
    let id = store::insert(permit.tx(), new, now).await?;
    let disclosure = store::get(permit.tx(), false, &case.facts.municipality, id).await?;
    permit.note_row::<ReadDisclosure>(&object(&disclosure));
    permit.created(format!("/v1/disclosures/{id}"), ONLY_VERSION, &disclosure.whole()).await
}

/// Lists the disclosures that a unit has made or received and that the caller may read, oldest first.
#[utoipa::path(
    operation_id = "list_disclosures", tag = "disclosures", params(("unit_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<DisclosureOut>, description = "The disclosures the caller may read"), ReadProblems),
)]
#[get("/units/{unit_id}/disclosures")]
async fn list_disclosures(mut permit: Permit<ListDisclosures>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { object: unit, caller, tx, moment } = permit.parts();
    let (unit, caller) = (unit.id, caller.clone());
    let ties = ties(tx, &caller, moment.now).await?;
    let fetch =
        async |tx: &mut Tx, Slice { after, limit }| store::list(tx, &ties, &caller, unit, after, limit).await;
    let may_read = |permit: &Permit<_>, row: &DisclosureOut| permit.may::<ReadDisclosure>(&object(row));
    let page = permit.page(&query, fetch, |row| row.id.uuid(), may_read).await?;
    for row in &page.items {
        permit.note_row::<ReadDisclosure>(&object(row));
    }
    permit.show_page(&page.map(Whole::whole))
}

/// Returns a disclosure, with the entries as they were at the time.
#[utoipa::path(
    operation_id = "read_disclosure", tag = "disclosures", params(("disclosure_id" = Uuid, Path)),
    responses((status = 200, body = DisclosureOut, description = "The disclosure"), ReadProblems),
)]
#[get("/disclosures/{disclosure_id}")]
async fn read_disclosure(mut permit: Permit<ReadDisclosure>) -> Result<HttpResponse> {
    let DisclosureObject { municipality, id, disqualified, .. } = permit.object().clone();
    let disclosure = store::get(permit.tx(), disqualified, &municipality, id).await?;
    permit.show_version(ONLY_VERSION, &disclosure.whole())
}

/// Finds a case where the caller is a team member through the unit, and is not disqualified. Any other case counts as missing.
async fn own_case(permit: &mut Permit<Disclose>, id: Id<Case>) -> Result<CaseObject> {
    // The lock ensures that the basis and the objections still hold when this commits.
    let Parts { object, caller, tx, moment } = permit.parts();
    dialect::lock(tx, id.uuid()).await?;
    let unit = object.id;
    let facts = cases_in_list(tx, caller, &[id], moment).await?.pop();
    facts
        .filter(|facts| !facts.relation.disqualified)
        .filter(|facts| facts.relation.seats.iter().any(|seat| seat.unit_id == unit))
        .map(|facts| CaseObject { facts })
        .ok_or_else(|| Problem::field("/case_id", "must be a case that you take part in through this unit"))
}

/// Returns today's version of a statutory section. A section no longer in force allows no disclosure.
fn applied(law: Law, today: NaiveDate) -> Result<AppliedLaw> {
    let Wording { citation, valid_from, in_force } = law.wording(today);
    if !in_force {
        return Err(Problem::conflict(format!(
            "{citation} is not in force in the version that this service knows"
        )));
    }
    Ok(AppliedLaw { law: citation.to_owned(), valid_from })
}

fn check_order(input: &DisclosureIn) -> Result<()> {
    match (input.basis == DisclosureBasis::ChildWelfareOrder, &input.order_reference) {
        (true, None) => Err(Problem::field("/order_reference", format!("is required with {}", input.basis))),
        (false, Some(_)) => {
            Err(Problem::field("/order_reference", format!("is not allowed with {}", input.basis)))
        }
        _ => Ok(()),
    }
}

/// Returns a staff member of a unit that may receive, or an outside recipient if the basis allows one.
async fn recipient(
    permit: &mut Permit<Disclose>,
    case: &CaseObject,
    input: &DisclosureIn,
    basis: &Basis,
) -> Result<Recipient> {
    let (unit, person) = match (&input.outside_recipient, input.to_unit_id, input.to_person_id) {
        (Some(outside), None, None) if basis.outside => return Ok(Recipient::Outside(outside.to_string())),
        (Some(_), None, None) => {
            let detail = format!("is not allowed with {}", input.basis);
            return Err(Problem::field("/outside_recipient", detail));
        }
        (Some(_), _, _) => {
            return Err(Problem::field("/outside_recipient", "is not allowed with to_unit_id"));
        }
        (None, Some(unit), Some(person)) => (unit, person),
        (None, None, _) => {
            return Err(Problem::field("/to_unit_id", "is required unless outside_recipient is present"));
        }
        (None, Some(_), None) => return Err(Problem::field("/to_person_id", "is required with to_unit_id")),
    };
    let municipality = &case.facts.municipality;
    let receives = if basis.anywhere {
        store::unit_anywhere(permit.tx(), unit).await?
    } else {
        store::unit_serving(permit.tx(), unit, municipality).await?
    };
    if !receives.is_some_and(|(sector, kind): (Sector, String)| basis.may_receive(sector, &kind)) {
        let detail = if basis.anywhere {
            "must be a unit that may receive on this basis"
        } else {
            "must be a unit of the municipality that may receive on this basis"
        };
        return Err(Problem::field("/to_unit_id", detail));
    }
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
    Ok(Recipient::Staff { unit, person, name })
}

/// Returns the entries as they are now. An entry that the caller may not read counts as missing.
async fn entries(
    permit: &mut Permit<Disclose>,
    case: &CaseObject,
    input: &DisclosureIn,
    basis: &Basis,
) -> Result<Vec<NewEntry>> {
    let DisclosureIn { note_ids, measure_ids, .. } = input;
    check_list("/note_ids", note_ids)?;
    check_list("/measure_ids", measure_ids)?;
    if note_ids.is_empty() && measure_ids.is_empty() {
        return Err(Problem::field("/note_ids", "must contain at least one entry, here or in measure_ids"));
    }
    let unknown = |list: &str, at: usize| {
        Problem::field(format!("{list}/{at}"), "must be an entry of the case that you may read")
    };
    let mut entries = Vec::new();
    for (at, id) in note_ids.iter().enumerate() {
        let note = notes::readable(permit, case, *id).await?.ok_or_else(|| unknown("/note_ids", at))?;
        if !basis.lets_out(note.kind, note.sector) {
            return Err(kept(format!("/note_ids/{at}"), input));
        }
        entries.push(NewEntry {
            kind: DisclosedKind::Note,
            id: id.uuid(),
            title: None,
            text: Some((*note.text).to_owned()),
            person_name: note.author_name.as_deref().unwrap_or_default().to_owned(),
            unit_name: note.unit_name,
            starts_on: None,
            evaluate_on: None,
            recorded_at: note.created_at,
        });
    }
    for (at, id) in measure_ids.iter().enumerate() {
        let (object, measure) =
            measures::readable(permit, case, *id).await?.ok_or_else(|| unknown("/measure_ids", at))?;
        if !basis.lets_out(InformationKind::Agreed, Some(object.sector)) {
            return Err(kept(format!("/measure_ids/{at}"), input));
        }
        entries.push(NewEntry {
            kind: DisclosedKind::Measure,
            id: id.uuid(),
            title: Some((*measure.title).to_owned()),
            text: measure.description.as_deref().map(ToOwned::to_owned),
            person_name: measure.responsible_name.as_deref().unwrap_or_default().to_owned(),
            unit_name: measure.responsible_unit_name,
            starts_on: Some(measure.starts_on),
            evaluate_on: measure.evaluate_on,
            recorded_at: measure.created_at,
        });
    }
    Ok(entries)
}

/// The problem for an entry that the statutory basis does not cover.
fn kept(pointer: String, input: &DisclosureIn) -> Problem {
    Problem::field(pointer, format!("is not covered by {}: disclosing it requires consent", input.basis))
}

fn check_list<T>(pointer: &str, ids: &[Id<T>]) -> Result<()> {
    if ids.len() > MAX_ENTRIES {
        return Err(Problem::field(pointer, format!("must contain at most {MAX_ENTRIES} entries")));
    }
    match (1..ids.len()).find(|at| ids[..*at].contains(&ids[*at])) {
        Some(at) => Err(Problem::field(format!("{pointer}/{at}"), "is listed twice")),
        None => Ok(()),
    }
}

fn object(row: &DisclosureOut) -> DisclosureObject {
    DisclosureObject {
        municipality: row.municipality.clone(),
        id: row.id,
        unit_id: row.unit_id,
        disclosed_by: row.disclosed_by,
        to_unit_id: row.to_unit_id,
        to_person_id: row.to_person_id,
        child_id: row.child_id,
        disqualified: row.disqualified,
    }
}
