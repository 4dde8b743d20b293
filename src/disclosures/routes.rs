//! Operations on disclosures.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    basis::{self, Basis},
    conditions,
    dto::{DisclosedKind, DisclosureBasis, DisclosureIn, DisclosureOut, DisclosureReader, Receiver},
    informing, informing_log,
    informing_store::{self, NewInforming},
    objections,
    receivers::recipient,
    store::{self, NewEntry},
};
use crate::{
    access::{
        Asker, Law, Parts, Permit, Seen, Shown,
        actions::{Disclose, ListDisclosures, ReadDisclosure},
        cases_in_list,
        objects::{CaseObject, DisclosureObject},
        ties,
    },
    children,
    db::{Tx, dialect},
    kernel::{Id, Page, PageQuery, Slice, ids::Case, vocabulary::InformationKind},
    measures, notes,
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// The maximum number of notes, and of measures, in one disclosure.
const MAX_ENTRIES: usize = 100;

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(disclose).service(list_disclosures).service(read_disclosure);
    informing::configure(config);
    objections::configure(config);
}

/// Discloses selected entries of a case to a named recipient without consent, on a statutory basis.
///
/// The caller must take part in the case through the unit and be able to read each entry. The recipient reads these
/// entries as they are now, and nothing else of the case. The team sees no trace of the disclosure. The family is informed at once, or
/// on a later day with a ground, except of what belongs with a report to child welfare or averts an offence.
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
    let unusable = || Problem::field("/basis", "is not a basis that this unit can use");
    basis.law_for(sector, &kind, Receiver::Other).ok_or_else(unusable)?;
    check_order(&input)?;
    let (recipient, receiver) = recipient(&mut permit, &case, &input, basis).await?;
    let law = basis.law_for(sector, &kind, receiver).ok_or_else(unusable)?;
    let (entries, kinds) = entries(&mut permit, &case, &input, basis).await?;
    conditions::check_objection(&mut permit, &case, &input, basis).await?;
    let law = basis.rests_on(law, input.weighty_reasons.is_some());
    let leave = conditions::leave(&case, &input, basis, &kinds)?;
    let moment = permit.moment();
    let today = moment.today;
    let informing = conditions::informing(&input, basis, sector, today)?;
    let applied =
        |laws: &[Law]| laws.iter().map(|law| basis::applied(*law, today)).collect::<Result<Vec<_>>>();
    permit.note_laws(&law);
    let (laws, processing) = (applied(&law)?, applied(&basis.processing)?);
    let child = children::named(permit.tx(), &case.facts.municipality, case.facts.child).await?;
    let (caller, now) = (permit.caller().clone(), permit.moment().now);
    let new = store::NewDisclosure {
        case: &case.facts,
        child,
        unit,
        sector,
        by: caller.person,
        by_name: &caller.name,
        laws,
        processing,
        recipient,
        input: &input,
        leave,
        is_told_now: informing.as_ref().is_some_and(|(from, _)| *from <= today),
        entries,
    };
    let id = store::insert(permit.tx(), new, now).await?;
    let municipality = &case.facts.municipality;
    if let Some((inform_from, ground)) = informing {
        let by = caller.person;
        let first = NewInforming { municipality, disclosure: id, sector, inform_from, ground, by };
        informing_store::insert_first(permit.tx(), first, now).await?;
        if inform_from <= today {
            informing_log::write_line(permit.tx(), &case.facts, id, moment).await?;
        }
    }
    let disclosure = store::get(permit.tx(), false, municipality, id).await?;
    permit.note_row::<ReadDisclosure>(&object(&disclosure));
    let disclosure = seen(&permit.asker(), disclosure);
    permit.created(format!("/v1/disclosures/{id}"), disclosure.version, &disclosure).await
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
    let asker = permit.asker();
    permit.show_page(&page.map(|row| seen(&asker, row)))
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
    let disclosure = seen(&permit.asker(), disclosure);
    permit.show_version(disclosure.version, &disclosure)
}

/// The disclosure as the caller sees it.
pub(super) fn seen(asker: &Asker, row: DisclosureOut) -> Seen<DisclosureOut> {
    let reader = DisclosureReader::new(&asker.about(&object(&row)));
    row.seen_by(&reader)
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

fn check_order(input: &DisclosureIn) -> Result<()> {
    match (input.basis == DisclosureBasis::ChildWelfareOrder, &input.order_reference) {
        (true, None) => Err(Problem::field("/order_reference", format!("is required with {}", input.basis))),
        (false, Some(_)) => {
            Err(Problem::field("/order_reference", format!("is not allowed with {}", input.basis)))
        }
        _ => Ok(()),
    }
}

/// Returns the entries as they are now, with their kinds. An entry that the caller may not read counts as missing.
async fn entries(
    permit: &mut Permit<Disclose>,
    case: &CaseObject,
    input: &DisclosureIn,
    basis: &Basis,
) -> Result<(Vec<NewEntry>, Vec<InformationKind>)> {
    let DisclosureIn { note_ids, measure_ids, .. } = input;
    check_list("/note_ids", note_ids)?;
    check_list("/measure_ids", measure_ids)?;
    if note_ids.is_empty() && measure_ids.is_empty() {
        return Err(Problem::field("/note_ids", "must contain at least one entry, here or in measure_ids"));
    }
    let unknown = |list: &str, at: usize| {
        Problem::field(format!("{list}/{at}"), "must be an entry of the case that you may read")
    };
    let (mut entries, mut kinds) = (Vec::new(), Vec::new());
    for (at, id) in note_ids.iter().enumerate() {
        let note = notes::readable(permit, case, *id).await?.ok_or_else(|| unknown("/note_ids", at))?;
        if !basis.lets_out(note.kind, note.sector) {
            return Err(kept(format!("/note_ids/{at}"), input));
        }
        // A note that is struck out is not passed on.
        let Some(text) = note.text else { return Err(unknown("/note_ids", at)) };
        kinds.push(note.kind);
        entries.push(NewEntry {
            kind: DisclosedKind::Note,
            id: id.uuid(),
            title: None,
            text: Some((*text).to_owned()),
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
        kinds.push(InformationKind::Agreed);
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
    Ok((entries, kinds))
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
