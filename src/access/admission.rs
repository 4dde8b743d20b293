//! Admits requests: authenticates the caller, reads the body, finds the object and decides.
//!
//! Each kind of action is admitted in its own way, and each ends in [`decide`]. The caller is authenticated once, in the
//! transaction that decides. For a change, that is after the locks are taken, so a right that ended meanwhile does not count.

use actix_web::{HttpMessage, HttpRequest, dev::Payload, error::InternalError, http::header, web};
use tracing_actix_web::RequestId;

use super::{
    Entry, KnownCaller, PendingLook, Permit, Services,
    actions::{Action, Kind, Rights},
    body::{MAX_BODY, read_body},
    idempotency::IdempotencyKey,
    log::Recorded,
    objects::{Lookup, Object, PathIds},
    replay::seen_again,
};
use crate::{
    db::{DbError, Tx, dialect},
    identity::{Caller, VerifiedToken, authenticate},
    kernel::{Id, Moment, ids::Person},
    problem::{Code, Contract, Problem},
};

/// A request with a valid token, and its body. The session is not checked yet.
pub(super) struct Knock {
    pub services: web::Data<Services>,
    pub request: HttpRequest,
    pub token: VerifiedToken,
    pub body: web::Bytes,
}

/// Admits a request to an action, or refuses it.
pub(super) async fn admit<A: Action>(
    request: HttpRequest,
    payload: Payload,
) -> Result<Permit<A>, actix_web::Error> {
    let services = services(&request)?;
    let token = verified_token::<A>(&services, &request)?;
    // No connection is held while a client is slow to send.
    let body = match A::KIND {
        Kind::Read => web::Bytes::new(),
        Kind::Ask | Kind::Write => read_body(&request, payload, MAX_BODY).await?,
    };
    enter(Knock { services, request, token, body }).await
}

/// Opens the transaction and decides in it.
pub(super) async fn enter<A: Action>(knock: Knock) -> Result<Permit<A>, actix_web::Error> {
    let mut tx = match A::KIND {
        Kind::Read | Kind::Ask => knock.services.db.read().await.map_err(Problem::from)?,
        Kind::Write => {
            let mut tx = knock.services.db.write().await.map_err(Problem::from)?;
            rely_on_rights::<A>(&mut tx, knock.token.person).await.map_err(Problem::from)?;
            tx
        }
    };
    let moment = Moment::of(&knock.services.clock);
    let caller = known_caller::<A>(&mut tx, &knock, moment).await.map_err(Problem::from)?;
    let caller = caller.ok_or_else(|| stranger::<A>(&knock.services, &knock.request))?;
    knock.request.extensions_mut().insert(KnownCaller);
    decide(knock, tx, caller, moment).await
}

/// Authenticates the caller. For a change by a human who is several persons, it takes the lock on the rights of each, and then reads
/// the rights again.
async fn known_caller<A: Action>(
    tx: &mut Tx,
    knock: &Knock,
    moment: Moment,
) -> Result<Option<Caller>, DbError> {
    let Knock { services, token, .. } = knock;
    let caller = authenticate(tx, token, services.staff_factor, moment.now).await?;
    let Some(first) = caller else { return Ok(None) };
    if A::KIND != Kind::Write || first.known_as.len() == 1 {
        return Ok(Some(first));
    }
    for person in first.persons().filter(|person| *person != first.account) {
        rely_on_rights::<A>(tx, person).await?;
    }
    authenticate(tx, token, services.staff_factor, moment.now).await
}

/// Takes the lock on the caller's rights. A write that ends rights waits for the caller's other writes, and they wait for it.
async fn rely_on_rights<A: Action>(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    if A::FACTS.rights == Rights::GivenUp {
        dialect::lock(tx, person.uuid()).await
    } else {
        dialect::rely_on(tx, person.uuid()).await.map(|_| ())
    }
}

