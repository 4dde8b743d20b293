//! Access control: decides each request on a legal basis, and records it in the access log.
//!
//! The only way to the data is a [`Permit`] for an [`Action`](actions::Action), which a handler takes as its argument.
//! Extracting it authenticates the caller, opens the transaction, and finds the object named in the path with the facts that
//! the rules use. It then evaluates the policies in `policies/` and records the access-log entry. Operations that need no
//! log-in take a [`Public`] instead; [`public::ALL`] lists them.

pub mod actions;
mod admission;
mod answer;
mod archive;
mod asker;
mod body;
mod care_orders;
mod etag;
mod explain;
mod facts;
pub mod fields;
mod grounds;
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
mod proxies;
pub mod public;
mod purpose;
mod reader;
mod readers;
mod readiness;
mod replay;
mod services;
mod shown;
mod strangers;
mod superiors;
mod telling;
mod ties;

pub use archive::Archive;
pub use asker::Asker;
pub use body::announces_too_much;
pub use care_orders::{CareOrderRule, Decides, FosterHome, LastDay};
pub use etag::{PATTERN as ENTITY_TAGS, TAG as ENTITY_TAG};
pub use explain::{Condition, Explanation, Hint, HintKind, NoAnswer, Question, Way, explain_to_operator};
pub use facts::{
    Calendar, CaseFacts, CasePlace, CaseState, ChildFacts, DAYS_AHEAD, Ending, EndingCause, Family, Given,
    Ground, Member, Move, Relation, TeamEntry, WithoutConsent, Written, calendars, case_by_id, case_states,
    cases_in_list, child_facts, family_of, ground_at, relation, without_consent,
};
pub use grounds::{ByConsent, Giver, GroundLaw, LookGround, Party, Rests, common_ground, ground};
pub use idempotency::{PATTERN as IDEMPOTENCY_KEY, forget_old_keys};
pub use kinds::{Age, AloneRule, Consenting, Home, KindRule, Kinds, MunicipalAge, RefusedKind};
pub use laws::{Law, Laws, PROCESSING, Wording, cited, joined, laws};
pub use listing::{Decided, Portion};
pub(crate) use log::roles as roles_of_entry;
pub use log::{Entry, LogWriter, NO_MUNICIPALITY, PendingLook, insert_entries};
pub use permit::{Parts, Permit};
pub use policies::{About, Decision, Groups, Policies, PolicyError, PolicyQuestion, Rule};
pub use proxies::{ForwardingHeader, ProxyNetwork, TrustedProxies};
pub use public::{Open, Public};
pub use purpose::{AWAY, BATON_FALLS_BACK, DUTY_FALLS_BACK, FAMILY_IS_INFORMED, Purpose};
pub use reader::{BrokenOff, Reader};
pub use readers::{CaseReader, EmergencyReader};
pub use readiness::NotReady;
pub use services::{KnownCaller, Services};
pub use shown::{PartlySeen, RowReader, Seen, Shown, Whole};
pub use telling::{CaseAct, CaseSection, LookKind, NEUTRAL_EN, NEUTRAL_NO, kind_shown, neutral_basis};
pub use ties::{
    Moved, PROVISIONAL, Ties, children_of_other_auditors_of, children_of_other_reviewers, is_close,
    move_conflicts, ties,
};
