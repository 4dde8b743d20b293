//! What the rules are asked while the tables are gone through.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use stafett::access::{Decision, Policies, PolicyQuestion};

/// Who does what to which.
type Key = (String, String, String);

/// A question, and its answer.
#[derive(Debug, Clone)]
pub struct Asked {
    pub question: PolicyQuestion,
    pub decision: Decision,
}

/// Keeps the last of each question.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<HashMap<Key, Asked>>>);

impl Recorder {
    /// Rules that this hears.
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

    /// Forgets what was asked until now.
    pub fn forget(&self) {
        self.0.lock().expect("no panic while locked").clear();
    }

    /// The question whether someone may do this to something that the path names or, where it names nothing, to their own desk.
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
