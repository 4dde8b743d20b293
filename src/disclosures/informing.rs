//! The family is informed of disclosures without consent: each member of what they may know, at once or from a later day with a ground.
//!
//! A person who could read an entry if it were written for the team learns that it was disclosed, and nobody else. Before its day, nothing
//! reveals the disclosure. Reports to child welfare and the duty to avert are never shown.

use std::collections::HashMap;

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    basis,
    dto::{AppliedLaw, DelayGround, DelayIn, DisclosedKind, DisclosureBasis, DisclosureOut},
    informing_dto::{CaseDisclosureOut, InformingDelayOut},
    informing_store::{self, Current, InformedRow, NewInforming},
    routes::seen,
    store,
};
use crate::{
    access::{
        Asker, Kinds, Permit, Shown, Whole,
        actions::{DelayInforming, ListCaseDisclosures, ListInformingDelays, ReadMeasure, ReadNote},
        objects::{CaseObject, DisclosureObject, MeasureObject, NoteObject},
    },
    db::{DbError, Tx, dialect},
    kernel::{
        Page, PageQuery, Slice,
        vocabulary::{InformationKind, Sector},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_case_disclosures).service(list_informing_delays).service(delay_informing);
}

/// Lists the disclosures without consent from a case that the caller, in the family, is informed of, oldest first.
///
/// Each has the kinds of information that the caller may know of, the recipient, the day and the statutory section.
#[utoipa::path(
    operation_id = "list_case_disclosures", tag = "disclosures", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<CaseDisclosureOut>, description = "The disclosures the caller is informed of"), ReadProblems),
)]
#[get("/cases/{case_id}/disclosures")]
async fn list_case_disclosures(mut permit: Permit<ListCaseDisclosures>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (asker, case, today) = (permit.asker(), permit.object().clone(), permit.moment().today);
    let fetch = async |tx: &mut Tx, slice: Slice| {
        let rows = informing_store::informed_of(tx, &case.facts, slice, today).await?;
        with_kinds(tx, &asker, &case, rows).await
    };
    let page =
        permit.page(&query, fetch, |(row, _)| row.id.uuid(), |_, (_, kinds)| !kinds.is_empty()).await?;
    permit.note_shown(page.items.iter().map(|(row, _)| row.id));
    let reader = permit.asker().reader(permit.object());
    permit.show_page(&page.map(|(row, kinds)| answer(row, kinds).seen_by(&reader)))
}

/// Returns disclosures with the kinds of information that the caller may know of: those of the entries that they could read if
/// these were written for the team. A unit that the child keeps from its guardians, and one whose contact is itself secret, is
/// never named.
async fn with_kinds(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    rows: Vec<InformedRow>,
) -> Result<Vec<(InformedRow, Vec<InformationKind>)>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let kept = if case.facts.relation.is_child { Vec::new() } else { case.facts.units_kept_from_guardians() };
    let ids = |kind: DisclosedKind| -> Vec<Uuid> {
        let entries = rows.iter().flat_map(|row| &row.entries);
        entries.filter(|(of, _)| *of == kind).map(|(_, id)| *id).collect()
    };
    let notes: Vec<_> = ids(DisclosedKind::Note).into_iter().map(Into::into).collect();
    let measures: Vec<_> = ids(DisclosedKind::Measure).into_iter().map(Into::into).collect();
    let mut known: HashMap<Uuid, InformationKind> = HashMap::new();
    if !notes.is_empty() {
        for note in NoteObject::these(tx, case, &notes).await? {
            let note = note.for_the_team();
            if asker.may::<ReadNote>(&note) {
                known.insert(note.id.uuid(), note.kind);
            }
        }
    }
    if !measures.is_empty() {
        for measure in MeasureObject::these(tx, case, &measures).await? {
            if asker.may::<ReadMeasure>(&measure) {
                known.insert(measure.id.uuid(), InformationKind::Agreed);
            }
        }
    }
    let kinds_of = |row: &InformedRow| {
        let is_kept = kept.contains(&row.unit_id) || row.to_unit_id.is_some_and(|unit| kept.contains(&unit));
        let is_secret = row.unit_kinds().any(|kind| Kinds::may_take_part(kind).is_err());
        if is_kept || is_secret {
            return Vec::new();
        }
        let mut kinds: Vec<InformationKind> =
            row.entries.iter().filter_map(|(_, entry)| known.get(entry).copied()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let kinds = kinds_of(&row);
            (row, kinds)
        })
        .collect())
}

