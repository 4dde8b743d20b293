//! Opening a case: the unit that may keep its record, and the person who may be its first contact person.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::{AgreedWith, CaseEventKind},
    rows::{self, CaseRow, ContactRow},
    store::{Event, add_event},
};
use crate::{
    access::{CasePlace, Kinds, is_close},
    catalogue::GuideLevel,
    db::Tx,
    fetch_one,
    kernel::{
        Id,
        ids::{Case, Child, Person, Unit},
        vocabulary::Sector,
    },
    next_steps,
    problem::{Problem, Result},
    teams::{self, rows::SeatRow},
};

const OPENING_UNIT: &str = "
    SELECT u.sector, u.kind, EXISTS (SELECT 1 FROM unit_serves s WHERE s.unit_id = u.id AND s.municipality = $2)
    FROM unit u WHERE u.id = $1";

/// Where a case belongs, and who opens it as the first contact person.
#[derive(Debug)]
pub struct Place<'a> {
    /// The municipality that the case belongs to.
    pub municipality: &'a str,
    /// The child.
    pub child: Id<Child>,
    /// The unit that opens it.
    pub unit: Id<Unit>,
    /// The person who opens it.
    pub opened_by: Id<Person>,
}

/// The agreement with the guardians or the young person.
#[derive(Debug)]
pub struct Agreement<'a> {
    /// Why help is given.
    pub reason: &'a str,
    /// The level in the guide.
    pub level: GuideLevel,
    /// The people who agreed.
    pub agreed_with: AgreedWith,
    /// The day it was agreed.
    pub agreed_on: NaiveDate,
    /// The next step.
    pub next_step: next_steps::Checked<'a>,
}

/// Opens a case with its contact person, its next step and the first membership of its team.
///
/// # Errors
/// 409 if the unit may not keep a record or does not serve the municipality, or the person is close to the child.
pub async fn open(
    tx: &mut Tx,
    place: Place<'_>,
    agreement: Agreement<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Case>> {
    let sector = opening_sector(tx, &place).await?;
    let Place { municipality, child, unit, opened_by } = place;
    if is_close(tx, child, opened_by, now).await? {
        return Err(Problem::conflict("you are disqualified from opening a case for this child (fvl § 6)"));
    }
    let Agreement { reason, level, agreed_with, agreed_on, next_step } = agreement;
    let id = Id::<Case>::new();
    let place = CasePlace { municipality, sector, case: id };
    let row = CaseRow {
        place,
        child,
        unit,
        opened_by,
        reason: reason.into(),
        level,
        level_reason: None,
        agreed_with,
        agreed_on,
        opened_at: now,
        closed: None,
        contact: ContactRow { person: opened_by, unit, since: now },
    };
    rows::insert(tx, &[row]).await?;
    let seat = SeatRow {
        place,
        id: Id::new(),
        person: opened_by,
        unit,
        task: "contact person".into(),
        added_by: opened_by,
        joined_at: now,
        left_at: None,
    };
    teams::rows::insert(tx, &[seat]).await?;
    next_steps::begin(tx, place, next_step, opened_by, now).await?;
    let kind = CaseEventKind::Opened;
    let event = Event { kind, level, reason, final_evaluation: None, by: opened_by };
    add_event(tx, place, event, now).await?;
    Ok(id)
}

/// Returns the sector of a unit that may keep the record.
async fn opening_sector(tx: &mut Tx, place: &Place<'_>) -> Result<Sector> {
    let found = fetch_one!(tx, (Sector, String, bool), OPENING_UNIT, place.unit, place.municipality)?;
    let (sector, kind, serves) = found;
    Kinds::may_take_part(&kind).map_err(|refused| Problem::conflict(refused.instead.clone()))?;
    if !serves {
        return Err(Problem::conflict("the unit does not serve the municipality where the child lives"));
    }
    Ok(sector)
}
