//! Request and response types for requests for consent.

use std::rc::Rc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{Asker, Seen, Shown, actions::WithdrawConsentRequest, objects::ConsentRequestObject},
    kernel::{
        day::{AnswerDay, ConsentEnd, ConsentStart, day, optional_day},
        ids::{CaseId, ConsentId, ConsentRequestId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    vault::Content,
    words,
};

words! {
    /// The status of a request for consent.
    ConsentRequestStatus {
        /// It can be answered.
        Open = "open",
        /// The contact person has withdrawn it.
        Withdrawn = "withdrawn",
        /// The last day of the consent that is asked for has passed.
        Over = "over",
    }
}

/// A request for consent, as the contact person makes it. Each person who must consent answers for themself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "unit_ids": ["018f2f60-0000-7000-8000-000000000002"], "kinds": ["agreed", "school_life"],
    "purpose": "Cooperation on help with language and play.", "contains": [], "valid_until": "2027-07-31",
    "text_version": "2026-1", "answer_by": "2026-12-14"
}))]
pub struct ConsentRequestIn {
    /// The units that are to take part.
    #[schema(min_items = 1, max_items = 50)]
    pub unit_ids: Vec<UnitId>,
    /// The kinds of information that are to be shared with and by these units; only `agreed` if left out.
    #[serde(default)]
    #[schema(min_items = 1)]
    pub kinds: Option<Vec<InformationKind>>,
    /// The purpose of sharing. Everyone who is asked reads it, and it becomes that of their consents.
    pub purpose: Prose,
    /// Must be `[]`: confirms that the purpose holds none of the prohibited kinds. A listed kind is refused, with advice on
    /// what to do instead.
    pub contains: Vec<InformationKind>,
    /// The first day of the consent; today if left out. To renew a consent, ask for a period that goes on from it.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<ConsentStart>)]
    pub valid_from: Option<NaiveDate>,
    /// The last day of the consent.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = ConsentEnd)]
    pub valid_until: NaiveDate,
    /// The version of the municipality's consent text that they read, each in their language.
    pub text_version: Line,
    /// The day by which they answer. A later answer counts too.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = AnswerDay)]
    pub answer_by: NaiveDate,
}

/// An answer to a request for consent, for yourself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agrees": true, "language": "nb"}))]
pub struct ConsentRequestAnswerIn {
    /// Whether you consent. A no can be changed to a yes while the request is open; a yes ends when you withdraw the consent.
    pub agrees: bool,
    /// With a yes: the language of the consent text that you read; `nb` if left out.
    #[serde(default)]
    pub language: Option<Line>,
    /// With a yes: the kinds of information that you consent to; all that you are asked for if left out.
    #[serde(default)]
    #[schema(min_items = 1)]
    pub kinds: Option<Vec<InformationKind>>,
    /// With a no: the reason, if you want to give one. Only you and the contact person see it.
    #[serde(default)]
    pub reason: Option<Prose>,
}

/// A request for consent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentRequestOut {
    /// The id of the request.
    pub id: ConsentRequestId,
    /// The case.
    pub case_id: CaseId,
    /// The units: all of them for the contact person; for others, those that their own consent is needed for.
    pub units: Vec<RequestedUnit>,
    /// The kinds of information: all of them for the contact person; for others, those that their own consent is needed for.
    pub kinds: Vec<InformationKind>,
    /// The purpose of sharing.
    pub purpose: Content,
    /// The version of the municipality's consent text. `GET /v1/municipalities/{municipality}/consent-texts` returns it in each language.
    pub text_version: String,
    /// The first day of the consent.
    pub valid_from: NaiveDate,
    /// The last day of the consent.
    pub valid_until: NaiveDate,
    /// The day by which they answer.
    pub answer_by: NaiveDate,
    /// The status.
    pub status: ConsentRequestStatus,
    /// The person who asked; null to a reader who may not know of them.
    pub asked_by: Option<PersonId>,
    /// Their name.
    pub asked_by_name: Option<Content>,
    /// When they asked.
    pub asked_at: DateTime<Utc>,
    /// The answers: all of them for the contact person, their own for others.
    pub answers: Vec<ConsentRequestAnswerOut>,
    /// The people who have neither consented nor refused, for the contact person while the request is open: `guardian_id`s, or the `child_id`. Someone
    /// who has consented to a part is among them.
    pub missing: Option<Vec<PersonId>>,
    /// The version. An answer does not change it.
    pub version: i64,
}

