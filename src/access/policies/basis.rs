//! The facts that a decision rests on, and the decisions made lately.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;

use super::{
    Decision,
    fact::{Attributes, Fact, Name, references},
};
use crate::{access::objects::Object, identity::Caller};

/// The most bases whose decisions are remembered. Each takes one or two KiB.
const REMEMBERED: usize = 4096;
/// The entity type of people in the schema.
const PERSON: &str = "Person";

/// A person and an object with the facts about both. With the action and the rules, this is all that a decision depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::access) struct Basis {
    pub person: Name,
    pub rights: Attributes,
    pub kind: &'static str,
    pub object: String,
    pub attributes: Attributes,
    pub context: Attributes,
}

impl Basis {
    /// Collects the facts about a person and an object.
    pub fn of<O: Object>(caller: &Caller, object: &O) -> Self {
        Self {
            person: caller.account.into(),
            rights: vec![
                ("roles", Fact::Set(role_names(caller))),
                ("works_in", references("Unit", caller.works_in().map(|held| held.unit_id))),
                ("leads", references("Unit", caller.leads().map(|held| held.unit_id))),
                ("administers", references("Municipality", caller.administers())),
                ("audits", references("Municipality", caller.audits())),
                ("audits_units", references("Unit", caller.audits_units().map(|held| held.unit_id))),
            ],
            kind: O::TYPE,
            object: name_of(object, caller),
            attributes: of_one_human(object.attributes(), caller),
            context: of_one_human(object.context(caller), caller),
        }
    }
}

/// Returns the id of an object. A caller who asks about themself is the person of the account, whatever person is meant.
fn name_of<O: Object>(object: &O, caller: &Caller) -> String {
    let id = object.id();
    let is_own = O::TYPE == PERSON && id.parse().is_ok_and(|id| caller.is(id));
    if is_own { caller.account.to_string() } else { id }
}

/// Returns facts in which every reference to the caller names the person of the account, as the question does. The rules then need not
/// know that a human can be several persons.
fn of_one_human(facts: Attributes, caller: &Caller) -> Attributes {
    if caller.known_as.len() == 1 {
        return facts;
    }
    facts.into_iter().map(|(name, fact)| (name, one_human(fact, caller))).collect()
}

fn one_human(fact: Fact, caller: &Caller) -> Fact {
    match fact {
        Fact::Reference(PERSON, Name::Id(id)) if caller.is(id.into()) => {
            Fact::Reference(PERSON, caller.account.into())
        }
        Fact::Set(facts) => Fact::Set(facts.into_iter().map(|fact| one_human(fact, caller)).collect()),
        Fact::Record(facts) => Fact::Record(of_one_human(facts, caller)),
        other => other,
    }
}

/// Returns the names of the roles of a caller.
fn role_names(caller: &Caller) -> Vec<Fact> {
    let mut roles: Vec<&'static str> = caller.roles.iter().map(|held| held.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles.into_iter().map(|role| Fact::Word(role.into())).collect()
}

/// The decisions about one basis, by action.
#[derive(Debug, Default)]
pub(super) struct Decisions(Mutex<Vec<(String, Decision)>>);

impl Decisions {
    pub fn get(&self, action: &str) -> Option<Decision> {
        let decisions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        decisions.iter().find(|(of, _)| of == action).map(|(_, decision)| decision.clone())
    }

    pub fn keep(&self, action: &str, decision: &Decision) {
        let mut decisions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !decisions.iter().any(|(of, _)| of == action) {
            decisions.push((action.to_owned(), decision.clone()));
        }
    }
}

/// The decisions made lately.
///
/// The key is everything that a decision depends on, and each request reads its facts from the database. A changed fact is
/// another key, so a lost right counts from the next request.
pub(super) struct Remembered(Cache<Arc<Basis>, Arc<Decisions>>);

