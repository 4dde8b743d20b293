//! The HTTP client of the people in the story.

use std::collections::HashMap;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::people::{Actor, PASSWORD};
use crate::{kernel::ids::PersonId, terminal::Failure};

/// A response.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub etag: Option<String>,
}

/// Sends requests on behalf of the people in the story.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    tokens: HashMap<PersonId, String>,
}

impl Client {
    pub(super) fn new(base: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), tokens: HashMap::new() })
    }

    pub(super) async fn log_in(&mut self, actor: &Actor) -> Result<StatusCode, Failure> {
        let body = json!({ "username": actor.username, "password": PASSWORD });
        let response = self.http.post(format!("{}/v1/auth/login", self.base)).json(&body).send().await?;
        let status = response.status();
        let body: Value = response.json().await?;
        let token = body["access_token"].as_str().unwrap_or_default().to_owned();
        self.tokens.insert(actor.id, token);
        Ok(status)
    }

    pub(super) async fn send(
        &self,
        actor: &Actor,
        method: Method,
        path: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Result<Answer, Failure> {
        let token = self.tokens.get(&actor.id).map(String::as_str).unwrap_or_default();
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(etag) = if_match {
            request = request.header(header::IF_MATCH, etag);
        }
        let response = request.send().await?;
        let status = response.status();
        let etag = response.headers().get(header::ETAG).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
        let text = response.text().await?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok(Answer { status, body, etag })
    }
}
