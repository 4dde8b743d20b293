//! Accounts as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::username::Username;
use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{Id, ids::Person},
};

const INSERT: &str = "INSERT INTO account (person_id, username_index, created_at) ";
const INSERT_PASSWORDS: &str = "INSERT INTO account_password (person_id, hash, set_at) ";

/// An account to be made for a person who has none.
pub(crate) struct AccountRow<'a> {
    pub person: Id<Person>,
    pub username: Cow<'a, Username>,
    /// The hash of the password. Without one, the account is not active.
    pub password_hash: Option<&'a str>,
    pub created_at: DateTime<Utc>,
}

/// Makes accounts, and returns how many: not for those who have one, nor with a username that is taken. If it makes fewer, no password
/// is stored.
pub(crate) async fn insert(tx: &mut Tx, rows: &[AccountRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let AccountRow { username, .. } = row;
            Ok::<_, DbError>((row, tx.vault().username_index(username.as_str())?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let made = insert_rows!(
        tx,
        INSERT,
        3,
        rows,
        |values, (row, index)| values.push_bind(row.person).push_bind(index).push_bind(row.created_at),
        " ON CONFLICT DO NOTHING"
    )?;
    if made == rows.len() as u64 {
        let passwords: Vec<_> = rows
            .iter()
            .filter_map(|(row, _)| Some((row.person, row.password_hash?, row.created_at)))
            .collect();
        insert_rows!(tx, INSERT_PASSWORDS, 3, passwords, |values, (person, hash, at)| values
            .push_bind(*person)
            .push_bind(*hash)
            .push_bind(*at))?;
    }
    Ok(made)
}
