//! What a decision rests on, and the decisions made lately.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;

use super::{
    Decision,
    fact::{Attributes, Name, references},
};
use crate::{access::objects::Object, identity::Caller};

/// The most bases whose decisions are remembered. Each takes one or two KiB.
const REMEMBERED: usize = 4096;

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
            person: caller.person.into(),
            rights: vec![
                ("works_in", references("Unit", caller.works_in().map(|held| held.unit_id))),
                ("leads", references("Unit", caller.leads().map(|held| held.unit_id))),
                ("administers", references("Municipality", caller.administers())),
                ("audits", references("Municipality", caller.audits())),
            ],
            kind: O::TYPE,
            object: object.id(),
            attributes: object.attributes(),
            context: object.context(caller),
        }
    }
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
