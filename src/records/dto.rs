//! Request and response types, and the format of a downloaded record.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    access::CaseSection,
    kernel::{
        ids::{NoteId, PersonId},
        page::Cursor,
        vocabulary::{InformationKind, Sector},
    },
    notes::NoteAudience,
    shown,
};

/// The format of a downloaded record.
pub(super) const FORMAT: &str = "stafett-record-1";

/// The start of the archive.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// The contents of `next-cursor.txt` in the previous archive.
    #[serde(default)]
    pub cursor: Option<Cursor>,
}

/// A download, as each of its files states it: the second line of a signed text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Download {
    pub format: String,
    /// A random id.
    pub record: Uuid,
    /// The mark of the person who downloaded it, in this record alone.
    pub holder: String,
    /// The mark of the child.
    pub child: String,
    /// The day.
    pub on: NaiveDate,
}

/// The facts of an entry that are signed, and brought to another case: the third line of its signed text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stated {
    pub municipality: String,
    pub section: CaseSection,
    /// The id in the record. One evaluation has two entries, with the child's view by itself.
    pub id: Uuid,
    /// The kind of information: the strictest that it shows.
    pub kind: InformationKind,
    pub day: NaiveDate,
    /// The unit that it is from; null if the family wrote it.
    pub unit_name: Option<String>,
    pub sector: Option<Sector>,
    /// Whether it can be brought to another case. A consent cannot, and a note by the family only by its writer.
    pub can_be_brought: bool,
    /// The entry in words.
    pub text: String,
}

/// An entry in `record.json`.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    /// The signed text of the entry.
    pub file: String,
    #[serde(flatten)]
    pub stated: Stated,
    /// The fields, as in the API.
    pub content: serde_json::Value,
}

/// `record.json`.
#[derive(Debug, Serialize)]
pub(super) struct RecordFile<'a> {
    pub download: &'a Download,
    pub entries: &'a [Entry],
}

/// Entries to bring from another record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"entries": [{
    "signed": "stafett.invalid/access-log/4001/record\n{\"format\":\"stafett-record-1\"}\n{\"section\":\"notes\"}\n\n— stafett.invalid/access-log/4001/record bm90IGEgc2lnbmF0dXJl\n",
    "audience": "team", "contains": []
}]}))]
pub struct BroughtEntriesIn {
    /// The entries, each once. Either all are stored or none.
    #[schema(min_items = 1, max_items = 50)]
    pub entries: Vec<BroughtEntryIn>,
}

/// An entry to bring from another record, and who may read it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroughtEntryIn {
    /// The contents of its file in the archive that the caller downloaded, unchanged.
    #[schema(min_length = 1, max_length = 200_000)]
    pub signed: String,
    /// The audience, as for a note by the family: the contact person, unless the caller chooses `team`.
    #[serde(default)]
    pub audience: Option<NoteAudience>,
    /// The people in the family, besides the caller, who may read it, as for a note by the family.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub shown_to: Vec<PersonId>,
    /// Required if it is shown beyond the contact person, and must be `[]`, as for a note by the family.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// The notes that the entries became.
#[derive(Debug, Serialize, ToSchema)]
pub struct BroughtEntriesOut {
    /// The note of each entry, in the order of the request. An entry that the caller had brought before keeps its note and its readers.
    pub note_ids: Vec<NoteId>,
}

shown!(BroughtEntriesOut { note_ids });
