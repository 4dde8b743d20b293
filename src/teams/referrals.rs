//! Passes the duty to follow a referral up on, when the member who has it can no longer carry it out or may no longer read it.
//!
//! The readers of a referral depend on its kind of information, so the contact person is not always one of them. The duty then passes to the
//! longest member from the unit that wrote it. If nobody on the team may know of it, nobody has it, and the family sees that.

use chrono::{DateTime, Utc};

use super::{duties::has_no_seat_sql, store};
use crate::{
    access::{CaseState, TeamEntry, Written},
    db::{DbError, Tx, expect_one},
    execute, fetch_all, is_disqualified_sql, is_kept_from_content_sql,
    kernel::{
        Id,
        ids::{Note, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    role_counts_sql, same_human_sql,
};

/// The referrals of the case that somebody follows up and that something is still expected of.
const FOLLOWED_UP: &str = concat!(
    "
    SELECT rf.note_id, rf.follower_unit, n.unit_id, u.sector, n.kind, a.canonical_id AS about, n.created_at, cp.person_id AS contact,
           cp.unit_id AS contact_unit, ",
    has_no_seat_sql!("rf.follower_id", "rf.follower_unit"),
    " AS is_lost
    FROM care_case c
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
    JOIN referral rf ON rf.municipality = c.municipality AND rf.case_id = c.id
    JOIN note n ON n.municipality = rf.municipality AND n.id = rf.note_id
    JOIN unit u ON u.id = n.unit_id
    LEFT JOIN person a ON a.id = n.about_person_id
    WHERE c.municipality = $1 AND c.id = $2 AND rf.expected_on IS NOT NULL AND rf.follower_id IS NOT NULL"
);
const PASS: &str =
    "UPDATE referral SET follower_id = $3, follower_unit = $4 WHERE municipality = $1 AND note_id = $2";

#[derive(sqlx::FromRow)]
struct FollowedUp {
    note_id: Id<Note>,
    follower_unit: Id<Unit>,
    unit_id: Id<Unit>,
    sector: Sector,
    kind: InformationKind,
    about: Option<Id<Person>>,
    created_at: DateTime<Utc>,
    contact: Id<Person>,
    contact_unit: Id<Unit>,
    is_lost: bool,
}

impl FollowedUp {
    /// Returns the units that read it.
    fn read_by(&self, case: &CaseState) -> Vec<Id<Unit>> {
        let written = Written { entry: self.note_id.uuid(), at: self.created_at };
        let Self { unit_id: from, sector, kind, about, .. } = *self;
        case.units_that_read(TeamEntry { written, from, sector, kind, about })
    }

    fn is_lost(&self, case: &CaseState) -> bool {
        self.is_lost
            || !case.ground.covers(self.follower_unit)
            || !self.read_by(case).contains(&self.follower_unit)
    }
}

async fn lost(tx: &mut Tx, case: &CaseState) -> Result<Vec<FollowedUp>, DbError> {
    let mut lost = fetch_all!(tx, FollowedUp, FOLLOWED_UP, &case.municipality, case.id, case.today)?;
    lost.retain(|referral| referral.is_lost(case));
    Ok(lost)
}

/// Returns whether someone in the case can no longer follow a referral up.
pub(super) async fn has_lost(tx: &mut Tx, case: &CaseState) -> Result<bool, DbError> {
    Ok(!lost(tx, case).await?.is_empty())
}

/// Passes the duties of those who can no longer carry them out on, and returns their number.
pub(super) async fn pass_on(tx: &mut Tx, case: &CaseState) -> Result<usize, DbError> {
    let lost = lost(tx, case).await?;
    if lost.is_empty() {
        return Ok(0);
    }
    let seats = store::seats(tx, case).await?;
    for referral in &lost {
        let readers = referral.read_by(case);
        let contact = store::Seat { person_id: referral.contact, unit_id: referral.contact_unit };
        let reads = |seat: &&store::Seat| readers.contains(&seat.unit_id);
        let of_unit = seats.iter().find(|seat| seat.unit_id == referral.unit_id);
        let to = [Some(&contact).filter(|seat| seats.contains(seat)), of_unit].into_iter().flatten();
        let to = to.filter(reads).map(|seat| (seat.person_id, seat.unit_id)).next();
        let (person, unit) = to.unzip();
        expect_one(execute!(tx, PASS, &case.municipality, referral.note_id, person, unit)?)?;
    }
    Ok(lost.len())
}
