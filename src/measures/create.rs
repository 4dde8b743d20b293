//! Creation of measures, alone or as a decision of a meeting.

use super::{
    dto::MeasureIn,
    rules::{self, Refusal, Term},
    store::{self, NewMeasure},
};
use crate::{
    access::{Asker, Kinds, objects::CaseObject},
    catalogue,
    db::Tx,
    kernel::{
        Id, Moment,
        ids::{Measure, Meeting, Person, Unit},
    },
    problem::Problem,
    teams,
};

/// The context of a new measure: the case, the author and the time.
#[derive(Debug, Clone, Copy)]
pub struct Creation<'a> {
    /// Asks the rules on behalf of the person who records it.
    pub asker: &'a Asker,
    /// The case, which must be open.
    pub case: &'a CaseObject,
    /// The meeting that decides it.
    pub meeting: Option<Id<Meeting>>,
    /// The person who records it.
    pub by: Id<Person>,
    /// The moment of the request.
    pub moment: Moment,
    /// The JSON Pointer to the measure in the body; empty if the measure is the body.
    pub pointer: &'a str,
}

/// Creates a measure. The caller must already have checked that the case is open and that access is allowed.
///
/// # Errors
/// 422 with the name of the field; or an error if the write to the database fails.
pub async fn create(tx: &mut Tx, creation: &Creation<'_>, new: &MeasureIn) -> Result<Id<Measure>, Problem> {
    let Creation { asker, case, moment, pointer, .. } = *creation;
    let today = moment.today;
    Kinds::may_be_kept(pointer, Some(&new.contains))?;
    let starts_on = new.starts_on.unwrap_or(today);
    let latest = catalogue::latest_day(tx, &case.facts.municipality, today).await?;
    let term = Term { today, latest };
    rules::evaluation_day(new.evaluate_on, starts_on, term).map_err(|refusal| refusal.at(pointer))?;
    let entry = match new.catalogue_measure_id {
        None => None,
        Some(id) => Some(store::find_in_catalogue(tx, &case.facts, id).await?.ok_or_else(|| {
            let detail = "must be a measure of the municipality's catalogue";
            Refusal::new("/catalogue_measure_id", detail).at(pointer)
        })?),
    };
    let (title, level) = rules::title_and_level(new, entry).map_err(|refusal| refusal.at(pointer))?;
    if let Some(goal) = new.goal_id
        && !store::has_goal(tx, &case.facts, goal).await?
    {
        return Err(Refusal::new("/goal_id", "must be a goal of this case").at(pointer));
    }
    require_seat(tx, asker, case, new.responsible_id, new.responsible_unit_id, pointer).await?;
    let measure = NewMeasure { title: &title, level, starts_on, input: new };
    Ok(store::insert(tx, creation, &measure).await?)
}

/// Checks that the person responsible is a team member with access in force through the unit.
pub(super) async fn require_seat(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    person: Id<Person>,
    unit: Id<Unit>,
    pointer: &str,
) -> Result<(), Problem> {
    let seat = teams::Seat { person_id: person, unit_id: unit };
    if teams::seats_known(tx, asker, case).await?.contains(&seat) {
        return Ok(());
    }
    let detail = "must be a team member with access in force";
    Err(Refusal::new("/responsible_id", detail).at(pointer))
}
