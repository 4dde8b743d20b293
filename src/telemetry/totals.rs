//! Totals from the database, over all municipalities. Each is bounded, read rarely, and rounded if it counts things about people.

use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::metrics::Metrics;
use crate::{
    db::{Db, DbError},
    fetch_all, fetch_one,
    kernel::Clock,
};

/// How long the totals about the access log are kept.
const FRESH: Duration = Duration::from_secs(15);
/// How long the number of overdue evaluations is kept. It reads an entry of an index for each measure in force.
const FRESH_EVALUATIONS: Duration = Duration::from_secs(600);
/// How long a scrape waits for the database.
const PATIENCE: Duration = Duration::from_secs(2);
/// Counts about people are rounded up to a multiple of this, so that a change of one is rarely visible.
const STEP: i64 = 5;

const COUNTS: &str = "
    SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM access_log_pending LIMIT 100000) AS unsealed),
           (SELECT COUNT(*) FROM (SELECT 1 AS one FROM log_review WHERE closed_at IS NULL LIMIT 100000) AS open)";
/// The first entry of each municipality that is not sealed. Ids are in the order of time.
const OLDEST: &str = "
    SELECT (SELECT p.entry_id FROM access_log_pending p WHERE p.municipality = m.number
            ORDER BY p.municipality, p.entry_id LIMIT 1)
    FROM (SELECT number FROM municipality UNION SELECT '0000') AS m";
const OVERDUE_BREACHES: &str = "
    SELECT COUNT(*) FROM (
        SELECT 1 AS one FROM breach b WHERE b.closed_at IS NULL AND EXISTS (
            SELECT 1 FROM breach_step s WHERE s.municipality = b.municipality AND s.breach_id = b.id AND s.outcome IS NULL
              AND s.due_at < $1) LIMIT 100000) AS overdue";
const OVERDUE: &str = "
    SELECT COUNT(*) FROM (
        SELECT 1 AS one FROM measure WHERE status = 'in_force' AND evaluate_on < $1 LIMIT 100000) AS overdue";

/// When the totals were read.
#[derive(Debug, Default)]
pub(super) struct Totals {
    log: Option<Instant>,
    evaluations: Option<Instant>,
}

impl Totals {
    /// Reads the totals that are no longer fresh. If the database does not answer soon, the earlier ones remain, marked.
    pub(super) async fn refresh(&mut self, db: &Db, clock: &Clock, metrics: &Metrics) {
        let read = tokio::time::timeout(PATIENCE, self.read(db, clock, metrics)).await;
        metrics.totals_read.set(i64::from(matches!(read, Ok(Ok(())))));
        if let Ok(Err(error)) = read {
            tracing::warn!(%error, "reading the totals for the metrics failed");
        }
    }

    async fn read(&mut self, db: &Db, clock: &Clock, metrics: &Metrics) -> Result<(), DbError> {
        if !is_fresh(self.log, FRESH) {
            let mut tx = db.read().await?;
            let (unsealed, open) = fetch_one!(&mut tx, (i64, i64), COUNTS)?;
            let (breaches,) = fetch_one!(&mut tx, (i64,), OVERDUE_BREACHES, clock.now())?;
            let oldest = fetch_all!(&mut tx, (Option<Uuid>,), OLDEST)?;
            tx.rollback().await?;
            metrics.unsealed.set(unsealed);
            metrics.open_reviews.set(rounded(open));
            metrics.overdue_breaches.set(rounded(breaches));
            let oldest = oldest.into_iter().filter_map(|(id,)| created_at(id?)).min();
            metrics.oldest_unsealed.set(oldest.map_or(0.0, |at| age(clock.now(), at)));
            self.log = Some(Instant::now());
        }
        if !is_fresh(self.evaluations, FRESH_EVALUATIONS) {
            let today: NaiveDate = clock.today();
            let mut tx = db.read().await?;
            let (overdue,) = fetch_one!(&mut tx, (i64,), OVERDUE, today)?;
            tx.rollback().await?;
            metrics.overdue_evaluations.set(rounded(overdue));
            self.evaluations = Some(Instant::now());
        }
        Ok(())
    }
}

fn is_fresh(read: Option<Instant>, for_how_long: Duration) -> bool {
    read.is_some_and(|at| at.elapsed() < for_how_long)
}

fn rounded(count: i64) -> i64 {
    count.saturating_add(STEP - 1) / STEP * STEP
}

/// The time in an id of version 7.
fn created_at(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}

/// In seconds. The clocks of servers differ a little.
fn age(now: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    (now - at).to_std().map_or(0.0, |age| age.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_about_people_is_rounded_up() {
        assert_eq!([0, 1, 5, 6, 99].map(rounded), [0, 5, 5, 10, 100]);
    }

    #[test]
    fn the_age_of_an_entry_is_in_its_id() {
        let at = created_at(Uuid::now_v7()).expect("a time");
        assert!(at.timestamp() > 1_700_000_000);
        assert_eq!(age(at, at), 0.0);
        assert_eq!(created_at(Uuid::new_v4()), None);
    }
}
