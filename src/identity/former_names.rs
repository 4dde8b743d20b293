//! The names that people had before a correction, for those who decide on their rights.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    db::{DbError, Tx},
    fetch_in, fetch_one,
    kernel::{
        Id,
        ids::{Person, PersonId},
    },
    persons_of_sql,
    vault::Content,
};

const FORMER: &str = "
    SELECT person_id, before_name, corrected_at FROM name_correction WHERE person_id IN (";
const HAS_CORRECTED: &str = concat!(
    "SELECT COUNT(*) FROM name_correction WHERE corrected_at > $3 AND person_id IN ",
    persons_of_sql!("$1"),
    " AND corrected_by IN ",
    persons_of_sql!("$2")
);

/// A name that somebody had until it was corrected.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct FormerName {
    /// The person.
    #[serde(skip)]
    #[schema(ignore)]
    pub person_id: PersonId,
    /// The name before.
    #[sqlx(rename = "before_name")]
    pub name: Content,
    /// When it was corrected.
    pub corrected_at: DateTime<Utc>,
}

/// For how long those who decide on the rights of a person see the names that the person had before.
const SHOWN_FOR: TimeDelta = TimeDelta::days(365);
/// For how long an administrator who corrected a name takes no part in giving that person a role that decides over others.
const APART: TimeDelta = TimeDelta::days(14);

/// Returns the names that some people had in the last year.
///
/// # Errors
/// If the database query fails.
pub async fn former_names(
    tx: &mut Tx,
    people: &[Id<Person>],
    now: DateTime<Utc>,
) -> Result<Vec<FormerName>, DbError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut names = fetch_in!(tx, FormerName, FORMER, people)?;
    names.retain(|name| name.corrected_at > now - SHOWN_FOR);
    names.sort_by_key(|name| Reverse(name.corrected_at));
    Ok(names)
}

/// Returns whether an administrator has lately corrected the name of a person. Nobody makes another administrator confirm a role for
/// somebody who only has the right name.
///
/// # Errors
/// If the database query fails.
pub async fn has_corrected_lately(
    tx: &mut Tx,
    person: Id<Person>,
    administrator: Id<Person>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), HAS_CORRECTED, person, administrator, now - APART)?;
    Ok(count > 0)
}
