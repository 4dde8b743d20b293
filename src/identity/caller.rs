//! The person behind a request, with the rights that the database holds at this moment.

use chrono::{DateTime, NaiveDate, Utc};

use super::VerifiedToken;
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
    /// The person who holds it.
    pub person: Id<Person>,
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

/// A person that a municipality knows a human as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAs {
    /// The person.
    pub person: Id<Person>,
    /// The municipality.
    pub municipality: String,
}

/// The human behind a request. Rights go by all persons that they are, and what belongs to a log-in goes by its account.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person whose account it is. Their sessions, devices, password and second factor belong to it.
    pub account: Id<Person>,
    /// The person that they act as: the person that the record knows, once it is found, and otherwise that of the account. Rows that
    /// they write name this person. Compare people with [`is`](Self::is): a row can name the caller as another person.
    pub person: Id<Person>,
    /// All persons that they are, in all municipalities, in the order in which they became known.
    pub known_as: Vec<KnownAs>,
    /// The name of the person whose account it is.
    pub name: Content,
    /// The municipality that manages the account.
    pub municipality: String,
    /// The session of the token; none for a person that a question is about.
    pub session: Option<Id<Session>>,
    /// Whether this is the account that they had first.
    pub opens_elsewhere: bool,
    /// The current roles of all persons that the municipality of the account knows them as. To work for another municipality, they log
    /// in with the account that it made.
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

    /// Returns whether what they may see as family in the records of a municipality counts here. Each municipality trusts its own accounts.
    /// The records of others are opened by the account that they had first, so that another municipality cannot open them by
    /// an account that it makes later.
    #[must_use]
    pub fn is_family_in(&self, municipality: &str) -> bool {
        self.opens_elsewhere || self.municipality == municipality
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

    /// Returns whether the caller works in this unit, and no other role keeps them from content there.
    #[must_use]
    pub fn sees_content_in(&self, unit: Id<Unit>) -> bool {
        self.is_worker_in(unit) && !self.is_kept_from_content()
    }

    /// Returns whether the caller is this person.
    #[must_use]
    pub fn is(&self, person: Id<Person>) -> bool {
        self.persons().any(|own| own == person)
    }

    /// Returns all persons that the caller is.
    pub fn persons(&self) -> impl Iterator<Item = Id<Person>> + use<'_> {
        self.known_as.iter().map(|own| own.person)
    }

    /// Returns whether only the municipality of the account knows them.
    #[must_use]
    pub fn works_in_one_municipality(&self) -> bool {
        self.known_as.iter().all(|own| own.municipality == self.municipality)
    }

    /// Returns the first of some people that is the caller.
    #[must_use]
    pub fn among(&self, people: impl IntoIterator<Item = Id<Person>>) -> Option<Id<Person>> {
        people.into_iter().find(|person| self.is(*person))
    }

    /// Returns the person that a municipality knows the caller as: by a role in its units or, if there is none, by its own records.
    /// A role that acts for the municipality comes first. Returns the person of the account if it does not know them.
    #[must_use]
    pub fn person_in(&self, municipality: &str) -> Id<Person> {
        let mut roles = self.roles.iter().filter(|held| held.municipality == municipality);
        let acting = roles.clone().find(|held| held.role.excludes_content());
        let by_role = acting.or_else(|| roles.next()).map(|held| held.person);
        let is_there = |own: &&KnownAs| own.municipality == municipality;
        let own = || self.known_as.iter().filter(is_there).map(|own| own.person);
        by_role
            .or_else(|| own().find(|own| *own == self.account))
            .or_else(|| own().next())
            .unwrap_or(self.account)
    }

    /// Returns the person who holds a role of the caller in a unit; none if the caller has no role there.
    #[must_use]
    pub fn person_of_unit(&self, unit: Id<Unit>) -> Option<Id<Person>> {
        self.roles.iter().find(|held| held.unit_id == unit).map(|held| held.person)
    }

    /// Returns the roles that they hold as one of their persons.
    #[must_use]
    pub fn roles_of(&self, person: Id<Person>) -> Vec<HeldRole> {
        self.roles.iter().filter(|held| held.person == person).cloned().collect()
    }

    /// Returns the caller acting as one of their persons.
    #[must_use]
    pub fn acting_as(self, person: Id<Person>) -> Self {
        Self { person, ..self }
    }
}

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
    role: Option<Role>,
    started_at: Option<DateTime<Utc>>,
    ends_on: Option<NaiveDate>,
}

/// The columns of [`RoleRow`] from `person p`.
macro_rules! role_columns {
    () => {
        "p.id AS person_id, r.unit_id, u.name AS unit_name, u.sector, u.municipality AS unit_municipality, r.role, r.started_at, r.ends_on"
    };
}

/// The roles of `person p` that count on a day.
macro_rules! roles_of_person {
    ($today:literal) => {
        concat!(
            " LEFT JOIN staff_role r ON r.person_id = p.id AND ",
            role_counts_sql!("r", $today),
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
        SELECT 1 FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL) AS second_factor",
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
            role: self.role?,
            started_at: self.started_at?,
            ends_on: self.ends_on?,
        })
    }
}
