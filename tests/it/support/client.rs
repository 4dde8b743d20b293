//! Requests, and inspectable answers.

use std::{fmt::Write as _, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use stafett::{
    db::Db,
    identity::{TokenKeys, open_session},
    kernel::{
        Clock, Id,
        ids::{Person, PersonId},
    },
};
use tokio::sync::Mutex;

use super::{api::Operation, promise::assert_promised};

/// A client that is not logged in.
#[derive(Debug, Clone)]
pub struct Anonymous {
    http: reqwest::Client,
    base: String,
}

/// Gives users their sessions without a password, which would take most of the time of a test.
#[derive(Debug)]
pub struct Door {
    pub db: Db,
    pub clock: Clock,
    pub keys: TokenKeys,
}

/// A person with an account. They get a session when first needed, and another when the access token has expired.
#[derive(Debug, Clone)]
pub struct User {
    /// The same id in every table.
    pub id: PersonId,
    pub name: String,
    pub username: String,
    stranger: Anonymous,
    door: Arc<Door>,
    token: Arc<Mutex<Option<AccessToken>>>,
}

/// The token, and when it expires.
type AccessToken = (String, DateTime<Utc>);

macro_rules! methods {
    ($($name:ident $method:ident),+) => {$(
        pub fn $name(&self, path: impl Into<String>) -> Call {
            self.call(Method::$method, path)
        }
    )+};
}

impl Anonymous {
    pub(super) fn new(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.to_owned() }
    }

    methods! { get GET, post POST, delete DELETE }

    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        let path = path.into();
        Call { stranger: self.clone(), user: None, method, path, headers: HeaderMap::new(), body: Vec::new() }
    }

    /// Requests by a client at another address.
    pub fn from(&self, address: &str) -> Client {
        Client { stranger: self.clone(), address: address.to_owned() }
    }

    /// Logs in and returns the whole answer.
    pub async fn log_in(&self, username: &str, password: &str) -> Answer {
        self.post("/v1/auth/login").json(json!({"username": username, "password": password})).send().await
    }
}

/// A client that is not logged in, at an address of its own.
#[derive(Debug, Clone)]
pub struct Client {
    stranger: Anonymous,
    address: String,
}

impl Client {
    /// Logs in, from a device that has a token or not.
    pub async fn log_in(&self, username: &str, password: &str, device: Option<&str>) -> Answer {
        let mut body = json!({"username": username, "password": password});
        if let Some(device) = device {
            body["device_token"] = json!(device);
        }
        self.stranger.post("/v1/auth/login").json(body).header("x-forwarded-for", &self.address).send().await
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.stranger.get(path).header("x-forwarded-for", &self.address)
    }
}

impl User {
    pub(super) fn new(
        id: Id<Person>,
        name: String,
        username: String,
        stranger: Anonymous,
        door: Arc<Door>,
    ) -> Self {
        Self { id, name, username, stranger, door, token: Arc::default() }
    }

    methods! { get GET, post POST, put PUT, patch PATCH, delete DELETE }

    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        Call { user: Some(self.clone()), ..self.stranger.call(method, path) }
    }

    /// Returns the access token, from a new session if there is none or it has expired.
    pub async fn token(&self) -> String {
        let mut token = self.token.lock().await;
        let now = self.door.clock.now();
        if let Some((token, expires)) = &*token
            && now < *expires
        {
            return token.clone();
        }
        let mut tx = self.door.db.write().await.expect("a transaction");
        let tokens = open_session(&mut tx, &self.door.keys, self.id, now).await.expect("a session");
        tx.commit().await.expect("committed");
        let fresh = tokens.access.expose_secret().to_owned();
        *token = Some((fresh.clone(), now + TimeDelta::seconds(tokens.expires_in)));
        fresh
    }
}

/// A request that has not been sent yet.
#[derive(Debug, Clone)]
pub struct Call {
    stranger: Anonymous,
    user: Option<User>,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    /// Sets a JSON body, with its content type.
    pub fn json(self, body: impl Into<Value>) -> Self {
        let body: Value = body.into();
        self.body("application/json", body.to_string())
    }

