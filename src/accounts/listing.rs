//! The accounts of a municipality, as those who administer them see them.
//!
//! The list has what administrators entered: names, states, codes and roles. It does not show who is a guardian or a child.

use std::collections::HashMap;

use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::{Parts, Permit, Whole, actions::ListAccounts},
    db::{DbError, Tx},
    fetch_all, fetch_in,
    kernel::{
        Id, Moment, Page, PageQuery, Slice,
        ids::{ActivationId, Person, PersonId, StaffRoleId, UnitId},
        page::{Cursor, Limit},
        vocabulary::Role,
    },
    problem::{Result, docs::ReadProblems},
    shown,
    vault::Content,
    words,
};

words! {
    /// The state of an account.
    AccountState {
        /// Its owner has not chosen a password yet.
        NotActivated = "not_activated",
        /// Its owner can log in.
        Active = "active",
        /// It was disabled. Its roles and seats count for nothing.
        Disabled = "disabled",
    }
}

/// Filters for the accounts of a municipality.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// Only people with a role in this unit.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
    /// Only people with this role in a unit of the municipality or, with `unit_id`, in that unit.
    #[serde(default)]
    pub role: Option<Role>,
    /// Only accounts in this state.
    #[serde(default)]
    pub state: Option<AccountState>,
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

/// A code for an account that is not used yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingCode {
    /// The id of the code, by which another administrator approves it.
    pub id: ActivationId,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// The administrator who asked for it. Absent if the operator of the service made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<PersonId>,
    /// When it was approved. Absent while it waits for another administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<DateTime<Utc>>,
    /// Until when it can be approved and used.
    pub expires_at: DateTime<Utc>,
}

/// A role of a person in a unit of the municipality.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountRole {
    /// The id of the role.
    pub id: StaffRoleId,
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The role.
    pub role: Role,
    /// When the role started.
    pub started_at: DateTime<Utc>,
    /// The day from which the role counts for nothing.
    pub ends_on: NaiveDate,
}

/// An account in the list of a municipality.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedAccount {
    /// The person the account belongs to.
    pub person_id: PersonId,
    /// The person's name.
    pub name: Content,
    /// The state of the account.
    pub state: AccountState,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
    /// When the account was disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// A code that is not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<WaitingCode>,
    /// The person's roles in units of the municipality that have not ended.
    pub roles: Vec<AccountRole>,
}

shown!(ListedAccount { person_id, name, state, created_at, disabled_at, code, roles });

/// The state as a word of SQL, so that the database filters by it.
const LIST: &str = "
    SELECT * FROM (
        SELECT p.id AS person_id, p.name, a.created_at, a.disabled_at,
               CASE WHEN a.disabled_at IS NOT NULL THEN 'disabled' WHEN w.hash IS NULL THEN 'not_activated' ELSE 'active' END AS state,
               v.id AS code_id, v.asked_at, v.asked_by, v.approved_at, v.expires_at
        FROM person p
        JOIN account a ON a.person_id = p.id
        LEFT JOIN account_password w ON w.person_id = p.id
        LEFT JOIN activation v ON v.person_id = p.id AND v.used_at IS NULL AND v.ended_at IS NULL AND v.expires_at > $3
        WHERE p.municipality = $1 AND p.id > $2
          AND (($5 IS NULL AND $6 IS NULL) OR EXISTS (
              SELECT 1 FROM staff_role r JOIN unit u ON u.id = r.unit_id
              WHERE r.person_id = p.id AND r.ended_at IS NULL AND r.ends_on > $4 AND u.municipality = $1
                AND ($5 IS NULL OR r.unit_id = $5) AND ($6 IS NULL OR r.role = $6)))
    ) AS found
    WHERE $7 IS NULL OR state = $7
    ORDER BY person_id LIMIT $8";
