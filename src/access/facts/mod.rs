//! The facts that the rules speak of, as they stand at the moment of the request.
//!
//! The state of a case is loaded from the rows that live now, without a caller: who sits on the team, who must consent, what
//! they have consented to, who holds the baton. What a caller is to it is computed from that state alone. Nothing is
//! cached, so a withdrawal, a birthday or a lost role counts from the very next request.

mod child;
mod custody;
mod emergency;
mod ground;
mod involvement;
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

/// A case, and what a caller is to it.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// The case, whoever asks.
    pub state: Arc<CaseState>,
    /// What the caller is to it.
    pub relation: Arc<Relation>,
}

impl Deref for CaseFacts {
    type Target = CaseState;

    fn deref(&self) -> &CaseState {
        &self.state
    }
}

impl CaseFacts {
    /// A case that is asked for by its id.
    #[must_use]
    pub fn of(state: CaseState, caller: &Caller) -> Self {
        let relation = relation(&state, caller);
        Self { state: Arc::new(state), relation: Arc::new(relation) }
    }

    /// A case in a list.
    #[must_use]
    pub fn in_list(state: CaseState, caller: &Caller) -> Self {
        let relation = relation_in_list(&state, caller);
        Self { state: Arc::new(state), relation: Arc::new(relation) }
    }
}

/// Some cases as they are to one caller in a list, in the order of the cases' ids.
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

/// A case that is asked for by its id, as it is to one caller.
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
    /// An open case at a school, of a child of an age with one guardian, seen by nobody in particular.
    pub(crate) fn sample(child_age: i64) -> Self {
        Self { state: Arc::new(CaseState::sample(child_age)), relation: Arc::default() }
    }

    /// The same with another state.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut CaseState)) -> Self {
        change(Arc::make_mut(&mut self.state));
        self
    }
}
