//! Request and response types for national identity numbers that are added to people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        NationalId,
        ids::{NumberProposalId, PersonId},
        text::Prose,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The status of a proposal of a number.
    NumberStatus {
        /// It waits for another administrator, and does nothing.
        Proposed = "proposed",
        /// The person got the number.
        Confirmed = "confirmed",
        /// It was declined or withdrawn.
        Declined = "declined",
    }
}

/// A national identity number to propose. The person is identified by their id, or by a number that the municipality knows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"known_national_id": "43887900064", "national_id": "03887900069", "reason": "The D-number was replaced."}))]
pub struct NumberProposalIn {
    /// The person who would get the number, such as a guardian without one. Leave it out if `known_national_id` is given.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// A national identity number or D-number that the person has. Leave it out if `person_id` is given.
    #[serde(default)]
    pub known_national_id: Option<NationalId>,
    /// The national identity number to add.
    pub national_id: NationalId,
    /// Why the person gets it.
    pub reason: Prose,
}

/// A proposal of a national identity number. It shows neither the person nor the number: whether the municipality knows a person is not
/// for administrators to see, and the administrator who confirms it takes both from the population register.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct NumberProposalOut {
    /// The id of the proposal.
    pub id: NumberProposalId,
    /// The person who would get the number.
    #[serde(skip)]
    #[schema(ignore)]
    pub person_id: PersonId,
    /// Why the person gets it.
    pub reason: Content,
    /// The administrator who proposed it.
    pub proposed_by: PersonId,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// The status of the proposal.
    pub status: NumberStatus,
    /// The administrator who decided it.
    pub decided_by: Option<PersonId>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

shown!(NumberProposalOut { id, person_id, reason, proposed_by, proposed_at, status, decided_by, decided_at });

/// The person and the number that an administrator confirms. Both must be those of the proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"known_national_id": "43887900064", "national_id": "03887900069"}))]
pub struct NumberConfirmationIn {
    /// The person, if they have no number. Leave it out if `known_national_id` is given.
    #[serde(default)]
    pub person_id: Option<PersonId>,
    /// A number that the person had before, from the population register. Leave it out if `person_id` is given.
    #[serde(default)]
    pub known_national_id: Option<NationalId>,
    /// The national identity number, from the population register.
    pub national_id: NationalId,
}

/// A national identity number that was added to the caller.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct OwnNumber {
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// The name of the administrator who proposed it.
    pub proposed_by_name: Content,
    /// The name of the administrator who confirmed it.
    pub confirmed_by_name: Content,
}
