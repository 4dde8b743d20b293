//! The access log: one entry for every access and every refused attempt, durable before the answer is sent.
//!
//! A write inserts its entry in its own transaction. All other entries go to one writer, which inserts the waiting entries
//! in one commit.

mod insert;
mod roles;

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

pub use self::insert::insert_entries;
use self::insert::{try_insert, write_batch};
pub(crate) use self::roles::roles;
use super::{
    Decision, Law, LookGround, Services,
    admission::request_id,
    cited, kind_shown,
    objects::{Object, Subject},
};
use crate::{
    db::{Db, DbError},
    identity::Caller,
    kernel::{
        Id,
        background::contained,
        clock::day_in_norway,
        ids::{Look, Person},
    },
};

/// Requests whose entries may wait for the writer. When the queue is full, further requests are refused.
const QUEUE: usize = 4096;
/// Requests whose entries are written in one commit.
const BATCH: usize = 256;
/// How long a commit may take. The requests that wait for it are answered 503 then.
const LIMIT: Duration = Duration::from_secs(15);
/// The municipality of an entry that has none.
pub const NO_MUNICIPALITY: &str = "0000";

/// One entry. It contains ids and names of rules, never content.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The municipality that the entry belongs to.
    pub municipality: String,
    /// Its id.
    pub id: Id<Look>,
    /// The time.
    pub at: DateTime<Utc>,
    /// The id of the request.
    pub request_id: String,
    /// The client: its address, a space, and its user agent.
    pub client: Option<String>,
    /// The person, if the request identifies one.
    pub person: Option<Id<Person>>,
    /// The units and roles that gave access, as JSON; all of the person's roles if access was refused, and none where the person is of the
    /// child's family.
    pub roles: String,
    /// The action.
    pub action: &'static str,
    /// The kind of object.
    pub object_type: &'static str,
    /// The id of the object.
    pub object_id: Option<String>,
    /// The case that the object belongs to.
    pub case: Option<Uuid>,
    /// The child that the object is about.
    pub child: Option<Uuid>,
    /// The decision, and the rules that gave it.
    pub decision: Decision,
    /// The ground of what was allowed.
    pub ground: LookGround,
    /// The ids of the objects that were shown or changed.
    pub shown: Vec<String>,
    /// The HTTP status of the answer.
    pub status: u16,
}

impl Entry {
    fn kind(&self) -> &'static str {
        kind_shown(self.action).as_str()
    }

    /// Creates an entry about an action that `caller` requested.
    #[must_use]
    pub fn of(
        caller: Option<&Caller>,
        action: &'static str,
        object_type: &'static str,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            municipality: caller.map_or(NO_MUNICIPALITY.to_owned(), |caller| caller.municipality.clone()),
            id: Id::new(),
            at,
            request_id: String::new(),
            client: None,
            person: caller.map(|caller| caller.account),
            roles: caller.map_or_else(|| "[]".to_owned(), |caller| roles(&caller.roles_of(caller.account))),
            action,
            object_type,
            object_id: None,
            case: None,
            child: None,
            decision: Decision::default(),
            ground: LookGround::default(),
            shown: Vec::new(),
            status: 0,
        }
    }

    /// Creates an entry about an action that a request asks for.
    #[must_use]
    pub(super) fn of_request(
        caller: Option<&Caller>,
        action: &'static str,
        object_type: &'static str,
        services: &Services,
        request: &HttpRequest,
        at: DateTime<Utc>,
    ) -> Self {
        let (request_id, client) = (request_id(request), services.client(request));
        Self { request_id, client, ..Self::of(caller, action, object_type, at) }
    }

    /// Copies the request id and the client from the first entry of the same request.
    pub(super) fn same_request_as(&mut self, look: &PendingLook) {
        if let Some(first) = look.0.borrow().1.first() {
            self.request_id.clone_from(&first.request_id);
            self.client.clone_from(&first.client);
        }
    }

    /// Leaves the roles out.
    pub(super) fn without_roles(&mut self) {
        self.roles = roles(&[]);
    }

    /// Returns the entry with the object that was found and the decision about it.
    #[must_use]
    pub fn about<O: Object>(mut self, caller: &Caller, object: &O, decision: Decision) -> Self {
        let Subject { municipality, case, child } = object.subject();
        self.municipality = municipality;
        self.person = Some(object.actor(caller));
        self.object_type = O::TYPE;
        self.object_id = Some(object.id());
        self.case = case;
        self.child = child;
        let held = match decision.allowed {
            _ if object.is_met_privately() => Vec::new(),
            true => object.roles_used(caller),
            false => caller.roles.clone(),
        };
        if decision.allowed {
            self.ground = LookGround::of(&decision, &held, object.consents());
        }
        self.roles = roles(&held);
        self.decision = decision;
        self
    }

    /// Sets the decision about a question of the caller, and its ground.
    pub(super) fn decide(&mut self, caller: &Caller, decision: Decision) {
        if decision.allowed {
            self.ground = LookGround::of(&decision, &caller.roles_of(caller.account), Vec::new());
        }
        self.decision = decision;
    }

    /// Returns the entry with what the service itself decided, by laws.
    #[must_use]
    pub fn by_the_service(mut self, rules: &[&str], laws: Vec<Law>) -> Self {
        let policies = rules.iter().map(|rule| (*rule).to_owned()).collect();
        self.decision = Decision { allowed: true, policies, legal_basis: laws.clone() };
        self.ground = LookGround { laws, consents: Vec::new() };
        self
    }

    /// Returns the citations that it records: of its ground or, for a refusal, of the rules that refused.
    fn citations(&self) -> Vec<&'static str> {
        let laws = if self.decision.allowed { &self.ground.laws } else { &self.decision.legal_basis };
        cited(laws, day_in_norway(self.at))
    }
}

