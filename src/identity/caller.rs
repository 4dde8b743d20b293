//! The person behind a request, with the rights that the database holds at this moment.

use chrono::{DateTime, NaiveDate, Utc};

use super::{VerifiedToken, known_as::known_as};
use crate::{
    db::{DbError, Tx},
    fetch_all,
    kernel::{
        Id, Moment,
        ids::{Person, Session, Unit},
        vocabulary::{Role, Sector},
    },
    role_counts_sql,
    vault::Content,
};

/// A role in a unit (tilsetting, verv), as the database holds it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The unit.
    pub unit_id: Id<Unit>,
    /// The name of the unit.
    pub unit_name: String,
    /// The sector of the unit.
    pub sector: Sector,
    /// The municipality that the unit belongs to.
    pub municipality: String,
    /// The role of the person in the unit.
    pub role: Role,
    /// When the role started.
    pub started_at: DateTime<Utc>,
    /// The day from which the role counts for nothing.
    pub ends_on: NaiveDate,
}

/// The person behind a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The id of the person.
    pub person: Id<Person>,
    /// The person's ids in all municipalities that they work for, their own first.
    pub known_as: Vec<Id<Person>>,
    /// The name of the person.
    pub name: Content,
    /// The municipality that manages their account.
    pub municipality: String,
    /// The session of the token; none for a person that a question is about.
    pub session: Option<Id<Session>>,
    /// Their current roles.
    pub roles: Vec<HeldRole>,
    /// Whether their roles do not count in this session, because it has not proven a second factor.
    pub lacks_second_factor: bool,
}

/// Which log-ins let roles count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffFactor {
    /// A password is enough.
    Password,
    /// Only a session that has proven a second factor.
    Second,
}

impl Caller {
    fn with_role(&self, role: Role) -> impl Iterator<Item = &HeldRole> {
        self.roles.iter().filter(move |held| held.role == role)
    }

    /// Returns whether a role excludes content. The rules forbid administrators, auditors and analysts to see any, whatever other
    /// roles they hold (`policies/18-roles-without-content.cedar`).
    #[must_use]
    pub fn is_kept_from_content(&self) -> bool {
        self.roles.iter().any(|held| held.role.excludes_content())
    }

    /// Returns the roles in which the caller works with children, as worker or leader. The rules decide whether they count.
    pub fn works_in(&self) -> impl Iterator<Item = &HeldRole> {
        self.roles.iter().filter(|held| !held.role.excludes_content())
    }

    /// Returns the roles as unit leader.
    pub fn leads(&self) -> impl Iterator<Item = &HeldRole> {
        self.with_role(Role::UnitLeader)
    }

    /// Returns the units that the caller leads. Candidate rows for the caller are found there. The rules decide on each.
    #[must_use]
    pub fn units_led(&self) -> Vec<Id<Unit>> {
        self.leads().map(|held| held.unit_id).collect()
    }

    /// Returns the municipalities whose accounts and units the caller manages.
    pub fn administers(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Administrator).map(|held| held.municipality.as_str())
    }

    /// Returns the municipalities whose access log the caller audits.
    pub fn audits(&self) -> impl Iterator<Item = &str> {
        self.with_role(Role::Auditor).map(|held| held.municipality.as_str())
    }

    /// Returns the caller as in a session that has not proven the second factor that roles require.
    #[must_use]
    pub fn without_roles(&self) -> Self {
        Self { roles: Vec::new(), lacks_second_factor: true, ..self.clone() }
    }

    /// Returns whether the caller works in this unit.
    #[must_use]
    pub fn is_worker_in(&self, unit: Id<Unit>) -> bool {
        self.works_in().any(|held| held.unit_id == unit)
    }

    /// Returns whether the caller is this person, under any of their ids.
    #[must_use]
    pub fn is(&self, person: Id<Person>) -> bool {
        self.known_as.contains(&person)
    }
}

/// An account with one of its roles; the role is absent if there is none.
#[derive(sqlx::FromRow)]
struct AccountRow {
    name: Content,
    municipality: String,
    expires_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    has_account: bool,
    unit_id: Option<Id<Unit>>,
    unit_name: Option<String>,
    sector: Option<Sector>,
    unit_municipality: Option<String>,
    role: Option<Role>,
    started_at: Option<DateTime<Utc>>,
    ends_on: Option<NaiveDate>,
    works_elsewhere: Option<bool>,
    second_factor: bool,
}

