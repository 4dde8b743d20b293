//! The rules in `policies/`: loads them, validates them strictly against their schema, and evaluates them.

mod basis;
mod error;
mod fact;
mod groups;
mod local;
mod question;
mod sources;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    str::FromStr,
    sync::Arc,
};

use cedar_policy::{
    ActionConstraint, Authorizer, Effect, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode,
    Validator,
};
use chrono::{Days, NaiveDate};

use self::{
    basis::Remembered,
    sources::{SCHEMA, SOURCES},
};
pub use self::{
    error::PolicyError,
    fact::{Attributes, Fact},
    groups::Groups,
    question::{About, PolicyQuestion},
};
pub(super) use self::{
    fact::{reference, references},
    question::{AskError, Inquiry},
};
use super::{
    grounds::with_ground,
    kinds::Kinds,
    laws::{Law, Laws, PROCESSING, ending_soon, laws, require_in_force},
    objects::Object,
    purpose::Purpose,
};
use crate::identity::Caller;

/// A confidentiality rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The stable id of the rule.
    pub id: String,
    /// The legal basis.
    pub legal_basis: Vec<Law>,
    /// The rule in one sentence.
    pub summary: String,
    /// The same sentence in Norwegian.
    pub summary_no: String,
    /// Whether the rule forbids what other rules allow.
    pub forbids: bool,
    /// The purpose of the access that it allows; none for a rule that forbids.
    pub purpose: Option<Purpose>,
    /// The rule whose reason the family reads instead of this one; none if it reads no more than that the person works on the case.
    pub told_as: Option<String>,
    /// The operations that the rule is about.
    pub actions: Vec<String>,
    /// The file that contains it.
    pub file: String,
}

/// The decision on whether a person may do something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The ids of the rules that decided; none if it is refused because no rule allows it.
    pub policies: Vec<String>,
    /// The laws that those rules rest on.
    pub legal_basis: Vec<Law>,
}

/// A function that receives each question and its decision.
type Listener = Arc<dyn Fn(&PolicyQuestion, &Decision) + Send + Sync>;

/// All rules, ready to be asked.
pub struct Policies {
    authorizer: Authorizer,
    set: PolicySet,
    /// The rules about each action, so that a decision evaluates about three rules instead of all.
    by_action: HashMap<EntityUid, PolicySet>,
    schema: Schema,
    rules: BTreeMap<PolicyId, Rule>,
    /// The ids of the rules, in the order of the files.
    order: Vec<PolicyId>,
    listener: Option<Listener>,
    remembered: Remembered,
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Policies({} rules)", self.rules.len())
    }
}

impl Policies {
    /// Loads and validates the rules.
    ///
    /// # Errors
    /// If a file does not parse, or a rule lacks an annotation, rests on an unknown law or does not agree with the schema.
    pub fn load() -> Result<Self, PolicyError> {
        Self::load_with(&[])
    }

    /// Loads the rules together with the stricter rules of a municipality, from the files of a folder.
    ///
    /// # Errors
    /// As [`Policies::load`]; or if the folder cannot be read or has no rules. Also if a rule in it allows something, or
    /// forbids something that the law requires or grants.
    pub fn load_local(folder: &Path) -> Result<Self, PolicyError> {
        Self::load_with(&local::read(folder)?)
    }

    fn load_with(local: &[(String, String)]) -> Result<Self, PolicyError> {
        let own = SOURCES.map(|(file, source)| (file.to_owned(), source.to_owned()));
        Self::of(&own, local)
    }

    /// Loads rules and local rules from other texts, to see what the service would decide by them.
    ///
    /// # Errors
    /// As [`Policies::load`]; or if a local rule allows something.
    pub fn of(own: &[(String, String)], local: &[(String, String)]) -> Result<Self, PolicyError> {
        Self::on_laws(own, local, Laws::current())
    }

    /// Loads the rules in `policies/` with other laws, to see what the service would cite once an act is renumbered.
    ///
    /// # Errors
    /// As [`Policies::load`].
    pub fn load_on(laws: &'static Laws) -> Result<Self, PolicyError> {
        let own = SOURCES.map(|(file, source)| (file.to_owned(), source.to_owned()));
        Self::on_laws(&own, &[], laws)
    }

