//! The facts that the rules use, as they are at the moment of the request.
//!
//! The state of a case is loaded from the rows in force, independent of the caller: the team, the people who must consent, their
//! consents, and the contact person. The caller's relation to the case is computed from that state and the caller alone.
//! Nothing is cached, so a withdrawal, a birthday or an ended role counts from the next request.

mod child;
mod custody;
mod emergency;
mod ground;
mod involvement;
mod kept;
mod place;
mod relation;
mod rows;
mod state;
#[cfg(test)]
mod tests;

use std::{ops::Deref, sync::Arc};

pub use self::{
    child::{ChildFacts, child_facts},
    ground::{Family, Given, Ground},
    kept::units_kept_by_child,
    place::CasePlace,
    relation::{Relation, relation, relation_in_list},
    rows::Member,
    state::{CaseState, case_states},
};
use crate::{
    db::{DbError, Tx},
    identity::Caller,
    kernel::{Id, Moment, ids::Case},
};

/// The age of majority: parental responsibility ends (vergemålsloven § 8, barnelova § 30).
const MAJORITY: i64 = 18;

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
    pub fn in_list(state: CaseState, caller: &Caller) -> Self {
        let relation = relation_in_list(&state, caller);
        Self { state: Arc::new(state), relation: Arc::new(relation) }
    }
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
