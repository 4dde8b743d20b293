//! Registering a guardian of a child.

use chrono::{DateTime, Utc};

use super::{dto::GuardianIn, store};
use crate::{
    db::Tx,
    identity::Caller,
    kernel::{
        Id, NationalId,
        ids::{Child, Guardianship, Person},
        vocabulary::Capacity,
    },
    problem::{Problem, Result},
};

/// Why nobody registers themselves.
pub(super) const OWN_NUMBER: &str = "is your own: someone else must register it (fvl § 6)";

/// The child that a guardian is registered for.
#[derive(Debug, Clone, Copy)]
pub struct OfChild<'a> {
    /// The municipality of the registration.
    pub municipality: &'a str,
    /// The child.
    pub child: Id<Child>,
    /// The child as a person.
    pub person: Id<Person>,
}

/// Registers a guardian of a child. `at` is the place of the guardian in the body.
///
/// # Errors
/// 422 if the guardian cannot be one, or is the caller; 409 if they are one already.
pub async fn register(
    tx: &mut Tx,
    caller: &Caller,
    OfChild { municipality, child, person }: OfChild<'_>,
    new: &GuardianIn,
    at: &str,
    now: DateTime<Utc>,
) -> Result<Id<Guardianship>> {
    let GuardianIn { national_id, name, parental_responsibility, lives_with_child, capacity } = new;
    let capacity = capacity.unwrap_or(Capacity::Parent);
    check_responsibility(at, capacity, *parental_responsibility)?;
    let born = national_id.as_ref().and_then(NationalId::birth_date);
    let guardian = store::identify(tx, municipality, national_id.as_ref(), name, born, now).await?;
    let number = format!("{at}/national_id");
    if guardian == person {
        return Err(Problem::field(number, "belongs to the child"));
    }
    if caller.is(guardian) {
        return Err(Problem::field(number, OWN_NUMBER));
    }
    let new = store::NewGuardianship {
        municipality,
        child,
        guardian,
        name,
        parental_responsibility: *parental_responsibility,
        lives_with_child: *lives_with_child,
        capacity,
        by: caller.person,
    };
    let made = store::insert_guardianship(tx, new, now).await?;
    made.ok_or_else(|| Problem::conflict("this person is already a guardian of the child"))
}

/// Foster parents care for the child, but parental responsibility stays with others.
///
/// # Errors
/// 422 if a foster parent has it.
pub(super) fn check_responsibility(
    at: &str,
    capacity: Capacity,
    parental_responsibility: bool,
) -> Result<()> {
    if parental_responsibility && capacity == Capacity::FosterParent {
        let pointer = format!("{at}/parental_responsibility");
        return Err(Problem::field(pointer, "must be false for a foster parent"));
    }
    Ok(())
}