    fn on_laws(
        own: &[(String, String)],
        local: &[(String, String)],
        laws: &'static Laws,
    ) -> Result<Self, PolicyError> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA)
            .map_err(|error| parse_error("stafett.cedarschema", &error))?;
        let groups = Groups::of(&schema)?;
        let mut set = PolicySet::new();
        let mut rules = BTreeMap::new();
        let mut order = Vec::new();
        let own = own.iter().map(|text| (text, false));
        for ((file, source), is_local) in own.chain(local.iter().map(|text| (text, true))) {
            let parsed = PolicySet::from_str(source).map_err(|error| parse_error(file, &error))?;
            if parsed.templates().next().is_some() {
                return Err(PolicyError::Template(file.clone()));
            }
            for policy in parsed.policies() {
                if is_local && policy.effect() == Effect::Permit {
                    return Err(PolicyError::LocalPermit(file.clone()));
                }
                let policy = groups.expand(policy)?;
                let rule = with_ground(rule(file, &policy, laws)?, policy.annotation("used_by"))?;
                if is_local {
                    local::check(&rule)?;
                }
                let policy = policy.new_id(PolicyId::new(&rule.id));
                rules.insert(policy.id().clone(), rule);
                order.push(policy.id().clone());
                let taken = PolicyError::Annotation { file: file.clone(), annotation: "id" };
                set.add(policy).map_err(|_| taken)?;
            }
        }
        let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        let mut faults = result.validation_errors().map(ToString::to_string).peekable();
        if faults.peek().is_some() {
            return Err(PolicyError::Invalid(faults.collect::<Vec<_>>().join("; ")));
        }
        let by_action = by_action(&set, &groups)?;
        Ok(Self {
            authorizer: Authorizer::new(),
            set,
            by_action,
            schema,
            rules,
            order,
            listener: None,
            remembered: Remembered::new(),
        })
    }

    /// Returns the same rules with a listener, which receives each question and its decision.
    #[must_use]
    pub fn heard_by(self, listener: impl Fn(&PolicyQuestion, &Decision) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Arc::new(listener)), ..self }
    }

    /// Returns the rules grouped by file, in the order of the files.
    #[must_use]
    pub fn by_file(&self) -> Vec<(&str, Vec<&Rule>)> {
        let mut files: Vec<(&str, Vec<&Rule>)> =
            SOURCES.iter().map(|(file, _)| (*file, Vec::new())).collect();
        for rule in self.rules() {
            match files.iter_mut().find(|(file, _)| *file == rule.file) {
                Some((_, rules)) => rules.push(rule),
                None => files.push((&rule.file, vec![rule])),
            }
        }
        files
    }

    /// Returns the rules, in the order of the files in `policies/` and of the rules in each.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.order.iter().filter_map(|id| self.rules.get(id))
    }

    /// Returns the rule with this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(&PolicyId::new(id))
    }

    /// Checks that all laws that the rules rest on are in force.
    ///
    /// # Errors
    /// If a law has ended or is not yet in force; the error names the rules that rest on it.
    pub fn require_in_force(&self, day: NaiveDate) -> Result<(), PolicyError> {
        require_in_force(citations(&self.rules), day)
    }

    /// Names what ends within 90 days, and what rests on it, in one sentence for each law.
    #[must_use]
    pub fn law_that_ends_soon(&self, day: NaiveDate) -> Vec<String> {
        ending_soon(citations(&self.rules), day, Days::new(90))
    }

    /// Returns the laws that a rule rests on; none if there is no such rule.
    #[must_use]
    pub fn legal_basis_of(&self, rule: &str) -> Vec<Law> {
        self.rule(rule).map(|rule| rule.legal_basis.clone()).unwrap_or_default()
    }

    /// Returns the text of the rules about an action.
    pub(super) fn text_about(&self, action: &str) -> String {
        let is_about = |id: &PolicyId| {
            let rule = self.rules.get(id);
            rule.is_some_and(|rule| rule.actions.is_empty() || rule.actions.iter().any(|name| name == action))
        };
        self.set.policies().filter(|policy| is_about(policy.id())).map(ToString::to_string).collect()
    }

    /// Returns the names of all actions.
    #[must_use]
    pub fn actions(&self) -> HashSet<String> {
        self.by_action.keys().map(|uid| uid.id().unescaped().to_owned()).collect()
    }

    /// Decides whether `caller` may do `action` to `object`. If anything fails, the decision is a refusal.
    #[must_use]
    pub fn decide<O: Object>(self: &Arc<Self>, caller: &Caller, action: &str, object: &O) -> Decision {
        self.about(caller, object).decide(action)
    }

    /// Prepares questions about a caller and an object. Their facts are assembled once, for any number of actions.
    #[must_use]
    pub fn about<O: Object>(self: &Arc<Self>, caller: &Caller, object: &O) -> About<O> {
        About::of(self.clone(), caller, object)
    }

    /// Answers an inquiry about any kind of object.
    pub(super) fn answer(&self, inquiry: Inquiry) -> Result<Decision, AskError> {
        self.answer_to(&inquiry.question(&self.schema)?)
    }

    fn answer_to(&self, question: &PolicyQuestion) -> Result<Decision, AskError> {
        let rules = question.request.action().and_then(|action| self.by_action.get(action));
        let Some(rules) = rules else { return Ok(Decision::default()) };
        let response = self.authorizer.is_authorized(&question.request, rules, &question.entities);
        let diagnostics = response.diagnostics();
        if let Some(error) = diagnostics.errors().next() {
            return Err(error.to_string().into());
        }
        let mut by: Vec<&Rule> = diagnostics.reason().filter_map(|id| self.rules.get(id)).collect();
        by.sort_by(|a, b| a.id.cmp(&b.id));
        let mut legal_basis: Vec<Law> = Vec::new();
        for basis in by.iter().flat_map(|rule| &rule.legal_basis) {
            if !legal_basis.contains(basis) {
                legal_basis.push(*basis);
            }
        }
        Ok(Decision {
            allowed: response.decision() == cedar_policy::Decision::Allow,
            policies: by.iter().map(|rule| rule.id.clone()).collect(),
            legal_basis,
        })
    }
}

