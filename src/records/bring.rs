//! Bringing entries of a downloaded record to a case.

use std::collections::HashSet;

use actix_web::{HttpResponse, post};
use uuid::Uuid;

use super::dto::{BroughtEntriesIn, BroughtEntriesOut, BroughtEntryIn, Download, FORMAT, Stated};
use crate::{
    access::{CaseFacts, Kinds, Permit, Whole, actions::BringEntries},
    identity::{Caller, persons_of},
    kernel::Id,
    log_tree::RecordKey,
    notes::brought::{self, Brought, Origin, Readers},
    problem::{Problem, Result, docs::WriteProblems},
    vault::{Vault, VaultError},
};

/// Why an entry is refused, whatever is wrong with it: the answer reveals nothing about records and people elsewhere.
const NOT_YOURS: &str =
    "must be the contents of a file of an entry that you have downloaded about this child, unchanged";

/// Brings entries of a record that the caller has downloaded, such as in the municipality that the child has moved from.
///
/// Each entry becomes a note by the caller, who chooses its readers, and states where it is from. Consents in this case decide which
/// units may read its kind of information. The record that it is from does not change, and does not show that it was brought.
#[utoipa::path(
    operation_id = "bring_entries", tag = "records", params(("case_id" = Uuid, Path)), request_body = BroughtEntriesIn,
    responses((status = 201, body = BroughtEntriesOut, description = "The notes"), WriteProblems),
)]
#[post("/cases/{case_id}/bring-entries")]
pub(super) async fn bring_entries(mut permit: Permit<BringEntries>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let input: BroughtEntriesIn = permit.input()?;
    permit.require_open()?;
    let (key, caller, now) = (permit.record_key(), permit.caller().clone(), permit.moment().now);
    let child = persons_of(permit.tx(), case.child_person).await?;
    let holder = caller.persons().map(Id::uuid).collect();
    let child = child.into_iter().map(Id::uuid).collect();
    let verifier = Verifier { key, holder, child };
    let (mut brought, mut wrong, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (number, entry) in input.entries.iter().enumerate() {
        let at = format!("/entries/{number}");
        match checked(permit.tx().vault(), &verifier, &case, &caller, &at, entry) {
            Ok(entry) if seen.insert(entry.entry.clone()) => brought.push(entry),
            Ok(_) => wrong.push(Problem::field(format!("{at}/signed"), "is listed twice")),
            Err(problem) => wrong.push(problem),
        }
    }
    if !wrong.is_empty() {
        return Err(Problem::together(wrong));
    }
    let note_ids = brought::store(permit.tx(), &case, &caller, brought, now).await?;
    permit.note_shown(note_ids.iter().copied());
    permit.added(1, &BroughtEntriesOut { note_ids }.whole()).await
}

/// Returns an entry to store.
fn checked(
    vault: &Vault,
    verifier: &Verifier,
    case: &CaseFacts,
    caller: &Caller,
    at: &str,
    entry: &BroughtEntryIn,
) -> Result<Brought> {
    let signed = format!("{at}/signed");
    let (stated, line) =
        verifier.open(vault, &entry.signed)?.ok_or_else(|| Problem::field(signed.clone(), NOT_YOURS))?;
    let Stated { municipality, section, kind, day, unit_name, sector, can_be_brought, text, .. } = stated;
    if !can_be_brought {
        let why = "cannot be brought: new consents are given here, and a note by someone else in the family is brought by its writer";
        return Err(Problem::field(signed, why));
    }
    Kinds::rule(kind).map_err(|refused| Problem::field(signed, &refused.instead))?;
    let chosen = (entry.audience, entry.shown_to.as_slice());
    let readers = Readers::chosen(case, caller, at, chosen, entry.contains.as_deref())?;
    let origin = Origin { section, day, municipality, unit_name, sector };
    Ok(Brought { kind, text, readers, origin, entry: line })
}

/// Recognises the entries that a person has downloaded about a child.
struct Verifier {
    key: RecordKey,
    /// All persons that the caller is.
    holder: Vec<Uuid>,
    /// All persons that the child is.
    child: Vec<Uuid>,
}

impl Verifier {
    /// Returns the entry, and its line in the text; none if it is not one that the caller has downloaded about the child.
    fn open(&self, vault: &Vault, signed: &str) -> Result<Option<(Stated, String)>, VaultError> {
        let Some(lines) = self.key.open(signed) else { return Ok(None) };
        let [download, line] = lines.as_slice() else { return Ok(None) };
        let parsed = (serde_json::from_str::<Download>(download), serde_json::from_str::<Stated>(line));
        let (Ok(download), Ok(stated)) = parsed else { return Ok(None) };
        let is_among = |people: &[Uuid], mark: &str| -> Result<bool, VaultError> {
            let marks = people.iter().map(|person| vault.mark_in_record(download.record, *person));
            Ok(marks.collect::<Result<Vec<_>, _>>()?.iter().any(|own| own == mark))
        };
        let is_theirs = is_among(&self.holder, &download.holder)? & is_among(&self.child, &download.child)?;
        Ok((is_theirs && download.format == FORMAT).then(|| (stated, line.clone())))
    }
}
