//! The family's view of the access log, in plain words: to read, or to download and verify without this service.

use std::{
    collections::{HashMap, HashSet},
    io::{Cursor, Write},
};

use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Oslo;
use serde::Serialize;
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    dto::{EntryOut, FamilyEntryOut, LogQuery, PlainWords, RoleThen},
    scope::Scope,
    store,
    tree::broken,
};
use crate::{
    access::{
        CaseFacts, Law, LookKind, Permit, Policies, Purpose, Whole,
        actions::{DownloadCaseAccessLog, ReadCaseAccessLog},
        cited, is_masked_look, kind_shown,
    },
    db::{DbError, Tx},
    fetch_all,
    kernel::{Page, PageQuery, clock::day_in_norway},
    log_tree::{self, Proof},
    problem::{Problem, Result, docs::ReadProblems},
};

/// The number of entries in one archive.
const TAKEN: usize = 1000;
/// Instructions for verifying the archive.
const README: &str = include_str!("family_readme.txt");

/// Lists who has accessed the case, newest first. For guardians and the young person, not for colleagues.
#[utoipa::path(
    operation_id = "read_case_access_log", tag = "access log", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<FamilyEntryOut>, description = "Who has accessed the case, when, and the legal basis"), ReadProblems),
)]
#[get("/cases/{case_id}/access-log")]
pub(super) async fn read_case_access_log(mut permit: Permit<ReadCaseAccessLog>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().facts.clone();
    let page = entries(permit.tx(), &case, &query, query.limit()).await?;
    permit.note_shown(page.items.iter().map(|row| row.id));
    let view = View::of(permit.tx(), &case).await?;
    let policies = permit.policies();
    permit.show_page(&page.map(|entry| view.tell(&policies, &entry).whole()))
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
    for (number, entry) in page.items.iter().enumerate() {
        let number = format!("{:04}", number + 1);
        let proof = proofs.get(&entry.id.uuid());
        if let Some(proof) = proof {
            archive.add(&format!("{number}.leaf.json"), &proof.leaf)?;
            archive.add(&format!("{number}.opened.json"), &json(&proof.opened)?)?;
            archive.add(&format!("{number}.tlog-proof"), &proof.file())?;
        }
        told.push(Taken { number, sealed: proof.is_some(), entry: view.tell(&policies, entry) });
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
    cursor: Option<crate::kernel::page::Cursor>,
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
    let rows = store::search(tx, &Scope::Family { case }, &LogQuery::default(), before, limit + 1).await?;
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

/// The parts of the log that a family may see.
struct View {
    /// The units that the family knows of. Others are not named, because their involvement may be secret.
    known_units: HashSet<Uuid>,
}

impl View {
    async fn of(tx: &mut Tx, case: &CaseFacts) -> Result<Self, DbError> {
        const KNOWN: &str = "
            SELECT unit_id FROM care_case WHERE municipality = $1 AND id = $2
            UNION SELECT unit_id FROM team_member WHERE municipality = $1 AND case_id = $2";
        // If the address is protected, no unit is named, because it would reveal where the child is.
        if case.strict_address() || case.relation.kept_away {
            return Ok(Self { known_units: HashSet::new() });
        }
        let known = fetch_all!(tx, (Uuid,), KNOWN, &case.municipality, case.id)?;
        Ok(Self { known_units: known.into_iter().map(|(unit,)| unit).collect() })
    }

    fn names_units(&self, entry: &EntryOut) -> bool {
        entry.roles.iter().all(|role| self.known_units.contains(&role.unit_id))
    }

    /// The fields of the entry that reveal no more than [`View::tell`].
    fn shows(&self, entry: &EntryOut) -> Vec<&'static str> {
        let mut fields = vec!["person", "kind", "case"];
        if self.names_units(entry) {
            fields.push("roles");
        }
        fields
    }

    fn tell(&self, policies: &Policies, entry: &EntryOut) -> FamilyEntryOut {
        let rules = if is_masked(entry) {
            // Family members have no role in the case.
            vec![if entry.roles.is_empty() { "case.family" } else { "case.team" }.to_owned()]
        } else {
            entry.policies.clone()
        };
        let unit = |role: &RoleThen| self.known_units.contains(&role.unit_id).then(|| role.unit.clone());
        let roles = |words: fn(&str) -> &str| -> Vec<String> {
            let role = |role: &RoleThen| {
                let unit = unit(role).map(|unit| format!(", {unit}")).unwrap_or_default();
                format!("{}{unit}", words(&role.role))
            };
            entry.roles.iter().map(role).collect()
        };
        let kind = kind_shown(&entry.action);
        let name = entry.person_name.as_deref();
        let told: Vec<_> = rules.iter().filter_map(|id| policies.rule(id)).collect();
        let why_en: Vec<_> = told.iter().map(|rule| rule.summary.as_str()).collect();
        let why_no: Vec<_> = told.iter().map(|rule| rule.summary_no.as_str()).collect();
        let basis: Vec<String> = if is_masked(entry) {
            let laws: Vec<Law> = rules.iter().flat_map(|rule| policies.legal_basis_of(rule)).collect();
            cited(&laws, day_in_norway(entry.at)).into_iter().map(ToOwned::to_owned).collect()
        } else {
            entry.legal_basis.clone()
        };
        FamilyEntryOut {
            at: entry.at,
            person_name: entry.person_name.clone(),
            roles: roles(|role| role),
            kind,
            legal_basis: basis,
            words: PlainWords {
                no: norwegian(entry.at, name, &roles(role_in_norwegian), kind, &why_no),
                en: english(entry.at, name, &roles(role_in_english), kind, &why_en),
            },
        }
    }
}

/// Returns whether the entry is shown under another rule than its own. Emergency access only opens what the family may read.
fn is_masked(entry: &EntryOut) -> bool {
    let in_emergency = entry.purpose == Some(Purpose::Emergency);
    is_masked_look(&entry.action) && !in_emergency
}

fn norwegian(
    at: DateTime<Utc>,
    name: Option<&str>,
    roles: &[String],
    kind: LookKind,
    why: &[&str],
) -> String {
    let did = match kind {
        LookKind::Looked => "så på saken",
        LookKind::Worked => "arbeidet i saken",
    };
    format!(
        "{} {} {did}. {}",
        at.with_timezone(&Oslo).format("%d.%m.%Y kl. %H.%M:"),
        who(name, roles, "Tjenesten"),
        why.join(" ")
    )
}

fn english(at: DateTime<Utc>, name: Option<&str>, roles: &[String], kind: LookKind, why: &[&str]) -> String {
    let did = match kind {
        LookKind::Looked => "viewed the case",
        LookKind::Worked => "worked in the case",
    };
    format!(
        "{} {} {did}. {}",
        at.with_timezone(&Oslo).format("%Y-%m-%d at %H:%M:"),
        who(name, roles, "The service"),
        why.join(" ")
    )
}

fn who(name: Option<&str>, roles: &[String], nobody: &str) -> String {
    let name = name.unwrap_or(nobody);
    if roles.is_empty() { name.to_owned() } else { format!("{name} ({})", roles.join("; ")) }
}

fn role_in_norwegian(role: &str) -> &str {
    match role {
        "worker" => "ansatt",
        "unit_leader" => "leder",
        "administrator" => "administrator",
        "auditor" => "revisor",
        "analyst" => "analytiker",
        other => other,
    }
}

fn role_in_english(role: &str) -> &str {
    match role {
        "unit_leader" => "leader",
        other => other,
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string_pretty(value).map_err(Problem::internal)
}

/// A ZIP archive in memory. Its contents are small and are not compressed.
struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Archive {
    fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.0.start_file(name, options).map_err(Problem::internal)?;
        self.0.write_all(text.as_bytes()).map_err(Problem::internal)
    }

    fn finish(self) -> Result<Vec<u8>, Problem> {
        self.0.finish().map(Cursor::into_inner).map_err(Problem::internal)
    }
}
