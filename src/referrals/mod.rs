//! Referrals (henvisninger): the child is referred to a service, which answers, refuses or lets the child wait.
//!
//! A referral is a part of a note for the team, which has the help that is asked for and the kind of information. Everyone who may read the note
//! may read the referral (decision 49). Its operations are with those on notes. Somebody always follows it up (`teams`). It changes only by
//! events, which are kept, and a refusal sets the next step of the case.

mod dto;
mod rules;
mod store;

pub use dto::{
    ReferralAnswerIn, ReferralEventKind, ReferralEventOut, ReferralIn, ReferralOut, ReferralPatch,
    ReferralStatus, ReferralWithdrawalIn,
};
pub(crate) use rules::{Change, Day, Sent, answered, moved, of_another_kind, sent, withdrawn};
pub(crate) use store::{Follower, NewReferral, follow, insert, of_notes, receiver, record, responsible};