/// How a request is recorded in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Recorded {
    /// By entries of its own.
    #[default]
    Alone,
    /// By an entry of its own while a minute has room for it, and counted from then on: a wrong password.
    WhileThereIsRoom,
    /// Counted with others of its kind: an attempt of a stranger.
    Counted,
}

/// The entries of a request in progress, kept with the request until they are written. The first entry is about the action,
/// the others are about rows that a list shows.
#[derive(Debug, Clone, Default)]
pub struct PendingLook(Rc<RefCell<(Recorded, Vec<Entry>)>>);

impl PendingLook {
    /// Sets the entry about the action that the request asks for.
    pub fn note(&self, entry: Entry) {
        self.note_as(Recorded::Alone, entry);
    }

    /// Sets the entry about the action that the request asks for, and how it is recorded.
    pub(super) fn note_as(&self, recorded: Recorded, entry: Entry) {
        *self.0.borrow_mut() = (recorded, vec![entry]);
    }

    /// Returns how the request is recorded.
    pub(super) fn recorded(&self) -> Recorded {
        self.0.borrow().0
    }

    /// Sets the child that the action is about, and the municipality whose log has the entry.
    pub fn note_child(&self, municipality: &str, child: Uuid) {
        if let Some(first) = self.0.borrow_mut().1.first_mut() {
            municipality.clone_into(&mut first.municipality);
            first.child = Some(child);
        }
    }

    /// Sets the laws that the entry rests on.
    pub fn note_laws(&self, laws: &[Law]) {
        if let Some(first) = self.0.borrow_mut().1.first_mut() {
            first.ground.laws = laws.to_vec();
        }
    }

    /// Adds an entry about a row that is shown.
    pub fn note_row(&self, entry: Entry) {
        self.0.borrow_mut().1.push(entry);
    }

    /// Adds the id of an object that a list shows to an entry in the log of its municipality, which knows the caller as this person.
    pub(super) fn note_elsewhere(&self, municipality: &str, person: Id<Person>, id: String) {
        let (_, entries) = &mut *self.0.borrow_mut();
        let is_there = |entry: &&mut Entry| entry.municipality == municipality && entry.object_id.is_none();
        if let Some(entry) = entries.iter_mut().skip(1).find(is_there) {
            entry.shown.push(id);
        } else if let Some(first) = entries.first() {
            let (municipality, person) = (municipality.to_owned(), Some(person));
            let entry = Entry { municipality, person, id: Id::new(), object_id: None, ..first.clone() };
            entries.push(Entry { roles: "[]".to_owned(), shown: vec![id], ..entry });
        }
    }

