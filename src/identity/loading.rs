//! Loads the caller of a request, or a person that a question is about, with the rights that the database holds at this moment.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    VerifiedToken,
    caller::{Caller, HeldRole, KnownAs, StaffFactor},
};
use crate::{
    db::{DbError, Tx},
    fetch_all,
    kernel::{
        Id, Moment,
        ids::{Person, Session, Unit},
        vocabulary::{ControllerKind, Role, Sector},
    },
    role_counts_for_controller_sql,
    vault::Content,
};

/// An account with one of the roles of its person; the role is absent if there is none.
#[derive(sqlx::FromRow)]
struct AccountRow {
    name: Content,
    municipality: String,
    expires_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    has_account: bool,
    is_known_otherwise: bool,
    opens_elsewhere: bool,
    second_factor: bool,
    #[sqlx(flatten)]
    role: RoleRow,
}

/// A person with one of their roles; the role is absent if there is none.
#[derive(sqlx::FromRow)]
struct PersonRow {
    municipality: String,
    #[sqlx(flatten)]
    role: RoleRow,
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    person_id: Id<Person>,
    unit_id: Option<Id<Unit>>,
    unit_name: Option<String>,
    sector: Option<Sector>,
    unit_municipality: Option<String>,
    controller: Option<ControllerKind>,
    role: Option<Role>,
    started_at: Option<DateTime<Utc>>,
    ends_on: Option<NaiveDate>,
}

/// The columns of [`RoleRow`] from `person p`.
macro_rules! role_columns {
    () => {
        "p.id AS person_id, r.unit_id, u.name AS unit_name, u.sector, u.municipality AS unit_municipality, u.controller, r.role, r.started_at, r.ends_on"
    };
}

/// The roles of `person p` that count on a day.
macro_rules! roles_of_person {
    ($today:literal) => {
        concat!(
            " LEFT JOIN staff_role r ON r.person_id = p.id AND ",
            role_counts_for_controller_sql!("r", $today),
            " LEFT JOIN unit u ON u.id = r.unit_id "
        )
    };
}

/// The columns of [`AccountRow`] from `person p`, its account and its roles.
macro_rules! select_account {
    ($session:literal, $today:literal, $rest:literal) => {
        concat!(
            "SELECT p.name, p.municipality, ",
            $session,
            ", a.person_id IS NOT NULL AND a.disabled_at IS NULL AS has_account,
                EXISTS (SELECT 1 FROM person o WHERE o.identity_id = p.identity_id AND o.id <> p.id) AS is_known_otherwise,
                NOT EXISTS (SELECT 1 FROM person o JOIN account b ON b.person_id = o.id
                            WHERE o.identity_id = p.identity_id AND o.id <> p.id AND (b.created_at, b.person_id) < (a.created_at, a.person_id)) AS opens_elsewhere, ",
            role_columns!(),
            " FROM person p
             LEFT JOIN account a ON a.person_id = p.id",
            roles_of_person!($today),
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
        SELECT 1 FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id) AS second_factor",
    "$2",
    "WHERE p.id = $1"
);
/// All persons who are the same human.
const PERSONS: &str = concat!(
    "SELECT p.municipality, ",
    role_columns!(),
    " FROM person i JOIN person p ON p.identity_id = i.identity_id",
    roles_of_person!("$2"),
    " WHERE i.id = $1 ORDER BY p.created_at, p.id, r.id"
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
    let caller = caller(tx, person, None, StaffFactor::Password, today, rows).await?;
    Ok(caller.map(|caller| Acquaintance { caller, has_account, has_second_factor }))
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
    in_session(tx, session, caller.account, factor, now).await
}

async fn in_session(
    tx: &mut Tx,
    session: Id<Session>,
    account: Id<Person>,
    factor: StaffFactor,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let today = Moment::at(now).today;
    let rows = fetch_all!(tx, AccountRow, IN_SESSION, session, account, today)?;
    let is_valid = |row: &AccountRow| {
        row.has_account && row.ended_at.is_none() && row.expires_at.is_some_and(|end| now < end)
    };
    if !rows.first().is_some_and(is_valid) {
        return Ok(None);
    }
    caller(tx, account, Some(session), factor, today, rows).await
}

/// Most people are one person, and need no further statement.
async fn caller(
    tx: &mut Tx,
    account: Id<Person>,
    session: Option<Id<Session>>,
    factor: StaffFactor,
    today: NaiveDate,
    rows: Vec<AccountRow>,
) -> Result<Option<Caller>, DbError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let (name, home) = (first.name.clone(), first.municipality.clone());
    let opens_elsewhere = first.opens_elsewhere;
    let is_proven = factor == StaffFactor::Password || first.second_factor;
    let persons = if first.is_known_otherwise {
        fetch_all!(tx, PersonRow, PERSONS, account, today)?
    } else {
        rows.into_iter().map(|row| PersonRow { municipality: home.clone(), role: row.role }).collect()
    };
    let (mut known_as, mut roles) = (Vec::new(), Vec::new());
    for PersonRow { municipality, role } in persons {
        let is_at_home = municipality == home;
        let own = KnownAs { person: role.person_id, municipality };
        if known_as.last() != Some(&own) {
            known_as.push(own);
        }
        roles.extend(role.held().filter(|_| is_at_home));
    }
    let lacks_second_factor = !is_proven && !roles.is_empty();
    if lacks_second_factor {
        roles.clear();
    }
    Ok(Some(Caller {
        account,
        person: account,
        known_as,
        name,
        municipality: home,
        session,
        opens_elsewhere,
        roles,
        lacks_second_factor,
    }))
}

impl RoleRow {
    fn held(self) -> Option<HeldRole> {
        Some(HeldRole {
            person: self.person_id,
            unit_id: self.unit_id?,
            unit_name: self.unit_name?,
            sector: self.sector?,
            municipality: self.unit_municipality?,
            controller: self.controller?,
            role: self.role?,
            started_at: self.started_at?,
            ends_on: self.ends_on?,
        })
    }
}
