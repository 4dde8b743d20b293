//! The access log: one entry for every look and every try, durable before anybody sees the answer.
//!
//! A write puts its entry in its own transaction. Everything else goes to one writer, which gathers
//! what waits into one commit.

use std::{cell::RefCell, rc::Rc};

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{Decision, objects::Subject};
use crate::{
    db::{Db, DbError, Tx},
    identity::Caller,
    kernel::{
        Id,
        ids::{Look, Person},
    },
    on_engine,
};

/// Entries that may wait for the writer; past that, requests are refused.
const QUEUE: usize = 4096;
/// Entries written in one commit.
const BATCH: usize = 256;
/// The municipality of an entry that has none.
pub const NO_MUNICIPALITY: &str = "0000";

/// One entry. Holds ids and names of rules, never content.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The municipality in whose log it belongs.
    pub municipality: String,
    /// Its id.
    pub id: Id<Look>,
    /// When.
    pub at: DateTime<Utc>,
    /// Of which request.
    pub request_id: String,
    /// From which address.
    pub client_address: Option<String>,
    /// Who.
    pub person: Option<Id<Person>>,
    /// Their units and roles then, as JSON.
    pub roles: String,
    /// What was asked for.
    pub action: &'static str,
    /// To what kind of thing.
    pub object_type: &'static str,
    /// To which.
    pub object_id: Option<String>,
    /// Of which case.
    pub case: Option<Uuid>,
    /// Of which child.
    pub child: Option<Uuid>,
    /// The answer, and why.
    pub decision: Decision,
    /// Ids of what was shown or changed.
    pub shown: Vec<String>,
    /// The HTTP status of the answer.
    pub status: u16,
}

impl Entry {
    /// An entry about an action that `caller` asked for.
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
            client_address: None,
            person: caller.map(|caller| caller.person),
            roles: caller.map_or_else(|| "[]".to_owned(), roles),
            action,
            object_type,
            object_id: None,
            case: None,
            child: None,
            decision: Decision::default(),
            shown: Vec::new(),
            status: 0,
        }
    }

    /// The same entry, about a thing that was found.
    #[must_use]
    pub fn about(mut self, subject: Subject, decision: Decision) -> Self {
        let Subject { municipality, case, child } = subject;
        self.municipality = municipality;
        self.case = case;
        self.child = child;
        self.decision = decision;
        self
    }
}

fn roles(caller: &Caller) -> String {
    let seats: Vec<_> = caller
        .seats
        .iter()
        .map(|seat| serde_json::json!({ "unit_id": seat.unit_id, "unit": seat.unit_name, "sector": seat.sector, "role": seat.role }))
        .collect();
    serde_json::Value::Array(seats).to_string()
}

/// The entry of a request on its way; it lies with the request until it is written.
#[derive(Debug, Clone, Default)]
pub struct PendingLook(Rc<RefCell<Option<Entry>>>);

impl PendingLook {
    /// Notes what the request asked for.
    pub fn note(&self, entry: Entry) {
        *self.0.borrow_mut() = Some(entry);
    }

    /// The entry so far.
    #[must_use]
    pub fn entry(&self) -> Option<Entry> {
        self.0.borrow().clone()
    }

    /// Takes the entry to write it.
    #[must_use]
    pub fn take(&self) -> Option<Entry> {
        self.0.borrow_mut().take()
    }
}

/// The log cannot be written: what it should have recorded must not be answered.
#[derive(Debug, thiserror::Error)]
#[error("the access log cannot be written")]
pub struct LogUnavailable;

type Waiting = (Entry, oneshot::Sender<bool>);

/// Writes entries, many to a commit.
#[derive(Debug, Clone)]
pub struct LogWriter(mpsc::Sender<Waiting>);

impl LogWriter {
    /// Starts the writer; it ends when the last handle to it is dropped and all that waited is written.
    #[must_use]
    pub fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(db, receiver));
        Self(sender)
    }

    /// Writes an entry, and returns when it is durable.
    ///
    /// # Errors
    /// If it cannot be written, or too many wait.
    pub async fn append(&self, entry: Entry) -> Result<(), LogUnavailable> {
        let (done, written) = oneshot::channel();
        self.0.try_send((entry, done)).map_err(|_| LogUnavailable)?;
        match written.await {
            Ok(true) => Ok(()),
            _ => Err(LogUnavailable),
        }
    }
}

async fn write_all(db: Db, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (entries, waiting): (Vec<Entry>, Vec<oneshot::Sender<bool>>) = batch.drain(..).unzip();
        let written = write_batch(&db, &entries).await;
        if let Err(error) = &written {
            tracing::error!(%error, entries = entries.len(), "the access log cannot be written");
        }
        for done in waiting {
            // Nobody waits any more if the client has gone; the entry stands all the same.
            let _ = done.send(written.is_ok());
        }
    }
}

async fn write_batch(db: &Db, entries: &[Entry]) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    insert(&mut tx, entries).await?;
    tx.commit().await
}

/// Writes an entry in a transaction that also holds its effect.
///
/// # Errors
/// If the database does not take it.
pub async fn insert_entry(tx: &mut Tx, entry: &Entry) -> Result<(), DbError> {
    insert(tx, std::slice::from_ref(entry)).await
}

const INSERT: &str = "INSERT INTO access_log (municipality, id, at, request_id, client_address, person_id, roles, \
    action, object_type, object_id, case_id, child_id, decision, policies, legal_basis, shown, status) ";

async fn insert(tx: &mut Tx, entries: &[Entry]) -> Result<(), DbError> {
    on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new(INSERT);
        query.push_values(entries, |mut row, entry| {
            row.push_bind(entry.municipality.clone())
                .push_bind(entry.id)
                .push_bind(entry.at)
                .push_bind(entry.request_id.clone())
                .push_bind(entry.client_address.clone())
                .push_bind(entry.person)
                .push_bind(entry.roles.clone())
                .push_bind(entry.action)
                .push_bind(entry.object_type)
                .push_bind(entry.object_id.clone())
                .push_bind(entry.case)
                .push_bind(entry.child)
                .push_bind(if entry.decision.allowed { "permit" } else { "deny" })
                .push_bind(json(&entry.decision.policies))
                .push_bind(json(&entry.decision.legal_basis))
                .push_bind(json(&entry.shown))
                .push_bind(i64::from(entry.status));
        });
        query.build().execute(conn).await.map(|_| ())
    })
}

fn json(words: &[String]) -> String {
    serde_json::Value::from(words).to_string()
}
