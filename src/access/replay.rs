//! Decides whether a request that is repeated with the same `Idempotency-Key` gets the first answer again. The table of actions
//! states the condition ([`Replay`]). Without a condition, nothing is returned.

use super::{
    Entry, PendingLook, Services,
    actions::{Action, ActionFacts, ListMeasures, Replay, Visitor, visit},
    idempotency::FirstAnswer,
    objects::{Lookup, Object},
};
use crate::{
    db::{DbError, Tx},
    problem::Problem,
};

/// Returns the part of the first answer that the caller may see now; none if they may see nothing. If the condition is the
/// right to read the created object, that read is logged like any other.
pub(super) async fn seen_again<A: Action>(
    tx: &mut Tx,
    services: &Services,
    asking: &Lookup<'_>,
    mut first: FirstAnswer,
    look: &PendingLook,
) -> Result<Option<FirstAnswer>, Problem> {
    let ActionFacts { replay, words, .. } = A::FACTS;
    let made = first.location().and_then(|path| path.rsplit('/').next());
    let may = match (replay, made) {
        (Replay::Never, _) => false,
        (Replay::AsDecided, made) => made.is_none(),
        (Replay::IfReadBy(_), None) => false,
        (Replay::IfReadBy(reading), Some(id)) => {
            let again = Again { tx: &mut *tx, services, asking, look, id };
            visit(reading, again).await.transpose()?.unwrap_or(false)
        }
    };
    if !may {
        return Ok(None);
    }
    if !words.is_empty() && !sees_what_is_agreed(tx, services, asking).await? {
        first.body = without(&first.body, words)?;
    }
    Ok(Some(first))
}

async fn sees_what_is_agreed(tx: &mut Tx, services: &Services, asking: &Lookup<'_>) -> Result<bool, DbError> {
    let case = <ListMeasures as Action>::Object::find(tx, asking).await?;
    Ok(case.is_some_and(|case| services.policies.decide(asking.caller, ListMeasures::NAME, &case).allowed))
}

/// Returns a JSON object with some of its members set to null.
fn without(body: &str, members: &[&str]) -> Result<String, Problem> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(body).map_err(Problem::internal)?;
    for member in members {
        object.insert((*member).to_owned(), serde_json::Value::Null);
    }
    serde_json::to_string(&object).map_err(Problem::internal)
}

/// Decides whether the caller may read the created object.
struct Again<'a> {
    tx: &'a mut Tx,
    services: &'a Services,
    asking: &'a Lookup<'a>,
    look: &'a PendingLook,
    /// The id of the created object.
    id: &'a str,
}

impl Visitor for Again<'_> {
    type Output = Result<bool, DbError>;

    async fn visit<O: Object>(self, reading: &'static str) -> Result<bool, DbError> {
        let Lookup { caller, moment, ids, .. } = *self.asking;
        let Some(own) = O::PATH.last() else { return Ok(false) };
        let ids = ids.with(own, self.id);
        let lookup = Lookup { caller, moment, for_write: false, ids: &ids };
        let Some(object) = O::find(self.tx, &lookup).await? else { return Ok(false) };
        let decision = self.services.policies.decide(caller, reading, &object);
        let allowed = decision.allowed;
        // The entry of the action itself has the child, unless its object is a unit or the record of another person.
        let child = object.subject().child;
        if self.look.entries().first().is_none_or(|first| first.child.is_none() || first.child != child) {
            let mut entry = Entry::of(Some(caller), reading, O::TYPE, moment.now);
            entry.same_request_as(self.look);
            self.look.note_row(entry.about(caller, &object, decision));
        }
        Ok(allowed)
    }
}
