//! Removes or adds a part of each rule: the tables must notice. If no row notices a change, the tables do not define the
//! meaning of the rule.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use cedar_policy::{
    Authorizer, Decision, Policy, PolicyId, PolicySet, Schema, ValidationMode, ValidationResult,
    ValidationWarning, Validator,
};
use serde_json::{Value, json};
use stafett::access::{Groups, Policies, PolicyQuestion};

use super::{
    equivalent::{ALWAYS_ALSO, EQUIVALENT, FORBIDDEN_BY_ROLE, LETS_IN},
    gone_through, outcomes,
};
use crate::support::Engine;

/// The unchanged rules.
struct Rules {
    all: BTreeMap<String, Rule>,
    validator: Validator,
}

/// A rule, with its JSON and its actions.
struct Rule {
    policy: Policy,
    json: Value,
    actions: BTreeSet<String>,
}

/// A rule that is changed or left out.
struct Mutant {
    rule: String,
    change: String,
    /// None if the rule is left out.
    policy: Option<Policy>,
    /// The actions whose answers it can change.
    actions: BTreeSet<String>,
}

impl Rules {
    fn read() -> Self {
        let folder = super::table::folder().join("../../policies");
        let text = |file: &str| std::fs::read_to_string(folder.join(file)).expect("a file of rules");
        let (schema, _) = Schema::from_cedarschema_str(&text("stafett.cedarschema")).expect("the schema");
        let groups = Groups::of(&schema).expect("the groups");
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).expect("the rules") {
            let file = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            if !file.ends_with(".cedar") {
                continue;
            }
            for policy in PolicySet::from_str(&text(&file)).expect("rules").policies() {
                let id = policy.annotation("id").expect("an id").to_owned();
                let policy = groups.expand(&policy.new_id(PolicyId::new(&id))).expect("a rule");
                let json = policy.to_json().expect("a rule as JSON");
                let actions = actions(&json);
                all.insert(id, Rule { policy, json, actions });
            }
        }
        Self { all, validator: Validator::new(schema) }
    }

    /// Returns all rules, with one changed.
    fn with(&self, mutant: &Mutant) -> PolicySet {
        self.some_with(mutant, |_| true)
    }

    /// Returns the rules about an action, with one changed. Other rules cannot change a decision about it.
    fn about(&self, action: &str, mutant: &Mutant) -> PolicySet {
        self.some_with(mutant, |rule| rule.actions.is_empty() || rule.actions.contains(action))
    }

    /// Returns what the unchanged rules answer.
    fn allow(&self, question: &PolicyQuestion) -> bool {
        let all = PolicySet::from_policies(self.all.values().map(|rule| rule.policy.clone()));
        let all = all.expect("ids that differ");
        let answer = Authorizer::new().is_authorized(&question.request, &all, &question.entities);
        answer.decision() == Decision::Allow
    }

    fn some_with(&self, mutant: &Mutant, wanted: impl Fn(&Rule) -> bool) -> PolicySet {
        let others = self.all.iter().filter(|(id, rule)| **id != mutant.rule && wanted(rule));
        let policies = others.map(|(_, rule)| &rule.policy).chain(&mutant.policy);
        PolicySet::from_policies(policies.cloned()).expect("ids that differ")
    }

    /// Returns whether it is valid against the schema.
    fn is_valid(&self, policy: &Policy) -> bool {
        self.validate(policy.clone()).validation_passed()
    }

    fn validate(&self, policy: Policy) -> ValidationResult {
        let set = PolicySet::from_policies([policy]).expect("one rule");
        self.validator.validate(&set, ValidationMode::Strict)
    }

    /// Returns whether a rule for this action alone can ever apply.
    fn can_be_met(&self, rule: &Value, action: &str) -> bool {
        let alone = of_anything(with_actions(rule, &BTreeSet::from([action.to_owned()])));
        let policy = Policy::from_json(Some(PolicyId::new("alone")), alone).expect("a rule");
        let found = self.validate(policy);
        let never = |warning: &ValidationWarning| matches!(warning, ValidationWarning::ImpossiblePolicy(_));
        found.validation_passed() && !found.validation_warnings().any(never)
    }

    /// Returns whether everyone that a rule allows may already do this by another rule.
    fn is_done_already(&self, rule: &str, action: &str) -> bool {
        let allows = |rule: &str| self.all.get(rule).is_some_and(|rule| rule.actions.contains(action));
        if self.all[rule].json["effect"] != "permit" {
            return false;
        }
        let may = |who: &str| {
            let mut all = vec![who, "anyone"];
            while let Some((_, more)) = ALWAYS_ALSO.iter().find(|(a, b)| all.contains(a) && !all.contains(b))
            {
                all.push(more);
            }
            let others = LETS_IN.iter().filter(|(other, _)| *other != rule);
            others
                .into_iter()
                .any(|(rule, people)| people.iter().any(|one| all.contains(one)) && allows(rule))
        };
        let people =
            LETS_IN.iter().find(|(name, _)| *name == rule).map_or(&["anyone"][..], |(_, people)| *people);
        people.iter().all(|who| may(who))
    }

    /// Returns all actions of the rules.
    fn all_actions(&self) -> BTreeSet<String> {
        self.all.values().flat_map(|rule| rule.actions.clone()).collect()
    }

    fn mutants(&self) -> Vec<Mutant> {
        let all_actions = self.all_actions();
        self.all.keys().flat_map(|rule| self.mutants_of(rule, &all_actions)).collect()
    }

    fn mutants_of(&self, rule: &str, all_actions: &BTreeSet<String>) -> Vec<Mutant> {
        let mut mutants = Vec::new();
        let Rule { json, actions, .. } = &self.all[rule];
        let mut add = |change: String, json: Option<Value>, actions: &BTreeSet<String>| {
            let parsed = json.map(|json| Policy::from_json(Some(PolicyId::new(rule)), json).expect("a rule"));
            let valid = parsed.as_ref().is_none_or(|policy| self.is_valid(policy));
            if valid {
                let actions = actions.clone();
                mutants.push(Mutant { rule: rule.to_owned(), change, policy: parsed, actions });
            }
        };
        add("left out".to_owned(), None, actions);
        for (change, changed) in conditions(json) {
            add(change, Some(changed), actions);
        }
        for action in actions {
            let fewer = actions.iter().filter(|other| *other != action).cloned().collect();
            if self.is_done_already(rule, action) {
                continue;
            }
            let only = BTreeSet::from([action.clone()]);
            add(format!("without {action}"), Some(with_actions(json, &fewer)), &only);
        }
        for action in all_actions.difference(actions) {
            let more = actions.iter().chain([action]).cloned().collect();
            let only = BTreeSet::from([action.clone()]);
            if !self.is_done_already(rule, action) && self.can_be_met(json, action) {
                add(format!("with {action}"), Some(of_anything(with_actions(json, &more))), &only);
            }
        }
        mutants
    }
}

