//! The record of processing activities (behandlingsprotokoll, GDPR art. 30 (1)), from the rules, the kinds of information and the
//! other data inside the program.
//!
//! It is in Norwegian, for the data protection officer of a municipality, and needs no database. The municipality adds what only it knows:
//! its contacts, its processors and its decisions. The same parts are in `docs/dpia.md`, with all known wordings of the law.

mod making;
mod markdown;
mod retention;
mod words;

use chrono::NaiveDate;
use serde::Serialize;

use self::words::Words;
pub use self::{
    markdown::{markdown, parts},
    retention::table as retention_table,
    words::{Recipient, Security},
};
use crate::{
    access::{Policies, Purpose},
    catalogue::ControlledUnit,
    disclosures::DisclosureBasis,
    kernel::vocabulary::{ControllerKind, InformationKind},
};

/// How the record cites the law.
#[derive(Debug, Clone, Copy)]
pub enum Citing {
    /// As in force on a day.
    On(NaiveDate),
    /// With every known wording, for a document that has no date.
    Always,
}

/// The facts that only the municipality knows. Those left out are marked, to be filled in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Controller {
    /// The controller: the name of the municipality.
    pub name: Option<String>,
    /// How the controller is reached.
    pub contact: Option<String>,
    /// How the data protection officer is reached.
    pub data_protection_officer: Option<String>,
}

/// The record of processing activities.
#[derive(Debug, Serialize)]
pub struct Record {
    /// The day whose law is cited; none in a document that has no date.
    pub day: Option<NaiveDate>,
    /// The controller.
    pub controller: Controller,
    /// The units in the files of the municipality that others control; none if no files were given.
    pub other_controllers: Option<Vec<ControlledUnit>>,
    /// The units that the files state as the municipality's own, and that others often control.
    pub controllers_to_check: Vec<ControlledUnit>,
    /// The purposes and what they rest on.
    pub purposes: Vec<PurposeOfProcessing>,
    /// The categories of data subjects.
    pub data_subjects: Vec<String>,
    /// The categories of data.
    pub data: Vec<CategoryOfData>,
    /// The kinds of information in the record.
    pub kinds: Vec<KindOfInformation>,
    /// The kinds of information that are refused.
    pub refused: Vec<RefusedInformation>,
    /// Those who read in the service.
    pub recipients: Vec<Recipient>,
    /// The disclosures without consent.
    pub disclosures: Vec<Disclosure>,
    /// The duties to report to child welfare.
    pub reports: Vec<UnitAndLaw>,
    /// How long data is kept.
    pub kept: Vec<KeptData>,
    /// The technical and organisational measures.
    pub security: Vec<Security>,
}

/// A purpose.
#[derive(Debug, Serialize)]
pub struct PurposeOfProcessing {
    /// The word in the rules and in the access log.
    pub key: Purpose,
    /// Its name.
    pub name: String,
    /// The purpose in a sentence.
    pub text: String,
    /// The basis for processing: art. 6, art. 9 and the supplementary law.
    pub processing: Vec<String>,
    /// The laws that its rules rest on.
    pub laws: Vec<String>,
    /// The rules with this purpose.
    pub rules: Vec<String>,
}

/// A category of data.
#[derive(Debug, Serialize)]
pub struct CategoryOfData {
    /// Its name.
    pub name: String,
    /// The categories of people that it is about.
    pub about: Vec<String>,
    /// Whether names and text in it are stored encrypted.
    pub has_sealed_text: bool,
    /// How long it is kept.
    pub kept: String,
    /// The tables that hold it.
    pub tables: Vec<String>,
}

/// A kind of information in the record.
#[derive(Debug, Serialize)]
pub struct KindOfInformation {
    /// The word in the API.
    pub key: InformationKind,
    /// Its name.
    pub name: String,
    /// The units that write it.
    pub written_by: Vec<String>,
    /// Until which age the guardians see it.
    pub guardians: String,
    /// From which age the child sees it.
    pub child: String,
    /// The people who consent to sharing it.
    pub consent: String,
    /// The legal basis.
    pub laws: Vec<String>,
}

/// A kind of information that must not be in the record.
#[derive(Debug, Serialize)]
pub struct RefusedInformation {
    /// The word in the API.
    pub key: InformationKind,
    /// Its name.
    pub name: String,
    /// The legal basis.
    pub laws: Vec<String>,
}

/// A disclosure without consent.
#[derive(Debug, Serialize)]
pub struct Disclosure {
    /// The word in the API.
    pub key: DisclosureBasis,
    /// Its name.
    pub name: String,
    /// The units that may disclose, with their law.
    pub from: Vec<UnitAndLaw>,
    /// The units that may receive.
    pub to: Vec<String>,
    /// The kinds of information; all if empty.
    pub kinds: Vec<String>,
    /// Whether someone outside the service may receive.
    pub outside: bool,
    /// Whether a unit of another municipality may receive.
    pub anywhere: bool,
    /// Whether an objection prevents it.
    pub unless_objected: bool,
    /// The basis for processing.
    pub processing: Vec<String>,
}

/// A unit and its law.
#[derive(Debug, Serialize)]
pub struct UnitAndLaw {
    /// The unit.
    pub unit: String,
    /// The law.
    pub laws: Vec<String>,
}

/// How long data is kept.
#[derive(Debug, Serialize)]
pub struct KeptData {
    /// The data.
    pub what: String,
    /// How long.
    pub how_long: String,
    /// The place in the code, or the command.
    pub place: String,
}

impl Record {
    /// Makes the record of what the program does, with the law as cited. `units` are those in the files of the municipality.
    #[must_use]
    pub fn new(
        policies: &Policies,
        citing: Citing,
        controller: Controller,
        units: Option<Vec<ControlledUnit>>,
    ) -> Self {
        let words = Words::get();
        let is_others = |unit: &ControlledUnit| unit.controller != ControllerKind::Municipality;
        let to_check = |unit: &&ControlledUnit| !is_others(unit) && words.often(&unit.unit_kind).is_some();
        let day = match citing {
            Citing::On(day) => Some(day),
            Citing::Always => None,
        };
        Self {
            day,
            controller,
            controllers_to_check: units.iter().flatten().filter(to_check).cloned().collect(),
            other_controllers: units.map(|units| units.into_iter().filter(is_others).collect()),
            purposes: making::purposes(policies, citing),
            data_subjects: words.subject.iter().map(|subject| subject.name.clone()).collect(),
            data: making::data(),
            kinds: making::kinds(citing),
            refused: making::refused(citing),
            recipients: words.recipient.clone(),
            disclosures: making::disclosures(citing),
            reports: making::reports(citing),
            kept: making::kept(),
            security: words.security.clone(),
        }
    }
}

/// Returns the tables that the record accounts for, also those that hold nothing about people.
#[must_use]
pub fn tables() -> Vec<&'static str> {
    let words = Words::get();
    let named = words.data.iter().flat_map(|data| &data.tables).chain(&words.technical);
    named.map(String::as_str).collect()
}
