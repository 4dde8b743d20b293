//! Corrections of the names of accounts: before and after, why, by which administrator and when.

use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::store;
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{CorrectAccountName, ListNameCorrections},
    },
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_optional,
    kernel::{
        Id, Page, PageQuery,
        ids::{NameCorrection, NameCorrectionId, Person, PersonId},
        text::{Line, Prose},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    shown,
    vault::{Content, KeyName},
};

/// A name to correct.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Alma Fjellheim Berg", "reason": "She has changed her name in the population register."}))]
pub struct NameCorrectionIn {
    /// The name as it must be.
    pub name: Line,
    /// Why it is corrected.
    pub reason: Prose,
}

/// A correction of the name of an account.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct NameCorrectionOut {
    /// The id of the correction.
    pub id: NameCorrectionId,
    /// The person whose account it is.
    pub person_id: PersonId,
    /// The name before.
    pub before: Content,
    /// The name after.
    pub after: Content,
    /// Why it was corrected.
    pub reason: Content,
    /// The administrator who corrected it.
    pub corrected_by: PersonId,
    /// When it was corrected.
    pub corrected_at: DateTime<Utc>,
}

shown!(NameCorrectionOut { id, person_id, before, after, reason, corrected_by, corrected_at });

/// A correction of the caller's name.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct OwnNameCorrection {
    /// The name before.
    pub before: Content,
    /// The name after.
    pub after: Content,
    /// Why it was corrected.
    pub reason: Content,
    /// The name of the administrator who corrected it.
    pub corrected_by_name: Content,
    /// When it was corrected.
    pub corrected_at: DateTime<Utc>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, person_id, before_name AS before, after_name AS after, reason, corrected_by, corrected_at
             FROM name_correction WHERE municipality = $1 AND ",
            $rest
        )
    };
}

const INSERT: &str = "
    INSERT INTO name_correction (municipality, id, person_id, before_name, after_name, reason, corrected_by, corrected_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const FIND: &str = select!("id = $2");
const LIST: &str = select!("person_id = $2 AND id > $3 ORDER BY id LIMIT $4");
const LIST_OF: &str = "
    SELECT c.before_name AS before, c.after_name AS after, c.reason, p.name AS corrected_by_name, c.corrected_at
    FROM name_correction c JOIN person p ON p.id = c.corrected_by WHERE c.person_id = $1 ORDER BY c.id DESC";

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(correct_account_name).service(list_name_corrections);
}

/// Corrects the name of an account, such as after a marriage, with the reason.
///
/// The new name is shown wherever the person is named, also in the access log. The corrections stay in a list, and the person sees them at `/v1/me`.
/// The names of children and guardians are corrected in their registration.
#[utoipa::path(
    operation_id = "correct_account_name", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("person_id" = Uuid, Path)), request_body = NameCorrectionIn,
    responses((status = 201, body = NameCorrectionOut, description = "The correction"), WriteProblems),
)]
#[post("/municipalities/{municipality}/accounts/{person_id}/name-corrections")]
async fn correct_account_name(mut permit: Permit<CorrectAccountName>) -> Result<HttpResponse> {
    let NameCorrectionIn { name, reason } = permit.input()?;
    let person = permit.path_id::<Person>("person_id")?;
    let Parts { object, caller, tx, moment } = permit.parts();
    if caller.is(person) {
        return Err(Problem::conflict("another administrator must correct your name"));
    }
    // Of two corrections at once, the second sees the first.
    dialect::lock(tx, person.uuid()).await?;
    let account = store::find_account(tx, person, &object.number).await?.ok_or_else(Problem::not_found)?;
    if *account.name == *name {
        return Err(Problem::field("/name", "is the name of the account already"));
    }
    let id = Id::<NameCorrection>::new();
    let key = KeyName::people(&object.number);
    let [before, after, reason] = [&*account.name, &*name, &*reason].map(|text| tx.vault().seal(&key, text));
    let (before, after, reason) = (before?, after?, reason?);
    let (municipality, by, now) = (&object.number, caller.person, moment.now);
    expect_one(execute!(tx, INSERT, municipality, id, person, before, &after, reason, by, now)?)?;
    store::set_name(tx, person, &after).await?;
    let made = fetch_optional!(tx, NameCorrectionOut, FIND, municipality, id)?;
    let made = made.ok_or_else(Problem::not_found)?;
    permit.note_shown([person.to_string(), id.to_string()]);
    permit.added(1, &made.whole()).await
}

/// Lists the corrections of the name of an account, oldest first.
#[utoipa::path(
    operation_id = "list_name_corrections", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("person_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<NameCorrectionOut>, description = "The corrections"), ReadProblems),
)]
#[get("/municipalities/{municipality}/accounts/{person_id}/name-corrections")]
async fn list_name_corrections(mut permit: Permit<ListNameCorrections>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let person = permit.path_id::<Person>("person_id")?;
    let Parts { object, tx, .. } = permit.parts();
    store::find_account(tx, person, &object.number).await?.ok_or_else(Problem::not_found)?;
    let slice = query.slice()?;
    let (number, after, limit) = (&object.number, slice.after, slice.sql_limit());
    let rows = fetch_all!(tx, NameCorrectionOut, LIST, number, person, after, limit)?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// Returns the corrections of the name of a person, newest first.
pub(super) async fn list_of(tx: &mut Tx, person: Id<Person>) -> Result<Vec<OwnNameCorrection>, DbError> {
    fetch_all!(tx, OwnNameCorrection, LIST_OF, person)
}
