//! Slows down password guessing.
//!
//! A stranger's failures count for the account at their site, for the account, and for the site. A device that has logged in to the
//! account before has a count of its own, so strangers cannot lock it out. A site is an IPv4 address or an IPv6 network of 64 bits.
//!
//! Only a wrong password counts, once it is verified. An attempt whose count reached its limit meanwhile is refused whatever its
//! password, so parallel attempts learn no more than consecutive ones. NIST SP 800-63B-4 § 3.2.2 allows 100 consecutive failures; the
//! growing wait allows far fewer.

use chrono::{DateTime, TimeDelta, Utc};

use super::ClientAddress;
use crate::{
    db::{Db, DbError, Tx},
    execute, fetch_in, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Activation, NumberProposal, Person},
    },
};

/// Consecutive failures of an account after which a site, a device, or a session must wait.
const OWN_LIMIT: i64 = 5;
/// Consecutive failures of an account after which all strangers must wait.
const ACCOUNT_LIMIT: i64 = 20;
/// Failures of a site after which it must wait. Very many people may share an address.
const SITE_LIMIT: i64 = 1000;
/// The time without failures after which they are forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::hours(1);
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(30);
/// The unlocks of an account that administrators may do in a day. Each allows as many guesses as there were before the account locked.
const MOST_UNLOCKS: i64 = 3;
const UNLOCKS_COUNT_FOR: TimeDelta = TimeDelta::days(1);
/// The counts that are kept. Beyond them, the smallest and oldest are forgotten first.
const MOST_COUNTS: i64 = 100_000;

/// The attempt must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    /// The number of seconds until the next attempt is accepted.
    pub retry_after_seconds: i64,
}

/// The counts of an attempt: their keys and limits, narrowest first.
#[derive(Debug)]
pub struct Attempt {
    counts: Vec<(String, i64)>,
    username_index: Option<String>,
}

impl Attempt {
    /// An attempt to log in. The device is the hash of its token, if it has logged in to this account before.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn to_log_in(
        tx: &Tx,
        username: &str,
        address: ClientAddress,
        device: Option<&str>,
    ) -> Result<Self, DbError> {
        let account = tx.vault().username_index(username)?;
        Self::to_enter(tx, account, address, device)
    }

    /// An attempt to log in to the account whose username has this hash.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn to_enter(
        tx: &Tx,
        account: String,
        address: ClientAddress,
        device: Option<&str>,
    ) -> Result<Self, DbError> {
        let counts = match device {
            Some(device) => vec![(key(tx, &format!("device {device} of {account}"))?, OWN_LIMIT)],
            None => vec![
                (key(tx, &format!("account {account} at {}", address.site()))?, OWN_LIMIT),
                (account_key(tx, &account)?, ACCOUNT_LIMIT),
                (key(tx, &format!("site {}", address.site()))?, SITE_LIMIT),
            ],
        };
        Ok(Self { counts, username_index: Some(account) })
    }

    /// An attempt to activate an account with a code.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn to_activate(tx: &Tx, username: &str, address: ClientAddress) -> Result<Self, DbError> {
        let account = tx.vault().username_index(username)?;
        let counts = vec![
            (key(tx, &format!("activation of {account} at {}", address.site()))?, OWN_LIMIT),
            (key(tx, &format!("activation of {account}"))?, ACCOUNT_LIMIT),
            (key(tx, &format!("site {}", address.site()))?, SITE_LIMIT),
        ];
        Ok(Self { counts, username_index: Some(account) })
    }

    /// An attempt of a person who is logged in to prove their own password.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn at_own_password(tx: &Tx, person: Id<Person>) -> Result<Self, DbError> {
        let counts = vec![(own_password(tx, person)?, OWN_LIMIT)];
        Ok(Self { counts, username_index: None })
    }

    /// An attempt of a person who is logged in to prove their second factor. The right password forgives none.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn at_own_code(tx: &Tx, person: Id<Person>) -> Result<Self, DbError> {
        Self::at_secret(tx, &format!("own code of {person}"))
    }

    /// An attempt of an administrator to name the person whose code they approve.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn at_approval(tx: &Tx, activation: Id<Activation>) -> Result<Self, DbError> {
        Self::at_secret(tx, &format!("approval of {activation}"))
    }

    /// An attempt at the numbers of a proposal.
    ///
    /// # Errors
    /// If the keyed hash cannot be created.
    pub fn at_confirmation(tx: &Tx, proposal: Id<NumberProposal>) -> Result<Self, DbError> {
        Self::at_secret(tx, &format!("confirmation of {proposal}"))
    }

    fn at_secret(tx: &Tx, name: &str) -> Result<Self, DbError> {
        Ok(Self { counts: vec![(key(tx, name)?, OWN_LIMIT)], username_index: None })
    }
}

