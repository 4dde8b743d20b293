//! Transitions as one reader sees them.

use super::{
    choices,
    dto::{Chosen, TransitionOut, TransitionReader, TransitionStatus},
    store,
};
use crate::{
    access::{
        Asker, Seen, Shown,
        actions::WithdrawTransition,
        objects::{CaseObject, TransitionObject},
    },
    db::{DbError, Tx},
    kernel::{Id, ids::Transition},
    teams,
};

/// Returns transitions that the caller may read, as they see them.
pub(super) async fn seen(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    ids: &[Id<Transition>],
) -> Result<Vec<Seen<TransitionOut>>, DbError> {
    let rows = store::these(tx, &case.facts, ids).await?;
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let own = case.facts.relation.acts_as.unwrap_or(asker.caller().person);
    let mut chosen = Chosen::default();
    for answer in rows.iter().flat_map(|row| &row.answers).filter(|answer| answer.person_id == own) {
        answer.follows.iter().for_each(|follows| chosen.extend(follows));
    }
    let readable = choices::readable(tx, asker, case, &chosen).await?;
    let seen = rows.into_iter().map(|row| {
        let is_planned = row.status == TransitionStatus::Planned;
        let object = TransitionObject {
            case: case.clone(),
            id: row.id,
            is_planned,
            is_made: row.status == TransitionStatus::Moved,
            to_unit: row.to_unit_id,
            written_at: row.planned_at,
        };
        let keeps = is_planned && asker.may::<WithdrawTransition>(&object);
        let knows_unit =
            row.from_unit_id.is_none_or(|unit| asker.knows_that_helps(case, unit, row.from_sector));
        let (unknown, readable) = (unknown.clone(), readable.clone());
        row.seen_by(&TransitionReader { keeps, own, knows_unit, unknown, readable })
    });
    Ok(seen.collect())
}