/// Finds the object and decides. The attempt is logged whatever the decision.
async fn decide<A: Action>(
    knock: Knock,
    mut tx: Tx,
    caller: Caller,
    moment: Moment,
) -> Result<Permit<A>, actix_web::Error> {
    let Knock { services, request, .. } = &knock;
    let look = pending_look(request);
    let ids = PathIds::of(request);
    let lookup = Lookup { caller: &caller, moment, for_write: A::KIND == Kind::Write, ids: &ids };
    let found = A::Object::find(&mut tx, &lookup).await.map_err(Problem::from)?;
    let entry = Entry::of_request(Some(&caller), A::NAME, A::Object::TYPE, services, request, moment.now);
    let Some(object) = found else {
        look.note(Entry { object_id: asked_for(request), ..entry });
        return Err(refusal(&caller, Code::NotFound).into());
    };
    let about = services.policies.about(&caller, &object);
    let decision = tracing::debug_span!("decision").in_scope(|| about.decide(A::NAME));
    let allowed = decision.allowed;
    look.note(entry.about(&caller, &object, decision));
    if !allowed {
        let known = object.may_be_known(&services.policies, &caller);
        return Err(refusal(&caller, if known { Code::Forbidden } else { Code::NotFound }).into());
    }
    let key = if A::FACTS.takes_key() { IdempotencyKey::of(request, &knock.body)? } else { None };
    if let Some(key) = &key
        && let Some(first) = key.replay(&mut tx, caller.account).await?
    {
        let asking = Lookup { for_write: false, ..lookup };
        let first = seen_again::<A>(&mut tx, services, &asking, first, &look).await?;
        let first = first.ok_or_else(|| refusal(&caller, Code::NotFound))?;
        return Err(InternalError::from_response("answered before", first.into_response()).into());
    }
    let actor = object.actor(&caller);
    let caller = caller.acting_as(actor);
    Ok(Permit::new(object, about, caller, tx, moment, knock, look, key))
}

/// The words for a session whose roles do not count.
pub(super) const UNPROVEN: &str = "the roles of this session do not count, because it has not proven a second factor: log in with \
                                   one, or add one with POST /v1/me/second-factor or POST /v1/me/passkeys/begin";

/// Returns a refusal. A session whose roles do not count learns that from each refusal, whatever it asked for, so the words say
/// nothing about the object.
pub(super) fn refusal(caller: &Caller, code: Code) -> Problem {
    if caller.lacks_second_factor { Problem::explained(code, UNPROVEN) } else { Problem::new(code) }
}

pub(super) fn services(request: &HttpRequest) -> Result<web::Data<Services>, Problem> {
    request
        .app_data::<web::Data<Services>>()
        .cloned()
        .ok_or_else(|| Problem::internal("the services are not set up"))
}

/// Returns what each operation takes.
pub(super) fn contract(request: &HttpRequest) -> Result<&Contract, Problem> {
    let contract = request.app_data::<web::Data<Contract>>();
    contract.map(|contract| &***contract).ok_or_else(|| Problem::internal("the API document is not set up"))
}

/// Returns the log entries of the request in progress.
pub(super) fn pending_look(request: &HttpRequest) -> PendingLook {
    let mut extensions = request.extensions_mut();
    if let Some(look) = extensions.get::<PendingLook>() {
        return look.clone();
    }
    let look = PendingLook::default();
    extensions.insert(look.clone());
    look
}

/// Returns the token of a request, if it was issued here and has not expired.
fn verified_token<A: Action>(services: &Services, request: &HttpRequest) -> Result<VerifiedToken, Problem> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.and_then(|(_, token)| services.tokens.verify(token.trim(), services.clock.now()));
    token.ok_or_else(|| stranger::<A>(services, request))
}

/// Counts an attempt by someone who is not logged in, and returns the refusal.
fn stranger<A: Action>(services: &Services, request: &HttpRequest) -> Problem {
    let entry = Entry::of(None, A::NAME, A::Object::TYPE, services.clock.now());
    pending_look(request).note_as(Recorded::Counted, entry);
    Problem::new(Code::Unauthenticated)
}

/// Returns the last id in the path, so that the log records attempts to guess ids.
fn asked_for(request: &HttpRequest) -> Option<String> {
    let asked = request.match_info().iter().filter(|(_, part)| part.parse::<uuid::Uuid>().is_ok()).last();
    asked.map(|(_, id)| id.to_owned())
}

pub(super) fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
}
