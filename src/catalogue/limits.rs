//! The limits that a municipality sets for the work in its cases.

use chrono::{Days, NaiveDate};

use crate::{
    db::{DbError, Tx},
    fetch_one,
};

const LONGEST: &str = "SELECT longest_wait_days FROM municipality WHERE number = $1";

/// Returns the last day that a next step or an evaluation can be set for, seen from a day.
///
/// # Errors
/// If the database query fails.
pub async fn latest_day(tx: &mut Tx, municipality: &str, today: NaiveDate) -> Result<NaiveDate, DbError> {
    let (longest,) = fetch_one!(tx, (i64,), LONGEST, municipality)?;
    let days = Days::new(u64::try_from(longest).unwrap_or_default());
    Ok(today.checked_add_days(days).unwrap_or(today))
}
