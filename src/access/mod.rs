//! Who may do what, on which legal basis, and the record of every look.
//!
//! There is one way to the data: a [`Permit`] for an [`Action`](actions::Action), which a handler takes as
//! its argument. Making it authenticates the caller, opens the transaction, finds the object named in
//! the path with the facts the rules speak of, asks the policies in `policies/`, and notes the look. Operations
//! open to strangers take a [`Public`] instead, and the list of them is [`public::Operation`].

pub mod actions;
mod admission;
mod answer;
mod body;
mod explain;
mod facts;
mod family;
mod idempotency;
mod kinds;
mod laws;
mod listing;
mod log;
pub mod objects;
mod operator;
mod password_permit;
mod permit;
mod policies;
pub mod public;
mod reader;
mod replay;
mod services;
mod telling;

pub use explain::{Condition, Explanation, Hint, HintKind, NoAnswer, Question, Way, explain_to_operator};
pub use facts::{
    CaseFacts, CasePlace, CaseState, ChildFacts, Family, Given, Ground, Member, Relation, case_by_id,
    case_states, cases_in_list, child_facts, hide, relation,
};
pub use family::{is_family, move_conflicts, own_accounts, own_children};
pub use idempotency::forget_old_keys;
pub use kinds::{Age, Consenting, KindRule, Kinds, MunicipalAge, RefusedKind};
pub use laws::{PROCESSING, Wording};
pub(crate) use log::roles as seats_told;
pub use log::{Entry, LogWriter, PendingLook, insert_entries};
pub use permit::{Parts, Permit};
pub use policies::{About, Decision, Policies, PolicyError, PolicyQuestion, Rule};
pub use public::Public;
pub use reader::{BrokenOff, Reader};
pub use services::Services;
pub use telling::{LookKind, is_secret_act, kind_told};
