//! The explanation of a decision.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::what_if::Change;
use crate::{
    access::{Rule, cited},
    kernel::ids::{PersonId, UnitId},
    shown, words,
};

words! {
    /// The decision of the rules.
    Verdict {
        /// Allowed.
        Permit = "permit",
        /// Refused.
        Deny = "deny",
    }
}

words! {
    /// The reason a fact is not what it would have to be.
    HintKind {
        /// A person who must consent has not consented to the unit.
        ConsentMissing = "consent_missing",
        /// The consent was withdrawn.
        ConsentWithdrawn = "consent_withdrawn",
        /// The consent has expired.
        ConsentEnded = "consent_ended",
        /// The consent is not in force yet.
        ConsentNotBegun = "consent_not_begun",
        /// No registered person can consent.
        NobodyCanConsent = "nobody_can_consent",
        /// The person has never been a team member.
        SeatMissing = "seat_missing",
        /// The membership of the team has ended.
        SeatEnded = "seat_ended",
        /// The person does not have this role in the unit.
        RoleMissing = "role_missing",
        /// The role in the unit has ended.
        RoleEnded = "role_ended",
        /// The person is disqualified: they are in the child's family, or have a conflict of interest.
        Disqualified = "disqualified",
        /// The person holds a role that excludes content.
        RoleExcludesContent = "role_excludes_content",
        /// Another person is the contact person.
        ContactPersonOnly = "contact_person_only",
        /// Only the leader of the unit responsible for the case may.
        LeaderOnly = "leader_only",
        /// The person is not registered as a guardian of the child.
        NotGuardian = "not_guardian",
        /// The guardianship has ended.
        GuardianshipEnded = "guardianship_ended",
        /// The guardian has no parental responsibility.
        NoParentalResponsibility = "no_parental_responsibility",
        /// The child is of age.
        OfAge = "of_age",
        /// The young person is not old enough.
        TooYoung = "too_young",
        /// The person has no active account.
        AccountClosed = "account_closed",
        /// The roles do not count, because no second factor is proven.
        SecondFactorMissing = "second_factor_missing",
        /// A rule forbids it, whatever other rules allow.
        Forbidden = "forbidden",
    }
}

/// Why a person may or may not do something. Contains ids, dates and rule ids, but no content and no names.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// The action, by the name of the operation.
    pub action: String,
    /// The person the question is about.
    pub person_id: PersonId,
    /// The date that ages and consent periods are calculated for.
    pub day: NaiveDate,
    /// The decision of the rules.
    pub decision: Verdict,
    /// Whether the object exists and the caller may know about it. If not, the answer contains nothing more about it.
    pub known: bool,
    /// The rules that decided; empty if the action is refused because no rule allows it.
    pub rules: Vec<DecidingRule>,
    /// The ways to the opposite answer. Each is sufficient on its own.
    pub would_change: Vec<Way>,
}

shown!(Explanation { action, person_id, day, decision, known, rules, would_change });

impl Explanation {
    /// The answer if the object does not exist or the caller may not know about it. It is the same for both.
    pub(super) fn of_nothing(action: &str, person_id: PersonId, day: NaiveDate) -> Self {
        Self {
            action: action.to_owned(),
            person_id,
            day,
            decision: Verdict::Deny,
            known: false,
            rules: Vec::new(),
            would_change: Vec::new(),
        }
    }
}

/// A rule that decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidingRule {
    /// The id of the rule.
    #[schema(example = "case.team")]
    pub id: String,
    /// The legal basis.
    pub legal_basis: Vec<&'static str>,
    /// The rule in one sentence.
    pub summary: String,
    /// The same sentence in Norwegian.
    pub summary_no: String,
    /// Whether it forbids what other rules allow.
    pub forbids: bool,
}

impl DecidingRule {
    /// The rule with its law as cited on a day.
    pub(super) fn on(rule: &Rule, day: NaiveDate) -> Self {
        Self {
            id: rule.id.clone(),
            legal_basis: cited(&rule.legal_basis, day),
            summary: rule.summary.clone(),
            summary_no: rule.summary_no.clone(),
            forbids: rule.forbids,
        }
    }
}

