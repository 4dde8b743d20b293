//! Someone who works in a unit, by name.

use uuid::Uuid;

use super::store;
use crate::{
    db::{DbError, Tx},
    kernel::{
        Id,
        ids::{Person, Unit},
    },
};

/// The name of someone who works with children in a unit, as worker or leader; none if they do not.
///
/// # Errors
/// If the database does not answer.
pub async fn name_in_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    person: Id<Person>,
) -> Result<Option<String>, DbError> {
    let staff = store::list_staff(tx, unit, Uuid::nil(), usize::MAX).await?;
    let found = staff.into_iter().find(|role| role.person_id == person && !role.role.excludes_content());
    Ok(found.map(|role| (*role.person_name).to_owned()))
}
