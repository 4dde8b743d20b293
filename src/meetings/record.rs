//! The meetings in a record that the family downloads.

use super::{dto::MeetingOut, routes, store};
use crate::{
    access::{
        Asker, Portion, Seen, Shown,
        actions::{ListMeetings, ReadMeeting},
        objects::{CaseObject, MeetingObject},
    },
    db::Tx,
    kernel::Slice,
    problem::Result,
};

/// Returns the meetings after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<MeetingOut>>> {
    if !asker.may::<ListMeetings>(case) {
        return Ok(Portion::default());
    }
    let objects = MeetingObject::list(tx, case, slice).await?;
    let portion = Portion::of(objects, slice, |meeting| meeting.id.uuid());
    let objects = portion.filter(|meeting| asker.may::<ReadMeeting>(meeting));
    let ids: Vec<_> = objects.rows.iter().map(|meeting| meeting.id).collect();
    let meetings = store::these(tx, &case.facts, &ids).await?;
    let reader = routes::reader(tx, asker, case, &meetings).await?;
    let rows = meetings.into_iter().map(|meeting| meeting.seen_by(&reader)).collect();
    Ok(Portion { rows, read_to: objects.read_to })
}
