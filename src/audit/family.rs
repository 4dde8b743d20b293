//! The family's view of the access log, in plain words: to read, or to download and verify without this service.

use std::collections::HashMap;

use actix_web::{HttpResponse, get};
use serde::Serialize;
use uuid::Uuid;

use super::{
    dto::{EntryOut, FamilyEntryOut, FamilyQuery, LogQuery},
    plain::View,
    scope::{Kept, Scope},
    store,
    tree::broken,
    visits::{self, Visit},
};
use crate::{
    access::{
        Archive, CaseFacts, Permit, Whole,
        actions::{DownloadCaseAccessLog, ReadCaseAccessLog},
    },
    db::Tx,
    kernel::{
        Page, PageQuery,
        page::{BadCursor, Cursor},
    },
    log_tree::{self, Proof},
    problem::{Problem, Result, docs::ReadProblems},
};

/// The number of entries in one archive.
const TAKEN: usize = 1000;
/// Instructions for verifying the archive.
const README: &str = include_str!("family_readme.txt");

/// Lists who has accessed the case, newest first. For guardians and the young person, not for colleagues.
///
/// An item is a visit: what one person did without a pause of more than half an hour, with the sections they opened. Acts that not
/// everyone who reads the log may know of are work on the case, and no more.
#[utoipa::path(
    operation_id = "read_case_access_log", tag = "access log", params(("case_id" = Uuid, Path), FamilyQuery),
    responses((status = 200, body = Page<FamilyEntryOut>, description = "Who has accessed the case, when, and the legal basis"), ReadProblems),
)]
#[get("/cases/{case_id}/access-log")]
pub(super) async fn read_case_access_log(mut permit: Permit<ReadCaseAccessLog>) -> Result<HttpResponse> {
    let query: FamilyQuery = permit.query()?;
    let from = match query.cursor {
        None => None,
        Some(Cursor::At(place)) => Some(place),
        Some(Cursor::Sealed(_)) => return Err(BadCursor.into()),
    };
    let limit = PageQuery { cursor: None, limit: query.limit }.limit();
    let case = permit.object().facts.clone();
    let kept = Kept::from(&case);
    let page = visits::page(permit.tx(), &Scope::Family { case: &case, kept: &kept }, from, limit).await?;
    permit.note_shown(page.items.iter().map(|visit| visit.newest.id));
    let view = View::of(permit.tx(), &case).await?;
    let policies = permit.policies();
    permit.show_page(&page.map(|visit| view.tell(&policies, &visit).whole()))
}

/// Downloads the list of who has accessed the case, with proofs: a ZIP archive that anyone can verify without this
/// service, using the verifier in the archive. It contains up to a thousand entries, newest first. `next-cursor.txt`
/// leads to the next archive.
#[utoipa::path(
    operation_id = "download_case_access_log", tag = "access log", params(("case_id" = Uuid, Path), DownloadQuery),
    responses((status = 200, body = [u8], content_type = "application/zip", description = "The archive"), ReadProblems),
)]
#[get("/cases/{case_id}/access-log/download")]
pub(super) async fn download_case_access_log(
    mut permit: Permit<DownloadCaseAccessLog>,
) -> Result<HttpResponse> {
    let DownloadQuery { cursor } = permit.query()?;
    let case = permit.object().facts.clone();
    let query = PageQuery { cursor, limit: None };
    let page = entries(permit.tx(), &case, &query, TAKEN).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    let view = View::of(permit.tx(), &case).await?;
    let (policies, key) = (permit.policies(), permit.log_public_key(&case.municipality));
    let proofs = proofs(permit.tx(), &case, &view, &page.items).await?;
    let mut archive = Archive::new();
    archive.add("README.txt", README)?;
    archive.add("public-key.txt", &format!("{key}\n"))?;
    archive.add("verify.py", include_str!("../../docs/verify/verify.py"))?;
    if let Some(next) = &page.next_cursor {
        archive.add("next-cursor.txt", next)?;
    }
    let mut told = Vec::new();
    for (number, entry) in page.items.into_iter().enumerate() {
        let number = format!("{:04}", number + 1);
        let proof = proofs.get(&entry.id.uuid());
        if let Some(proof) = proof {
            archive.add(&format!("{number}.leaf.json"), &proof.leaf)?;
            archive.add(&format!("{number}.opened.json"), &json(&proof.opened)?)?;
            archive.add(&format!("{number}.tlog-proof"), &proof.file())?;
        }
        told.push(Taken { number, sealed: proof.is_some(), entry: view.tell(&policies, &Visit::of(entry)) });
    }
    archive.add("access-log.json", &json(&told)?)?;
    permit.show_bytes("application/zip", archive.finish()?.into())
}

/// The start of the archive.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// The contents of `next-cursor.txt` in the previous archive.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// An entry in an archive.
#[derive(Serialize)]
struct Taken {
    /// The prefix of the names of its files.
    number: String,
    /// Whether it has files. An entry newer than the newest checkpoint does not.
    sealed: bool,
    #[serde(flatten)]
    entry: FamilyEntryOut,
}

async fn entries(
    tx: &mut Tx,
    case: &CaseFacts,
    query: &PageQuery,
    limit: usize,
) -> Result<Page<EntryOut>, Problem> {
    let before = query.before()?;
    let kept = Kept::from(case);
    let scope = Scope::Family { case, kept: &kept };
    let rows = store::search(tx, &scope, &LogQuery::default(), before, limit + 1).await?;
    Ok(Page::cut(rows, limit, |row| row.id.uuid()))
}

/// The proofs of entries, each with the fields that the family may see: person, kind and case. All entries have the same
/// fields, so that they do not distinguish entries.
async fn proofs(
    tx: &mut Tx,
    case: &CaseFacts,
    view: &View,
    entries: &[EntryOut],
) -> Result<HashMap<Uuid, Proof>, Problem> {
    let Some(head) = log_tree::checkpoint(tx, &case.municipality, None).await? else {
        return Ok(HashMap::new());
    };
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id.uuid()).collect();
    let shows: HashMap<Uuid, Vec<&'static str>> =
        entries.iter().map(|entry| (entry.id.uuid(), view.shows(entry))).collect();
    let shows = |id| shows.get(&id).cloned().unwrap_or_default();
    log_tree::inclusions(tx, &case.municipality, &ids, &head, shows).await.map_err(broken)
}

fn json<T: Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string_pretty(value).map_err(Problem::internal)
}
