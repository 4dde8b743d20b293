//! The download of a record.

use actix_web::{HttpResponse, get};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    dto::{Download, Entry, ExportQuery, FORMAT, RecordFile},
    entry::Entries,
};
use crate::{
    access::{Archive, Asker, Permit, actions::ExportRecord, objects::CaseObject},
    cases, consents,
    db::Tx,
    goals, handovers,
    kernel::{Slice, page::Cursor},
    log_tree::RecordKey,
    measures, meetings, next_steps, notes, organisation,
    problem::{Problem, Result, docs::ReadProblems},
    teams, transitions, waiting_times,
};

/// The most rows that are read of each section for one archive, shown or not.
const READ: usize = 2000;
/// The number of entries at which an archive ends.
const TAKEN: usize = 1000;
/// The explanation of the archive.
const README: &str = include_str!("readme.txt");

/// Downloads the record of a case as the caller sees it: a ZIP archive whose entries are signed, one by one and together, so that anyone can
/// verify them. It contains up to a thousand entries, oldest first. `next-cursor.txt` leads to the next archive.
#[utoipa::path(
    operation_id = "export_record", tag = "records", params(("case_id" = Uuid, Path), ExportQuery),
    responses((status = 200, body = [u8], content_type = "application/zip", description = "The archive"), ReadProblems),
)]
#[get("/cases/{case_id}/record")]
pub(super) async fn export_record(mut permit: Permit<ExportRecord>) -> Result<HttpResponse> {
    let ExportQuery { cursor } = permit.query()?;
    let after = permit.after(cursor.as_ref())?;
    let (asker, case, today) = (permit.asker(), permit.object().clone(), permit.moment().today);
    let (entries, read_to) = gathered(permit.tx(), &asker, &case, after).await?;
    let (mut entries, next) = cut(entries, read_to);
    let next = match next {
        None => None,
        Some(Next::Shown(id)) => Some(Cursor::At(id)),
        Some(Next::Hidden(id)) => Some(permit.sealed_cursor(id)?),
    };
    permit.note_shown(entries.iter().map(|entry| entry.stated.id));
    let record = Uuid::new_v4();
    let vault = permit.tx().vault();
    let download = Download {
        format: FORMAT.to_owned(),
        record,
        holder: vault.mark_in_record(record, asker.caller().person.uuid())?,
        child: vault.mark_in_record(record, case.facts.child_person.uuid())?,
        on: today,
    };
    let signed = Signed { key: permit.record_key(), municipality: &case.facts.municipality };
    let archive = signed.archive(&download, &mut entries, next.map(|next| next.encode()))?;
    permit.show_bytes("application/zip", archive.into())
}

/// Where the next archive begins.
enum Next {
    /// After an entry in this one.
    Shown(Uuid),
    /// After a row that is not in it.
    Hidden(Uuid),
}

/// Returns the entries of one archive, and where the next one begins. Entries of one id are in one archive.
fn cut(mut entries: Vec<Entry>, read_to: Option<Uuid>) -> (Vec<Entry>, Option<Next>) {
    entries.retain(|entry| read_to.is_none_or(|end| entry.stated.id <= end));
    entries.sort_by_key(|entry| entry.stated.id);
    let last = entries.get(TAKEN - 1).map(|entry| entry.stated.id);
    let rest = last.map_or(entries.len(), |last| entries.partition_point(|entry| entry.stated.id <= last));
    if rest < entries.len() {
        entries.truncate(rest);
        return (entries, last.map(Next::Shown));
    }
    let is_shown = |end| entries.last().is_some_and(|entry| entry.stated.id == end);
    let next = read_to.map(|end| if is_shown(end) { Next::Shown(end) } else { Next::Hidden(end) });
    (entries, next)
}

