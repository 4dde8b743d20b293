//! Request and response types for referrals.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{Asker, CaseReader},
    kernel::{
        day::{NextStepDay, PastDay, day, optional_day},
        ids::{NextStepId, PersonId, ReferralEventId, UnitId},
        text::{Line, Prose},
        vocabulary::{InformationKind, Sector},
    },
    next_steps::NextStepChange,
    shown,
    vault::Content,
    words,
};

words! {
    /// The state of a referral.
    ReferralStatus {
        /// It is sent, and not answered.
        Sent = "sent",
        /// The service has it, and has not answered.
        Received = "received",
        /// The child waits for the help to start.
        Accepted = "accepted",
        /// The help has started.
        Started = "started",
        /// The service refuses.
        Refused = "refused",
        /// It is withdrawn.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// The answer to a referral.
    ReferralAnswer {
        /// The service has it.
        Received = "received",
        /// The service helps. `expected_on` and `start_is_known` are required.
        Accepted = "accepted",
        /// The help has started.
        Started = "started",
        /// The service refuses. The reason and the next step of the case are required.
        Refused = "refused",
    }
}

words! {
    /// An event of a referral.
    ReferralEventKind {
        /// The service has it.
        Received = "received",
        /// The service helps, and the child waits.
        Accepted = "accepted",
        /// The help has started.
        Started = "started",
        /// The service refuses.
        Refused = "refused",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
        /// The day of the answer or of the start was moved.
        DayMoved = "day_moved",
    }
}

/// A referral (henvisning) of the child to a service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReferralOut {
    /// The unit it was sent to, if it is in the register. Null, like the other names, for emergency access to the case of a child with a
    /// protected address.
    pub to_unit_id: Option<UnitId>,
    /// The name of that unit.
    pub to_unit_name: Option<String>,
    /// The service it was sent to, if it is not in the register.
    pub to_outside: Option<Content>,
    /// The sector of the service.
    pub to_sector: Sector,
    /// Someone outside the case who referred the child.
    pub referred_by: Option<Content>,
    /// The day it was sent.
    pub sent_on: NaiveDate,
    /// The day on which those who must agreed to it.
    pub agreed_on: NaiveDate,
    /// Those who agreed: guardians by `guardian_id`, and the child by its own id. A reader in the family sees only their own agreement.
    pub agreed_by: Vec<PersonId>,
    /// Its state.
    pub status: ReferralStatus,
    /// The day by which an answer is expected or, when it is accepted, the start. Null if nothing is expected any more.
    pub expected_on: Option<NaiveDate>,
    /// When it is accepted: whether the day of the start is known. If it is not, `expected_on` is the day to ask again.
    pub start_is_known: Option<bool>,
    /// Whether the expected day has passed.
    pub overdue: bool,
    /// The team member who follows it up, if the reader may know of them. Null also if nobody on the team may know of it.
    pub followed_up_by: Option<PersonId>,
    /// Their name.
    pub followed_up_by_name: Option<Content>,
    /// The events since it was sent, in order.
    pub events: Vec<ReferralEventOut>,
}

shown!(ReferralOut, CaseReader {
    row { to_sector, sent_on, agreed_on, agreed_by, status, expected_on, start_is_known, overdue }
    + each { events }
    whereabouts: to_unit_id, to_unit_name, to_outside, referred_by, followed_up_by, followed_up_by_name;
});

/// Something that happened to a referral.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReferralEventOut {
    /// The id of the event.
    pub id: ReferralEventId,
    /// The kind of event.
    pub kind: ReferralEventKind,
    /// The day it happened.
    pub happened_on: NaiveDate,
    /// The day that was expected, if it was moved.
    pub from_day: Option<NaiveDate>,
    /// The day that is expected then.
    pub to_day: Option<NaiveDate>,
    /// The reason.
    pub reason: Option<Content>,
    /// The next step of the case that was set with a refusal.
    pub next_step_id: Option<NextStepId>,
    /// The person who recorded it, if the reader may know of them.
    pub recorded_by: Option<PersonId>,
    /// Their name.
    pub recorded_by_name: Option<Content>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

shown!(ReferralEventOut, CaseReader {
    row { id, kind, happened_on, from_day, to_day, reason, next_step_id, recorded_at }
    whereabouts: recorded_by, recorded_by_name;
});

