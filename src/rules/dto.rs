//! Questions to the rules as the API speaks of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::{day::optional_time, ids::PersonId, text::Line};

/// May someone do something, and why?
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "read_case", "resource": {"case_id": "01975d5e-7f2c-7c3b-9d3a-5a4b1c2d3e4f"}}))]
pub struct QuestionIn {
    /// Whom it is about; oneself if left out. Only an auditor asks about others.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// What they would do: the `operationId` of an operation that is not open to strangers.
    #[schema(value_type = String)]
    pub action: Line,
    /// To what: the parameters in the path of that operation, by name. Those that the thing is found by are required;
    /// a further one, such as `member_id`, is not looked at.
    #[serde(default)]
    pub resource: BTreeMap<String, String>,
    /// The moment whose day in Norway is taken as today, where ages and periods of consents are told; now if left out,
    /// and not before today. All else is as it stands now: seats, roles, guardians, withdrawals, the baton. What was
    /// decided at an earlier time is in the access log.
    #[serde(default, deserialize_with = "optional_time")]
    pub at: Option<DateTime<Utc>>,
}