/// Returns what the caller sees of the record after a position, and the last row that was read, if there may be more.
async fn gathered(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    after: Uuid,
) -> Result<(Vec<Entry>, Option<Uuid>)> {
    let slice = Slice { after, limit: READ };
    let found = cases::record::case(tx, asker, case).await?;
    let unit_name = found.as_ref().and_then(|case| case.unit_name.clone());
    let child_welfare = teams::from_child_welfare(tx, &case.facts).await?;
    let kept: Vec<_> = case.facts.moves.iter().map(|made| made.from_unit).collect();
    let former = organisation::unit_names(tx, &kept).await?;
    let mut entries = Entries { asker, case, unit_name, former, child_welfare, made: Vec::new() };
    let mut ends = Vec::new();
    macro_rules! section {
        ($portion:expr, $add:ident) => {
            let portion = $portion;
            ends.extend(portion.read_to);
            for row in &portion.rows {
                entries.$add(row)?;
            }
        };
    }
    if let Some(found) = found.filter(|found| found.id.uuid() > after) {
        entries.case(&found)?;
    }
    section!(cases::record::history(tx, asker, case, slice).await?, event);
    section!(waiting_times::record::portion(tx, asker, case, slice).await?, wait_reason);
    section!(teams::record::portion(tx, asker, case, slice).await?, member);
    section!(handovers::record::portion(tx, asker, case, slice).await?, handover);
    section!(transitions::record::portion(tx, asker, case, slice).await?, transition);
    section!(consents::record::portion(tx, asker, case, slice).await?, consent);
    section!(goals::record::portion(tx, asker, case, slice).await?, goal);
    section!(measures::record::portion(tx, asker, case, slice).await?, measure);
    section!(measures::record::evaluations(tx, asker, case, slice).await?, evaluation);
    section!(measures::record::day_changes(tx, asker, case, slice).await?, day_change);
    section!(next_steps::record::portion(tx, asker, case, slice).await?, next_step);
    section!(meetings::record::portion(tx, asker, case, slice).await?, meeting);
    section!(notes::record::portion(tx, asker, case, slice).await?, note);
    Ok((entries.made, ends.into_iter().min()))
}

/// Signs what is in an archive.
struct Signed<'a> {
    key: RecordKey,
    municipality: &'a str,
}

impl Signed<'_> {
    fn archive(&self, download: &Download, entries: &mut [Entry], next: Option<String>) -> Result<Vec<u8>> {
        let line = json(download)?;
        let mut archive = Archive::new();
        archive.add("README.txt", README)?;
        archive.add("public-key.txt", &format!("{}\n", self.key.public_key(self.municipality)))?;
        archive.add("verify.py", include_str!("../../docs/verify/verify.py"))?;
        if let Some(next) = next {
            archive.add("next-cursor.txt", &next)?;
        }
        for (number, entry) in (1..).zip(entries.iter_mut()) {
            entry.file = format!("{number:04}.txt");
            archive.add(&entry.file, &self.sign(&[&line, &json(&entry.stated)?])?)?;
        }
        let whole = RecordFile { download, entries };
        let whole = serde_json::to_string_pretty(&whole).map_err(Problem::internal)?;
        let digest = Sha256::digest(whole.as_bytes());
        archive.add("record.json", &whole)?;
        archive.add("record.txt", &self.sign(&[&line, &format!("sha256 {}", STANDARD.encode(digest))])?)?;
        archive.finish()
    }

    fn sign(&self, lines: &[&str]) -> Result<String> {
        self.key.sign(self.municipality, lines).map_err(Problem::internal)
    }
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::CaseSection, kernel::vocabulary::InformationKind, records::dto::Stated};

    fn id(number: usize) -> Uuid {
        Uuid::from_u128(number as u128)
    }

    fn entries(numbers: impl IntoIterator<Item = usize>) -> Vec<Entry> {
        let entry = |number| Entry {
            file: String::new(),
            stated: Stated {
                municipality: "4014".to_owned(),
                section: CaseSection::Notes,
                id: id(number),
                kind: InformationKind::Agreed,
                day: "2026-11-29".parse().expect("a day"),
                unit_name: None,
                sector: None,
                can_be_brought: true,
                text: String::new(),
            },
            content: serde_json::Value::Null,
        };
        numbers.into_iter().map(entry).collect()
    }

    /// The entries of the archive, where the next begins, and whether that place was shown.
    fn cut_at(
        numbers: impl IntoIterator<Item = usize>,
        read_to: Option<usize>,
    ) -> (usize, Option<(Uuid, bool)>) {
        let (kept, next) = cut(entries(numbers), read_to.map(id));
        let next = next.map(|next| match next {
            Next::Shown(id) => (id, true),
            Next::Hidden(id) => (id, false),
        });
        (kept.len(), next)
    }

    #[test]
    fn an_archive_ends_at_a_thousand_entries_and_the_next_begins_where_it_ended() {
        assert_eq!(cut_at([], None), (0, None));
        assert_eq!(cut_at((0..TAKEN).rev(), None), (TAKEN, None));
        assert_eq!(cut_at(0..=TAKEN, None), (TAKEN, Some((id(TAKEN - 1), true))));
        let twins = (0..TAKEN).chain([TAKEN - 1, TAKEN]);
        assert_eq!(
            cut_at(twins, None),
            (TAKEN + 1, Some((id(TAKEN - 1), true))),
            "entries of one id stay together"
        );
    }

    #[test]
    fn what_is_after_the_last_row_that_was_read_waits_for_the_next_archive() {
        assert_eq!(cut_at([1, 3, 5], Some(4)), (2, Some((id(4), false))), "a row that is not shown");
        assert_eq!(cut_at([1, 3, 5], Some(3)), (2, Some((id(3), true))));
        assert_eq!(cut_at([7], Some(4)), (0, Some((id(4), false))));
    }
}
