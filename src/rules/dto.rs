//! Request and response types for rules, and for questions to them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{
        Age, AloneRule, Consenting, Home, KindRule, Purpose, RefusedKind, Rule, actions::ActionName, cited,
    },
    kernel::{
        day::{QuestionTime, optional_time},
        ids::PersonId,
        vocabulary::{InformationKind, Sector},
    },
};

/// A confidentiality rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rule)]
pub(super) struct RuleOut {
    /// The stable id of the rule.
    #[schema(example = "case.team")]
    id: String,
    /// The legal basis, as cited today.
    legal_basis: Vec<&'static str>,
    /// The rule in one sentence.
    summary: String,
    /// The same sentence in Norwegian.
    summary_no: String,
    /// Whether the rule forbids what other rules allow.
    forbids: bool,
    /// The purpose of the access that it allows; null for a rule that forbids.
    purpose: Option<Purpose>,
    /// The operations that the rule is about.
    actions: Vec<String>,
}

impl RuleOut {
    /// Returns the rule with the law as cited on a day.
    pub(super) fn on(rule: &Rule, day: NaiveDate) -> Self {
        let Rule { id, legal_basis, summary, summary_no, forbids, purpose, actions, file: _, told_as: _ } =
            rule.clone();
        let legal_basis = cited(&legal_basis, day);
        Self { id, legal_basis, summary, summary_no, forbids, purpose, actions }
    }
}

/// The rule for a kind of information that may be in the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InformationKindRule)]
pub(super) struct KindRuleOut {
    /// The kind.
    key: InformationKind,
    /// The name of the kind.
    name: String,
    /// The name of the kind in Norwegian.
    name_no: String,
    /// The sectors whose units write it.
    written_by: Vec<Sector>,
    /// Guardians may see it until the child reaches this age; 0 means never.
    guardians_until: i64,
    /// The child may see it from this age; never if left out.
    child_from: Option<Age>,
    /// The people who consent to sharing it between units.
    consent: Consenting,
    /// The age from which the child consents, alone or together with the guardians.
    consent_age: Option<Age>,
    /// The laws by which the child consents alone, to units of some sectors, what the guardians and the child otherwise consent to
    /// together, as cited today.
    child_alone: Vec<&'static str>,
    /// The laws that allow one guardian to consent alone, as cited today.
    one_guardian: Vec<&'static str>,
    /// The legal basis, as cited today.
    legal_basis: Vec<&'static str>,
    /// A note, if the rule is a careful interpretation of the law.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl KindRuleOut {
    /// Returns the rule with the law as cited on a day.
    pub(super) fn on(rule: &KindRule, day: NaiveDate) -> Self {
        let KindRule { key, name, name_no, written_by, guardians_until, child_from, .. } = rule.clone();
        let KindRule { consent, consent_age, child_alone, one_guardian, legal_basis, note, .. } =
            rule.clone();
        let child_alone = cited(&child_alone, day);
        let (one_guardian, legal_basis) = (cited(&one_guardian, day), cited(&legal_basis, day));
        Self {
            key,
            name,
            name_no,
            written_by,
            guardians_until,
            child_from,
            consent,
            consent_age,
            child_alone,
            one_guardian,
            legal_basis,
            note,
        }
    }
}

/// A kind of information that is prohibited in the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedKind)]
pub(super) struct RefusedKindOut {
    /// The kind.
    key: InformationKind,
    /// The name of the kind.
    name: String,
    /// The name of the kind in Norwegian.
    name_no: String,
    /// The alternative to writing it here.
    instead: String,
    /// Kinds of units that cannot take part in a record, because contact with them is itself secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    units: Vec<String>,
    /// The legal basis, as cited today.
    legal_basis: Vec<&'static str>,
}

impl RefusedKindOut {
    /// Returns the kind with the law as cited on a day.
    pub(super) fn on(kind: &RefusedKind, day: NaiveDate) -> Self {
        let RefusedKind { key, name, name_no, instead, units, legal_basis } = kind.clone();
        let legal_basis = cited(&legal_basis, day);
        Self { key, name, name_no, instead, units, legal_basis }
    }
}

/// The conditions on which a law lets one guardian consent alone. They must hold when the consent is given and at every use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentAloneRule)]
pub(super) struct AloneRuleOut {
    /// The law, as cited today.
    law: Vec<&'static str>,
    /// Where the child must live; absent if that does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<Home>,
    /// The sectors of the units that such a consent can be given to. Every other unit needs the consent of all.
    to: Vec<Sector>,
    /// A note, if it is a careful interpretation of the law.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl AloneRuleOut {
    /// Returns the conditions with the law as cited on a day.
    pub(super) fn on(rule: &AloneRule, day: NaiveDate) -> Self {
        let AloneRule { law, home, to, note } = rule.clone();
        Self { law: cited(&[law], day), home, to, note }
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
    pub action: ActionName,
    /// The object: the path parameters of that operation, by name. Those that identify the object are required; others, such
    /// as `member_id`, are ignored.
    #[serde(default)]
    pub resource: BTreeMap<String, String>,
    /// A time whose date in Norway counts as today for ages and consent periods; now if left out, and not before today.
    /// Everything else is as it is now: memberships, roles, guardians, withdrawals and contact persons. The access log
    /// contains earlier decisions.
    #[serde(default, deserialize_with = "optional_time")]
    #[schema(value_type = Option<QuestionTime>)]
    pub at: Option<DateTime<Utc>>,
}