const ROLES: &str = "
    SELECT r.person_id, r.id, r.unit_id, u.name AS unit_name, u.municipality, r.role, r.started_at, r.ends_on, r.ended_at
    FROM staff_role r JOIN unit u ON u.id = r.unit_id WHERE r.person_id IN (";

#[derive(sqlx::FromRow)]
struct AccountRow {
    person_id: Id<Person>,
    name: Content,
    created_at: DateTime<Utc>,
    disabled_at: Option<DateTime<Utc>>,
    state: AccountState,
    code_id: Option<ActivationId>,
    asked_at: Option<DateTime<Utc>>,
    asked_by: Option<Id<Person>>,
    approved_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    person_id: Id<Person>,
    id: StaffRoleId,
    unit_id: UnitId,
    unit_name: String,
    municipality: String,
    role: Role,
    started_at: DateTime<Utc>,
    ends_on: NaiveDate,
    ended_at: Option<DateTime<Utc>>,
}

/// Adds the operation to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_accounts);
}

/// Lists the accounts of a municipality, with their states, codes and roles.
#[utoipa::path(
    operation_id = "list_accounts", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), AccountQuery),
    responses((status = 200, body = Page<ListedAccount>, description = "The accounts, without content"), ReadProblems),
)]
#[get("/municipalities/{municipality}/accounts")]
async fn list_accounts(mut permit: Permit<ListAccounts>) -> Result<HttpResponse> {
    let query: AccountQuery = permit.query()?;
    let page = PageQuery { cursor: query.cursor.clone(), limit: query.limit };
    let Parts { object, tx, moment, .. } = permit.parts();
    let accounts = accounts(tx, &object.number, &query, page.slice()?, moment).await?;
    let page = Page::cut(accounts, page.limit(), |account| account.person_id.uuid());
    permit.note_shown(page.items.iter().map(|account| account.person_id));
    permit.show_page(&page.map(Whole::whole))
}

async fn accounts(
    tx: &mut Tx,
    municipality: &str,
    query: &AccountQuery,
    slice: Slice,
    moment: Moment,
) -> Result<Vec<ListedAccount>, DbError> {
    let Moment { now, today } = moment;
    let (role, state) = (query.role.map(Role::as_str), query.state.map(AccountState::as_str));
    let (after, unit, limit) = (slice.after, query.unit_id, slice.sql_limit());
    let rows = fetch_all!(tx, AccountRow, LIST, municipality, after, now, today, unit, role, state, limit)?;
    let people: Vec<Id<Person>> = rows.iter().map(|row| row.person_id).collect();
    let mut roles: HashMap<Id<Person>, Vec<AccountRole>> = HashMap::new();
    if !people.is_empty() {
        let mut held = fetch_in!(tx, RoleRow, ROLES, people.as_slice())?;
        held.retain(|row| row.municipality == municipality && row.ended_at.is_none() && row.ends_on > today);
        held.sort_by_key(|row| row.id);
        for row in held {
            roles.entry(row.person_id).or_default().push(row.into());
        }
    }
    Ok(rows.into_iter().map(|row| row.with(&mut roles)).collect())
}

impl AccountRow {
    fn with(self, roles: &mut HashMap<Id<Person>, Vec<AccountRole>>) -> ListedAccount {
        let Self { person_id, name, created_at, disabled_at, state, asked_by, approved_at, .. } = self;
        let code = self.code_id.zip(self.asked_at).zip(self.expires_at);
        let code = code.map(|((id, asked_at), expires_at)| WaitingCode {
            id,
            asked_at,
            asked_by,
            approved_at,
            expires_at,
        });
        let roles = roles.remove(&person_id).unwrap_or_default();
        ListedAccount { person_id, name, state, created_at, disabled_at, code, roles }
    }
}

impl From<RoleRow> for AccountRole {
    fn from(row: RoleRow) -> Self {
        let RoleRow { id, unit_id, unit_name, role, started_at, ends_on, .. } = row;
        Self { id, unit_id, unit_name, role, started_at, ends_on }
    }
}
