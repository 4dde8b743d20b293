//! Entries as stored in the database, and the data that depend only on them.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    SealError,
    evidence::Kept,
    leaf::{Fields, IMPERSONAL, Leaf, Opening, opening},
};
use crate::{
    db::{DbError, Tx},
    on_engine,
};

/// The number of ids per statement.
pub(super) const ROWS: usize = 1000;
/// The version of the encoding of fields. Entries of version 1 have no ground and no consents.
const VERSION: i64 = 2;

/// The columns read from an entry `l`.
pub(super) const ENTRY: &str =
    "SELECT l.municipality, l.id, l.at, l.request_id, l.client, l.person_id, l.roles, l.action, l.object_type,
            l.object_id, l.case_id, l.child_id, l.decision, l.policies, l.legal_basis, l.ground, l.consents, l.shown, l.status, l.kind,
            l.salt, l.digests";

/// An entry as stored in the database.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct StoredEntry {
    pub(super) municipality: String,
    pub(super) id: Uuid,
    pub(super) at: DateTime<Utc>,
    pub(super) request_id: String,
    pub(super) client: Option<String>,
    pub(super) person_id: Option<Uuid>,
    pub(super) roles: String,
    pub(super) action: String,
    pub(super) object_type: String,
    pub(super) object_id: Option<String>,
    pub(super) case_id: Option<Uuid>,
    pub(super) child_id: Option<Uuid>,
    pub(super) decision: String,
    pub(super) policies: String,
    pub(super) legal_basis: String,
    pub(super) ground: Option<String>,
    pub(super) consents: Option<String>,
    pub(super) shown: String,
    pub(super) status: i64,
    pub(super) kind: Option<String>,
    pub(super) salt: Option<Vec<u8>>,
    pub(super) digests: Option<String>,
}

/// The rules that allow access because life or health is in danger.
pub const EMERGENCY_RULES: [&str; 5] =
    ["emergency.helpers", "emergency.note", "emergency.open", "emergency.own", "emergency.read"];

/// The parts of a role that entries are found by.
#[derive(Deserialize)]
struct RoleThen {
    unit_id: Uuid,
    role: String,
}

impl StoredEntry {
    /// Returns the leaf in the tree, with its count.
    pub(super) fn leaf(&self, count: Option<i64>) -> Result<Leaf, SealError> {
        Ok(self.leaf_of(self.digests()?, count))
    }

    /// Returns the leaf with precomputed digests.
    pub(super) fn leaf_of(&self, digests: BTreeMap<String, String>, count: Option<i64>) -> Leaf {
        Leaf { municipality: self.municipality.clone(), id: self.id, at: self.at, count, digests }
    }

    /// Computes the digests of all fields, which is most of the work of sealing.
    pub(super) fn digests(&self) -> Result<BTreeMap<String, String>, SealError> {
        match (&self.salt, &self.digests) {
            (Some(salt), _) => Ok(Leaf::digests(salt, &self.fields())),
            (None, Some(kept)) => Ok(Kept::read(kept).digests_of(&self.fields())),
            (None, None) => Err(self.damaged("salt")),
        }
    }

    fn damaged(&self, what: &str) -> SealError {
        SealError::Tree(format!("the entry {} has no {what}", self.id))
    }