/// A way to the opposite answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangeOfAnswer)]
pub struct Way {
    /// The facts that would all have to change.
    #[serde(rename = "if")]
    pub conditions: Vec<Condition>,
    /// The rules that would then allow it; empty if it would then be refused.
    pub rules: Vec<String>,
    /// The legal basis of those rules.
    pub legal_basis: Vec<&'static str>,
    /// The reasons the facts are as they are, as far as the record shows.
    pub because: Vec<Hint>,
}

/// A fact that would have to change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Condition {
    /// The name of the fact in the rules; `seat`, `seat_in_unit` and `seat_in_sector` for a membership of the team.
    #[schema(example = "seat")]
    pub fact: String,
    /// The value it would need.
    pub becomes: bool,
    /// A description.
    pub says: String,
    /// The unit, if it must be a certain unit.
    pub unit_id: Option<UnitId>,
    /// The sector, if it must be a certain sector.
    pub sector: Option<String>,
}

/// A reason a fact is as it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Hint {
    /// The kind of reason.
    pub kind: HintKind,
    /// A description.
    pub says: String,
    /// The person it is about, if it is not the person in the question.
    pub person_id: Option<PersonId>,
    /// The unit it is about.
    pub unit_id: Option<UnitId>,
    /// The date since or from which it applies.
    pub day: Option<NaiveDate>,
    /// The rule it is about.
    pub rule: Option<String>,
}

impl Hint {
    pub(super) fn new(kind: HintKind, says: impl Into<String>) -> Self {
        Self { kind, says: says.into(), person_id: None, unit_id: None, day: None, rule: None }
    }

    pub(super) fn person(self, person: PersonId) -> Self {
        Self { person_id: Some(person), ..self }
    }

    pub(super) fn unit(self, unit: UnitId) -> Self {
        Self { unit_id: Some(unit), ..self }
    }

    pub(super) fn day(self, day: NaiveDate) -> Self {
        Self { day: Some(day), ..self }
    }

    pub(super) fn rule(self, rule: &str) -> Self {
        Self { rule: Some(rule.to_owned()), ..self }
    }
}