const FIND: &str = "SELECT throttle_key, failures, last_attempt_at, blocked_until FROM login_throttle WHERE throttle_key IN (";
const COUNT: &str = "
    INSERT INTO login_throttle (throttle_key, username_index, failures, last_attempt_at) VALUES ($1, $4, 1, $2)
    ON CONFLICT (throttle_key) DO UPDATE SET
        failures = CASE
            WHEN login_throttle.blocked_until > $2 THEN login_throttle.failures
            WHEN login_throttle.last_attempt_at < $3 THEN 1
            ELSE login_throttle.failures + 1 END,
        last_attempt_at = $2
    RETURNING failures, blocked_until";
const BLOCK: &str = "UPDATE login_throttle SET blocked_until = $2 WHERE throttle_key = $1";
const FORGIVE: &str = "
    DELETE FROM login_throttle WHERE throttle_key = $1 AND (blocked_until IS NULL OR blocked_until <= $2)";
const USERNAME: &str = "SELECT username_index FROM account WHERE person_id = $1";
const UNLOCK_NARROWER: &str =
    "DELETE FROM login_throttle WHERE throttle_key = $3 OR (username_index = $1 AND throttle_key <> $2)";
const UNLOCK: &str = "DELETE FROM login_throttle WHERE throttle_key = $1";
/// `blocked_until` is when the count ends, so that it is kept until then.
const COUNT_UNLOCK: &str = "
    INSERT INTO login_throttle (throttle_key, failures, last_attempt_at, blocked_until) VALUES ($1, 1, $2, $3)
    ON CONFLICT (throttle_key) DO UPDATE SET
        failures = CASE WHEN login_throttle.blocked_until <= $2 THEN 1 ELSE login_throttle.failures + 1 END,
        blocked_until = CASE WHEN login_throttle.blocked_until <= $2 THEN $3 ELSE login_throttle.blocked_until END,
        last_attempt_at = $2
    RETURNING failures, blocked_until";
const FORGET: &str = "
    DELETE FROM login_throttle WHERE last_attempt_at < $1 AND (blocked_until IS NULL OR blocked_until <= $2)";
const COUNTS: &str = "SELECT COUNT(*) FROM login_throttle";
const FORGET_SMALLEST: &str = "
    DELETE FROM login_throttle WHERE throttle_key IN
        (SELECT throttle_key FROM login_throttle ORDER BY failures, last_attempt_at LIMIT $1)";

#[derive(sqlx::FromRow)]
struct ThrottleRow {
    failures: i64,
    blocked_until: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    throttle_key: String,
    failures: i64,
    last_attempt_at: DateTime<Utc>,
    blocked_until: Option<DateTime<Utc>>,
}

/// The counts about an attempt, before its password is verified.
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    /// The attempt must wait.
    pub waits: Option<Throttled>,
    /// Whether log-ins from the site have failed lately.
    pub site_is_failing: bool,
}

/// Checks an attempt before its password is verified.
///
/// # Errors
/// If the database query fails.
pub async fn check_attempt(tx: &mut Tx, attempt: &Attempt, now: DateTime<Utc>) -> Result<Checked, DbError> {
    let keys: Vec<&str> = attempt.counts.iter().map(|(key, _)| key.as_str()).collect();
    let rows = fetch_in!(tx, CountRow, FIND, keys.as_slice())?;
    let site = attempt.counts.iter().find(|(_, limit)| *limit == SITE_LIMIT).map(|(key, _)| key);
    let is_failing = |row: &CountRow| {
        let is_recent = row.last_attempt_at >= now - FORGET_AFTER;
        site == Some(&row.throttle_key) && is_recent && row.failures >= OWN_LIMIT
    };
    let site_is_failing = rows.iter().any(is_failing);
    let waits = rows.iter().filter_map(|row| wait_until(row.blocked_until, now));
    Ok(Checked { waits: waits.max_by_key(|wait| wait.retry_after_seconds), site_is_failing })
}

