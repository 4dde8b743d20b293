//! The permit: the only way to the data, and the argument of every handler that is not public.
//!
//! A request becomes a permit in `admission`, and a permit becomes an answer in `answer`.

use std::{cell::Cell, marker::PhantomData, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{self, Data},
};
use serde::de::DeserializeOwned;

use super::{
    Asker, Decision, Entry, Law, PendingLook, Policies, Services,
    actions::Action,
    admission::{Knock, admit, contract, enter},
    body::json_content,
    etag::{expect_body, expect_version},
    idempotency::IdempotencyKey,
    objects::{CaseObject, Object, require_open},
    policies::About,
    shown::{PartlySeen, Seen},
};
use crate::{
    db::Tx,
    identity::{Caller, RelyingParty, VerifiedToken},
    kernel::{Id, Moment, ids::Child},
    log_tree::RecordKey,
    problem::Problem,
};

/// The right to do `A` to one object in this request, with the transaction to do it in.
///
/// It is created only by extraction from a request: the caller was authenticated, the object was found, the rules allowed it,
/// and the access was recorded. The entry in the access log is durable before the answer is sent.
pub struct Permit<A: Action> {
    pub(super) object: A::Object,
    /// The questions that the rules can be asked about the object.
    pub(super) about: About<A::Object>,
    pub(super) caller: Arc<Caller>,
    pub(super) tx: Tx,
    pub(super) moment: Moment,
    token: VerifiedToken,
    body: web::Bytes,
    pub(super) request: HttpRequest,
    pub(super) services: Data<Services>,
    pub(super) look: PendingLook,
    pub(super) shown: Vec<String>,
    query_read: Cell<bool>,
    pub(super) key: Option<IdempotencyKey>,
    action: PhantomData<A>,
}

/// The parts of a permit, borrowed separately, so that the object can be read while the transaction is used.
#[derive(Debug)]
pub struct Parts<'a, O> {
    /// The object, with the facts about it.
    pub object: &'a O,
    /// The caller.
    pub caller: &'a Caller,
    /// The transaction.
    pub tx: &'a mut Tx,
    /// The moment of the request.
    pub moment: Moment,
}

impl<A: Action> FromRequest for Permit<A> {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move { admit(request, payload).await })
    }
}

impl<A: Action> Permit<A> {
    #[expect(clippy::too_many_arguments, reason = "each is a field, and there is one caller")]
    pub(super) fn new(
        object: A::Object,
        about: About<A::Object>,
        caller: Caller,
        tx: Tx,
        moment: Moment,
        knock: Knock,
        look: PendingLook,
        key: Option<IdempotencyKey>,
    ) -> Self {
        let Knock { services, request, token, body } = knock;
        let (shown, query_read, action) = (Vec::new(), Cell::new(false), PhantomData);
        Self {
            object,
            about,
            caller: Arc::new(caller),
            tx,
            moment,
            token,
            body,
            request,
            services,
            look,
            shown,
            query_read,
            key,
            action,
        }
    }

    /// Does slow work with no transaction open, then decides again in a new transaction.
    pub(super) async fn outside<T>(
        self,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<(Self, T), actix_web::Error> {
        let Self { tx, request, body, services, token, .. } = self;
        tx.rollback().await.map_err(Problem::from)?;
        let done = work.await?;
        Ok((enter(Knock { services, request, token, body }).await?, done))
    }

    /// Borrows the object, the caller, the transaction and the moment separately.
    pub fn parts(&mut self) -> Parts<'_, A::Object> {
        Parts { object: &self.object, caller: &self.caller, tx: &mut self.tx, moment: self.moment }
    }

    /// Returns the object, with the facts about it.
    pub fn object(&self) -> &A::Object {
        &self.object
    }

