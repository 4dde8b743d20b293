//! The permit: the only way to the data, and the argument of every handler that is not public.

use std::{cell::Cell, marker::PhantomData, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    error::InternalError,
    http::{StatusCode, header},
    web,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    Entry, PendingLook, Policies, Services,
    actions::{Action, Kind, Rights},
    admission::{authenticated, decide, etag, json_content, next_link, pending_look, read_body, services},
    idempotency::IdempotencyKey,
    log::insert_entries,
    objects::{CaseObject, Lookup, Object, PathIds, require_open},
    replay::seen_again,
};
use crate::{
    db::{DbError, Tx, dialect},
    identity::Caller,
    kernel::{Id, Page, PageQuery, ids::Child},
    problem::{Code, Problem, parse_json, parse_query},
};

/// The right to do `A` to one object, just now, with the transaction to do it in.
///
/// Made only by extraction from a request: the caller was authenticated, the object found, the rules
/// asked, and the look noted; the note is durable before the answer is sent.
pub struct Permit<A: Action> {
    pub(super) object: A::Object,
    pub(super) caller: Caller,
    tx: Tx,
    now: DateTime<Utc>,
    today: NaiveDate,
    body: web::Bytes,
    pub(super) request: HttpRequest,
    pub(super) policies: Arc<Policies>,
    pub(super) look: PendingLook,
    pub(super) shown: Vec<String>,
    query_read: Cell<bool>,
    key: Option<IdempotencyKey>,
    action: PhantomData<A>,
}

impl<A: Action> FromRequest for Permit<A> {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move { Self::obtain(request, payload).await })
    }
}

impl<A: Action> Permit<A> {
    async fn obtain(request: HttpRequest, payload: Payload) -> Result<Self, actix_web::Error> {
        let services = services(&request)?;
        let mut tx = services.db.read().await.map_err(Problem::from)?;
        let caller = authenticated::<A>(&services, &request, &mut tx, services.clock.now()).await?;
        if A::KIND == Kind::Read {
            return Self::decided(&services, request, tx, caller, web::Bytes::new()).await;
        }
        // No connection is held while a client is slow to send, nor while waiting for another.
        tx.rollback().await.map_err(Problem::from)?;
        let body = read_body(&request, payload).await?;
        if A::KIND == Kind::Write {
            return Self::enter(request, body).await;
        }
        let mut tx = services.db.read().await.map_err(Problem::from)?;
        let caller = authenticated::<A>(&services, &request, &mut tx, services.clock.now()).await?;
        Self::decided(&services, request, tx, caller, body).await
    }

    /// Opens the transaction of a change and decides in it, the caller's rights too: one lost meanwhile is lost.
    async fn enter(request: HttpRequest, body: web::Bytes) -> Result<Self, actix_web::Error> {
        let services = services(&request)?;
        let mut tx = services.db.write().await.map_err(Problem::from)?;
        let mut caller = authenticated::<A>(&services, &request, &mut tx, services.clock.now()).await?;
        if rely_on_rights::<A>(&mut tx, &caller).await.map_err(Problem::from)? {
            caller = authenticated::<A>(&services, &request, &mut tx, services.clock.now()).await?;
        }
        Self::decided(&services, request, tx, caller, body).await
    }

    async fn decided(
        services: &Services,
        request: HttpRequest,
        mut tx: Tx,
        caller: Caller,
        body: web::Bytes,
    ) -> Result<Self, actix_web::Error> {
        let (now, today) = (services.clock.now(), services.clock.today());
        let look = pending_look(&request);
        let object = decide::<A>(services, &request, &caller, &mut tx, now, today, &look).await?;
        let key = if A::FACTS.takes_key() { IdempotencyKey::of(&request, &body)? } else { None };
        if let Some(key) = &key
            && let Some(first) = key.replay(&mut tx, caller.person).await?
        {
            let asking =
                Lookup { caller: &caller, now, today, for_write: false, ids: &PathIds::of(&request) };
            let first = seen_again::<A>(&mut tx, services, &asking, first, &look).await?;
            let first = first.ok_or_else(Problem::not_found)?;
            return Err(InternalError::from_response("answered before", first.into_response()).into());
        }
        Ok(Self {
            object,
            caller,
            tx,
            now,
            today,
            body,
            policies: services.policies.clone(),
            request,
            look,
            shown: Vec::new(),
            query_read: Cell::new(false),
            key,
            action: PhantomData,
        })
    }