/// Returns the actions of a rule.
fn actions(rule: &Value) -> BTreeSet<String> {
    let action = &rule["action"];
    let several = action["entities"].as_array().cloned().unwrap_or_default();
    let all = several.into_iter().chain([action["entity"].clone()]);
    all.filter_map(|uid| uid["id"].as_str().map(ToOwned::to_owned)).collect()
}

fn with_actions(rule: &Value, actions: &BTreeSet<String>) -> Value {
    let entities: Vec<_> = actions.iter().map(|id| json!({"type": "Stafett::Action", "id": id})).collect();
    let mut rule = rule.clone();
    rule["action"] = json!({"op": "in", "entities": entities});
    rule
}

/// Returns the same rule for every type of object.
fn of_anything(rule: Value) -> Value {
    let mut rule = rule;
    rule["resource"] = json!({"op": "All"});
    rule
}

/// Returns the rule without its conditions, and without each part of them.
fn conditions(rule: &Value) -> Vec<(String, Value)> {
    let conditions = rule["conditions"].as_array().cloned().unwrap_or_default();
    let mut changed = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        let mut without = rule.clone();
        without["conditions"].as_array_mut().expect("conditions").remove(index);
        changed.push(("without its condition".to_owned(), without));
        for body in smaller(&condition["body"]) {
            let mut other = rule.clone();
            other["conditions"][index]["body"] = body;
            changed.push((format!("only {}", words(&other, index)), other));
        }
    }
    changed
}

/// Returns the expressions with one operand less of an and, an or, or a not.
fn smaller(expression: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for operator in ["&&", "||"] {
        let (left, right) = (&expression[operator]["left"], &expression[operator]["right"]);
        if left.is_null() {
            continue;
        }
        all.extend([left.clone(), right.clone()]);
        all.extend(smaller(left).into_iter().map(|left| json!({operator: {"left": left, "right": right}})));
        all.extend(smaller(right).into_iter().map(|right| json!({operator: {"left": left, "right": right}})));
    }
    let inner = &expression["!"]["arg"];
    if !inner.is_null() {
        all.push(inner.clone());
    }
    all
}

