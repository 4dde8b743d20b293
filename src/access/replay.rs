//! Whether what a request made may be told again, when it comes once more with the same `Idempotency-Key`.
//!
//! What is done to a unit makes something of its own: a concern, a report, a disclosure, an emergency. That one still works in the unit is not
//! that one may still read what one made there, and the answer of the first time tells it. A leader may do to a case some of
//! what those on its team may, and is told no words of it.

use std::collections::BTreeMap;

use super::{
    Entry, PendingLook, Services,
    actions::{
        Action, ListMeasures, ReadChildWelfareReport, ReadConcern, ReadDisclosure, ReadEmergencyAccess,
    },
    idempotency::FirstAnswer,
    objects::{Lookup, Object, PathIds},
};
use crate::{
    db::{DbError, Tx},
    problem::Problem,
};

/// What in the answers to actions on a case is told only to those who see what is agreed in it.
const WORDS: [(&str, &[&str]); 2] = [
    ("reopen_case", &["reason", "level_reason", "closing_reason", "final_evaluation", "next_evaluation_on"]),
    ("withdraw_handover", &["message", "answer"]),
];

/// The first answer to an action, as far as it may be told once more. If the action made something that is read by itself, that is
/// only to one who may read that now; and then it is a look like any other.
pub(super) async fn told_again(
    tx: &mut Tx,
    services: &Services,
    asking: &Lookup<'_>,
    action: &str,
    mut first: FirstAnswer,
    look: &PendingLook,
) -> Result<Option<FirstAnswer>, Problem> {
    if let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == action) {
        let case = <ListMeasures as Action>::Object::find(tx, asking).await?;
        let is_told = |case| services.policies.decide(asking.caller, ListMeasures::NAME, case).allowed;
        if !case.as_ref().is_some_and(is_told) {
            first.body = without(&first.body, words)?;
        }
    }
    let made = first.location().and_then(|path| path.rsplit('/').next());
    let Some(id) = made else { return Ok(Some(first)) };
    let again = Again { tx, services, asking, look, id };
    let may = match action {
        "record_concern" => again.may::<ReadConcern>("concern_id").await?,
        "report_to_child_welfare" => again.may::<ReadChildWelfareReport>("report_id").await?,
        "disclose" => again.may::<ReadDisclosure>("disclosure_id").await?,
        "open_emergency_access" => again.may::<ReadEmergencyAccess>("emergency_access_id").await?,
        _ => true,
    };
    Ok(may.then_some(first))
}

/// A JSON object with some of its members null.
fn without(body: &str, members: &[&str]) -> Result<String, Problem> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(body).map_err(Problem::internal)?;
    for member in members {
        object.insert((*member).to_owned(), serde_json::Value::Null);
    }
    serde_json::to_string(&object).map_err(Problem::internal)
}

struct Again<'a> {
    tx: &'a mut Tx,
    services: &'a Services,
    asking: &'a Lookup<'a>,
    look: &'a PendingLook,
    /// What was made.
    id: &'a str,
}

impl Again<'_> {
    async fn may<A: Action>(self, name: &str) -> Result<bool, DbError> {
        let Lookup { caller, moment, .. } = *self.asking;
        let ids = PathIds::from(BTreeMap::from([(name.to_owned(), self.id.to_owned())]));
        let lookup = Lookup { caller, moment, for_write: false, ids: &ids };
        let Some(object) = A::Object::find(self.tx, &lookup).await? else { return Ok(false) };
        let decision = self.services.policies.decide(caller, A::NAME, &object);
        let allowed = decision.allowed;
        let mut entry = Entry::of(Some(caller), A::NAME, A::Object::TYPE, moment.now);
        entry.same_request_as(self.look);
        self.look.note_row(entry.about(caller, &object, decision));
        Ok(allowed)
    }
}
