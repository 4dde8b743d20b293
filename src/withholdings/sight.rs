//! Asks what a guardian sees. A letter about something that they do not see would reveal it.

use super::dto::Withheld;
use crate::{
    access::{
        Asker, CaseFacts,
        actions::{ReadCase, ReadMeasure, ReadMeeting, ReadNote},
        objects::{CaseObject, MeasureObject, MeetingObject, NoteObject},
    },
    db::{DbError, Tx},
    identity::as_caller,
    kernel::{Id, ids::Person},
};

/// Returns whether a guardian sees this today, apart from what is withheld from them. A note about the guardian can be withheld from nobody
/// else, and is theirs.
///
/// # Errors
/// If the database query fails.
pub async fn guardian_sees(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseFacts,
    guardian: Id<Person>,
    what: Withheld,
) -> Result<bool, DbError> {
    let Some(known) = as_caller(tx, guardian, case.today).await? else { return Ok(false) };
    let state = case.without_withholdings_from(guardian);
    let case = CaseObject { facts: CaseFacts::of(state, &known.caller) };
    let guardian_asks = asker.on_behalf_of(known.caller);
    Ok(match what {
        Withheld::Case => guardian_asks.may::<ReadCase>(&case),
        Withheld::Note(id) => {
            let note = NoteObject::of_case(tx, &case, id).await?;
            note.is_some_and(|note| {
                note.about_person != Some(guardian) && guardian_asks.may::<ReadNote>(&note)
            })
        }
        Withheld::Measure(id) => {
            let measure = MeasureObject::of_case(tx, &case, id).await?;
            measure.is_some_and(|measure| guardian_asks.may::<ReadMeasure>(&measure))
        }
        Withheld::Meeting(id) => {
            let meeting = MeetingObject::of_case(tx, &case, id).await?;
            meeting.is_some_and(|meeting| guardian_asks.may::<ReadMeeting>(&meeting))
        }
    })
}
