//! Reads that were picked for review by the auditor.

use std::sync::Arc;

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::{
        children_of_other_reviewers,
        policies::{Fact, Policies, reference},
    },
    db::{DbError, Tx, dialect},
    fetch_all, fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Child, LogReview, Person},
        vocabulary::Role,
    },
};

/// A read that was picked for review by the auditor.
#[derive(Debug, Clone)]
pub struct LogReviewObject {
    /// The municipality whose log has the entry.
    pub municipality: String,
    /// The review.
    pub id: Id<LogReview>,
    /// The person who read.
    pub looked_by: Id<Person>,
    /// The child that was read about.
    pub child: Id<Child>,
    /// Whether the caller is disqualified in relation to the child (fvl § 6).
    pub disqualified: bool,
}

// Nobody can review an entry whose personal fields are erased.
const FIND: &str = "
    SELECT r.municipality, l.person_id, l.child_id
    FROM log_review r JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id
    WHERE r.id = $1 AND l.person_id IS NOT NULL AND l.child_id IS NOT NULL";
const OF_LOOKS_BY: &str = "
    SELECT r.id
    FROM access_log l JOIN log_review r ON r.municipality = l.municipality AND r.entry_id = l.id
    WHERE l.person_id = $1
    UNION SELECT b.id FROM breach b WHERE b.person_id = $1";

impl Object for LogReviewObject {
    const TYPE: &'static str = "LogReview";
    const PATH: &'static [&'static str] = &["review_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<LogReview>("review_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let row = fetch_optional!(tx, (String, Id<Person>, Id<Child>), FIND, id)?;
        let Some((municipality, looked_by, child)) = row else { return Ok(None) };
        let caller = lookup.caller;
        let disqualified = children_of_other_reviewers(tx, caller, lookup.moment.now).await?.contains(&child);
        Ok(Some(Self { municipality, id, looked_by, child, disqualified }))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    /// Returns the child and never the case. The family may see who has read the case, but not whose reads are reviewed.
    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), case: None, child: Some(self.child.uuid()) }
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        let audits = |held: &&HeldRole| held.acts_as(Role::Auditor) && held.municipality == self.municipality;
        caller.roles.iter().filter(audits).cloned().collect()
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("looked_by", reference("Person", self.looked_by)),
            ("municipality", reference("Municipality", &self.municipality)),
        ]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("disqualified", Fact::Flag(self.disqualified))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_log_review", self).allowed
    }
}

/// Returns the reviews of the caller's own reads under any account, and the breaches, which have the ids of reviews or of emergency
/// accesses. The caller may not know of them.
///
/// # Errors
/// If the database does not answer.
pub async fn reviews_of_looks_by(tx: &mut Tx, caller: &Caller) -> Result<Vec<Id<LogReview>>, DbError> {
    let mut reviews = Vec::new();
    for person in caller.persons() {
        let rows = fetch_all!(tx, (Id<LogReview>,), OF_LOOKS_BY, person)?;
        reviews.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(reviews)
}
