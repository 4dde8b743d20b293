//! Records the questions to the rules while the tables are evaluated.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use stafett::access::{Decision, Policies, PolicyQuestion};

/// The person, the action and the object.
type Key = (String, String, String);

/// A question and its answer.
#[derive(Debug, Clone)]
pub struct Asked {
    pub question: PolicyQuestion,
    pub decision: Decision,
}

/// Stores the last occurrence of each question.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<HashMap<Key, Asked>>>);

impl Recorder {
    /// Returns rules whose questions are recorded.
    pub fn hear(&self, policies: Policies) -> Policies {
        let this = self.clone();
        policies.heard_by(move |question, decision| {
            let request = &question.request;
            let of = |uid: Option<&cedar_policy::EntityUid>| {
                uid.map(|uid| uid.id().unescaped().to_owned()).unwrap_or_default()
            };
            let key = (of(request.principal()), of(request.action()), of(request.resource()));
            let asked = Asked { question: question.clone(), decision: decision.clone() };
            this.0.lock().expect("no panic while locked").insert(key, asked);
        })
    }

    /// Removes all recorded questions.
    pub fn forget(&self) {
        self.0.lock().expect("no panic while locked").clear();
    }

    /// Returns the question whether a person may do this to the object in the path or, without one, to themselves.
    pub fn question(&self, who: &str, action: &str, path: &str) -> Option<Asked> {
        let asked = self.0.lock().expect("no panic while locked");
        let named = [who].into_iter().chain(path.split('/'));
        let mut found = None;
        for id in named {
            let key = (who.to_owned(), action.to_owned(), id.to_owned());
            found = asked.get(&key).cloned().or(found);
        }
        found
    }
}
