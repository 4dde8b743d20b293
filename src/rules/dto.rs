//! Request types for questions to the rules.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::{day::optional_time, ids::PersonId, text::Line};

/// A question: may a person do something, and why?
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "read_case", "resource": {"case_id": "01975d5e-7f2c-7c3b-9d3a-5a4b1c2d3e4f"}}))]
pub struct QuestionIn {
    /// The person the question is about; the caller if left out. Only an auditor may ask about others.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// The action: the `operationId` of an operation that requires a log-in.
    #[schema(value_type = String)]
    pub action: Line,
    /// The object: the path parameters of that operation, by name. Those that identify the object are required; others, such
    /// as `member_id`, are ignored.
    #[serde(default)]
    pub resource: BTreeMap<String, String>,
    /// A time whose date in Norway counts as today for ages and consent periods; now if left out, and not before today.
    /// Everything else is as it is now: memberships, roles, guardians, withdrawals and contact persons. The access log
    /// contains earlier decisions.
    #[serde(default, deserialize_with = "optional_time")]
    pub at: Option<DateTime<Utc>>,
}