    pub(super) fn fields(&self) -> Fields {
        let id = |id: Option<Uuid>| id.map_or(Value::Null, |id| id.to_string().into());
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::from);
        let mut fields = BTreeMap::from([
            ("action", self.action.clone().into()),
            ("case", id(self.case_id)),
            ("child", id(self.child_id)),
            ("client", text(&self.client)),
            ("decision", self.decision.clone().into()),
            ("kind", text(&self.kind)),
            ("law", self.legal_basis.clone().into()),
            ("object", text(&self.object_id)),
            ("object_type", self.object_type.clone().into()),
            ("person", id(self.person_id)),
            ("request", self.request_id.clone().into()),
            ("roles", self.roles.clone().into()),
            ("rules", self.policies.clone().into()),
            ("shown", self.shown.clone().into()),
            ("status", self.status.into()),
            ("version", 1.into()),
        ]);
        if self.ground.is_some() || self.consents.is_some() {
            fields.insert("ground", text(&self.ground));
            fields.insert("consents", text(&self.consents));
            fields.insert("version", VERSION.into());
        }
        fields
    }

    /// Returns the data to store in place of the salt when personal fields are erased.
    pub(super) fn kept(&self) -> Result<Kept, SealError> {
        let salt = self.salt.as_deref().ok_or_else(|| self.damaged("salt"))?;
        let fields = self.fields();
        let mut digests = Leaf::digests(salt, &fields);
        digests.retain(|name, _| !IMPERSONAL.contains(&name.as_str()));
        let opening = |name: &&str| ((*name).to_owned(), STANDARD.encode(opening(salt, name)));
        let openings = IMPERSONAL.iter().filter(|name| fields.contains_key(*name)).map(opening).collect();
        Ok(Kept { digests, openings })
    }

    /// Returns the opening and the value of a field; none once personal fields are erased.
    pub(super) fn open(&self, field: &str) -> Option<(Opening, Value)> {
        let salt = self.salt.as_deref()?;
        Some((opening(salt, field), self.fields().remove(field)?))
    }

    /// Returns the subject that the entry is counted by: the case or the registered child, if the family sees the entry.
    pub(super) fn subject(&self) -> Option<Uuid> {
        if self.decision != "permit" || self.status >= 400 {
            return None;
        }
        self.case_id.or(self.child_id.filter(|_| self.object_type == "Child"))
    }

    /// Returns the terms that find the entry.
    pub(super) fn terms(&self) -> Result<Vec<String>, SealError> {
        let roles: Vec<RoleThen> = parse(&self.roles)?;
        let (rules, law): (Vec<String>, Vec<String>) = (parse(&self.policies)?, parse(&self.legal_basis)?);
        let roles = roles
            .into_iter()
            .flat_map(|role| [format!("unit:{}", role.unit_id), format!("role:{}", role.role)]);
        let emergency = rules.iter().any(|rule| EMERGENCY_RULES.contains(&rule.as_str()));
        let mut terms: Vec<String> = roles
            .chain(law.into_iter().map(|law| format!("law:{law}")))
            .chain(rules.into_iter().map(|rule| format!("rule:{rule}")))
            .chain(emergency.then(|| "emergency".to_owned()))
            .collect();
        terms.sort_unstable();
        terms.dedup();
        Ok(terms)
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, SealError> {
    serde_json::from_str(json).map_err(|error| SealError::Tree(format!("an entry cannot be read: {error}")))
}

/// Returns entries of a municipality, in the order of their ids.
pub(super) async fn stored_entries(
    tx: &mut Tx,
    municipality: &str,
    ids: &[Uuid],
) -> Result<Vec<StoredEntry>, DbError> {
    let mut entries: Vec<StoredEntry> = Vec::with_capacity(ids.len());
    for some in ids.chunks(ROWS) {
        let found = on_engine!(tx, |conn| {
            let sql = format!("{ENTRY} FROM access_log l WHERE l.municipality = ");
            of_ids(&sql, municipality, " AND l.id IN (", some)
                .build_query_as::<StoredEntry>()
                .persistent(false)
                .fetch_all(conn)
                .await
        })?;
        entries.extend(found);
    }
    entries.sort_unstable_by_key(|entry| entry.id);
    Ok(entries)
}

/// Builds a query for rows of a municipality with these ids.
pub(super) fn of_ids<DB: sqlx::Database>(
    select: &str,
    municipality: &str,
    among: &str,
    ids: &[Uuid],
) -> sqlx::QueryBuilder<DB>
where
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = sqlx::QueryBuilder::new(select);
    query.push_bind(municipality.to_owned()).push(among);
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(")");
    query
}
