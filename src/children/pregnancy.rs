//! The pregnancy of a registered person, for the record of a birth.

use chrono::{DateTime, Utc};

use super::{
    corrections::{Corrected, CorrectedField},
    store,
};
use crate::{
    db::Tx,
    kernel::{
        Id,
        ids::{Child, Person},
    },
    problem::{Problem, Result},
};

/// Checks that the registered person is pregnant.
///
/// # Errors
/// 409 if there is no due date.
pub async fn require_pregnant(tx: &mut Tx, municipality: &str, child: Id<Child>) -> Result<()> {
    let registered = store::get(tx, municipality, child).await?;
    match registered.due_on {
        Some(_) => Ok(()),
        None => Err(Problem::conflict("the registration has no due date; correct it first")),
    }
}

/// Ends a pregnancy with a birth. The due date stays in the list of corrections.
///
/// # Errors
/// If the write to the database fails.
pub async fn end_pregnancy(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<()> {
    let registered = store::get(tx, municipality, child).await?;
    let due_on = registered.due_on.map(|day| day.to_string());
    let reason = "Barnet er født.";
    let corrected = Corrected { municipality, child, guardianship: None, reason, by, now };
    corrected.keep(tx, CorrectedField::DueOn, due_on.as_deref(), None).await?;
    Ok(store::end_pregnancy(tx, municipality, child).await?)
}