/// Descriptions of the facts when true and when false. A fact that is not listed is described by its name.
const FACTS: [(&str, &str, &str); 47] = [
    ("seat", "is a team member with access in force", "is not a team member"),
    ("seat_in_unit", "is a team member through this unit", ""),
    ("seat_in_sector", "is a team member through a unit in this sector", ""),
    ("contact_person", "is the contact person of the case", "is not the contact person of the case"),
    (
        "leads_contact_unit",
        "leads the unit responsible for the case",
        "does not lead the unit responsible for the case",
    ),
    ("offered_baton", "has been offered the baton, and is a team member", "has not been offered the baton"),
    (
        "offered_record",
        "is asked to accept the case for another unit, and everyone who must agrees",
        "is not asked to accept the case",
    ),
    (
        "has_next_step",
        "has the next step of the case, and is a team member",
        "does not have the next step of the case",
    ),
    (
        "guardian",
        "has parental responsibility for the child, who is under 18",
        "has no parental responsibility for the child",
    ),
    (
        "young_person",
        "is the child, and has reached the age set by the municipality",
        "is not the young person, or is not old enough",
    ),
    ("has_case", "a case has been opened for the child", "no case has been opened for the child"),
    ("registered", "registered the child, and works in that unit", "did not register the child"),
    (
        "leads_registering_unit",
        "leads the unit that registered the child",
        "does not lead the unit that registered the child",
    ),
    (
        "disqualified",
        "is disqualified in relation to the child",
        "is not disqualified in relation to the child: in its family, or with a conflict of interest (fvl § 6)",
    ),
    (
        "child_welfare",
        "decides for the child in child welfare, under a care order in force",
        "does not decide for the child under a care order",
    ),
    (
        "care_order",
        "is responsible in child welfare for a care order about the child",
        "is not responsible in child welfare for a care order about the child",
    ),
    (
        "leads_care_order",
        "leads the child welfare service that is responsible for a care order about the child",
        "does not lead the child welfare service that is responsible for a care order about the child",
    ),
    ("foster_parent", "is a foster parent", "is not a foster parent"),
    ("kept_away", "may not know where the child is", "may know where the child is"),
    (
        "emergency",
        "has had emergency access to the case within the last hour",
        "does not have emergency access to the case",
    ),
    ("child", "is the child", "is not the child"),
    (
        "own_health_contact",
        "is the child, and a note is about a health contact that the child keeps from the guardians",
        "is not a child with a note about a health contact kept from the guardians",
    ),
    (
        "has_invitation",
        "is the child, and is invited to a meeting about the case",
        "is not a child who is invited to a meeting about the case",
    ),
    (
        "health_objection",
        "someone has objected to sharing among health personnel",
        "nobody has objected to sharing among health personnel",
    ),
    (
        "lives_with_child",
        "is a guardian who lives with the child",
        "is not a guardian who lives with the child",
    ),
    (
        "child_agrees",
        "the child agrees that the guardians may see its own statements",
        "the child has not agreed",
    ),
    (
        "decides_above",
        "decides as leader of another unit, because no leader of the unit can",
        "does not decide in place of the leaders of the unit",
    ),
    (
        "same_municipality",
        "works in a municipality that the unit serves",
        "does not work in a municipality that the unit serves",
    ),
    (
        "roles",
        "holds a role that excludes content",
        "holds no role that excludes content: administrator, auditor or analyst",
    ),
    ("works_in", "works in the unit", "does not work in the unit"),
    ("leads", "leads the unit", "does not lead the unit"),
    ("administers", "is an administrator of the municipality", "is not an administrator of the municipality"),
    ("audits", "is an auditor of the municipality", "is not an auditor of the municipality"),
    ("audits_units", "is an auditor of the unit's controller", "is not an auditor of the unit's controller"),
    ("person", "is the person who is away", "is not the person who is away"),
    ("over", "the person is back", "the person is away, or will be"),
    ("asked_by", "asked for it", "did not ask for it"),
    ("for_person", "is the person it is for", "is not the person it is for"),
    ("of_family", "was written by the family", "was not written by the family"),
    ("chosen_readers", "was chosen by the writer as a reader", "was not chosen by the writer as a reader"),
    ("author", "wrote it", "did not write it"),
    ("given_by", "gave the consent", "did not give the consent"),
    ("asked", "is asked for the consent, or has answered", "is not asked for the consent"),
    ("offered_to", "is the person the baton was offered to", "is not the person the baton was offered to"),
    ("responsible", "is responsible for the measure", "is not responsible for the measure"),
    ("called_by", "called the meeting", "did not call the meeting"),
    ("invited", "is invited to the meeting", "is not invited to the meeting"),
];

impl Way {
    /// The way for a person whose roles do not count yet.
    pub(super) fn to_prove_a_second_factor(says: &str) -> Self {
        Self::because(Hint::new(HintKind::SecondFactorMissing, says))
    }

    /// A reason that no change of facts removes.
    pub(super) fn because(hint: Hint) -> Self {
        Self { conditions: Vec::new(), rules: Vec::new(), legal_basis: Vec::new(), because: vec![hint] }
    }
}

impl From<&Change> for Condition {
    fn from(change: &Change) -> Self {
        let words = FACTS.iter().find(|(fact, ..)| *fact == change.fact);
        let says = words.map(|(_, so, not_so)| if change.becomes { *so } else { *not_so });
        let fallback = format!("`{}` is {}", change.fact, change.becomes);
        Self {
            fact: change.fact.clone(),
            becomes: change.becomes,
            says: says.filter(|says| !says.is_empty()).map_or(fallback, ToOwned::to_owned),
            unit_id: change.unit.as_deref().and_then(|unit| unit.parse().ok()),
            sector: change.sector.clone(),
        }
    }
}
