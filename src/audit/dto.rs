//! Request and response types for the access log.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::visits::Place;
use crate::{
    access::{CaseAct, CaseSection, GroundLaw, LookKind, Purpose, actions::ActionName},
    kernel::{
        day::{LogTime, optional_time},
        ids::{CaseId, ChildId, ConsentId, LookId, PersonId, UnitId},
        page::{Cursor, Limit, PageQuery},
        text::Line,
        vocabulary::Role,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The decision of the rules.
    Outcome {
        /// Allowed.
        Permit = "permit",
        /// Refused.
        Deny = "deny",
    }
}

words! {
    /// The format of an export.
    ExportFormat {
        /// One JSON entry per line.
        Ndjson = "ndjson",
        /// Comma-separated values, for spreadsheets.
        Csv = "csv",
        /// One FHIR R4 AuditEvent per line.
        Fhir = "fhir",
    }
}

words! {
    /// A filter with one possible value.
    Only {
        /// Only matching entries.
        Only = "only",
    }
}

/// Filters for the access log.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// The person who made the access.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// The case.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// The child.
    #[serde(default)]
    pub child_id: Option<ChildId>,
    /// The action.
    #[serde(default)]
    pub action: Option<ActionName>,
    /// The decision.
    #[serde(default)]
    pub decision: Option<Outcome>,
    /// A unit where the person had a role at the time.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
    /// A role that the person had at the time.
    #[serde(default)]
    pub role: Option<Role>,
    /// A legal basis, by its citation on the day of the entry.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "fvl § 13 a no. 1")]
    pub legal_basis: Option<Line>,
    /// The rule that decided.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "case.team")]
    pub rule: Option<Line>,
    /// Set to `only` to find emergency access only.
    #[serde(default)]
    #[param(inline)]
    pub emergency: Option<Only>,
    /// Entries from this time on.
    #[serde(default, deserialize_with = "optional_time")]
    #[param(value_type = Option<LogTime>)]
    pub from: Option<DateTime<Utc>>,
    /// Entries before this time.
    #[serde(default, deserialize_with = "optional_time")]
    #[param(value_type = Option<LogTime>)]
    pub until: Option<DateTime<Utc>>,
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

impl LogQuery {
    /// Returns the query for what was done by staff of a unit.
    pub(super) fn in_unit(self, unit: UnitId) -> Self {
        Self { unit_id: Some(unit), ..self }
    }

    /// The terms that find entries. They exist once the entry is sealed, within a second.
    pub(super) fn terms(&self) -> Vec<String> {
        let terms = [
            self.unit_id.map(|unit| format!("unit:{unit}")),
            self.legal_basis.as_ref().map(|law| format!("law:{}", &**law)),
            self.rule.as_ref().map(|rule| format!("rule:{}", &**rule)),
            self.emergency.map(|Only::Only| "emergency".to_owned()),
            self.role.map(|role| format!("role:{role}")),
        ];
        terms.into_iter().flatten().collect()
    }

    /// The requested page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// A role that the person had at the time of access.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RoleThen {
    /// The unit.
    pub unit_id: uuid::Uuid,
    /// The name of the unit.
    pub unit: String,
    /// The sector of the unit.
    pub sector: String,
    /// The role.
    pub role: String,
}

/// An entry in the access log. Contains no content.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryOut {
    /// The id of the entry.
    pub id: LookId,
    /// The municipality whose log contains the entry.
    pub municipality: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The id of the request.
    pub request_id: String,
    /// The network address of the client.
    pub client_address: Option<String>,
    /// The client's `User-Agent`.
    pub client: Option<String>,
    /// The person; absent if no one was logged in.
    pub person_id: Option<PersonId>,
    /// The person's name.
    pub person_name: Option<Content>,
    /// The person's roles at the time.
    pub roles: Vec<RoleThen>,
    /// The action.
    pub action: String,
    /// The type of the object.
    pub object_type: String,
    /// The id of the object.
    pub object_id: Option<String>,
    /// The case.
    pub case_id: Option<CaseId>,
    /// The child.
    pub child_id: Option<ChildId>,
    /// The decision.
    pub decision: Outcome,
    /// The purpose, given by the rules that allowed it; absent if it was refused or no rule was evaluated.
    pub purpose: Option<Purpose>,
    /// The rules that decided.
    pub policies: Vec<String>,
    /// The ground of the access, as citations: the laws of those rules by which this person had access. For a refusal, the laws of the rules that
    /// refused. Entries from before the ground was recorded have all laws of those rules.
    pub legal_basis: Vec<String>,
    /// The same ground, each law with its wording on that day. Empty for a refusal, and in entries from before the ground was recorded.
    pub ground: Vec<GroundLaw>,
    /// The consents by which the person took part in the case and saw information of the kind.
    pub consent_ids: Vec<ConsentId>,
    /// The ids of what was shown or changed. Empty for lists across cases, whose rows have entries of their own.
    pub shown: Vec<String>,
    /// The HTTP status of the response.
    pub status: i64,
}

shown!(EntryOut {
    id,
    municipality,
    at,
    request_id,
    client_address,
    client,
    person_id,
    person_name,
    roles,
    action,
    object_type,
    object_id,
    case_id,
    child_id,
    decision,
    purpose,
    policies,
    legal_basis,
    ground,
    consent_ids,
    shown,
    status
});

/// A visit to the family's own case: what one person did there without a pause of more than half an hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct FamilyEntryOut {
    /// When it began.
    pub at: DateTime<Utc>,
    /// The time of the last request. A visit ends at midnight in Norway at the latest.
    pub until: DateTime<Utc>,
    /// The person's name.
    pub person_name: Option<Content>,
    /// Their roles and units. Empty for the family itself.
    pub roles: Vec<String>,
    /// Whether they viewed the case or worked in it.
    pub kind: LookKind,
    /// The sections of the case that they opened. For the family itself, no other than the case.
    pub sections: Vec<CaseSection>,
    /// The acts that may be shown to everyone who sees the log.
    pub acts: Vec<CaseAct>,
    /// The legal basis on which they see the case, as citations.
    pub legal_basis: Vec<String>,
    /// The same legal basis, each law with its wording on that day.
    pub ground: Vec<GroundLaw>,
    /// The day on which the family was notified that it was found to be without need; absent otherwise.
    pub unjustified_notice_on: Option<NaiveDate>,
    /// The same in plain words.
    pub words: PlainWords,
}

shown!(FamilyEntryOut {
    at,
    until,
    person_name,
    roles,
    kind,
    sections,
    acts,
    legal_basis,
    ground,
    unjustified_notice_on,
    words
});

/// The requested page of the family's view of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FamilyQuery {
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    #[param(value_type = Option<Cursor>)]
    pub cursor: Option<Cursor<Place>>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

/// One or two sentences for the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlainWords {
    /// In Norwegian.
    pub no: String,
    /// In English.
    pub en: String,
}