/// Returns each law that the rules, the kinds of information, care orders and the processing rest on, with what rests on it.
fn citations(rules: &BTreeMap<PolicyId, Rule>) -> impl Iterator<Item = (String, Law)> {
    let by_rule = rules
        .values()
        .flat_map(|rule| rule.legal_basis.iter().map(|law| (format!("rule {}", rule.id), *law)));
    let processing = laws(&PROCESSING).into_iter();
    let processing = processing.map(|law| ("what is processed in the record".to_owned(), law));
    by_rule.chain(Kinds::citations()).chain(super::care_orders::citations()).chain(processing)
}

/// Returns the rules about each action. An action that is in no group of the schema has none, and is allowed to nobody.
fn by_action(rules: &PolicySet, groups: &Groups) -> Result<HashMap<EntityUid, PolicySet>, PolicyError> {
    let about = |action: &EntityUid| {
        let is_about = |policy: &&Policy| match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(one) => one == *action,
            ActionConstraint::In(several) => several.contains(action),
        };
        PolicySet::from_policies(rules.policies().filter(is_about).cloned())
            .map_err(|error| PolicyError::Invalid(error.to_string()))
    };
    groups.actions().map(|action| Ok((action.clone(), about(action)?))).collect()
}

fn rule(file: &str, policy: &Policy, laws: &'static Laws) -> Result<Rule, PolicyError> {
    let annotation = |name: &'static str| {
        policy
            .annotation(name)
            .filter(|value| !value.trim().is_empty())
            .map(ToOwned::to_owned)
            .ok_or_else(|| PolicyError::Annotation { file: file.to_owned(), annotation: name })
    };
    let actions = match policy.action_constraint() {
        ActionConstraint::Any => Vec::new(),
        ActionConstraint::Eq(one) => vec![one],
        ActionConstraint::In(several) => several,
    };
    let law = |key: &str| {
        let unknown = || PolicyError::Law(format!("{key} (in {file})"));
        laws.find(key).ok_or_else(unknown)
    };
    let forbids = policy.effect() == Effect::Forbid;
    Ok(Rule {
        id: annotation("id")?,
        purpose: if forbids { None } else { Some(purpose(file, annotation("purpose")?)?) },
        legal_basis: annotation("legal_basis")?.split("; ").map(law).collect::<Result<_, _>>()?,
        summary: annotation("summary")?,
        summary_no: annotation("summary_no")?,
        forbids,
        told_as: policy.annotation("told_as").map(ToOwned::to_owned),
        actions: actions.iter().map(|uid| uid.id().unescaped().to_owned()).collect(),
        file: file.to_owned(),
    })
}

/// Parses a purpose, which is one of a closed list.
fn purpose(file: &str, word: String) -> Result<Purpose, PolicyError> {
    Purpose::try_from(word.clone()).map_err(|_| PolicyError::Purpose { file: file.to_owned(), purpose: word })
}

/// Returns the purpose of each rule in `policies/` that allows something. Loading the rules has checked them.
pub(super) fn purposes() -> HashMap<String, Purpose> {
    let parsed = SOURCES.iter().filter_map(|(_, source)| PolicySet::from_str(source).ok());
    let of = |policy: &Policy| {
        let id = policy.annotation("id").filter(|_| policy.effect() != Effect::Forbid)?;
        let purpose = Purpose::try_from(policy.annotation("purpose")?.to_owned()).ok()?;
        Some((id.to_owned(), purpose))
    };
    parsed.flat_map(|set| set.policies().filter_map(of).collect::<Vec<_>>()).collect()
}

fn parse_error(file: &str, error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::Parse { file: file.to_owned(), message: error.to_string() }
}
