//! The day of each step, as far as the reader may know of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{dto::HelpStep, store::BeginningRow};
use crate::{
    access::{Asker, Portion, objects::CaseObject},
    db::Tx,
    kernel::{Slice, clock::day_in_norway},
    measures,
    meetings::{self, MeetingStatus},
    problem::{Problem, Result},
    teams,
};

/// The rows of each list that are read at a time.
const AT_A_TIME: usize = 200;
/// The most rows of each list that are read.
const MOST: usize = 2000;

/// The first day of each step that has happened.
pub(super) type Days = BTreeMap<HelpStep, NaiveDate>;

/// Returns the first day of each step that has happened, by what the caller may read.
pub(super) async fn of_case(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    beginning: &BeginningRow,
) -> Result<Days> {
    let today = case.facts.today;
    let opened = day_in_norway(beginning.opened_at);
    let mut days = Days::from([(HelpStep::Opened, opened)]);
    days.extend(beginning.concern_at.map(|at| (HelpStep::Concern, day_in_norway(at))));
    let kept = case
        .facts
        .moves
        .iter()
        .filter(|made| made.moved_at.is_some())
        .flat_map(|made| [made.from_unit, made.to_unit]);
    let kept: Vec<_> = kept.chain([beginning.opening_unit]).collect();
    let is_other = |unit| !kept.contains(&unit);
    let shared = earliest(
        async |slice| Ok::<_, Problem>(teams::record::portion(tx, asker, case, slice).await?),
        |seat| is_other(seat.unit_id).then(|| day_in_norway(seat.joined_at)),
    );
    days.extend(shared.await?.map(|on| (HelpStep::Shared, on)));
    let held = earliest(
        async |slice| meetings::record::portion(tx, asker, case, slice).await,
        |meeting| (meeting.status == MeetingStatus::Held).then(|| day_in_norway(meeting.starts_at)),
    );
    days.extend(held.await?.map(|on| (HelpStep::Meeting, on)));
    let begun = earliest(
        async |slice| Ok::<_, Problem>(measures::record::portion(tx, asker, case, slice).await?),
        |measure| Some(measure.entry.starts_on).filter(|on| *on <= today),
    );
    days.extend(begun.await?.map(|on| (HelpStep::Measure, on)));
    let evaluated = earliest(
        async |slice| Ok::<_, Problem>(measures::record::evaluations(tx, asker, case, slice).await?),
        |evaluation| Some(evaluation.entry.held_on),
    );
    days.extend(evaluated.await?.map(|on| (HelpStep::Evaluation, on)));
    Ok(days)
}

/// Returns the earliest day among the rows that the reader may know of.
async fn earliest<T>(
    mut read: impl AsyncFnMut(Slice) -> Result<Portion<T>>,
    day: impl Fn(&T) -> Option<NaiveDate>,
) -> Result<Option<NaiveDate>> {
    let (mut first, mut after) = (None::<NaiveDate>, Uuid::nil());
    for _ in 0..MOST / AT_A_TIME {
        let portion = read(Slice { after, limit: AT_A_TIME }).await?;
        first = portion.rows.iter().filter_map(&day).chain(first).min();
        match portion.read_to {
            Some(last) => after = last,
            None => break,
        }
    }
    Ok(first)
}

/// Returns the days that a step was waited for: since the last step before it or, for the first one after the last of an open case, until
/// today. Help that began before the step before it was not waited for.
pub(super) fn waited(days: &Days, step: HelpStep, open_on: Option<NaiveDate>) -> Option<i64> {
    let before = days.range(..step).map(|(_, on)| *on).max()?;
    let until = match days.get(&step) {
        Some(on) => *on,
        None if days.range(step..).next().is_none() && is_next(days, step) => open_on?,
        None => return None,
    };
    Some((until - before).num_days().max(0))
}

/// Returns whether every step before it has happened, or is passed by one that has.
fn is_next(days: &Days, step: HelpStep) -> bool {
    let last = days.last_key_value().map(|(step, _)| *step);
    HelpStep::ALL.into_iter().find(|next| Some(*next) > last) == Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_step_is_waited_for_since_the_last_one_before_it() {
        let today = Some(day("2026-12-01"));
        let mut days = Days::from([
            (HelpStep::Concern, day("2026-11-01")),
            (HelpStep::Opened, day("2026-11-11")),
            (HelpStep::Meeting, day("2026-11-21")),
        ]);
        assert_eq!(waited(&days, HelpStep::Concern, today), None);
        assert_eq!(waited(&days, HelpStep::Opened, today), Some(10));
        assert_eq!(waited(&days, HelpStep::Shared, today), None, "the help went on without it");
        assert_eq!(waited(&days, HelpStep::Meeting, today), Some(10));
        assert_eq!(waited(&days, HelpStep::Measure, today), Some(10), "until today");
        assert_eq!(waited(&days, HelpStep::Evaluation, today), None, "another step comes first");
        assert_eq!(waited(&days, HelpStep::Measure, None), None, "nobody waits in a closed case");
        days.insert(HelpStep::Measure, day("2026-11-05"));
        assert_eq!(waited(&days, HelpStep::Measure, today), Some(0), "it began before");
    }
}