fn answer(row: InformedRow, kinds: Vec<InformationKind>) -> CaseDisclosureOut {
    CaseDisclosureOut {
        id: row.id,
        kinds,
        basis: row.basis,
        laws: row.laws,
        despite_objection: row.despite_objection,
        disclosed_at: row.created_at,
        inform_from: row.inform_from,
        unit_name: Some(row.unit_name),
        to_unit_name: row.to_unit_name,
        outside_kind: row.outside_kind,
        outside_recipient: row.outside_recipient,
    }
}

/// Lists the days from which the family is informed of a disclosure, as they were set, with their grounds. The last counts.
#[utoipa::path(
    operation_id = "list_informing_delays", tag = "disclosures", params(("disclosure_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<InformingDelayOut>, description = "The days and the grounds"), ReadProblems),
)]
#[get("/disclosures/{disclosure_id}/delays")]
async fn list_informing_delays(mut permit: Permit<ListInformingDelays>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let DisclosureObject { municipality, id, .. } = permit.object().clone();
    let (after, limit) = (query.slice()?.after, query.limit());
    let rows = informing_store::delays(permit.tx(), &municipality, id, after, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Sets another day from which the family is informed of a disclosure, with a ground. Today informs the family at once.
///
/// It is possible only until the family is informed.
#[utoipa::path(
    operation_id = "delay_informing", tag = "disclosures", params(("disclosure_id" = Uuid, Path)), request_body = DelayIn,
    responses((status = 201, body = DisclosureOut, description = "The disclosure"), WriteProblems),
)]
#[post("/disclosures/{disclosure_id}/delays")]
async fn delay_informing(mut permit: Permit<DelayInforming>) -> Result<HttpResponse> {
    let input: DelayIn = permit.input()?;
    let DisclosureObject { municipality, id, disqualified, .. } = permit.object().clone();
    dialect::lock(permit.tx(), id.uuid()).await?;
    let current = informing_store::current(permit.tx(), &municipality, id).await?;
    let Current { basis, sector, inform_from } = current.ok_or_else(Problem::not_found)?;
    let moment = permit.moment();
    let Some(inform_from) = inform_from else {
        return Err(Problem::conflict(format!("the family is never informed of a disclosure on {basis}")));
    };
    if inform_from <= moment.today {
        return Err(Problem::conflict("the family has been informed"));
    }
    let ground = Some(ground(&input, "", (basis, sector), moment.today)?);
    let (by, inform_from) = (permit.caller().person, input.inform_from);
    let new = NewInforming { municipality: &municipality, disclosure: id, sector, inform_from, ground, by };
    informing_store::insert_next(permit.tx(), new, moment.now).await?;
    let disclosure = store::get(permit.tx(), disqualified, &municipality, id).await?;
    permit.note_shown([id]);
    let disclosure = seen(&permit.asker(), disclosure);
    permit.added(disclosure.version, &disclosure).await
}

/// Returns the ground on which the family is informed later, with its law. `place` is the place of the ground in the body.
pub(super) fn ground<'a>(
    input: &'a DelayIn,
    place: &str,
    (of, sector): (DisclosureBasis, Sector),
    today: NaiveDate,
) -> Result<(DelayGround, AppliedLaw, &'a str)> {
    let law = basis::delayed_by(input.ground, of, sector).ok_or_else(|| {
        Problem::field(
            format!("{place}/ground"),
            "is not a ground that this unit can use for this disclosure",
        )
    })?;
    Ok((input.ground, basis::applied(law, today)?, &input.reason))
}
