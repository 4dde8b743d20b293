//! The access log as the API speaks of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    access::{LookKind, Purpose},
    kernel::{
        day::optional_time,
        ids::{CaseId, ChildId, LookId, PersonId, UnitId},
        page::{Cursor, Limit, PageQuery},
        text::Line,
        vocabulary::Role,
    },
    vault::Content,
    words,
};

words! {
    /// What the rules answered.
    Outcome {
        /// Allowed.
        Permit = "permit",
        /// Refused.
        Deny = "deny",
    }
}

words! {
    /// As what the access log is taken along.
    ExportFormat {
        /// An entry on each line, as JSON.
        Ndjson = "ndjson",
        /// For spreadsheets.
        Csv = "csv",
        /// A FHIR R4 AuditEvent on each line.
        Fhir = "fhir",
    }
}

words! {
    /// That nothing else is asked for.
    Only {
        /// Those alone.
        Only = "only",
    }
}

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// By this person.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// Of this case.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// Of this child.
    #[serde(default)]
    pub child_id: Option<ChildId>,
    /// Of this action.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub action: Option<Line>,
    /// With this answer.
    #[serde(default)]
    pub decision: Option<Outcome>,
    /// In a role in this unit.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
    /// In this role.
    #[serde(default)]
    pub role: Option<Role>,
    /// On this law, by its citation on the day of the entry.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "fvl § 13 a no. 1")]
    pub legal_basis: Option<Line>,
    /// By this rule.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "case.team")]
    pub rule: Option<Line>,
    /// In an emergency: give `only`.
    #[serde(default)]
    #[param(inline)]
    pub emergency: Option<Only>,
    /// Not before this time.
    #[serde(default, deserialize_with = "optional_time")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    #[serde(default, deserialize_with = "optional_time")]
    pub until: Option<DateTime<Utc>>,
    /// Where the last page ended: its `next_cursor`.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// How many items, 1 to 200; 50 if left out.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<Limit>,
}

impl LogQuery {
    /// The terms that entries are found by. They are there when the entry is sealed, within a second.
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

    /// The page that is asked for.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor, limit: self.limit }
    }
}

/// A role at the moment of the look.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RoleThen {
    /// The unit.
    pub unit_id: uuid::Uuid,
    /// Its name.
    pub unit: String,
    /// Its sector.
    pub sector: String,
    /// The role.
    pub role: String,
}

/// An entry of the access log. Holds no content.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryOut {
    /// Its id.
    pub id: LookId,
    /// The municipality in whose log it is.
    pub municipality: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Of which request.
    pub request_id: String,
    /// From which address.
    pub client_address: Option<String>,
    /// What the client calls itself.
    pub client: Option<String>,
    /// Who; none where nobody was logged in.
    pub person_id: Option<PersonId>,
    /// Their name.
    pub person_name: Option<Content>,
    /// Their roles then.
    pub roles: Vec<RoleThen>,
    /// What was asked for.
    pub action: String,
    /// To what kind of thing.
    pub object_type: String,
    /// To which.
    pub object_id: Option<String>,
    /// Of which case.
    pub case_id: Option<CaseId>,
    /// Of which child.
    pub child_id: Option<ChildId>,
    /// The answer.
    pub decision: Outcome,
    /// What it was for, by these rules; none where it was refused, or no rule was asked.
    pub purpose: Option<Purpose>,
    /// The rules that gave it.
    pub policies: Vec<String>,
    /// The law they rest on.
    pub legal_basis: Vec<String>,
    /// Ids of what was shown or changed; empty of a list across everything, whose rows have entries of their own.
    pub shown: Vec<String>,
    /// The HTTP status of the answer.
    pub status: i64,
}

/// A look at one's own case.
#[derive(Debug, Serialize, ToSchema)]
pub struct FamilyEntryOut {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub person_name: Option<Content>,
    /// From which units, and in which roles.
    pub roles: Vec<String>,
    /// Whether they only looked.
    pub kind: LookKind,
    /// On which legal basis they could.
    pub legal_basis: Vec<String>,
    /// The same in plain words.
    pub words: PlainWords,
}

/// A sentence or two for the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlainWords {
    /// In Norwegian.
    pub no: String,
    /// In English.
    pub en: String,
}
