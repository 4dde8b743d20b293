//! Slows down password guessing, per account and per address.
//!
//! An attempt is counted before the password is checked, so that parallel attempts also count. A correct password clears the
//! account's count. NIST SP 800-63B-4 § 3.2.2 allows 100 consecutive failures; the growing wait allows far fewer.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{DbError, Tx},
    execute, fetch_one,
};

/// Consecutive failures after which an account must wait.
const ACCOUNT_LIMIT: i64 = 5;
/// Consecutive failures after which an address must wait. Many people may share an address.
const ADDRESS_LIMIT: i64 = 50;
/// The time without failures after which they are forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::hours(1);
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(30);

/// The attempt must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    /// The number of seconds until the next attempt is accepted.
    pub retry_after_seconds: i64,
}

const COUNT: &str = "
    INSERT INTO login_throttle (throttle_key, failures, last_attempt_at) VALUES ($1, 1, $2)
    ON CONFLICT (throttle_key) DO UPDATE SET
        failures = CASE
            WHEN login_throttle.blocked_until > $2 THEN login_throttle.failures
            WHEN login_throttle.last_attempt_at < $3 THEN 1
            ELSE login_throttle.failures + 1 END,
        last_attempt_at = $2
    RETURNING failures, blocked_until";
const BLOCK: &str = "UPDATE login_throttle SET blocked_until = $2 WHERE throttle_key = $1";
const FORGIVE_ONE: &str = "
    UPDATE login_throttle SET failures = failures - 1,
           blocked_until = CASE WHEN failures - 1 < $2 THEN NULL ELSE blocked_until END
    WHERE throttle_key = $1 AND failures > 0";
const FORGIVE: &str = "DELETE FROM login_throttle WHERE throttle_key = $1";

#[derive(sqlx::FromRow)]
struct ThrottleRow {
    failures: i64,
    blocked_until: Option<DateTime<Utc>>,
}

/// Counts an attempt to log in. It must be committed whatever the result.
///
/// # Errors
/// If the database query fails.
pub async fn register_attempt(
    tx: &mut Tx,
    username: &str,
    address: &str,
    now: DateTime<Utc>,
) -> Result<Option<Throttled>, DbError> {
    let (account, address) = (key(tx, "account", username)?, key(tx, "address", address)?);
    let account = count(tx, &account, ACCOUNT_LIMIT, now).await?;
    let address = count(tx, &address, ADDRESS_LIMIT, now).await?;
    Ok(account.or(address))
}

/// Clears the failures of the account after a correct password, and removes this attempt only from the address. Otherwise
/// a caller's own account would clear the way for guesses at others.
///
/// # Errors
/// If the database query fails.
pub async fn forgive(tx: &mut Tx, username: &str, address: &str) -> Result<(), DbError> {
    let (account, address) = (key(tx, "account", username)?, key(tx, "address", address)?);
    execute!(tx, FORGIVE, account)?;
    execute!(tx, FORGIVE_ONE, address, ADDRESS_LIMIT)?;
    Ok(())
}

async fn count(tx: &mut Tx, key: &str, limit: i64, now: DateTime<Utc>) -> Result<Option<Throttled>, DbError> {
    let row = fetch_one!(tx, ThrottleRow, COUNT, key, now, now - FORGET_AFTER)?;
    if let Some(until) = row.blocked_until.filter(|until| *until > now) {
        return Ok(Some(Throttled { retry_after_seconds: (until - now).num_seconds().max(1) }));
    }
    if let Some(wait) = wait(row.failures, limit) {
        execute!(tx, BLOCK, key, now + wait)?;
    }
    Ok(None)
}

/// Returns the wait after a number of consecutive failures. It doubles with each.
fn wait(failures: i64, limit: i64) -> Option<TimeDelta> {
    let over = u32::try_from(failures - limit).ok()?;
    let doubled = FIRST_WAIT * 2_i32.saturating_pow(over.min(10));
    Some(doubled.min(LONGEST_WAIT))
}

fn key(tx: &Tx, kind: &str, name: &str) -> Result<String, DbError> {
    Ok(tx.vault().index(&format!("throttled {kind}: {}", name.to_lowercase()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_at_the_limit_and_doubles_up_to_half_an_hour() {
        assert_eq!(wait(4, 5), None);
        assert_eq!(wait(5, 5), Some(TimeDelta::seconds(30)));
        assert_eq!(wait(6, 5), Some(TimeDelta::seconds(60)));
        assert_eq!(wait(500, 5), Some(TimeDelta::minutes(30)));
    }
}
