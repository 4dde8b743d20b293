//! How a request is let in: who sends it, what it sends, what it is about and whether that is allowed.

use std::time::Duration;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use chrono::{DateTime, NaiveDate, Utc};
use tracing_actix_web::RequestId;

use super::{
    Entry, PendingLook, Services,
    actions::{Action, Kind},
    objects::{Lookup, Object, PathIds},
};
use crate::{
    db::Tx,
    identity::{Caller, authenticate},
    kernel::Page,
    problem::{Code, Problem},
};

/// The largest body taken, in bytes.
const MAX_BODY: usize = 256 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// The link to the next page (RFC 8288), with the rest of the query as it was.
pub(super) fn next_link<T>(request: &HttpRequest, page: &Page<T>) -> Option<String> {
    let cursor = page.next_cursor.as_deref()?;
    let kept =
        request.query_string().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let query: Vec<String> = kept.map(ToOwned::to_owned).chain([format!("cursor={cursor}")]).collect();
    Some(format!("<{}?{}>; rel=\"next\"", request.path(), query.join("&")))
}

/// The version of a thing as a strong entity tag.
pub(super) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

pub(super) fn services(request: &HttpRequest) -> Result<web::Data<Services>, Problem> {
    request
        .app_data::<web::Data<Services>>()
        .cloned()
        .ok_or_else(|| Problem::internal("the services are not set up"))
}

/// The place with the request where its look is noted.
pub(super) fn pending_look(request: &HttpRequest) -> PendingLook {
    let mut extensions = request.extensions_mut();
    if let Some(look) = extensions.get::<PendingLook>() {
        return look.clone();
    }
    let look = PendingLook::default();
    extensions.insert(look.clone());
    look
}

pub(super) async fn authenticated<A: Action>(
    services: &Services,
    request: &HttpRequest,
    tx: &mut Tx,
    now: DateTime<Utc>,
) -> Result<Caller, Problem> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let caller = match token {
        Some((_, token)) => authenticate(tx, &services.tokens, token.trim(), now).await?,
        None => None,
    };
    caller.ok_or_else(|| {
        note_stranger::<A>(services, request, now);
        Problem::new(Code::Unauthenticated)
    })
}

/// Notes a try by someone who is not logged in.
fn note_stranger<A: Action>(services: &Services, request: &HttpRequest, now: DateTime<Utc>) {
    let mut entry = Entry::of(None, A::NAME, A::Object::TYPE, now);
    entry.request_id = request_id(request);
    entry.client = services.client(request);
    entry.object_id = asked_for(request);
    pending_look(request).note(entry);
}

/// The last id in the path: guesses are worth knowing of.
fn asked_for(request: &HttpRequest) -> Option<String> {
    let asked = request.match_info().iter().filter(|(_, part)| part.parse::<uuid::Uuid>().is_ok()).last();
    asked.map(|(_, id)| id.to_owned())
}

/// Finds the object and asks the rules; what came of it is noted either way.
pub(super) async fn decide<A: Action>(
    services: &Services,
    request: &HttpRequest,
    caller: &Caller,
    tx: &mut Tx,
    now: DateTime<Utc>,
    today: NaiveDate,
    look: &PendingLook,
) -> Result<A::Object, Problem> {
    let ids = PathIds::of(request);
    let lookup = Lookup { caller, now, today, for_write: A::KIND == Kind::Write, ids: &ids };
    let found = A::Object::find(tx, &lookup).await?;
    let mut entry = Entry::of(Some(caller), A::NAME, A::Object::TYPE, now);
    entry.request_id = request_id(request);
    entry.client = services.client(request);
    let Some(object) = found else {
        entry.object_id = asked_for(request);
        look.note(entry);
        return Err(Problem::not_found());
    };
    let decision = services.policies.decide(caller, A::NAME, &object);
    let allowed = decision.allowed;
    look.note(entry.about(caller, &object, decision));
    if allowed {
        return Ok(object);
    }
    let known = object.may_be_known(&services.policies, caller);
    Err(if known { Problem::new(Code::Forbidden) } else { Problem::not_found() })
}

pub(super) fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
}

pub(super) fn json_content(request: &HttpRequest) -> Result<(), Problem> {
    if request.content_type().eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::explained(Code::UnsupportedMediaType, "the Content-Type must be application/json"))
    }
}

pub(super) async fn read_body(request: &HttpRequest, payload: Payload) -> Result<web::Bytes, Problem> {
    let mut payload = payload;
    let payload = web::Payload::from_request(request, &mut payload).await;
    let payload = payload.map_err(|error| Problem::explained(Code::BadRequest, error.to_string()))?;
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(MAX_BODY)).await {
        Err(_) => Err(Problem::explained(Code::BadRequest, "the body did not arrive in time")),
        Ok(Err(_)) => Err(Problem::new(Code::TooLarge)),
        Ok(Ok(Err(_))) => Err(Problem::explained(Code::BadRequest, "the body could not be read")),
        Ok(Ok(Ok(body))) => Ok(body),
    }
}
