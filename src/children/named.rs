//! A child's name and date of birth, for a document to a recipient who may not read the child.

use chrono::NaiveDate;

use super::store;
use crate::{
    db::{DbError, Tx},
    kernel::{Id, ids::Child},
};

/// A child by name and date of birth, as registered.
#[derive(Debug)]
pub struct NamedChild {
    /// The name.
    pub name: String,
    /// The date of birth.
    pub birth_date: NaiveDate,
}

/// Returns the name and date of birth of a registered child. The caller must already have decided on access.
///
/// # Errors
/// If there is no such child, or the database does not answer.
pub async fn named(tx: &mut Tx, municipality: &str, id: Id<Child>) -> Result<NamedChild, DbError> {
    let child = store::get(tx, municipality, id).await?;
    Ok(NamedChild { name: (*child.name).to_owned(), birth_date: child.birth_date })
}