impl Remembered {
    pub fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// Returns the decisions about a basis that is equal in every fact; none yet if there was no such basis lately.
    pub fn about(&self, basis: &Arc<Basis>) -> Arc<Decisions> {
        if let Some(decisions) = self.0.get(basis) {
            return decisions;
        }
        let decisions = Arc::new(Decisions::default());
        self.0.insert(basis.clone(), decisions.clone());
        decisions
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{
        access::{CaseFacts, Policies, Relation, objects::CaseObject},
        identity::{HeldRole, KnownAs},
        kernel::{
            Id,
            vocabulary::{Role, Sector},
        },
        vault::Content,
    };

    fn teacher() -> (Caller, HeldRole) {
        let person = Id::of_new_person();
        let role = HeldRole {
            person,
            unit_id: Id::new(),
            unit_name: String::new(),
            sector: Sector::School,
            municipality: "4014".to_owned(),
            controller: crate::kernel::vocabulary::ControllerKind::Municipality,
            role: Role::Worker,
            started_at: chrono::DateTime::UNIX_EPOCH,
            ends_on: chrono::NaiveDate::MAX,
        };
        let caller = Caller {
            account: person,
            person,
            known_as: vec![KnownAs { person, municipality: "4014".to_owned() }],
            opens_elsewhere: true,
            name: Content::default(),
            municipality: "4014".to_owned(),
            session: None,
            roles: vec![role.clone()],
            lacks_second_factor: false,
        };
        (caller, role)
    }

    #[test]
    fn a_lost_seat_or_role_counts_although_the_decision_is_remembered() {
        let policies = Arc::new(Policies::load().expect("valid rules"));
        let (caller, role) = teacher();
        let mut facts = CaseFacts::sample(9);
        let read = |caller: &Caller, facts: &CaseFacts| {
            policies.decide(caller, "read_case", &CaseObject { facts: facts.clone() }).allowed
        };
        assert!(!read(&caller, &facts), "without a seat");
        facts.relation = Arc::new(Relation { seats: vec![role], ..Relation::default() });
        assert!(read(&caller, &facts), "with a seat");
        assert!(read(&caller, &facts), "the same again");
        facts.relation = Arc::default();
        assert!(!read(&caller, &facts), "after the seat has ended");
    }

    #[test]
    fn equal_facts_are_one_basis_and_any_other_fact_is_another() {
        let remembered = Remembered::new();
        let (caller, role) = teacher();
        let facts = CaseFacts::sample(9);
        let of = |caller: &Caller, facts: &CaseFacts| {
            remembered.about(&Arc::new(Basis::of(caller, &CaseObject { facts: facts.clone() })))
        };
        let decisions = of(&caller, &facts);
        decisions.keep("read_case", &Decision { allowed: true, ..Decision::default() });
        assert!(of(&caller, &facts).get("read_case").is_some_and(|decision| decision.allowed));
        assert!(of(&caller, &facts).get("update_case").is_none(), "another action");

        let others = [
            (teacher().0, facts.clone()),
            (Caller { roles: Vec::new(), ..caller.clone() }, facts.clone()),
            (caller.clone(), CaseFacts::sample(9)),
            (caller.clone(), facts.clone().with(|state| state.child_age = 10)),
            (caller.clone(), facts.clone().with(|state| state.health_objection = true)),
            (
                caller.clone(),
                CaseFacts {
                    relation: Arc::new(Relation { seats: vec![role], ..Relation::default() }),
                    ..facts.clone()
                },
            ),
        ];
        for (number, (caller, facts)) in others.iter().enumerate() {
            assert!(of(caller, facts).get("read_case").is_none(), "change {number}");
        }
    }

    #[test]
    fn a_listener_receives_each_question_although_it_is_remembered() {
        let heard = Arc::new(AtomicUsize::new(0));
        let counter = heard.clone();
        let policies = Policies::load().expect("valid rules").heard_by(move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let (policies, case) = (Arc::new(policies), CaseObject { facts: CaseFacts::sample(9) });
        let (caller, _) = teacher();
        for _ in 0..3 {
            let _ = policies.decide(&caller, "read_case", &case);
        }
        assert_eq!(heard.load(Ordering::Relaxed), 3);
    }
}
