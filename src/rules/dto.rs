//! Request types for questions to the rules.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{Age, Consenting, KindRule, Purpose, RefusedKind, Rule, cited},
    kernel::{
        day::optional_time,
        ids::PersonId,
        text::Line,
        vocabulary::{InformationKind, Sector},
    },
};

/// One rule, as a jurist reads it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rule)]
pub(super) struct RuleOut {
    /// Its stable name.
    #[schema(example = "case.team")]
    id: String,
    /// The law it rests on, as cited today.
    legal_basis: Vec<&'static str>,
    /// What it says, in a sentence.
    summary: String,
    /// The same in Norwegian.
    summary_no: String,
    /// Whether it forbids what other rules allow.
    forbids: bool,
    /// The purpose of what it allows; null for a rule that forbids.
    purpose: Option<Purpose>,
    /// The operations it is about.
    actions: Vec<String>,
}

impl RuleOut {
    /// The rule as of a day.
    pub(super) fn on(rule: &Rule, day: NaiveDate) -> Self {
        let Rule { id, legal_basis, summary, summary_no, forbids, purpose, actions, file: _ } = rule.clone();
        let legal_basis = cited(&legal_basis, day);
        Self { id, legal_basis, summary, summary_no, forbids, purpose, actions }
    }
}

/// The rule of a kind that may be in the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InformationKindRule)]
pub(super) struct KindRuleOut {
    /// The kind.
    key: InformationKind,
    /// Its name.
    name: String,
    /// Its name in Norwegian.
    name_no: String,
    /// The sectors whose units write it.
    written_by: Vec<Sector>,
    /// An entry that says nothing is of the strictest kind that its unit's sector writes.
    strictness: u8,
    /// Guardians see it until the child is this old; 0 is never.
    guardians_until: i64,
    /// The child sees it from this age; never if left out.
    child_from: Option<Age>,
    /// Who consents to its passing between units.
    consent: Consenting,
    /// From which age the child consents alone.
    consent_age: Option<Age>,
    /// The law on which one guardian alone may consent, as cited today.
    one_guardian: Vec<&'static str>,
    /// The law it rests on, as cited today.
    legal_basis: Vec<&'static str>,
    /// Where it is a careful reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl KindRuleOut {
    /// The rule as of a day.
    pub(super) fn on(rule: &KindRule, day: NaiveDate) -> Self {
        let KindRule { key, name, name_no, written_by, strictness, guardians_until, child_from, .. } =
            rule.clone();
        let KindRule { consent, consent_age, one_guardian, legal_basis, note, .. } = rule.clone();
        let (one_guardian, legal_basis) = (cited(&one_guardian, day), cited(&legal_basis, day));
        Self {
            key,
            name,
            name_no,
            written_by,
            strictness,
            guardians_until,
            child_from,
            consent,
            consent_age,
            one_guardian,
            legal_basis,
            note,
        }
    }
}

/// A kind that must not be in the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedKind)]
pub(super) struct RefusedKindOut {
    /// The kind.
    key: InformationKind,
    /// Its name.
    name: String,
    /// Its name in Norwegian.
    name_no: String,
    /// What to do instead.
    instead: String,
    /// Kinds of units that have no part in the record: to have to do with them is itself secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    units: Vec<String>,
    /// The law it rests on, as cited today.
    legal_basis: Vec<&'static str>,
}

impl RefusedKindOut {
    /// The kind as of a day.
    pub(super) fn on(kind: &RefusedKind, day: NaiveDate) -> Self {
        let RefusedKind { key, name, name_no, instead, units, legal_basis } = kind.clone();
        let legal_basis = cited(&legal_basis, day);
        Self { key, name, name_no, instead, units, legal_basis }
    }
}

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
