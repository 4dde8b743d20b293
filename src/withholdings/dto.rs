//! Withholdings as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{NoteId, PersonId, WithholdingId},
        text::Prose,
    },
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
    /// One note; the whole case if left out.
    #[serde(default)]
    pub note_id: Option<NoteId>,
    /// On which law.
    pub legal_basis: WithholdingBasis,
    /// Why.
    pub reason: Prose,
}

/// Something withheld from a guardian.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct WithholdingOut {
    /// Its id.
    pub id: WithholdingId,
    /// From whom.
    pub guardian_id: PersonId,
    /// Which note; none where it is the whole case.
    pub note_id: Option<NoteId>,
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
