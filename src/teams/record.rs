//! The team in a record that the family downloads.

use super::{dto::TeamMemberOut, routes::is_shown, store};
use crate::{
    access::{Asker, Portion, Seen, Whole, actions::ListTeam, objects::CaseObject},
    db::{DbError, Tx},
    kernel::Slice,
};

/// Returns the memberships after a position that the caller may know of.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<TeamMemberOut>>, DbError> {
    if !asker.may::<ListTeam>(case) {
        return Ok(Portion::default());
    }
    let rows = store::list(tx, &case.facts, slice).await?;
    let portion = Portion::of(rows, slice, |member| member.id.uuid());
    Ok(portion.filter(|member| is_shown(asker, case, member)).map(Whole::whole))
}
