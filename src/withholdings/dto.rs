//! Request and response types for withholdings.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    kernel::{
        day::{InformingDay, ReviewDay, day},
        ids::{MeasureId, MeetingId, NoteId, PersonId, UnitId, WithholdingId},
        text::Prose,
    },
    problem::{Problem, Result},
    shown,
    vault::Content,
    words,
};

words! {
    /// The law that allows something to be withheld from a guardian.
    WithholdingBasis {
        /// Access would harm a party's health or relationship to close relatives (forvaltningsloven § 19).
        AdministrationAct = "administration_act",
        /// Access would endanger someone or hinder an investigation (barnevernsloven § 12-6).
        ChildWelfareAct = "child_welfare_act",
        /// Weighty reasons of the patient speak against access (pasient- og brukerrettighetsloven § 3-4).
        PatientRightsAct = "patient_rights_act",
        /// Access may harm the child (barnelova § 47).
        ChildrenAct = "children_act",
        /// Secrecy is required for the person's health or relationship to close relatives (personopplysningsloven § 16).
        PersonalDataAct = "personal_data_act",
    }
}

words! {
    /// The ground on which the guardian gets the letter on a later day, because knowing of it would itself do the harm.
    LetterDelayGround {
        /// Secrecy is necessary to prevent, investigate, reveal or prosecute crime (popplyl § 16).
        CriminalProceedings = "criminal_proceedings",
        /// Knowing of it is inadvisable for the person's health or relationship to those close to them (popplyl § 16).
        HealthOrCloseRelations = "health_or_close_relations",
        /// The letter would conflict with obvious and fundamental private or public interests (popplyl § 16).
        FundamentalInterests = "fundamental_interests",
    }
}

/// A ground for giving the letter on a later day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterDelayIn {
    /// The day from which the guardian reads the letter.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = InformingDay)]
    pub letter_from: NaiveDate,
    /// The ground.
    pub ground: LetterDelayGround,
    /// The reason.
    pub reason: Prose,
}

/// Something to withhold from a guardian.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "guardian_id": "018f2f60-0000-7000-8000-000000000001", "legal_basis": "children_act", "review_on": "2027-02-01",
    "reason": "Knowing of it would harm the child."
}))]
pub struct WithholdingIn {
    /// The guardian, by `guardian_id`, who must have parental responsibility.
    pub guardian_id: PersonId,
    /// The note. The whole case is withheld if no note, measure or meeting is named.
    #[serde(default)]
    pub note_id: Option<NoteId>,
    /// The measure, with its evaluations.
    #[serde(default)]
    pub measure_id: Option<MeasureId>,
    /// The meeting, with its minutes.
    #[serde(default)]
    pub meeting_id: Option<MeetingId>,
    /// The legal basis. `data/withholdings.toml` states who may use each, and for what.
    pub legal_basis: WithholdingBasis,
    /// The reason, for those who decide. The letter to the guardian does not have it.
    pub reason: Prose,
    /// The day by which it is reviewed.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = ReviewDay)]
    pub review_on: NaiveDate,
    /// The ground for giving the guardian the letter later. Without it, the guardian can read the letter at once.
    #[serde(default)]
    pub letter_delay: Option<LetterDelayIn>,
}

/// A review of a withholding that is still needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"review_on": "2027-02-01", "reason": "The danger has not passed."}))]
pub struct WithholdingReviewIn {
    /// The day by which it is reviewed again.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = ReviewDay)]
    pub review_on: NaiveDate,
    /// Why it is still needed.
    pub reason: Prose,
    /// Another day for the letter, with a ground. Only until the guardian can read it.
    #[serde(default)]
    pub letter_delay: Option<LetterDelayIn>,
}

/// The part of a case that is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// The whole case.
    Case,
    /// A note.
    Note(NoteId),
    /// A measure, with its evaluations.
    Measure(MeasureId),
    /// A meeting, with its minutes.
    Meeting(MeetingId),
}

impl Withheld {
    /// The id of the part; none for the whole case.
    pub(super) fn entry(self) -> Option<Uuid> {
        match self {
            Self::Case => None,
            Self::Note(id) => Some(id.uuid()),
            Self::Measure(id) => Some(id.uuid()),
            Self::Meeting(id) => Some(id.uuid()),
        }
    }
}

impl WithholdingOut {
    /// Returns what is withheld.
    pub(super) fn what(&self) -> Withheld {
        let note = self.note_id.map(Withheld::Note);
        let measure = self.measure_id.map(Withheld::Measure);
        note.or(measure).or(self.meeting_id.map(Withheld::Meeting)).unwrap_or(Withheld::Case)
    }
}

impl WithholdingIn {
    /// Returns what is to be withheld, which must be one thing.
    ///
    /// # Errors
    /// 422 if more than one is named.
    pub(super) fn what(&self) -> Result<Withheld> {
        match (self.note_id, self.measure_id, self.meeting_id) {
            (None, None, None) => Ok(Withheld::Case),
            (Some(id), None, None) => Ok(Withheld::Note(id)),
            (None, Some(id), None) => Ok(Withheld::Measure(id)),
            (None, None, Some(id)) => Ok(Withheld::Meeting(id)),
            (Some(_), ..) => {
                Err(Problem::field("/note_id", "is not allowed with another: withhold one at a time"))
            }
            _ => Err(Problem::field("/measure_id", "is not allowed with another: withhold one at a time")),
        }
    }
}

/// Something withheld from a guardian.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct WithholdingOut {
    /// The id of the withholding.
    pub id: WithholdingId,
    /// The guardian.
    pub guardian_id: PersonId,
    /// The note. The whole case is withheld if no note, measure or meeting is named.
    pub note_id: Option<NoteId>,
    /// The measure.
    pub measure_id: Option<MeasureId>,
    /// The meeting.
    pub meeting_id: Option<MeetingId>,
    /// The legal basis.
    pub legal_basis: WithholdingBasis,
    /// The unit that decided it; absent if it is from before that was recorded.
    pub unit_id: Option<UnitId>,
    /// The reason. Left out for the contact person, if another unit decided it.
    #[schema(value_type = Option<String>)]
    pub reason: Option<Content>,
    /// The day by which it is reviewed.
    pub review_on: Option<NaiveDate>,
    /// The day from which the guardian reads the letter about it.
    pub letter_from: Option<NaiveDate>,
    /// The ground for giving the letter later.
    pub letter_delay: Option<LetterDelayGround>,
    /// The person who decided it.
    pub decided_by: PersonId,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The version; the same as the `ETag`.
    pub version: i64,
}

shown!(WithholdingOut {
    id,
    guardian_id,
    note_id,
    measure_id,
    meeting_id,
    legal_basis,
    unit_id,
    reason,
    review_on,
    letter_from,
    letter_delay,
    decided_by,
    decided_at,
    ended_at,
    version
});
