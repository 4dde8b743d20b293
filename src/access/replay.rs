//! Whether what a request made may be told again, when it comes once more with the same `Idempotency-Key`.
//!
//! What is done to a unit makes something of its own: a concern, a report, a disclosure, an emergency. That one still works in the unit is not
//! that one may still read what one made there, and the answer of the first time tells it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::header};

use super::{
    Entry, PendingLook, Services,
    actions::{Action, ReadChildWelfareReport, ReadConcern, ReadDisclosure, ReadEmergencyAccess},
    objects::{Lookup, Object, PathIds},
};
use crate::db::{DbError, Tx};

/// May the first answer to an action be told once more? If it made something that is read by itself, only to one who may read
/// that now; and then it is a look like any other.
pub(super) async fn told_again(
    tx: &mut Tx,
    services: &Services,
    asking: &Lookup<'_>,
    action: &str,
    first: &HttpResponse,
    look: &PendingLook,
) -> Result<bool, DbError> {
    let made = first.headers().get(header::LOCATION).and_then(|path| path.to_str().ok());
    let Some(id) = made.and_then(|path| path.rsplit('/').next()) else { return Ok(true) };
    let again = Again { tx, services, asking, look, id };
    match action {
        "record_concern" => again.may::<ReadConcern>("concern_id").await,
        "report_to_child_welfare" => again.may::<ReadChildWelfareReport>("report_id").await,
        "disclose" => again.may::<ReadDisclosure>("disclosure_id").await,
        "open_emergency_access" => again.may::<ReadEmergencyAccess>("emergency_access_id").await,
        _ => Ok(true),
    }
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
        let Lookup { caller, now, today, .. } = *self.asking;
        let ids = PathIds::from(BTreeMap::from([(name.to_owned(), self.id.to_owned())]));
        let lookup = Lookup { caller, now, today, for_write: false, ids: &ids };
        let Some(object) = A::Object::find(self.tx, &lookup).await? else { return Ok(false) };
        let decision = self.services.policies.decide(caller, A::NAME, &object);
        let allowed = decision.allowed;
        let mut entry = Entry::of(Some(caller), A::NAME, A::Object::TYPE, now);
        if let Some(first) = self.look.entries().first() {
            entry.request_id.clone_from(&first.request_id);
            entry.client.clone_from(&first.client);
        }
        self.look.note_row(entry.about(caller, &object, decision));
        Ok(allowed)
    }
}
