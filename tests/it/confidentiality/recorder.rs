//! Records the questions to the rules while the tables are evaluated.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use cedar_policy::{Entities, EntityId, EntityUid, Request};
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

    /// Returns the question about a field that the service did not ask, because it refused the object: as it would have asked it.
    /// The person and their relation are those of the question about the object. The field can belong to another object, which
    /// someone else asked about.
    pub fn implied(
        &self,
        refused: &PolicyQuestion,
        field: &str,
        object: Option<&str>,
    ) -> Option<PolicyQuestion> {
        let PolicyQuestion { request, entities } = refused;
        let of_others = match object {
            Some(object) => Some(self.about(field, object)?),
            None => None,
        };
        let (resource, known) = match &of_others {
            Some(asked) => (asked.question.request.resource()?, &asked.question.entities),
            None => (request.resource()?, entities),
        };
        let (principal, kind) = (request.principal()?, request.action()?.type_name());
        let action = EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(field));
        let context = request.context()?.clone();
        let asked = Request::new(principal.clone(), action, resource.clone(), context, None).ok()?;
        let them = [entities.get(principal)?, known.get(resource)?].map(Clone::clone);
        let entities = Entities::from_entities(them, None).ok()?;
        Some(PolicyQuestion { request: asked, entities })
    }

    /// Any question whether someone may do this to an object.
    fn about(&self, action: &str, object: &str) -> Option<Asked> {
        let asked = self.0.lock().expect("no panic while locked");
        let found = asked.iter().find(|((_, of, id), _)| of == action && id == object);
        found.map(|(_, asked)| asked.clone())
    }
}
