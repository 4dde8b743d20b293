//! Contact details in the database: encrypted, and erased when they may not be stored.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    dto::{ContactDetailsIn, ContactDetailsOut, GuardianContactIn, GuardianContactOut},
    rows::{self, ChildContactRow, GuardianContactRow},
};
use crate::{
    access::ChildFacts,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Child, Guardianship, Person, Unit},
        vocabulary::Protection,
    },
    vault::{Content, KeyName},
};

const PROTECTION: &str = "
    SELECT protection, lowered_because, changed_at, version FROM address_protection WHERE municipality = $1 AND child_id = $2";
const CHILD: &str = "
    SELECT c.address, c.phone, c.school_unit_id, u.name AS school_unit_name
    FROM child_contact c LEFT JOIN unit u ON u.id = c.school_unit_id
    WHERE c.municipality = $1 AND c.child_id = $2";
const GUARDIANS: &str = "
    SELECT c.guardianship_id, g.guardian_id, c.address, c.phone
    FROM guardian_contact c
    JOIN guardianship g ON g.municipality = c.municipality AND g.id = c.guardianship_id
    WHERE c.municipality = $1 AND c.child_id = $2 AND g.ended_at IS NULL ORDER BY c.guardianship_id";
const LIVE_GUARDIANSHIPS: &str =
    "SELECT id FROM guardianship WHERE municipality = $1 AND child_id = $2 AND ended_at IS NULL";
const ATTENDED_UNIT: &str = "
    SELECT COUNT(*) FROM unit u JOIN unit_serves s ON s.unit_id = u.id
    WHERE u.id = $1 AND u.sector = 'school' AND s.municipality = $2";
const ERASE_CHILD: &str = "DELETE FROM child_contact WHERE municipality = $1 AND child_id = $2";
const ERASE_GUARDIANS: &str = "DELETE FROM guardian_contact WHERE municipality = $1 AND child_id = $2";
const SET_PROTECTION: &str = "
    UPDATE address_protection SET protection = $4, lowered_because = COALESCE($5, lowered_because), changed_by = $6,
           changed_at = $7, version = version + 1,
           protected_at = CASE WHEN $4 = 'none' THEN NULL
                               WHEN protection = $4 OR $4 = 'confidential' THEN COALESCE(protected_at, $7) ELSE $7 END
    WHERE municipality = $1 AND child_id = $2 AND version = $3";

#[derive(sqlx::FromRow)]
struct ProtectionRow {
    protection: String,
    lowered_because: Option<Content>,
    changed_at: DateTime<Utc>,
    version: i64,
}

#[derive(Default, sqlx::FromRow)]
struct ChildRow {
    address: Option<Content>,
    phone: Option<Content>,
    school_unit_id: Option<Id<Unit>>,
    school_unit_name: Option<String>,
}

#[derive(sqlx::FromRow)]
struct GuardianRow {
    guardian_id: Id<Person>,
    #[sqlx(flatten)]
    contact: GuardianContactOut,
}

/// Returns all stored details. Of the guardians, it includes only those that `whose` selects.
pub(super) async fn get(
    tx: &mut Tx,
    child: &ChildFacts,
    whose: impl Fn(Id<Person>) -> bool,
) -> Result<ContactDetailsOut, DbError> {
    let municipality = &child.municipality;
    let row = fetch_optional!(tx, ProtectionRow, PROTECTION, municipality, child.id)?;
    let protection = Protection::stored(row.as_ref().map(|row| row.protection.as_str()));
    let (mut kept, mut guardians) = (ChildRow::default(), Vec::new());
    if protection != Protection::StrictlyConfidential {
        kept = fetch_optional!(tx, ChildRow, CHILD, municipality, child.id)?.unwrap_or_default();
        guardians = fetch_all!(tx, GuardianRow, GUARDIANS, municipality, child.id)?;
    }
    let ChildRow { address, phone, school_unit_id, school_unit_name } = kept;
    let guardians = guardians.into_iter().filter(|row| whose(row.guardian_id));
    Ok(ContactDetailsOut {
        child_id: child.id,
        protection,
        address,
        phone,
        school_unit_id,
        school_unit_name,
        guardians: guardians.map(|row| row.contact).collect(),
        version: Some(row.as_ref().map_or(0, |row| row.version)),
        changed_at: row.as_ref().map(|row| row.changed_at),
        lowered_because: row.and_then(|row| row.lowered_because),
    })
}

/// Replaces the stored details. Fields left out are erased.
pub(super) async fn put(
    tx: &mut Tx,
    child: &ChildFacts,
    version: i64,
    new: &ContactDetailsIn,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (municipality, id, protection) = (&child.municipality, child.id, new.protection);
    let key = KeyName::people(municipality);
    execute!(tx, ERASE_CHILD, municipality, id)?;
    execute!(tx, ERASE_GUARDIANS, municipality, id)?;
    if version == 0 {
        let row =
            rows::ProtectionRow { municipality, child: id, protection, changed_by: by, changed_at: now };
        rows::insert_protections(tx, &[row]).await?;
    } else {
        let reason = tx.vault().seal_optional(&key, new.reason.as_deref())?;
        expect_one(execute!(tx, SET_PROTECTION, municipality, id, version, protection, reason, by, now)?)?;
    }
    let ContactDetailsIn { address, phone, school_unit_id, guardians, .. } = new;
    if address.is_some() || phone.is_some() || school_unit_id.is_some() {
        let row = ChildContactRow {
            municipality,
            child: id,
            protection,
            address: address.as_deref().map(Cow::from),
            phone: phone.as_deref().map(Cow::from),
            school: *school_unit_id,
        };
        rows::insert_children(tx, &[row]).await?;
    }
    let guardians = guardians.iter().map(|GuardianContactIn { guardianship_id, address, phone }| {
        let (address, phone) = (address.as_deref().map(Cow::from), phone.as_deref().map(Cow::from));
        GuardianContactRow {
            municipality,
            guardianship: *guardianship_id,
            child: id,
            protection,
            address,
            phone,
        }
    });
    rows::insert_guardians(tx, &guardians.collect::<Vec<_>>()).await
}

/// Gives a newly registered child the protection of the address of another registered person (`from`, `to`) whose home it shares.
///
/// # Errors
/// If the write to the database fails.
pub async fn protect_like(
    tx: &mut Tx,
    municipality: &str,
    (from, to): (Id<Child>, Id<Child>),
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(row) = fetch_optional!(tx, ProtectionRow, PROTECTION, municipality, from)? else {
        return Ok(());
    };
    let protection = Protection::stored(Some(&row.protection));
    let row = rows::ProtectionRow { municipality, child: to, protection, changed_by: by, changed_at: now };
    rows::insert_protections(tx, &[row]).await
}

/// Returns the guardianships of the child that are in force.
pub(super) async fn live_guardianships(
    tx: &mut Tx,
    child: &ChildFacts,
) -> Result<Vec<Id<Guardianship>>, DbError> {
    let rows = fetch_all!(tx, (Id<Guardianship>,), LIVE_GUARDIANSHIPS, &child.municipality, child.id)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Returns whether this is a school or kindergarten for children of the municipality.
pub(super) async fn can_be_attended(
    tx: &mut Tx,
    unit: Id<Unit>,
    municipality: &str,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), ATTENDED_UNIT, unit, municipality)?;
    Ok(count > 0)
}