    /// Does slow work with no transaction open, then decides anew in a new one.
    pub(super) async fn outside<T>(
        self,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<(Self, T), actix_web::Error> {
        let Self { tx, request, body, .. } = self;
        tx.rollback().await.map_err(Problem::from)?;
        let done = work.await?;
        Ok((Self::enter(request, body).await?, done))
    }

    /// The object, with the facts about it.
    pub fn object(&self) -> &A::Object {
        &self.object
    }

    /// Who is doing it.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// When.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// On which day, in Norway.
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// The transaction.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// The body, strictly read.
    ///
    /// # Errors
    /// 415, 400 or 422 that names the field.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json_content(&self.request)?;
        parse_json(&self.body)
    }

    /// The query, strictly read.
    ///
    /// # Errors
    /// 422 that names the parameter.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.query_read.set(true);
        parse_query(self.request.query_string())
    }

    /// A part of the path that is no id.
    pub fn path_text(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// An id in the path that is not that of the object itself.
    ///
    /// # Errors
    /// 404 if it cannot be one.
    pub fn path_id<T>(&self, name: &str) -> Result<Id<T>, Problem> {
        self.request.match_info().get(name).and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)
    }

    /// May the caller also do `B` to this object? For rows of a list, each on its own.
    pub fn may<B: Action>(&self, object: &B::Object) -> bool {
        self.policies.decide(&self.caller, B::NAME, object).allowed
    }

    /// The rules.
    pub fn policies(&self) -> Arc<Policies> {
        self.policies.clone()
    }

    /// The public key of a municipality's access log.
    ///
    /// # Errors
    /// If the service is not put together.
    pub fn log_public_key(&self, municipality: &str) -> Result<String, Problem> {
        Ok(services(&self.request)?.log_key.public_key(municipality))
    }

    /// A page of the rows that the caller may see. Rows that are refused do not count: the page is filled with those
    /// that are not, and its cursor is that of a row that is shown. `fetch` gives rows in order of `id`, from after one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn page<T>(
        &mut self,
        query: &PageQuery,
        mut fetch: impl AsyncFnMut(&mut Tx, Uuid, usize) -> Result<Vec<T>, DbError>,
        id: impl Fn(&T) -> Uuid,
        is_shown: impl Fn(&Self, &T) -> bool,
    ) -> Result<Page<T>, Problem> {
        let (batch, mut after) = (query.limit() + 1, query.after());
        let mut shown = Vec::new();
        while shown.len() < batch {
            let rows = fetch(&mut self.tx, after, batch).await?;
            let Some(last) = rows.last() else { break };
            after = id(last);
            shown.extend(rows.into_iter().filter(|row| is_shown(self, row)));
        }
        Ok(Page::cut(shown, query.limit(), id))
    }

    /// Notes a row that a list shows: an entry of its own, with its case and child and the rule by which `B` is
    /// allowed, so that a look through a list is found like any other.
    pub fn note_row<B: Action>(&self, object: &B::Object) {
        let decision = self.policies.decide(&self.caller, B::NAME, object);
        let mut entry = Entry::of(Some(&self.caller), A::NAME, B::Object::TYPE, self.now);
        if let Some(first) = self.look.entries().first() {
            entry.request_id.clone_from(&first.request_id);
            entry.client.clone_from(&first.client);
        }
        self.look.note_row(entry.about(&self.caller, object, decision));
    }

    /// Notes which child it is about that was done to a unit: the entry is found by it, and hidden from those too close to it.
    pub fn note_child(&self, child: Id<Child>) {
        self.look.note_child(child.uuid());
    }

    /// Notes the ids of what is shown or changed.
    pub fn note_shown<I: ToString>(&mut self, ids: impl IntoIterator<Item = I>) {
        self.shown.extend(ids.into_iter().map(|id| id.to_string()));
    }

    /// The change must be to the version that the caller has read.
    ///
    /// # Errors
    /// 428 without `If-Match`, 412 if it names another version.
    pub fn expect_version(&self, version: i64) -> Result<(), Problem> {
        let Some(given) = self.request.headers().get(header::IF_MATCH) else {
            return Err(Problem::explained(
                Code::PreconditionRequired,
                "send the ETag that you read as If-Match",
            ));
        };
        let current = etag(version);
        let named = given.to_str().unwrap_or_default().split(',').map(str::trim);
        if named.into_iter().any(|tag| tag == current || tag == "*") {
            Ok(())
        } else {
            Err(Problem::new(Code::VersionMismatch))
        }
    }

    /// Answers a read.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show<T: Serialize>(self, body: &T) -> Result<HttpResponse, Problem> {
        self.answer_read(HttpResponse::Ok(), body)
    }

    /// Answers with a page of a list, and a link to the next.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show_page<T: Serialize>(self, page: &Page<T>) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::Ok();
        if let Some(next) = next_link(&self.request, page) {
            response.insert_header((header::LINK, next));
        }
        self.answer_read(response, page)
    }

    /// Answers a read of something that can be changed.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show_version<T: Serialize>(self, version: i64, body: &T) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::ETAG, etag(version)));
        self.answer_read(response, body)
    }

    /// Answers a read with what is no JSON.
    ///
    /// # Errors
    /// If the query has what the operation does not read.
    pub fn show_bytes(self, content_type: &'static str, body: web::Bytes) -> Result<HttpResponse, Problem> {
        self.answer_with(HttpResponse::Ok(), content_type, body)
    }

    fn answer_read<T: Serialize>(
        self,
        response: HttpResponseBuilder,
        body: &T,
    ) -> Result<HttpResponse, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        self.answer_with(response, "application/json", body.into())
    }

    fn answer_with(
        self,
        mut response: HttpResponseBuilder,
        content_type: &'static str,
        body: web::Bytes,
    ) -> Result<HttpResponse, Problem> {
        debug_assert_ne!(A::KIND, Kind::Write);
        self.refuse_stray_query()?;
        self.look.complete(self.shown, StatusCode::OK.as_u16());
        Ok(response.content_type(content_type).body(body))
    }

    /// Commits, and answers that something was made, and at which path it is read.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn created<T: Serialize>(
        self,
        path: String,
        version: i64,
        body: &T,
    ) -> Result<HttpResponse, Problem> {
        const { assert!(A::FACTS.asks_to_read(), "the table states by which reading the answer is replayed") };
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, path)).insert_header((header::ETAG, etag(version)));
        self.commit(response, Some(body)).await
    }

    /// Commits, and answers that something was made which is read only with what it belongs to.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn added<T: Serialize>(self, version: i64, body: &T) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::Created();
        response.insert_header((header::ETAG, etag(version)));
        self.commit(response, Some(body)).await
    }

    /// Commits, and answers with what the thing is now.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn changed<T: Serialize>(self, version: i64, body: &T) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::ETAG, etag(version)));
        self.commit(response, Some(body)).await
    }

    /// Commits, and answers that it is done.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn done(self) -> Result<HttpResponse, Problem> {
        self.commit(HttpResponse::NoContent(), None::<&()>).await
    }

    /// A query that the operation does not read was meant to do something: better refused than ignored.
    pub(super) fn refuse_stray_query(&self) -> Result<(), Problem> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        if !self.query_read.get() {
            parse_query::<Nothing>(self.request.query_string())?;
        }
        Ok(())
    }

    async fn commit<T: Serialize>(
        mut self,
        mut response: HttpResponseBuilder,
        body: Option<&T>,
    ) -> Result<HttpResponse, Problem> {
        self.refuse_stray_query()?;
        let response = match body {
            None => (response.finish(), String::new()),
            Some(body) => {
                let body = serde_json::to_string(body).map_err(Problem::internal)?;
                (response.content_type("application/json").body(body.clone()), body)
            }
        };
        let (response, body) = response;
        self.look.complete(self.shown, response.status().as_u16());
        insert_entries(&mut self.tx, &self.look.entries()).await?;
        if let Some(key) = &self.key {
            key.keep(&mut self.tx, self.caller.person, &response, &body, self.now).await?;
        }
        self.tx.commit().await?;
        // Durable with its effect: nothing is left to write.
        drop(self.look.take());
        Ok(response)
    }
}

/// Makes the end of the caller's rights wait for this write, or this write for all others of the caller, if it ends them.
/// True if there was anything to wait for.
async fn rely_on_rights<A: Action>(tx: &mut Tx, caller: &Caller) -> Result<bool, DbError> {
    if A::FACTS.rights == Rights::GivenUp {
        dialect::lock(tx, caller.person.uuid()).await?;
        return Ok(true);
    }
    dialect::rely_on(tx, caller.person.uuid()).await
}

impl<A: Action<Object = CaseObject>> Permit<A> {
    /// The case must be open to be changed.
    ///
    /// # Errors
    /// 409 if it is closed.
    pub fn require_open(&self) -> Result<(), Problem> {
        require_open(&self.object)
    }
}