/// Returns a condition as a rule contains it.
fn words(rule: &Value, index: usize) -> String {
    let mut alone = rule.clone();
    alone["conditions"] = json!([rule["conditions"][index]]);
    let text = Policy::from_json(None, alone).expect("a rule").to_string();
    let (_, condition) =
        text.split_once("when {").or_else(|| text.split_once("unless {")).unwrap_or(("", &text));
    condition.trim().trim_end_matches("};").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A question of the tables, and the required answer.
struct Answered {
    question: PolicyQuestion,
    expected: bool,
}

/// Returns the questions of the tables, by action.
async fn answered(rules: &Rules) -> BTreeMap<String, Vec<Answered>> {
    let (mut seen, mut answered) = (BTreeSet::new(), BTreeMap::<String, Vec<Answered>>::new());
    for outcome in outcomes().await.iter().filter(|outcome| outcome.fault.is_none()) {
        let asked = outcome.asked.as_ref().map(|asked| (&asked.question, asked.decision.allowed));
        // A rule about a field holds for those who are refused the object as well: another rule may let them read it one day.
        let implied = outcome.implied.as_ref().map(|question| (question, rules.allow(question)));
        for (question, expected) in asked.into_iter().chain(implied) {
            let request = &question.request;
            let key = [request.principal(), request.action(), request.resource()].map(|uid| uid.cloned());
            if seen.insert(key) {
                let action = request.action().expect("an action").id().unescaped().to_owned();
                answered.entry(action).or_default().push(Answered { question: question.clone(), expected });
            }
        }
    }
    answered
}

/// Returns whether a question of the tables gets another answer.
fn is_noticed(mutant: &Mutant, rules: &Rules, answered: &BTreeMap<String, Vec<Answered>>) -> bool {
    let authorizer = Authorizer::new();
    mutant.actions.iter().filter_map(|action| Some((action, answered.get(action)?))).any(
        |(action, answered)| {
            let set = rules.about(action, mutant);
            answered.iter().any(|Answered { question: PolicyQuestion { request, entities }, expected }| {
                let answer = authorizer.is_authorized(request, &set, entities).decision();
                (answer == Decision::Allow) != *expected
            })
        },
    )
}

/// Returns the changes that no row can notice: the rule and the change.
fn excuses() -> Vec<(&'static str, String)> {
    let by_role = FORBIDDEN_BY_ROLE
        .iter()
        .flat_map(|(rule, actions)| actions.iter().map(move |action| (*rule, format!("with {action}"))));
    let equivalent = EQUIVALENT.iter().map(|(rule, change, _)| (*rule, (*change).to_owned()));
    equivalent.chain(by_role).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_to_a_rule_is_noticed_by_a_row() {
    let rules = Rules::read();
    let answered = answered(&rules).await;
    let excuses = excuses();
    let (mut survivors, mut needless) = (Vec::new(), excuses.clone());
    let mutants = rules.mutants();
    for mutant in &mutants {
        let equivalent = |(rule, change): &(&str, String)| *rule == mutant.rule && *change == mutant.change;
        let excused = excuses.iter().any(equivalent);
        let noticed = is_noticed(mutant, &rules, &answered);
        if !noticed && !excused {
            survivors.push(format!("{}: {}", mutant.rule, mutant.change));
        }
        if !noticed {
            needless.retain(|excuse| !equivalent(excuse));
        }
    }
    let (count, of) = (survivors.len(), mutants.len());
    assert!(
        survivors.is_empty(),
        "{count} of {of} changes are noticed by no row:\n  {}",
        survivors.join("\n  ")
    );
    assert!(needless.is_empty(), "excused, though noticed or not there: {needless:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weaker_rule_is_noticed_as_the_service_runs() {
    let rules = Rules::read();
    let weaker = |mutant: &&Mutant| mutant.change == "without its condition";
    let mutants = rules.mutants_of("case.team", &rules.all_actions());
    let set = rules.with(mutants.iter().find(weaker).expect("the weaker rule"));
    let texts: Vec<_> = set.policies().map(|policy| (policy.id().to_string(), policy.to_string())).collect();
    let policies = Policies::of(&texts, &[]).expect("rules");
    let situation = Some("a case that only the school works on");
    let outcomes = gone_through(Engine::Sqlite, policies, situation).await.expect("SQLite is always there");
    let noticed = outcomes.iter().filter(|outcome| outcome.fault.is_some()).count();
    // Notes have rules of their own, which are unchanged.
    let hidden =
        |outcome: &&super::Outcome| !outcome.row.answer.is_yes() && !outcome.row.what.contains("note");
    let hidden = outcomes.iter().filter(hidden).count();
    assert!(noticed > 0 && noticed == hidden, "of {hidden} that hide something {noticed} notice it");
}
