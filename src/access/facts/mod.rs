//! The facts that the rules use, as they are at the moment of the request.
//!
//! The state of a case is loaded from the rows in force, independent of the caller: the team, the people who must consent, their
//! consents, and the contact person. The caller's relation to the case is computed from that state and the caller alone.
//! Nothing is cached, so a withdrawal, a birthday or an ended role counts from the next request.

mod calendar;
mod child;
mod custody;
mod emergency;
mod family;
mod flag;
mod ground;
mod involvement;
mod kept;
mod moves;
mod on_day;
mod place;
mod relation;
mod rows;
mod state;
#[cfg(test)]
mod tests;
mod without_consent;

use std::{collections::BTreeSet, ops::Deref, sync::Arc};

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::{
    calendar::{Calendar, DAYS_AHEAD, Ending, EndingCause, calendars},
    child::{ChildFacts, child_facts},
    family::family_of,
    ground::{Family, Given, Ground, Kept},
    moves::{Move, TeamEntry, Written},
    on_day::ground_at,
    place::CasePlace,
    relation::{Relation, relation, relation_in_list},
    rows::Member,
    state::{CaseState, case_states},
    without_consent::{WithoutConsent, without_consent},
};
use crate::{
    db::{DbError, Tx},
    identity::{Caller, HeldRole},
    kernel::{
        Id, Moment,
        ids::{Case, Consent, Person, Unit},
        vocabulary::InformationKind,
    },
};

/// The age of majority: parental responsibility ends (vergemålsloven § 8, barnelova § 30).
pub(in crate::access) const MAJORITY: i64 = 18;

/// A case, and a caller's relation to it.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// The case, independent of the caller.
    pub state: Arc<CaseState>,
    /// The caller's relation to it.
    pub relation: Arc<Relation>,
}

impl Deref for CaseFacts {
    type Target = CaseState;

    fn deref(&self) -> &CaseState {
        &self.state
    }
}

impl CaseFacts {
    /// Creates the facts of a case that is requested by its id.
    #[must_use]
    pub fn of(state: CaseState, caller: &Caller) -> Self {
        let relation = relation(&state, caller);
        Self { state: Arc::new(state), relation: Arc::new(relation) }
    }

    /// Creates the facts of a case in a list.
    #[must_use]
    pub fn in_list(state: impl Into<Arc<CaseState>>, caller: &Caller) -> Self {
        let state = state.into();
        let relation = relation_in_list(&state, caller);
        Self { state, relation: Arc::new(relation) }
    }
}

impl CaseFacts {
    /// Returns the consents that the caller's seats on the team rest on. None if one is in the unit that keeps the record.
    #[must_use]
    pub fn consents_of_seats(&self) -> Vec<Id<Consent>> {
        let of = |seat: &HeldRole| self.ground.consents_to(seat.unit_id, InformationKind::Agreed, None);
        if self.relation.seats.iter().any(|seat| seat.unit_id == self.ground.owner_unit) {
            return Vec::new();
        }
        each_once(self.relation.seats.iter().flat_map(of))
    }

    /// Returns whether the caller may know of words that were replaced at a time. If the record has moved since, a team member may only
    /// if their unit took part before, as of an entry that was left behind.
    #[must_use]
    pub fn knew_words_until(&self, at: DateTime<Utc>) -> bool {
        let seats = &self.relation.seats;
        // No choice of the family is about words that had been replaced.
        let knew = self.known_before(Written { entry: Uuid::nil(), at }, None);
        seats.is_empty() || knew.is_none_or(|units| seats.iter().any(|seat| units.contains(&seat.unit_id)))
    }

    /// Returns the consents that the caller reads information of a kind from a unit by.
    #[must_use]
    pub fn consents_to_read(
        &self,
        kind: InformationKind,
        from: Id<Unit>,
        about: Option<Id<Person>>,
        kept: Kept,
    ) -> Vec<Id<Consent>> {
        let seats = &self.relation.seats;
        let passes = !seats.is_empty() && seats.iter().all(|seat| seat.unit_id != from);
        let units = seats.iter().map(|seat| seat.unit_id).chain([from]).filter(|_| passes);
        let of_kind = units.flat_map(|unit| self.ground.consents_since(unit, kind, about, kept));
        each_once(self.consents_of_seats().into_iter().chain(of_kind))
    }
}

fn each_once(consents: impl Iterator<Item = Id<Consent>>) -> Vec<Id<Consent>> {
    consents.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the facts of some cases for one caller in a list, in the order of the cases' ids.
///
/// # Errors
/// If the database does not answer.
pub async fn cases_in_list(
    tx: &mut Tx,
    caller: &Caller,
    cases: &[Id<Case>],
    moment: Moment,
) -> Result<Vec<CaseFacts>, DbError> {
    let states = case_states(tx, cases, moment).await?;
    Ok(states.into_iter().map(|state| CaseFacts::in_list(state, caller)).collect())
}

/// Returns the facts for one caller of a case that is requested by its id.
///
/// # Errors
/// If the database does not answer.
pub async fn case_by_id(
    tx: &mut Tx,
    caller: &Caller,
    case: Id<Case>,
    moment: Moment,
) -> Result<Option<CaseFacts>, DbError> {
    let state = case_states(tx, &[case], moment).await?.pop();
    Ok(state.map(|state| CaseFacts::of(state, caller)))
}

#[cfg(test)]
impl CaseFacts {
    /// An open case at a school, of a child of an age with one guardian, and a caller with no relation to it.
    pub(crate) fn sample(child_age: i64) -> Self {
        Self { state: Arc::new(CaseState::sample(child_age)), relation: Arc::default() }
    }

    /// The same with another state.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut CaseState)) -> Self {
        change(Arc::make_mut(&mut self.state));
        self
    }
}
