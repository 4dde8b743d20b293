//! Request and response types for what the family learns of disclosures.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::{AppliedLaw, DelayGround, DisclosureBasis, Receiver};
use crate::{
    access::CaseReader,
    kernel::{
        ids::{DisclosureId, InformingId, PersonId},
        vocabulary::InformationKind,
    },
    shown,
    vault::Content,
};

/// A disclosure without consent, as a member of the family sees it: only the kinds of information that they may know of.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDisclosureOut {
    /// The id of the disclosure.
    pub id: DisclosureId,
    /// The kinds of information that were disclosed.
    pub kinds: Vec<InformationKind>,
    /// The basis for the disclosure.
    pub basis: DisclosureBasis,
    /// The statutory sections that lift the duty of secrecy.
    pub laws: Vec<AppliedLaw>,
    /// Whether weighty reasons were found for it although the patient, or somebody for them, had objected or would have (hpl § 29).
    pub despite_objection: bool,
    /// When it was made.
    pub disclosed_at: DateTime<Utc>,
    /// The day from which the family is informed.
    pub inform_from: NaiveDate,
    /// The unit that disclosed. Left out if it would show where the child is.
    pub unit_name: Option<String>,
    /// The unit that received. Left out if it would show where the child is.
    pub to_unit_name: Option<String>,
    /// The kind of recipient outside this service.
    pub outside_kind: Option<Receiver>,
    /// The name of the recipient outside this service. Left out if it would show where the child is.
    #[schema(value_type = Option<String>)]
    pub outside_recipient: Option<Content>,
}

shown!(CaseDisclosureOut, CaseReader {
    row { id, kinds, basis, laws, despite_objection, disclosed_at, inform_from, outside_kind }
    meeting_place: unit_name, to_unit_name, outside_recipient;
});

/// A day from which the family is informed of a disclosure, as it was set.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct InformingDelayOut {
    /// The id.
    pub id: InformingId,
    /// The day from which the family is informed.
    pub inform_from: NaiveDate,
    /// The ground; absent if the family is informed at once, or the disclosure is from before there was a choice.
    pub ground: Option<DelayGround>,
    /// The statutory section.
    #[schema(example = "popplyl § 16 (1) b")]
    pub law: Option<String>,
    /// The first day that the applied version is in force.
    pub law_valid_from: Option<NaiveDate>,
    /// The reason.
    #[schema(value_type = Option<String>)]
    pub reason: Option<Content>,
    /// The person who set it.
    pub set_by: PersonId,
    /// When it was set.
    pub set_at: DateTime<Utc>,
}

shown!(InformingDelayOut { id, inform_from, ground, law, law_valid_from, reason, set_by, set_at });
