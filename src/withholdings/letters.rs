//! The letters that guardians get about what is withheld from them.
//!
//! A letter says that something is withheld, by which paragraph and why in neutral words, and how to complain. It has no text that staff
//! wrote, and does not say what is withheld.

use std::collections::{BTreeSet, HashSet};

use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    dto::WithholdingBasis,
    grounds::{self, GroundRule},
};
use crate::{
    access::{CaseState, Permit, Whole, actions::ListRefusals, case_states},
    db::{DbError, Tx},
    fetch_all,
    identity::Caller,
    kernel::{
        Moment, Page, PageQuery,
        clock::day_in_norway,
        ids::{CaseId, WithholdingId},
    },
    problem::{Result, docs::ReadProblems},
    shown,
    vault::Content,
    withheld_entry_sql,
};

const LETTERS: &str = concat!(
    "SELECT w.municipality, w.id, w.case_id, w.legal_basis, w.decided_at, w.letter_from, w.ended_at, g.name AS child_name, ",
    withheld_entry_sql!(),
    " IS NULL AS is_whole_case
    FROM withholding w
    JOIN care_case c ON c.municipality = w.municipality AND c.id = w.case_id
    JOIN child g ON g.municipality = c.municipality AND g.id = c.child_id
    WHERE w.guardian_id = $1 AND w.letter_from <= $2 AND w.id > $3 ORDER BY w.id LIMIT $4"
);

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_refusals);
}

#[derive(sqlx::FromRow)]
struct LetterRow {
    municipality: String,
    id: WithholdingId,
    case_id: CaseId,
    legal_basis: WithholdingBasis,
    decided_at: DateTime<Utc>,
    letter_from: NaiveDate,
    ended_at: Option<DateTime<Utc>>,
    child_name: Content,
    is_whole_case: bool,
}

/// A letter to a guardian: what is withheld from them, why, and how to complain.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalOut {
    /// The id of the letter.
    pub id: WithholdingId,
    /// The municipality that decided it. Null, like the name of the child, while the child or its whereabouts are hidden from the guardian.
    #[schema(example = "4014")]
    pub municipality: Option<String>,
    /// The child.
    #[schema(value_type = Option<String>)]
    pub child_name: Option<Content>,
    /// Whether the whole case is withheld, or a part of it.
    pub is_whole_case: bool,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// The day from which the letter can be read. The time to complain starts then.
    pub letter_from: NaiveDate,
    /// The day on which the withholding ended.
    pub ended_on: Option<NaiveDate>,
    /// The statutory section, on the day of the decision.
    #[schema(example = "fvl § 19")]
    pub law: String,
    /// The reason, in neutral words, in Norwegian.
    pub reason: String,
    /// The content of the section, in Norwegian.
    pub wording: String,
    /// The body to complain to.
    #[schema(example = "Statsforvalteren")]
    pub complain_to: String,
    /// The right to a representative, in Norwegian, if the law gives one.
    pub representative: Option<String>,
    /// The whole letter, in Norwegian.
    pub text: String,
}

shown!(RefusalOut {
    id,
    municipality,
    child_name,
    is_whole_case,
    decided_on,
    letter_from,
    ended_on,
    law,
    reason,
    wording,
    complain_to,
    representative,
    text
});

/// Lists the letters to the caller about what is withheld from them as a guardian, oldest first.
#[utoipa::path(
    operation_id = "list_refusals", tag = "withholdings", params(PageQuery),
    responses((status = 200, body = Page<RefusalOut>, description = "The letters"), ReadProblems),
)]
#[get("/me/refusals")]
async fn list_refusals(mut permit: Permit<ListRefusals>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (after, limit) = (query.slice()?.after, query.limit());
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let rows = letters(permit.tx(), &caller, moment.today, after, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    for row in &page.items {
        permit.note_shown_in(&row.municipality, row.id);
    }
    let known = children_known(permit.tx(), &page.items, &caller, moment).await?;
    let items = page.items.iter().map(|row| letter(row, &known)).collect::<Result<Vec<_>>>()?;
    permit.show_page(&page.with(items.into_iter().map(Whole::whole)))
}

/// Returns the letters that a guardian can read today.
async fn letters(
    tx: &mut Tx,
    caller: &Caller,
    today: NaiveDate,
    after: Uuid,
    limit: usize,
) -> Result<Vec<LetterRow>, DbError> {
    let (most, mut rows) = (i64::try_from(limit).unwrap_or(i64::MAX), Vec::new());
    // Most people are one person. Each person has letters of one municipality.
    for person in caller.persons() {
        let own = fetch_all!(tx, LetterRow, LETTERS, person, today, after, most)?;
        let opens = |row: &LetterRow| caller.is_family_in(&row.municipality);
        if own.first().is_some_and(opens) {
            rows.extend(own);
        }
    }
    rows.sort_by_key(|row: &LetterRow| row.id);
    rows.truncate(limit);
    Ok(rows)
}

/// Returns the cases whose child is not hidden from the guardian today, by a protected address, a care order or the end of the guardianship.
async fn children_known(
    tx: &mut Tx,
    rows: &[LetterRow],
    caller: &Caller,
    moment: Moment,
) -> Result<HashSet<CaseId>, DbError> {
    let cases: BTreeSet<CaseId> = rows.iter().map(|row| row.case_id).collect();
    let states = case_states(tx, &cases.into_iter().collect::<Vec<_>>(), moment).await?;
    let is_known = |state: &CaseState| state.guardians.iter().any(|person| caller.is(*person));
    Ok(states.into_iter().filter(is_known).map(|state| state.id).collect())
}

fn letter(row: &LetterRow, known: &HashSet<CaseId>) -> Result<RefusalOut> {
    let is_known = known.contains(&row.case_id);
    let rule = grounds::rule(row.legal_basis)?;
    let decided_on = day_in_norway(row.decided_at);
    let law = rule.law.on(decided_on).to_owned();
    Ok(RefusalOut {
        id: row.id,
        municipality: is_known.then(|| row.municipality.clone()),
        child_name: is_known.then(|| row.child_name.clone()),
        is_whole_case: row.is_whole_case,
        decided_on,
        letter_from: row.letter_from,
        ended_on: row.ended_at.map(day_in_norway),
        reason: rule.reason_no.clone(),
        wording: rule.wording_no.clone(),
        complain_to: rule.complain_to_no.clone(),
        representative: rule.representative_no.clone(),
        text: text(rule, &law, row.is_whole_case, decided_on),
        law,
    })
}

/// Returns the letter in Norwegian.
fn text(rule: &GroundRule, law: &str, is_whole_case: bool, decided_on: NaiveDate) -> String {
    let what = if is_whole_case { "Saken" } else { "En del av saken" };
    let GroundRule { reason_no, wording_no, complain_to_no, .. } = rule;
    let day = decided_on.format("%d.%m.%Y");
    let mut parts = vec![
        format!(
            "{what} er unntatt fra innsyn for deg. Det ble bestemt {day}, med hjemmel i {}.",
            norwegian(law)
        ),
        format!("Begrunnelse: {reason_no}"),
        format!("Dette sier bestemmelsen: {wording_no}"),
        format!(
            "Du kan klage til {}. Send klagen til kommunen, som vurderer saken på nytt og sender klagen videre hvis avslaget blir \
             stående. Klagefristen er tre uker fra du fikk dette brevet.",
            complain_to_no
        ),
    ];
    parts.extend(rule.representative_no.clone());
    parts.join("\n\n")
}

/// Writes a citation as in Norwegian.
fn norwegian(citation: &str) -> String {
    citation.replace(" no. ", " nr. ")
}
