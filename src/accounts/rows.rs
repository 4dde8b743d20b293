//! Accounts as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::Username;
use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{Id, ids::Person},
};

const INSERT: &str = "INSERT INTO account (person_id, username_index, password_hash, created_at) ";

/// An account to be made for a person who has none.
pub(crate) struct AccountRow<'a> {
    pub person: Id<Person>,
    pub username: Cow<'a, Username>,
    pub password_hash: &'a str,
    pub created_at: DateTime<Utc>,
}

/// Makes accounts, and returns how many: not for those who have one, nor with a username that is taken.
pub(crate) async fn insert(tx: &mut Tx, rows: &[AccountRow<'_>]) -> Result<u64, DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let AccountRow { username, .. } = row;
            Ok::<_, DbError>((row, tx.vault().username_index(username.as_str())?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT,
        4,
        rows,
        |values, (row, index)| values
            .push_bind(row.person)
            .push_bind(index)
            .push_bind(row.password_hash)
            .push_bind(row.created_at),
        " ON CONFLICT DO NOTHING"
    )
}
