//! An explanation, as it is told.

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
    /// What the rules answer.
    Verdict {
        /// Allowed.
        Permit = "permit",
        /// Refused.
        Deny = "deny",
    }
}

words! {
    /// Why a fact is not as it would have to be.
    HintKind {
        /// Someone who must consent has not consented to the unit.
        ConsentMissing = "consent_missing",
        /// The consent was withdrawn.
        ConsentWithdrawn = "consent_withdrawn",
        /// The consent has run out.
        ConsentEnded = "consent_ended",
        /// The consent does not hold yet.
        ConsentNotBegun = "consent_not_begun",
        /// Nobody is registered who could consent.
        NobodyCanConsent = "nobody_can_consent",
        /// The person never had a seat on the team.
        SeatMissing = "seat_missing",
        /// The seat on the team has ended.
        SeatEnded = "seat_ended",
        /// The person has no such role in the unit.
        RoleMissing = "role_missing",
        /// The role in the unit has ended.
        RoleEnded = "role_ended",
        /// The person is of the child's family: own family is not own work.
        OwnFamily = "own_family",
        /// The person holds a role that excludes content.
        RoleExcludesContent = "role_excludes_content",
        /// Someone else is the contact person.
        ContactPersonOnly = "contact_person_only",
        /// It is for the leader of the unit that answers for the case.
        LeaderOnly = "leader_only",
        /// The person is not registered as guardian of the child.
        NotGuardian = "not_guardian",
        /// The guardianship has ended.
        GuardianshipEnded = "guardianship_ended",
        /// The guardian has no parental responsibility.
        NoParentalResponsibility = "no_parental_responsibility",
        /// The child is of age.
        OfAge = "of_age",
        /// The young person is too young to stand for themself.
        TooYoung = "too_young",
        /// The person has no account in use.
        AccountClosed = "account_closed",
        /// A rule forbids it, whatever else allows it.
        Forbidden = "forbidden",
    }
}

/// Why someone may or may not do something. Holds ids, days and names of rules, never content or a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// What it is about, by the name of the operation.
    pub action: String,
    /// Whom it is about.
    pub person_id: PersonId,
    /// The day on which the ages and the periods of consents are taken.
    pub day: NaiveDate,
    /// The answer of the rules.
    pub decision: Verdict,
    /// Whether there is such a thing, and the one who asks may know of it. If not, nothing more is told.
    pub known: bool,
    /// The rules that gave the answer; none where it is refused because nothing allows it.
    pub rules: Vec<DecidingRule>,
    /// What would change the answer, each way by itself enough.
    pub would_change: Vec<Way>,
}

shown!(Explanation { action, person_id, day, decision, known, rules, would_change });

impl Explanation {
    /// The answer where there is no such thing, or the one who asks may not know of it: the same for both.
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

/// A rule that gave the answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidingRule {
    /// Its name.
    #[schema(example = "case.team")]
    pub id: String,
    /// The law it rests on.
    pub legal_basis: Vec<&'static str>,
    /// What it says, in a sentence.
    pub summary: String,
    /// The same in Norwegian.
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

/// One way to another answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Way {
    /// The facts that would all have to be so.
    #[serde(rename = "if")]
    pub conditions: Vec<Condition>,
    /// The rules that would allow it then; none where it would be refused.
    pub rules: Vec<String>,
    /// The law those rules rest on.
    pub legal_basis: Vec<&'static str>,
    /// Why it is not so, as far as the record tells.
    pub because: Vec<Hint>,
}

/// A fact that would have to be another.
#[derive(Debug, Serialize, ToSchema)]
pub struct Condition {
    /// Its name, as the rules have it; `seat`, `seat_in_unit` and `seat_in_sector` for a seat on the team.
    #[schema(example = "seat")]
    pub fact: String,
    /// What it would have to be.
    pub becomes: bool,
    /// The same in words.
    pub says: String,
    /// The unit it is about, where only one will do.
    pub unit_id: Option<UnitId>,
    /// The sector it is about, where only one will do.
    pub sector: Option<String>,
}

/// Why a fact is as it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Hint {
    /// What kind of reason.
    pub kind: HintKind,
    /// The same in words.
    pub says: String,
    /// The person it is about, if it is another than the one asked about.
    pub person_id: Option<PersonId>,
    /// The unit it is about.
    pub unit_id: Option<UnitId>,
    /// Since when, or from when on.
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

/// The facts in words, and what they are where they are not. A fact that is not here is told by its name.
const FACTS: [(&str, &str, &str); 32] = [
    ("seat", "has a seat on the team, on a ground in force", "has no seat on the team"),
    ("seat_in_unit", "has a seat on the team through this unit", ""),
    ("seat_in_sector", "has a seat on the team through a unit of this sector", ""),
    ("contact_person", "is the contact person of the case", "is not the contact person of the case"),
    (
        "leads_contact_unit",
        "leads the unit that answers for the case",
        "does not lead the unit that answers for the case",
    ),
    ("offered_baton", "is offered the baton, and has a seat on the team", "is not offered the baton"),
    (
        "guardian",
        "has parental responsibility for the child, who is under 18",
        "has no parental responsibility for the child",
    ),
    (
        "young_person",
        "is the child, of the age that the municipality has set",
        "is not the young person of age",
    ),
    ("has_case", "a case has been opened for the child", "no case has been opened for the child"),
    ("registered", "registered the child, and works in that unit", "did not register the child"),
    (
        "leads_registering_unit",
        "leads the unit that registered the child",
        "does not lead the unit that registered the child",
    ),
    (
        "own_family",
        "is too close to the child",
        "is not too close to the child: of its family, or with a declared conflict of interest (fvl § 6)",
    ),
    (
        "child_welfare",
        "decides for the child in child welfare, by a care order in force",
        "does not decide for the child by a care order",
    ),
    ("foster_parent", "is a foster parent", "is not a foster parent"),
    ("kept_away", "is not to know where the child is", "may know where the child is"),
    (
        "emergency",
        "has opened the case in an emergency, within the last hour",
        "has not opened the case in an emergency",
    ),
    ("child", "is the child", "is not the child"),
    (
        "own_health_contact",
        "is the child, and something is written of a health contact it keeps from the guardians",
        "nothing is written of a health contact that the caller, as the child, keeps from the guardians",
    ),
    (
        "health_objection",
        "someone has objected to sharing among health personnel",
        "nobody has objected to sharing among health personnel",
    ),
    ("lives_with_child", "is a guardian who lives with the child", "is no guardian who lives with the child"),
    ("child_agrees", "the child agrees that the guardians see what it says", "the child has not agreed"),
    (
        "same_municipality",
        "works in a municipality that the unit serves",
        "works in no municipality that the unit serves",
    ),
    ("works_in", "works in the unit", "works in no unit"),
    ("leads", "leads the unit", "leads no unit"),
    ("administers", "is administrator of the municipality", "is administrator of no municipality"),
    ("audits", "is auditor of the municipality", "is auditor of no municipality"),
    ("author", "wrote it", "did not write it"),
    ("given_by", "gave the consent", "did not give the consent"),
    (
        "offered_to",
        "is the one whom the baton was offered to",
        "is not the one whom the baton was offered to",
    ),
    ("responsible", "is responsible for the measure", "is not responsible for the measure"),
    ("called_by", "called the meeting", "did not call the meeting"),
    ("invited", "is invited to the meeting", "is not invited to the meeting"),
];

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
