//! How busy the connections are.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use super::{Db, Pools};

/// How busy a pool of connections is.
#[derive(Debug, Clone, Copy)]
pub struct PoolLoad {
    /// The name of the pool: `read`, `write`, or `log`.
    pub name: &'static str,
    /// Open connections.
    pub connections: i64,
    /// Open connections that nobody uses.
    pub idle: i64,
    /// Transactions that wait to begin.
    pub waiting: i64,
}

/// Transactions that wait to begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting {
    pub(super) readers: Queue,
    pub(super) writers: Queue,
    /// For the access log. They are among the writers on SQLite.
    pub(super) log: Queue,
}

/// The number of those who wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue(Arc<AtomicI64>);

/// A place in a queue, until it is dropped.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a AtomicI64);

impl Queue {
    pub(super) fn enter(&self) -> Place<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Place(&self.0)
    }

    fn length(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Db {
    /// Returns how busy each pool of connections is.
    #[must_use]
    pub fn load(&self) -> Vec<PoolLoad> {
        let Waiting { readers, writers, log } = &self.waiting;
        let (readers, writers, log) = (readers.length(), writers.length(), log.length());
        let load = |name, size: u32, idle: usize, waiting| PoolLoad {
            name,
            connections: i64::from(size),
            idle: i64::try_from(idle).unwrap_or(i64::MAX),
            waiting,
        };
        match &self.pools {
            Pools::Sqlite { readers: read, writer: write } => vec![
                load("read", read.size(), read.num_idle(), readers),
                load("write", write.size(), write.num_idle(), writers + log),
            ],
            Pools::Postgres { readers: read, writer: write, log: of_log, .. } => vec![
                load("read", read.size(), read.num_idle(), readers),
                load("write", write.size(), write.num_idle(), writers),
                load("log", of_log.size(), of_log.num_idle(), log),
            ],
        }
    }
}
