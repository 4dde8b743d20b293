//! Withholdings as the API speaks of them.

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
    vault::Content,
    words,
};

words! {
    /// The law on which something may be withheld from a guardian.
    WithholdingBasis {
        /// What harms a party's health or relation to those close (forvaltningsloven § 19).
        AdministrationAct = "administration_act",
        /// Where access endangers, or hinders an investigation (barnevernsloven § 12-6).
        ChildWelfareAct = "child_welfare_act",
        /// Where weighty reasons of the patient speak against it (pasient- og brukerrettighetsloven § 3-4).
        PatientRightsAct = "patient_rights_act",
        /// Where it may harm the child (barnelova § 47).
        ChildrenAct = "children_act",
        /// Where it must be kept secret for one's health or relation to those close (personopplysningsloven § 16).
        PersonalDataAct = "personal_data_act",
    }
}

/// Something to be withheld from a guardian.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "guardian_id": "018f2f60-0000-7000-8000-000000000001", "legal_basis": "administration_act",
    "reason": "Knowing of it would harm the child."
}))]
pub struct WithholdingIn {
    /// From whom: a `guardian_id` with parental responsibility.
    pub guardian_id: PersonId,
    /// One note; the whole case if neither a note, a measure nor a meeting is named.
    #[serde(default)]
    pub note_id: Option<NoteId>,
    /// One measure, with its evaluations.
    #[serde(default)]
    pub measure_id: Option<MeasureId>,
    /// One meeting, with its minutes.
    #[serde(default)]
    pub meeting_id: Option<MeetingId>,
    /// On which law.
    pub legal_basis: WithholdingBasis,
    /// Why.
    pub reason: Prose,
}

/// What of a case is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// All of it.
    Case,
    /// A note.
    Note(NoteId),
    /// A measure, with its evaluations.
    Measure(MeasureId),
    /// A meeting, with its minutes.
    Meeting(MeetingId),
}

impl Withheld {
    /// Its id; none for the whole case.
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
    /// What is to be withheld: one thing.
    ///
    /// # Errors
    /// 422 if several are named.
    pub(super) fn what(&self) -> Result<Withheld> {
        match (self.note_id, self.measure_id, self.meeting_id) {
            (None, None, None) => Ok(Withheld::Case),
            (Some(id), None, None) => Ok(Withheld::Note(id)),
            (None, Some(id), None) => Ok(Withheld::Measure(id)),
            (None, None, Some(id)) => Ok(Withheld::Meeting(id)),
            (Some(_), ..) => {
                Err(Problem::field("/note_id", "is not taken with another: withhold one at a time"))
            }
            _ => Err(Problem::field("/measure_id", "is not taken with another: withhold one at a time")),
        }
    }
}

/// Something withheld from a guardian.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct WithholdingOut {
    /// Its id.
    pub id: WithholdingId,
    /// From whom.
    pub guardian_id: PersonId,
    /// Which note; the whole case where neither a note, a measure nor a meeting is named.
    pub note_id: Option<NoteId>,
    /// Which measure.
    pub measure_id: Option<MeasureId>,
    /// Which meeting.
    pub meeting_id: Option<MeetingId>,
    /// On which law.
    pub legal_basis: WithholdingBasis,
    /// Why.
    pub reason: Content,
    /// Who decided it.
    pub decided_by: PersonId,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// As in the `ETag`.
    pub version: i64,
}
