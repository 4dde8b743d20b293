//! The name of a staff member of a unit.

use chrono::NaiveDate;
use uuid::Uuid;

use super::store;
use crate::{
    db::{DbError, Tx},
    kernel::{
        Id,
        ids::{Person, Unit},
    },
};

/// Returns the name of a worker or leader of a unit, or none if the person does not work there.
///
/// # Errors
/// If the database query fails.
pub async fn name_in_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<Option<String>, DbError> {
    let staff = store::list_staff(tx, unit, today, Uuid::nil(), usize::MAX).await?;
    let found = staff.into_iter().find(|role| role.person_id == person && !role.role.excludes_content());
    Ok(found.map(|role| (*role.person_name).to_owned()))
}
