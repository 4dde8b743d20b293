//! The metrics of this process.

use std::{
    fmt,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::kernel::background::DROPPED_LOG_LINES;

/// The name of requests that reach no operation.
const NO_OPERATION: &str = "none";
/// The upper bounds of the buckets of answering times, in seconds.
const BUCKETS: [f64; 11] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    operation: String,
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Timed {
    operation: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Refused {
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Pool {
    pub(super) pool: &'static str,
}

/// The metrics of this process. They count for all requests since its start.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Timed, Histogram, fn() -> Histogram>,
    refused: Family<Refused, Counter>,
    log_lines_dropped: Counter,
    pub(super) connections: Family<Pool, Gauge>,
    pub(super) idle: Family<Pool, Gauge>,
    pub(super) waiting: Family<Pool, Gauge>,
    pub(super) log_queue: Gauge,
    pub(super) unsealed: Gauge,
    pub(super) oldest_unsealed: Gauge<f64, AtomicU64>,
    pub(super) open_reviews: Gauge,
    pub(super) overdue_evaluations: Gauge,
    pub(super) overdue_breaches: Gauge,
    pub(super) totals_read: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// The metrics of this process.
#[must_use]
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);
    &METRICS
}

impl Metrics {
    fn new() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(BUCKETS);
        let metrics = Self {
            registry: Registry::with_prefix("stafett"),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            refused: Family::default(),
            log_lines_dropped: Counter::default(),
            connections: Family::default(),
            idle: Family::default(),
            waiting: Family::default(),
            log_queue: Gauge::default(),
            unsealed: Gauge::default(),
            oldest_unsealed: Gauge::default(),
            open_reviews: Gauge::default(),
            overdue_evaluations: Gauge::default(),
            overdue_breaches: Gauge::default(),
            totals_read: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("requests", "Answers, by operation and status", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "The time until the head of an answer is sent",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "requests_refused_early",
            "Refusals before a request reaches an operation, by status",
            self.refused.clone(),
        );
        let dropped = self.log_lines_dropped.clone();
        registry.register("log_lines_dropped", "Log lines that could not be written", dropped);
        registry.register("pool_connections", "Open connections to the database", self.connections.clone());
        registry.register("pool_idle", "Open connections that nobody uses", self.idle.clone());
        registry.register("pool_waiting", "Transactions that wait to begin", self.waiting.clone());
        registry.register(
            "access_log_queue",
            "Requests whose entries wait for the writer of the access log",
            self.log_queue.clone(),
        );
        registry.register("access_log_unsealed", "Entries that are not sealed yet", self.unsealed.clone());
        registry.register_with_unit(
            "access_log_oldest_unsealed",
            "The age of the oldest entry that is not sealed yet",
            Unit::Seconds,
            self.oldest_unsealed.clone(),
        );
        registry.register(
            "log_reviews_open",
            "Log reviews without a verdict, rounded up",
            self.open_reviews.clone(),
        );
        registry.register(
            "breaches_overdue",
            "Breaches with a step whose time has passed, rounded up",
            self.overdue_breaches.clone(),
        );
        registry.register(
            "evaluations_overdue",
            "Measures whose evaluation date has passed, rounded up",
            self.overdue_evaluations.clone(),
        );
        registry.register(
            "totals_read",
            "1 if the totals from the database are fresh, otherwise 0",
            self.totals_read.clone(),
        );
        self
    }

    /// Counts an answer.
    pub fn answered(&self, operation: Option<&str>, status: u16, took: Duration) {
        let operation = operation.unwrap_or(NO_OPERATION).to_owned();
        let timed = Timed { operation: operation.clone() };
        self.durations.get_or_create(&timed).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { operation, status }).inc();
    }

    /// Counts a refusal of a request that reached no operation.
    pub fn refused(&self, status: u16) {
        self.refused.get_or_create(&Refused { status }).inc();
    }

    /// Writes all metrics in the OpenMetrics format.
    ///
    /// # Errors
    /// If a metric cannot be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let dropped = DROPPED_LOG_LINES.load(Ordering::Relaxed);
        self.log_lines_dropped.inner().store(dropped, Ordering::Relaxed);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
