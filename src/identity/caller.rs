//! The person behind a request, with the rights that the database holds for them at this moment.

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
    /// Its name.
    pub unit_name: String,
    /// Its sector.
    pub sector: Sector,
    /// The municipality that keeps the unit.
    pub municipality: String,
    /// What the caller is there.
    pub role: Role,
}

/// The person behind a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub person: Id<Person>,
    /// Their name.
    pub name: Content,
    /// The municipality that keeps their account.
    pub municipality: String,
    /// The session of the token.
    pub session: Id<Session>,
    /// Their roles now.
    pub seats: Vec<Seat>,
}

impl Caller {
    /// The service itself, which has no rights: for the facts of a case as they are to nobody.
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

    /// Administrators, auditors and analysts see no content, whatever other roles they were given.
    #[must_use]
    pub fn is_kept_from_content(&self) -> bool {
        self.seats.iter().any(|seat| seat.role.excludes_content())
    }

    /// The units where the caller works with children, as worker or leader.
    pub fn works_in(&self) -> impl Iterator<Item = &Seat> {
        let kept_out = self.is_kept_from_content();
        self.seats.iter().filter(move |seat| !kept_out && !seat.role.excludes_content())
    }

    /// The units the caller leads.
    pub fn leads(&self) -> impl Iterator<Item = &Seat> {
        self.works_in().filter(|seat| seat.role == Role::UnitLeader)
    }

    /// The units where the caller has the role of leader, whatever other roles they have: where to look for rows that may
    /// be theirs to see. The rules decide on each.
    #[must_use]
    pub fn units_led(&self) -> Vec<Id<Unit>> {
        self.with_role(Role::UnitLeader).map(|seat| seat.unit_id).collect()
    }

    /// The municipalities whose accounts and units the caller keeps.
    pub fn administers(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Administrator).map(|seat| seat.municipality.as_str())
    }

    /// The municipalities whose access log the caller reads.
    pub fn audits(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Auditor).map(|seat| seat.municipality.as_str())
    }

    /// Does the caller work in this unit?
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

/// A person as the rules would meet them, without a session or a name; and whether they have an account in use.
///
/// # Errors
/// If the database does not answer.
pub async fn as_caller(tx: &mut Tx, person: Id<Person>) -> Result<Option<(Caller, bool)>, DbError> {
    let Some((municipality, has_account)) = fetch_optional!(tx, (String, bool), FIND_PERSON, person)? else {
        return Ok(None);
    };
    let seats = fetch_all!(tx, Seat, LIST_SEATS, person)?;
    Ok(Some((Caller { person, municipality, seats, ..Caller::nobody() }, has_account)))
}

/// The caller whose access token this is; none if the token, the session or the account is not valid now.
///
/// # Errors
/// If the database does not answer.
pub async fn authenticate(
    tx: &mut Tx,
    keys: &TokenKeys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let Some(claims) = keys.verify(token, now) else { return Ok(None) };
    in_session(tx, claims.sid, claims.sub, now).await
}

/// The caller as they are now; none if the session or the account is no longer valid. The token may have expired meanwhile.
///
/// # Errors
/// If the database does not answer.
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
