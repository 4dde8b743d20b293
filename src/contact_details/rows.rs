//! Contact details as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Child, Guardianship, Person, Unit},
        vocabulary::Protection,
    },
    vault::KeyName,
};

const INSERT_PROTECTIONS: &str = "INSERT INTO address_protection (municipality, child_id, protection, changed_by, changed_at, protected_at) ";
const INSERT_CHILDREN: &str =
    "INSERT INTO child_contact (municipality, child_id, protection, address, phone, school_unit_id) ";
const INSERT_GUARDIANS: &str =
    "INSERT INTO guardian_contact (municipality, guardianship_id, child_id, protection, address, phone) ";

/// How well the address of a child is protected.
pub(crate) struct ProtectionRow<'a> {
    pub municipality: &'a str,
    pub child: Id<Child>,
    pub protection: Protection,
    pub changed_by: Id<Person>,
    pub changed_at: DateTime<Utc>,
}

/// Where a child is found. Nothing is kept where the address is strictly confidential.
pub(crate) struct ChildContactRow<'a> {
    pub municipality: &'a str,
    pub child: Id<Child>,
    pub protection: Protection,
    pub address: Option<Cow<'a, str>>,
    pub phone: Option<Cow<'a, str>>,
    pub school: Option<Id<Unit>>,
}

/// Where a guardian is found.
pub(crate) struct GuardianContactRow<'a> {
    pub municipality: &'a str,
    pub guardianship: Id<Guardianship>,
    pub child: Id<Child>,
    pub protection: Protection,
    pub address: Option<Cow<'a, str>>,
    pub phone: Option<Cow<'a, str>>,
}

/// Writes the protection of addresses that had none.
pub(crate) async fn insert_protections(tx: &mut Tx, rows: &[ProtectionRow<'_>]) -> Result<(), DbError> {
    insert_rows!(tx, INSERT_PROTECTIONS, 6, rows, |values, row| values
        .push_bind(row.municipality)
        .push_bind(row.child)
        .push_bind(row.protection)
        .push_bind(row.changed_by)
        .push_bind(row.changed_at)
        .push_bind(row.protection.is_graded().then_some(row.changed_at)))?;
    Ok(())
}

/// Writes where children are found.
pub(crate) async fn insert_children(tx: &mut Tx, rows: &[ChildContactRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let ChildContactRow { municipality, address, phone, .. } = row;
            let (vault, key) = (tx.vault(), KeyName::people(municipality));
            let address = vault.seal_optional(&key, address.as_deref())?;
            Ok::<_, DbError>((row, address, vault.seal_optional(&key, phone.as_deref())?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT_CHILDREN, 6, rows, |values, (row, address, phone)| values
        .push_bind(row.municipality)
        .push_bind(row.child)
        .push_bind(row.protection)
        .push_bind(address)
        .push_bind(phone)
        .push_bind(row.school))?;
    Ok(())
}

/// Writes where guardians are found.
pub(crate) async fn insert_guardians(tx: &mut Tx, rows: &[GuardianContactRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let GuardianContactRow { municipality, address, phone, .. } = row;
            let (vault, key) = (tx.vault(), KeyName::people(municipality));
            let address = vault.seal_optional(&key, address.as_deref())?;
            Ok::<_, DbError>((row, address, vault.seal_optional(&key, phone.as_deref())?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT_GUARDIANS, 6, rows, |values, (row, address, phone)| values
        .push_bind(row.municipality)
        .push_bind(row.guardianship)
        .push_bind(row.child)
        .push_bind(row.protection)
        .push_bind(address)
        .push_bind(phone))?;
    Ok(())
}