    /// Returns the caller.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns the moment of the request.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Returns the transaction.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Parses the body strictly.
    ///
    /// # Errors
    /// 415, 400 or 422 that names every field at fault.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json_content(&self.request)?;
        let by = self.services.circumstances(self.moment.now);
        contract(&self.request)?.body(A::NAME, (&self.body, self.request.query_string()), by)
    }

    /// Parses the query strictly.
    ///
    /// # Errors
    /// 422 that names every parameter at fault.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.query_read.set(true);
        let by = self.services.circumstances(self.moment.now);
        contract(&self.request)?.query(A::NAME, self.request.query_string(), by)
    }

    /// Refuses a query that the operation does not read. The client expected it to have an effect.
    pub(super) fn refuse_stray_query(&self) -> Result<(), Problem> {
        if self.query_read.get() {
            return Ok(());
        }
        let by = self.services.circumstances(self.moment.now);
        contract(&self.request)?.check_query(A::NAME, self.request.query_string(), by)
    }

    /// Returns a part of the path that is not an id.
    pub fn path_text(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// Returns an id in the path other than that of the object itself.
    ///
    /// # Errors
    /// 404 if it is not an id.
    pub fn path_id<T>(&self, name: &str) -> Result<Id<T>, Problem> {
        self.request.match_info().get(name).and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)
    }

    /// Returns the questions that the rules can answer about the object.
    pub fn about(&self) -> &About<A::Object> {
        &self.about
    }

    /// Returns an asker, which asks the rules on behalf of the caller, outside the transaction.
    pub fn asker(&self) -> Asker {
        Asker { policies: self.services.policies.clone(), caller: self.caller.clone() }
    }

    /// Returns whether the caller may do `B` to another object, such as a row of a list.
    pub fn may<B: Action>(&self, object: &B::Object) -> bool {
        self.services.policies.decide(&self.caller, B::NAME, object).allowed
    }

    /// Returns the rules.
    pub fn policies(&self) -> Arc<Policies> {
        self.services.policies.clone()
    }

    /// Returns the relying party of passkeys.
    ///
    /// # Errors
    /// 409 if passkeys are not set up.
    pub fn relying_party(&self) -> Result<Arc<RelyingParty>, Problem> {
        self.services.relying_party()
    }

    /// Returns the public key of a municipality's access log.
    #[must_use]
    pub fn log_public_key(&self, municipality: &str) -> String {
        self.services.log_key.public_key(municipality)
    }

    /// Returns the key that signs the records that the family takes with it.
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        RecordKey::of(self.services.log_key.clone())
    }

    /// Logs an object that the answer shows. It gets an entry of its own, with its case, its child and the rule that allows
    /// `B`, so searches find it like any other read.
    pub fn note_row<B: Action>(&self, object: &B::Object) {
        self.note_decided::<B>(object, self.services.policies.decide(&self.caller, B::NAME, object));
    }

    /// Logs an object that the answer shows, with a decision that was already made.
    pub(super) fn note_decided<B: Action>(&self, object: &B::Object, decision: Decision) {
        let mut entry = Entry::of(Some(&self.caller), A::NAME, B::Object::TYPE, self.moment.now);
        entry.same_request_as(&self.look);
        self.look.note_row(entry.about(&self.caller, object, decision));
    }

    /// Adds to the log entry the child that an action on a unit is about. The entry belongs to the municipality of the child, whose
    /// auditors control it. Searches find it by the child, and it is hidden from people who are disqualified from the child.
    pub fn note_child(&self, municipality: &str, child: Id<Child>) {
        self.look.note_child(municipality, child.uuid());
    }

    /// Sets the laws that the log entry rests on, where the input chooses among those of the rule.
    pub fn note_laws(&self, laws: &[Law]) {
        self.look.note_laws(laws);
    }

    /// Adds to the log entry the ids of the objects that are shown or changed.
    pub fn note_shown<I: ToString>(&mut self, ids: impl IntoIterator<Item = I>) {
        self.shown.extend(ids.into_iter().map(|id| id.to_string()));
    }

    /// Adds to the log of a municipality the id of an object there that a list across municipalities shows.
    pub fn note_shown_in(&mut self, municipality: &str, id: impl ToString) {
        if self.object.subject().municipality == municipality {
            self.note_shown([id]);
        } else {
            self.look.note_elsewhere(municipality, self.caller.person_in(municipality), id.to_string());
        }
    }

    /// Checks that the caller changes the version that they have read.
    ///
    /// # Errors
    /// 428 without `If-Match`, 412 if it names another version.
    pub fn expect_version(&self, version: i64) -> Result<(), Problem> {
        expect_version(&self.request, version)
    }

    /// Checks that the caller changes the object that they have read, as they see it.
    ///
    /// # Errors
    /// As [`expect_version`](Self::expect_version).
    pub fn expect_seen<T: PartlySeen>(&self, seen: &Seen<T>) -> Result<(), Problem> {
        match seen.version() {
            Some(version) => expect_version(&self.request, version),
            None => expect_body(&self.request, &serde_json::to_vec(seen).map_err(Problem::internal)?),
        }
    }
}

impl<A: Action<Object = CaseObject>> Permit<A> {
    /// Checks that the case is open, since a closed case cannot be changed.
    ///
    /// # Errors
    /// 409 if it is closed.
    pub fn require_open(&self) -> Result<(), Problem> {
        require_open(&self.object)
    }
}
