//! Request and response types for withholdings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    kernel::{
        ids::{MeasureId, MeetingId, NoteId, PersonId, WithholdingId},
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

/// Something to withhold from a guardian.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "guardian_id": "018f2f60-0000-7000-8000-000000000001", "legal_basis": "administration_act",
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
    /// The legal basis.
    pub legal_basis: WithholdingBasis,
    /// The reason.
    pub reason: Prose,
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
    /// The reason.
    pub reason: Content,
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
    reason,
    decided_by,
    decided_at,
    ended_at,
    version
});
