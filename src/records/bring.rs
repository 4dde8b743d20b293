//! Bringing entries of a downloaded record to a case.

use std::collections::HashSet;

use actix_web::{HttpResponse, post};
use uuid::Uuid;

use super::dto::{BroughtEntriesIn, BroughtEntriesOut, BroughtEntryIn, Download, FORMAT, Stated};
use crate::{
    access::{CaseFacts, Kinds, Permit, Whole, actions::BringEntries},
    identity::{Caller, persons_of},
    kernel::{Id, vocabulary::InformationKind},
    log_tree::RecordKey,
    notes::brought::{self, Brought, Origin, Readers},
    problem::{Problem, Result, docs::WriteProblems},
    vault::{Vault, VaultError},
};

/// Why an entry is refused, whatever is wrong with it: the answer reveals nothing about records and people elsewhere.
const NOT_YOURS: &str = "must be the contents of a file of an entry that you have downloaded about this child or, as its parent, about yourself, unchanged";

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
    let holder: Vec<Uuid> = caller.persons().map(Id::uuid).collect();
    let child = child.into_iter().map(Id::uuid).collect();
    let parent = if case.relation.is_guardian { holder.clone() } else { Vec::new() };
    let verifier = Verifier { key, holder, child, parent };
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
    let opened = verifier.open(vault, &entry.signed)?;
    let (stated, line, whose) = opened.ok_or_else(|| Problem::field(signed.clone(), NOT_YOURS))?;
    let Stated { municipality, section, kind, day, unit_name, sector, can_be_brought, text, .. } = stated;
    if !can_be_brought {
        let why = "cannot be brought: new consents are given here, and a note by someone else in the family is brought by its writer";
        return Err(Problem::field(signed, why));
    }
    let kind = match whose {
        Whose::Child => kind,
        Whose::Parent => of_parent(kind).ok_or_else(|| Problem::field(signed.clone(), NOT_OF_PARENT))?,
    };
    Kinds::rule(kind).map_err(|refused| Problem::field(signed, &refused.instead))?;
    let chosen = (entry.audience, entry.shown_to.as_slice());
    let readers = Readers::chosen(case, caller, at, chosen, entry.contains.as_deref())?;
    let origin = Origin { section, day, municipality, unit_name, sector };
    Ok(Brought { kind, text, readers, origin, entry: line })
}

/// Why an entry of a parent's own record stays there.
const NOT_OF_PARENT: &str = "is from your own record, and of a kind that is about you alone: write a note with what you want to share";

/// The person whose record an entry is from.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Child,
    /// A parent who had a record of their own, such as a woman before she gave birth.
    Parent,
}

/// Returns the kind that an entry of a parent's own record has in the record of their child. An entry about the health of the registered person
/// is about a parent's health there, and only that parent consents to it.
const fn of_parent(kind: InformationKind) -> Option<InformationKind> {
    match kind {
        InformationKind::Agreed | InformationKind::FamilyEconomy | InformationKind::ParentsHealth => {
            Some(kind)
        }
        InformationKind::Health | InformationKind::ConfidentialHealth => Some(InformationKind::ParentsHealth),
        _ => None,
    }
}

/// Recognises the entries that a person has downloaded about a child, or about themself.
struct Verifier {
    key: RecordKey,
    /// All persons that the caller is.
    holder: Vec<Uuid>,
    /// All persons that the child is.
    child: Vec<Uuid>,
    /// All persons that the caller is, if they are a parent here.
    parent: Vec<Uuid>,
}

impl Verifier {
    /// Returns the entry, its line in the text, and whose record it is from; none if it is not one that the caller has downloaded about the
    /// child or themself.
    fn open(&self, vault: &Vault, signed: &str) -> Result<Option<(Stated, String, Whose)>, VaultError> {
        let Some(lines) = self.key.open(signed) else { return Ok(None) };
        let [download, line] = lines.as_slice() else { return Ok(None) };
        let parsed = (serde_json::from_str::<Download>(download), serde_json::from_str::<Stated>(line));
        let (Ok(download), Ok(stated)) = parsed else { return Ok(None) };
        let is_among = |people: &[Uuid], mark: &str| -> Result<bool, VaultError> {
            let marks = people.iter().map(|person| vault.mark_in_record(download.record, *person));
            Ok(marks.collect::<Result<Vec<_>, _>>()?.iter().any(|own| own == mark))
        };
        let is_theirs = is_among(&self.holder, &download.holder)?;
        let whose = match (is_among(&self.child, &download.child)?, is_among(&self.parent, &download.child)?)
        {
            (true, _) => Some(Whose::Child),
            (false, true) => Some(Whose::Parent),
            (false, false) => None,
        };
        let whose = whose.filter(|_| is_theirs && download.format == FORMAT);
        Ok(whose.map(|whose| (stated, line.clone(), whose)))
    }
}