/// The columns of [`AccountRow`] from `person p`, its account and its roles.
macro_rules! select_account {
    ($session:literal, $today:literal, $rest:literal) => {
        concat!(
            "SELECT p.name, p.municipality, ",
            $session,
            ", a.person_id IS NOT NULL AND a.disabled_at IS NULL AS has_account,
                r.unit_id, u.name AS unit_name, u.sector, u.municipality AS unit_municipality, r.role, r.started_at, r.ends_on,
                u.municipality <> p.municipality OR EXISTS (
                    SELECT 1 FROM unit_serves v WHERE v.unit_id = r.unit_id AND v.municipality <> p.municipality)
                    AS works_elsewhere
             FROM person p
             LEFT JOIN account a ON a.person_id = p.id
             LEFT JOIN staff_role r ON r.person_id = p.id AND ",
            role_counts_sql!("r", $today),
            " LEFT JOIN unit u ON u.id = r.unit_id ",
            $rest,
            " ORDER BY r.id"
        )
    };
}

const IN_SESSION: &str = select_account!(
    "s.expires_at, s.ended_at, s.second_factor_at IS NOT NULL AS second_factor",
    "$3",
    "JOIN session s ON s.person_id = p.id WHERE s.id = $1 AND s.person_id = $2"
);
const BY_PERSON: &str = select_account!(
    "NULL AS expires_at, NULL AS ended_at, EXISTS (
        SELECT 1 FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL) AS second_factor",
    "$2",
    "WHERE p.id = $1"
);

/// A person that a question is about, as the rules would see them in a session that has proven a second factor.
#[derive(Debug)]
pub struct Acquaintance {
    /// The person, with all roles.
    pub caller: Caller,
    /// Whether they have an active account.
    pub has_account: bool,
    /// Whether they can prove a second factor.
    pub has_second_factor: bool,
}

/// Returns a person as the rules would see them on a day, without a session.
///
/// # Errors
/// If the database query fails.
pub async fn as_caller(
    tx: &mut Tx,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<Option<Acquaintance>, DbError> {
    let rows = fetch_all!(tx, AccountRow, BY_PERSON, person, today)?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (has_account, has_second_factor) = (first.has_account, first.second_factor);
    let caller = caller(tx, person, None, StaffFactor::Password, rows).await?;
    Ok(Some(Acquaintance { caller, has_account, has_second_factor }))
}

/// Returns the current caller of a verified token; none if the session or the account is not valid now.
///
/// # Errors
/// If the database query fails.
pub async fn authenticate(
    tx: &mut Tx,
    token: &VerifiedToken,
    factor: StaffFactor,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    in_session(tx, token.session, token.person, factor, now).await
}

/// Returns the caller's current state; none if the session or account is no longer valid. The token may have expired.
///
/// # Errors
/// If the database query fails.
pub async fn still(
    tx: &mut Tx,
    caller: &Caller,
    factor: StaffFactor,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let Some(session) = caller.session else { return Ok(None) };
    in_session(tx, session, caller.person, factor, now).await
}

async fn in_session(
    tx: &mut Tx,
    session: Id<Session>,
    person: Id<Person>,
    factor: StaffFactor,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let rows = fetch_all!(tx, AccountRow, IN_SESSION, session, person, Moment::at(now).today)?;
    let is_valid = |row: &AccountRow| {
        row.has_account && row.ended_at.is_none() && row.expires_at.is_some_and(|end| now < end)
    };
    if !rows.first().is_some_and(is_valid) {
        return Ok(None);
    }
    caller(tx, person, Some(session), factor, rows).await.map(Some)
}

async fn caller(
    tx: &mut Tx,
    person: Id<Person>,
    session: Option<Id<Session>>,
    factor: StaffFactor,
    mut rows: Vec<AccountRow>,
) -> Result<Caller, DbError> {
    let works_elsewhere = rows.iter().any(|row| row.works_elsewhere == Some(true));
    let known_as = if works_elsewhere { known_as(tx, person).await? } else { vec![person] };
    let proves = |row: &AccountRow| factor == StaffFactor::Password || row.second_factor;
    let lacks_second_factor = rows.iter().any(|row| row.role.is_some() && !proves(row));
    if lacks_second_factor {
        rows.truncate(1);
        rows.iter_mut().for_each(|row| row.role = None);
    }
    let first = rows.first();
    Ok(Caller {
        person,
        known_as,
        name: first.map(|row| row.name.clone()).unwrap_or_default(),
        municipality: first.map(|row| row.municipality.clone()).unwrap_or_default(),
        session,
        roles: rows.into_iter().filter_map(AccountRow::role).collect(),
        lacks_second_factor,
    })
}

impl AccountRow {
    fn role(self) -> Option<HeldRole> {
        Some(HeldRole {
            unit_id: self.unit_id?,
            unit_name: self.unit_name?,
            sector: self.sector?,
            municipality: self.unit_municipality?,
            role: self.role?,
            started_at: self.started_at?,
            ends_on: self.ends_on?,
        })
    }
}