    /// Adds the ids of the objects that are shown or changed, and the status of the answer. The log of a municipality gets no id of
    /// an object that has its entry in the log of another.
    pub fn complete(&self, shown: Vec<String>, status: u16) {
        let (_, entries) = &mut *self.0.borrow_mut();
        entries.iter_mut().for_each(|entry| entry.status = status);
        if let Some((first, rows)) = entries.split_first_mut() {
            let is_elsewhere = |id: &String| {
                rows.iter().any(|row| {
                    row.municipality != first.municipality
                        && (row.object_id.as_ref() == Some(id) || row.shown.contains(id))
                })
            };
            first.shown = shown.into_iter().filter(|id| !is_elsewhere(id)).collect();
        }
    }

    /// Returns the entries so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.borrow().1.clone()
    }

    /// Takes the entries, to write them.
    #[must_use]
    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.0.borrow_mut().1)
    }
}

/// The log cannot be written, so the request must not be answered.
#[derive(Debug, thiserror::Error)]
#[error("the access log cannot be written")]
pub struct LogUnavailable;

type Waiting = (Vec<Entry>, oneshot::Sender<bool>);

/// Writes entries, many in one commit.
#[derive(Debug, Clone)]
pub struct LogWriter {
    queue: mpsc::Sender<Waiting>,
    written: Arc<Notify>,
    /// The last commit failed.
    fails: Arc<AtomicBool>,
}

impl LogWriter {
    /// Starts the writer. It ends when the last handle to it is dropped and all waiting entries are written.
    #[must_use]
    pub fn start(db: Db) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        let writer = Self { queue, written: Arc::default(), fails: Arc::default() };
        tokio::spawn(write_all(db, receiver, writer.written.clone(), writer.fails.clone()));
        writer
    }

    /// Returns a writer that discards entries, to measure the cost of the log. It is compiled only with this feature.
    #[cfg(feature = "unlogged-benchmark")]
    #[must_use]
    pub(super) fn forgetting() -> Self {
        let (queue, mut receiver) = mpsc::channel::<Waiting>(QUEUE);
        tokio::spawn(async move {
            while let Some((_, done)) = receiver.recv().await {
                let _ = done.send(true);
            }
        });
        Self { queue, written: Arc::default(), fails: Arc::default() }
    }

    /// Writes entries, and returns when they are durable.
    ///
    /// # Errors
    /// If they cannot be written, or the queue is full.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), LogUnavailable> {
        let (done, written) = oneshot::channel();
        self.queue.try_send((entries, done)).map_err(|_| LogUnavailable)?;
        match written.await {
            Ok(true) => Ok(()),
            _ => Err(LogUnavailable),
        }
    }

    /// Returns the number of requests whose entries wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Checks, if the last commit failed, whether entries can be written again. While the service is not ready, no request may come
    /// that would show it.
    pub(super) async fn recover(&self, db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
        if self.fails.load(Ordering::Acquire) {
            try_insert(db, now).await?;
            self.fails.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// Wakes the sealer after a change was committed with its entries.
    pub(super) fn committed(&self) {
        self.written.notify_one();
    }

    /// Returns the signal that wakes the sealer when entries were written.
    #[must_use]
    pub fn written(&self) -> Arc<Notify> {
        self.written.clone()
    }
}

async fn write_all(
    db: Db,
    mut receiver: mpsc::Receiver<Waiting>,
    notify: Arc<Notify>,
    fails: Arc<AtomicBool>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (entries, waiting): (Vec<Vec<Entry>>, Vec<oneshot::Sender<bool>>) = batch.drain(..).unzip();
        let entries = entries.concat();
        let written = match contained(LIMIT, write_batch(&db, &entries)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(interrupted) => Err(interrupted.to_string()),
        };
        if let Err(error) = &written {
            tracing::error!(%error, entries = entries.len(), "the access log cannot be written");
        }
        fails.store(written.is_err(), Ordering::Release);
        notify.notify_one();
        for done in waiting {
            // The receiver is gone if the client has disconnected; the entry is kept.
            let _ = done.send(written.is_ok());
        }
    }
}