/// A unit in a request for consent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestedUnit {
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
}

/// An answer to a request for consent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentRequestAnswerOut {
    /// The person.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// Whether they consent.
    pub agrees: bool,
    /// Why not, if they have given a reason.
    pub reason: Option<Content>,
    /// When they answered.
    pub answered_at: DateTime<Utc>,
    /// The consent that they gave by a yes. It may be withdrawn since.
    pub consent_id: Option<ConsentId>,
}

/// A reader of a request for consent.
#[derive(Debug)]
pub struct ConsentRequestReader {
    /// The reader sees all of it, as the contact person.
    keeps: bool,
    /// The person that the record knows the reader as.
    own: PersonId,
    /// The kinds and units that they are asked for.
    asked: Vec<(InformationKind, UnitId)>,
    /// The people that they may not know of.
    unknown: Rc<[PersonId]>,
}

impl ConsentRequestReader {
    /// A reader, by what the rules answer: those who may withdraw a request see who has answered.
    #[must_use]
    pub fn new(asker: &Asker, request: &ConsentRequestObject, unknown: Rc<[PersonId]>) -> Self {
        let own = request.case.facts.relation.acts_as.unwrap_or(asker.caller().person);
        let asked = request.asks(own);
        Self { keeps: asker.may::<WithdrawConsentRequest>(request), own, asked, unknown }
    }

    fn sees_unit(&self, unit: UnitId) -> bool {
        self.keeps || self.asked.iter().any(|(_, asked)| *asked == unit)
    }

    fn sees_kind(&self, kind: InformationKind) -> bool {
        self.keeps || self.asked.iter().any(|(asked, _)| *asked == kind)
    }
}

impl Shown for ConsentRequestOut {
    type Reader = ConsentRequestReader;

    fn seen_by(self, reader: &ConsentRequestReader) -> Seen<Self> {
        let Self {
            id,
            case_id,
            units,
            kinds,
            purpose,
            text_version,
            valid_from,
            valid_until,
            answer_by,
            status,
            asked_by,
            asked_by_name,
            asked_at,
            answers,
            missing,
            version,
        } = self;
        let asked_by = asked_by.filter(|person| !reader.unknown.contains(person));
        let seen = |answer: &ConsentRequestAnswerOut| reader.keeps || answer.person_id == reader.own;
        let answers = answers.into_iter().filter(seen).map(|answer| answer.seen_by(reader).into_inner());
        Seen::decided(Self {
            id,
            case_id,
            units: units.into_iter().filter(|unit| reader.sees_unit(unit.unit_id)).collect(),
            kinds: kinds.into_iter().filter(|kind| reader.sees_kind(*kind)).collect(),
            purpose,
            text_version,
            valid_from,
            valid_until,
            answer_by,
            status,
            asked_by,
            asked_by_name: asked_by_name.filter(|_| asked_by.is_some()),
            asked_at,
            answers: answers.collect(),
            missing: missing.filter(|_| reader.keeps),
            version,
        })
    }

    fn is_whole(reader: &ConsentRequestReader) -> bool {
        reader.keeps
    }
}

impl Shown for ConsentRequestAnswerOut {
    type Reader = ConsentRequestReader;

    fn seen_by(self, reader: &ConsentRequestReader) -> Seen<Self> {
        let Self { person_id, person_name, agrees, reason, answered_at, consent_id } = self;
        let reason = reason.filter(|_| reader.keeps || person_id == reader.own);
        Seen::decided(Self { person_id, person_name, agrees, reason, answered_at, consent_id })
    }

    fn is_whole(reader: &ConsentRequestReader) -> bool {
        reader.keeps
    }
}