    /// Adds members to the JSON body.
    pub fn with(mut self, more: &Value) -> Self {
        let mut body: Value = serde_json::from_slice(&self.body).expect("a JSON body");
        let members = body.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("members").clone());
        self.body = body.to_string().into_bytes();
        self
    }

    /// Sets any body.
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut call = self.header(CONTENT_TYPE.as_str(), content_type);
        call.body = body.into();
        call
    }

    /// Sets the version to change: a number, as in `version`, or an `ETag`.
    pub fn if_match(self, version: impl ToString) -> Self {
        let version = version.to_string();
        let etag = if version.starts_with('"') { version } else { format!("\"{version}\"") };
        self.header(IF_MATCH.as_str(), &etag)
    }

    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        self
    }

    pub async fn send(mut self) -> Answer {
        if let Some(user) = self.user.take()
            && !self.headers.contains_key(AUTHORIZATION)
        {
            let token = user.token().await;
            self = self.bearer(&token);
        }
        let mut exchange = format!("{} {}\n", self.method, self.path);
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != AUTHORIZATION) {
            let _ = writeln!(exchange, "{name}: {}", value.to_str().unwrap_or("?"));
        }
        let _ = writeln!(exchange, "{}\n", shortened(&String::from_utf8_lossy(&self.body)));
        let asked = exchange.clone();
        let operation = Operation::at(&self.method, &self.path);
        let url = format!("{}{}", self.stranger.base, self.path);
        let request = self.stranger.http.request(self.method, url).headers(self.headers).body(self.body);
        let response =
            request.send().await.unwrap_or_else(|error| panic!("no answer ({error}) to\n{exchange}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("the whole answer").to_vec();
        let text = without_request_id(&headers, String::from_utf8_lossy(&bytes).into_owned());
        let _ = writeln!(exchange, "{status}\n{}", shortened(&text));
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, body, text, bytes, request: asked, exchange };
        if let Some(operation) = operation {
            assert_promised(operation, &answer);
        }
        answer
    }
}

/// Checks the request id of an answer, which must be in its headers and, if it is a problem, in its body. Returns the body without
/// it, so that equal bodies are equal.
fn without_request_id(headers: &HeaderMap, text: String) -> String {
    let id = headers.get("request-id").expect("a request id").to_str().expect("an id");
    assert_eq!(id.parse::<uuid::Uuid>().map(|id| id.to_string()).ok().as_deref(), Some(id));
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/problem+json") || text.is_empty() {
        return text;
    }
    let member = format!(",\"request_id\":\"{id}\"}}");
    let before = text.strip_suffix(&member).unwrap_or_else(|| panic!("no {member} in {text}"));
    format!("{before}}}")
}

fn shortened(text: &str) -> String {
    const MANY: usize = 4_000;
    if text.len() <= MANY { text.to_owned() } else { text.chars().take(MANY).chain(" …".chars()).collect() }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON; null if it is not JSON.
    pub body: Value,
    /// The body as it was sent.
    pub text: String,
    /// The body in bytes, if it is not text.
    pub bytes: Vec<u8>,
    request: String,
    exchange: String,
}

impl Answer {
    /// Requires this status, and otherwise shows the whole exchange.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "\n{}", self.exchange);
        self
    }

    /// Requires a problem document with this status and this slug.
    #[track_caller]
    pub fn expect_problem(self, status: u16, slug: &str) -> Self {
        let answer = self.expect(status).expect_problem_document();
        assert_eq!(answer.problem(), slug, "\n{}", answer.exchange);
        answer
    }

    /// Requires a 422 that names exactly this location: a JSON pointer, or `?name` of a query parameter.
    #[track_caller]
    pub fn expect_invalid(self, pointer: &str) -> Self {
        let answer = self.expect_problem(422, "invalid-input");
        assert_eq!(answer.pointers(), [pointer], "\n{}", answer.exchange);
        answer
    }

    /// Requires a problem document with the status of the answer.
    #[track_caller]
    pub fn expect_problem_document(self) -> Self {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "\n{}", self.exchange);
        assert_eq!(self.body["status"], self.status, "\n{}", self.exchange);
        assert!(!self.problem().is_empty() && self.body["title"].is_string(), "\n{}", self.exchange);
        self
    }

    /// The slug of the problem; none if it is not a problem.
    pub fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.strip_prefix("https://stafett.example/problems/").unwrap_or_default()
    }

    /// The locations that a 422 names.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// The request that was sent.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Everything in the answer: status, headers except the time, the request id and the tag, which is made from the body, and
    /// body.
    pub fn told(&self) -> String {
        let aside = ["date", "request-id", "etag"];
        let mut lines: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| !aside.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort_unstable();
        format!("{}\n{}\n\n{}", self.status, lines.join("\n"), self.text)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub fn etag(&self) -> &str {
        self.header(ETAG.as_str()).unwrap_or_else(|| panic!("no ETag in\n{}", self.exchange))
    }

    /// The version in the entity tag.
    pub fn version(&self) -> &str {
        self.etag().trim_start_matches('"').split('.').next().unwrap_or_default()
    }

    /// A text in the body, by JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let text = self.body.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no text at {pointer} in\n{}", self.exchange)).to_owned()
    }

    /// An id in the body, by JSON pointer.
    #[track_caller]
    pub fn id<T>(&self, pointer: &str) -> Id<T> {
        self.text(pointer).parse().unwrap_or_else(|_| panic!("no id at {pointer} in\n{}", self.exchange))
    }

    /// The items of a page.
    #[track_caller]
    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items in\n{}", self.exchange))
    }

    /// One member of each item of a page, as text.
    #[track_caller]
    pub fn each(&self, member: &str) -> Vec<&str> {
        self.items().iter().filter_map(|item| item[member].as_str()).collect()
    }
}
