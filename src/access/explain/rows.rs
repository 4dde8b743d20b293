//! The rows that explain why a fact is as it is, including rows that have ended.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{
    access::objects::Subject,
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{Person, Unit},
        vocabulary::{Role, Sector},
    },
    persons_of_sql,
};

/// A seat on the team, current or ended.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct TeamRow {
    pub unit_id: Id<Unit>,
    pub left_at: Option<DateTime<Utc>>,
}

/// A role, current or ended.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct RoleRow {
    pub unit_id: Id<Unit>,
    pub sector: Sector,
    pub role: Role,
    pub ended_at: Option<DateTime<Utc>>,
    pub ends_on: NaiveDate,
}

impl RoleRow {
    /// Returns the day on which the role has ended, if it has by then.
    pub fn ended_by(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.ended_at.map(day_in_norway).or(Some(self.ends_on).filter(|end| *end <= day))
    }
}

/// A consent to one unit, in force or not.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ConsentRow {
    pub given_by: Id<Person>,
    pub unit_id: Id<Unit>,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// A guardianship of the person for the child, current or ended.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct GuardianRow {
    pub parental_responsibility: bool,
    pub ended_at: Option<DateTime<Utc>>,
}

/// The child as registered.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ChildRow {
    pub person_id: Id<Person>,
    pub birth_date: NaiveDate,
    pub own_record_age: i64,
}

/// All rows about one person and one object.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub team: Vec<TeamRow>,
    pub roles: Vec<RoleRow>,
    pub consents: Vec<ConsentRow>,
    pub guardianships: Vec<GuardianRow>,
    pub child: Option<ChildRow>,
}

const TEAM: &str = concat!(
    "SELECT unit_id, left_at FROM team_member
    WHERE municipality = $1 AND case_id = $2 AND person_id IN ",
    persons_of_sql!("$3"),
    " ORDER BY id"
);
const ROLES: &str = concat!(
    "SELECT r.unit_id, u.sector, r.role, r.ended_at, r.ends_on FROM staff_role r JOIN unit u ON u.id = r.unit_id WHERE r.person_id IN ",
    persons_of_sql!("$1"),
    " ORDER BY r.id"
);
const CONSENTS: &str = "
    SELECT c.given_by, u.unit_id, c.valid_from, c.valid_until, u.withdrawn_at
    FROM consent c
    JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
    WHERE c.municipality = $1 AND c.case_id = $2
    ORDER BY c.id";
const GUARDIANSHIPS: &str = concat!(
    "SELECT parental_responsibility, ended_at FROM guardianship
    WHERE municipality = $1 AND child_id = $2 AND guardian_id IN ",
    persons_of_sql!("$3"),
    " ORDER BY id"
);
const CHILD: &str = "
    SELECT c.person_id, c.birth_date, m.own_record_age
    FROM child c
    JOIN municipality m ON m.number = c.municipality
    WHERE c.municipality = $1 AND c.id = $2";

/// Reads the rows about a person and an object.
pub(super) async fn read(tx: &mut Tx, person: Id<Person>, subject: &Subject) -> Result<Rows, DbError> {
    let municipality = &subject.municipality;
    let mut rows = Rows { roles: fetch_all!(tx, RoleRow, ROLES, person)?, ..Rows::default() };
    if let Some(case) = subject.case {
        rows.team = fetch_all!(tx, TeamRow, TEAM, municipality, case, person)?;
        rows.consents = fetch_all!(tx, ConsentRow, CONSENTS, municipality, case)?;
    }
    if let Some(child) = subject.child {
        rows.read_family(tx, person, municipality, child).await?;
    }
    Ok(rows)
}

impl Rows {
    async fn read_family(
        &mut self,
        tx: &mut Tx,
        person: Id<Person>,
        municipality: &str,
        child: Uuid,
    ) -> Result<(), DbError> {
        self.guardianships = fetch_all!(tx, GuardianRow, GUARDIANSHIPS, municipality, child, person)?;
        self.child = fetch_optional!(tx, ChildRow, CHILD, municipality, child)?;
        Ok(())
    }
}
