//! One action of the story.

use reqwest::Method;
use serde_json::Value;

use super::{client::Answer, people::Actor};

/// An action by a person.
pub(super) struct Act<'a> {
    pub(super) who: &'a Actor,
    pub(super) what: &'a str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) if_match: Option<String>,
    pub(super) expect: u16,
    /// The person whose access is missing if it is refused, if it is not the person who acts.
    pub(super) about: Option<&'a Actor>,
}

/// A request to read.
pub(super) fn get<'a>(who: &'a Actor, what: &'a str, path: String, expect: u16) -> Act<'a> {
    Act { who, what, method: Method::GET, path, body: None, if_match: None, expect, about: None }
}

/// A request to write.
pub(super) fn post<'a>(who: &'a Actor, what: &'a str, path: String, body: Value, expect: u16) -> Act<'a> {
    Act { who, what, method: Method::POST, path, body: Some(body), if_match: None, expect, about: None }
}

impl<'a> Act<'a> {
    /// A refusal is explained by the access of this person.
    pub(super) fn about(mut self, who: &'a Actor) -> Self {
        self.about = Some(who);
        self
    }

    /// Requires the version that was read.
    pub(super) fn if_match(mut self, answer: &Answer) -> Self {
        self.if_match.clone_from(&answer.etag);
        self
    }
}
