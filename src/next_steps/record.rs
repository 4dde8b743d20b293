//! The next steps in a record that the family downloads.

use super::{
    dto::NextStepOut,
    store::{self, Known},
};
use crate::{
    access::{Asker, Portion, Seen, Shown, actions::ListNextSteps, objects::CaseObject},
    db::{DbError, Tx},
    kernel::{Slice, vocabulary::Sector},
    teams,
};

/// A next step, with the sector of the unit that has it, if the reader may know of it.
#[derive(Debug)]
pub struct StepOfUnit {
    /// The step.
    pub step: Seen<NextStepOut>,
    /// The sector of the unit.
    pub sector: Option<Sector>,
}

/// Returns the next steps after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<StepOfUnit>, DbError> {
    if !asker.may::<ListNextSteps>(case) {
        return Ok(Portion::default());
    }
    let rows = store::list(tx, &case.facts, slice).await?;
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let (known, reader) = (Known::of_people(asker, case, &unknown), asker.reader(case));
    let portion = Portion::of(rows, slice, |step| step.id().uuid());
    Ok(portion.map(|step| {
        let sector = step.sector_known(&known);
        StepOfUnit { step: step.known(&known, case.facts.today).seen_by(&reader), sector }
    }))
}
