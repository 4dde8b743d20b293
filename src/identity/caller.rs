//! The person behind a request, with the rights that the database holds at this moment.

use chrono::{DateTime, Utc};

use super::TokenKeys;
use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    kernel::{
        Id,
        ids::{Person, Session, Unit},
        vocabulary::{Role, Sector},
    },
    vault::Content,
};

/// A role of the caller in a unit.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Seat {
    /// The unit.
    pub unit_id: Id<Unit>,
    /// The name of the unit.
    pub unit_name: String,
    /// The sector of the unit.
    pub sector: Sector,
    /// The municipality that the unit belongs to.
    pub municipality: String,
    /// The role of the caller in the unit.
    pub role: Role,
}

/// The person behind a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The id of the person.
    pub person: Id<Person>,
    /// The name of the person.
    pub name: Content,
    /// The municipality that manages their account.
    pub municipality: String,
    /// The session of the access token.
    pub session: Id<Session>,
    /// Their current roles.
    pub seats: Vec<Seat>,
}

impl Caller {
    /// The service itself, which has no rights. Used for facts about a case that involve no caller.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            person: uuid::Uuid::nil().into(),
            name: Content::default(),
            municipality: String::new(),
            session: uuid::Uuid::nil().into(),
            seats: Vec::new(),
        }
    }

    fn with_role(&self, role: Role) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.role == role)
    }

    /// Returns whether a role excludes content. Administrators, auditors and analysts see none, whatever other roles they hold.
    #[must_use]
    pub fn is_kept_from_content(&self) -> bool {
        self.seats.iter().any(|seat| seat.role.excludes_content())
    }

    /// Returns the units where the caller works with children, as worker or leader.
    pub fn works_in(&self) -> impl Iterator<Item = &Seat> {
        let kept_out = self.is_kept_from_content();
        self.seats.iter().filter(move |seat| !kept_out && !seat.role.excludes_content())
    }

    /// Returns the units the caller leads.
    pub fn leads(&self) -> impl Iterator<Item = &Seat> {
        self.works_in().filter(|seat| seat.role == Role::UnitLeader)
    }

    /// Returns the municipalities whose accounts and units the caller manages.
    pub fn administers(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Administrator).map(|seat| seat.municipality.as_str())
    }

    /// Returns the municipalities whose access log the caller audits.
    pub fn audits(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Auditor).map(|seat| seat.municipality.as_str())
    }

    /// Returns whether the caller works in this unit.
    #[must_use]
    pub fn is_worker_in(&self, unit: Id<Unit>) -> bool {
        self.works_in().any(|seat| seat.unit_id == unit)
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    name: Content,
    municipality: String,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
}

const FIND_SESSION: &str = "
    SELECT p.name, p.municipality, s.expires_at, s.ended_at, a.disabled_at
    FROM session s
    JOIN account a ON a.person_id = s.person_id
    JOIN person p ON p.id = s.person_id
    WHERE s.id = $1 AND s.person_id = $2";
const LIST_SEATS: &str = "
    SELECT r.unit_id, u.name AS unit_name, u.sector, u.municipality, r.role
    FROM staff_role r
    JOIN unit u ON u.id = r.unit_id
    WHERE r.person_id = $1 AND r.ended_at IS NULL
    ORDER BY r.id";

const FIND_PERSON: &str = "
    SELECT p.municipality, a.person_id IS NOT NULL AND a.disabled_at IS NULL AS has_account
    FROM person p
    LEFT JOIN account a ON a.person_id = p.id
    WHERE p.id = $1";

/// Returns a person as the rules would see them, without a session or name, and whether they have an active account.
///
/// # Errors
/// If the database query fails.
pub async fn as_caller(tx: &mut Tx, person: Id<Person>) -> Result<Option<(Caller, bool)>, DbError> {
    let Some((municipality, has_account)) = fetch_optional!(tx, (String, bool), FIND_PERSON, person)? else {
        return Ok(None);
    };
    let seats = fetch_all!(tx, Seat, LIST_SEATS, person)?;
    Ok(Some((Caller { person, municipality, seats, ..Caller::nobody() }, has_account)))
}

/// Returns the caller of an access token; none if the token, the session or the account is not valid now.
///
/// # Errors
/// If the database query fails.
pub async fn authenticate(
    tx: &mut Tx,
    keys: &TokenKeys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let Some(claims) = keys.verify(token, now) else { return Ok(None) };
    in_session(tx, claims.sid, claims.sub, now).await
}

/// Returns the caller's current state; none if the session or account is no longer valid. The token may have expired.
///
/// # Errors
/// If the database query fails.
pub async fn still(tx: &mut Tx, caller: &Caller, now: DateTime<Utc>) -> Result<Option<Caller>, DbError> {
    in_session(tx, caller.session, caller.person, now).await
}

async fn in_session(
    tx: &mut Tx,
    session: Id<Session>,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let Some(row) = fetch_optional!(tx, SessionRow, FIND_SESSION, session, person)? else {
        return Ok(None);
    };
    if row.ended_at.is_some() || row.disabled_at.is_some() || row.expires_at <= now {
        return Ok(None);
    }
    let seats = fetch_all!(tx, Seat, LIST_SEATS, person)?;
    Ok(Some(Caller { person, name: row.name, municipality: row.municipality, session, seats }))
}