/// Records whether the password was right. Returns whether the attempt must wait after all, because others failed meanwhile. The
/// password must then count for nothing. It must be committed whatever the result.
///
/// # Errors
/// If the database query fails.
pub async fn record_attempt(
    tx: &mut Tx,
    attempt: &Attempt,
    is_right: bool,
    now: DateTime<Utc>,
) -> Result<Option<Throttled>, DbError> {
    if !is_right {
        return count_failure(tx, attempt, now).await;
    }
    // A site is not forgiven: an own account would clear the way for guesses at others.
    let own = attempt.counts.iter().filter(|(_, limit)| *limit < SITE_LIMIT);
    for (key, _) in own {
        execute!(tx, FORGIVE, key, now)?;
    }
    Ok(check_attempt(tx, attempt, now).await?.waits)
}

async fn count_failure(
    tx: &mut Tx,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<Option<Throttled>, DbError> {
    for (key, limit) in &attempt.counts {
        let username = attempt.username_index.as_ref().filter(|_| *limit < SITE_LIMIT);
        let row = fetch_one!(tx, ThrottleRow, COUNT, key, now, now - FORGET_AFTER, username)?;
        let waits = wait_until(row.blocked_until, now);
        if waits.is_some() {
            return Ok(waits);
        }
        if let Some(wait) = wait(row.failures, *limit) {
            execute!(tx, BLOCK, key, now + wait)?;
        }
    }
    Ok(None)
}

/// Forgets all failures of an account, so that its owner can log in again.
///
/// # Errors
/// If the database query fails.
pub async fn unlock(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    let Some((username,)) = fetch_optional!(tx, (String,), USERNAME, person)? else { return Ok(()) };
    let (account, own) = (account_key(tx, &username)?, own_password(tx, person)?);
    // In the order in which an attempt locks them.
    execute!(tx, UNLOCK_NARROWER, &username, &account, own)?;
    execute!(tx, UNLOCK, &account)?;
    Ok(())
}

/// Unlocks an account as [`unlock`], for an administrator. Returns whether they must wait, because the account was unlocked too often
/// lately: unlocks between guesses would let them guess without end. Nothing may then be committed.
///
/// # Errors
/// If the database query fails.
pub async fn unlock_for_administrator(
    tx: &mut Tx,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Option<Throttled>, DbError> {
    let unlocks = key(tx, &format!("unlocks of {person}"))?;
    let count = fetch_one!(tx, ThrottleRow, COUNT_UNLOCK, unlocks, now, now + UNLOCKS_COUNT_FOR)?;
    if count.failures > MOST_UNLOCKS {
        return Ok(wait_until(count.blocked_until, now));
    }
    unlock(tx, person).await?;
    Ok(None)
}

/// Forgets old failures, and the smallest counts if strangers have made too many.
///
/// # Errors
/// If the database query fails.
pub async fn forget_failures(db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    execute!(&mut tx, FORGET, now - FORGET_AFTER, now)?;
    let (counts,) = fetch_one!(&mut tx, (i64,), COUNTS)?;
    if counts > MOST_COUNTS {
        execute!(&mut tx, FORGET_SMALLEST, counts - MOST_COUNTS)?;
    }
    tx.commit().await
}

fn wait_until(blocked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Throttled> {
    let until = blocked.filter(|until| *until > now)?;
    Some(Throttled { retry_after_seconds: (until - now).num_seconds().max(1) })
}

/// Returns the wait after a number of consecutive failures. It doubles with each.
fn wait(failures: i64, limit: i64) -> Option<TimeDelta> {
    let over = u32::try_from(failures - limit).ok()?;
    let doubled = FIRST_WAIT * 2_i32.saturating_pow(over.min(10));
    Some(doubled.min(LONGEST_WAIT))
}

fn account_key(tx: &Tx, username_index: &str) -> Result<String, DbError> {
    key(tx, &format!("account {username_index}"))
}

fn own_password(tx: &Tx, person: Id<Person>) -> Result<String, DbError> {
    key(tx, &format!("own password of {person}"))
}

fn key(tx: &Tx, what: &str) -> Result<String, DbError> {
    Ok(tx.vault().index(&format!("throttled {what}"))?)
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