impl ReferralOut {
    /// Returns it as a reader may know of the people: without those who help in secret, and without the agreement of others in the family.
    #[must_use]
    pub(crate) fn known(mut self, asker: &Asker, is_family: bool, unknown: &[PersonId]) -> Self {
        let is_known = |person: &PersonId| !unknown.contains(person);
        self.followed_up_by = self.followed_up_by.filter(is_known);
        self.followed_up_by_name = self.followed_up_by_name.filter(|_| self.followed_up_by.is_some());
        self.agreed_by.retain(|person| is_known(person) && (!is_family || asker.caller().is(*person)));
        for event in &mut self.events {
            event.recorded_by = event.recorded_by.filter(is_known);
            event.recorded_by_name = event.recorded_by_name.take().filter(|_| event.recorded_by.is_some());
        }
        self
    }
}

/// A referral to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "agreed", "to_outside": "BUP", "to_sector": "health", "referred_by": "The GP", "sent_on": "2026-11-20",
    "agreed_by": ["01990b5e-7c1a-7a52-9d60-3f1c5a0e7b11"], "agreed_on": "2026-11-18", "expected_on": "2026-12-11",
    "text": "An assessment of why he does not sleep.", "contains": []
}))]
pub struct ReferralIn {
    /// The kind of information. As for a note, it decides who on the team and in the family may read the referral.
    pub kind: InformationKind,
    /// The guardian that it is about, by `guardian_id`. Required for the kinds that are about one guardian.
    #[serde(default)]
    pub about_person_id: Option<PersonId>,
    /// The unit it is sent to. Exactly one of this and `to_outside`.
    #[serde(default)]
    pub to_unit_id: Option<UnitId>,
    /// The service it is sent to, if it is not in the register.
    #[serde(default)]
    pub to_outside: Option<Line>,
    /// The sector of a service that is not in the register. It decides who must agree.
    #[serde(default)]
    pub to_sector: Option<Sector>,
    /// Someone outside the case who referred the child, such as the GP. The writer's unit did if left out.
    #[serde(default)]
    pub referred_by: Option<Line>,
    /// The day it was sent.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub sent_on: NaiveDate,
    /// Those who agreed: guardians by `guardian_id`, and the child by its own id. Everyone who must consent to sharing the kind of
    /// information with such a service, as far as the caller may know them.
    #[schema(min_items = 1, max_items = 20)]
    pub agreed_by: Vec<PersonId>,
    /// The day on which the last of them agreed.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub agreed_on: NaiveDate,
    /// The day by which an answer is expected: from today, and within the longest time of the municipality.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = NextStepDay)]
    pub expected_on: NaiveDate,
    /// The team member who follows it up. The caller if left out.
    #[serde(default)]
    pub followed_up_by: Option<PersonId>,
    /// The unit that they take part from.
    #[serde(default)]
    pub followed_up_from: Option<UnitId>,
    /// The help that is asked for.
    pub text: Prose,
    /// Must be `[]`: confirms that the texts hold none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The unit that the caller writes from. It may be left out with one membership.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
}

/// The answer to a referral.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "answer": "accepted", "answered_on": "2026-12-01", "expected_on": "2027-02-01", "start_is_known": true, "contains": []
}))]
pub struct ReferralAnswerIn {
    /// The answer.
    pub answer: ReferralAnswer,
    /// The day of the answer, or of the start.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub answered_on: NaiveDate,
    /// With `accepted`: the day on which the help is expected to start or, if that is not known, on which to ask again.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<NextStepDay>)]
    pub expected_on: Option<NaiveDate>,
    /// With `accepted`: whether the day of the start is known.
    #[serde(default)]
    pub start_is_known: Option<bool>,
    /// A word about the answer. With `refused`: why, which is required. Everyone who may read the referral reads it.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// With `refused`: the pending step of the case is settled, and the next is set. The family and everyone on the case will read it, so its
    /// words must not say more than all of them may know.
    #[serde(default)]
    pub next_step: Option<NextStepChange>,
    /// Must be `[]`: confirms that the reason holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// A change of a referral that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"expected_on": "2027-01-15", "reason": "BUP wrote that they answer in January.", "contains": []}))]
pub struct ReferralPatch {
    /// Another day on which the answer or the start is expected. The reason is required.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<NextStepDay>)]
    pub expected_on: Option<NaiveDate>,
    /// Why the day is moved. Everyone who may read the referral reads it, the family included.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// Required with a reason, and must be `[]`: confirms that it holds none of the prohibited kinds.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// The team member who follows it up from now on.
    #[serde(default)]
    pub followed_up_by: Option<PersonId>,
    /// The unit that they take part from. Required with the person.
    #[serde(default)]
    pub followed_up_from: Option<UnitId>,
}

/// A referral is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"withdrawn_on": "2026-12-01", "reason": "The family moves.", "contains": []}))]
pub struct ReferralWithdrawalIn {
    /// The day it was withdrawn.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub withdrawn_on: NaiveDate,
    /// Why. Everyone who may read the referral reads it.
    pub reason: Prose,
    /// Must be `[]`: confirms that the reason holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}
