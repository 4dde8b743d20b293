//! The objects of actions, found by the ids in the path, with the facts that the rules use.

mod absence;
mod breach;
mod case;
mod child;
mod consent_request;
mod disclosure;
mod emergency;
mod helper;
mod in_case;
mod log_review;
mod meeting;
mod note;
mod organisation;
mod report;
mod second_administrator;

use std::{collections::BTreeMap, sync::Arc};

pub use self::{
    absence::AbsenceObject,
    breach::BreachObject,
    case::{CaseObject, UnlockedCase, require_open},
    child::{ChildObject, ConcernObject},
    consent_request::ConsentRequestObject,
    disclosure::{DisclosureObject, ObjectionObject},
    emergency::EmergencyObject,
    helper::HelperObject,
    in_case::{
        ConsentObject, HandoverObject, MeasureObject, NoteObject, TransitionObject, WithholdingObject,
    },
    log_review::{LogReviewObject, reviews_of_looks_by},
    meeting::MeetingObject,
    organisation::{Desk, MunicipalityObject, QuestionObject, UnitObject, UnitStaff},
    report::ChildWelfareReportObject,
    second_administrator::{ActivationObject, NumberProposalObject, RoleProposalObject},
};
pub use super::policies::Attributes;
use super::policies::{Fact, Policies};
use crate::{
    db::{DbError, Tx},
    identity::{Caller, HeldRole},
    kernel::{
        Id, Moment,
        ids::{Consent, Person},
    },
};
use actix_web::HttpRequest;

/// The input for finding an object.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// The caller.
    pub caller: &'a Caller,
    /// The moment of the request.
    pub moment: Moment,
    /// Whether the object is about to be changed.
    pub for_write: bool,
    /// The ids that the object is found by.
    pub ids: &'a PathIds,
}

/// The ids that an object is found by, with their names in the path of an operation.
#[derive(Debug, Clone, Default)]
pub struct PathIds(BTreeMap<String, String>);

impl PathIds {
    /// Returns the ids in the path of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let parts = request.match_info().iter();
        Self(parts.map(|(name, part)| (name.to_owned(), part.to_owned())).collect())
    }

    /// Returns the id with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl PathIds {
    /// Returns the same ids with one more.
    #[must_use]
    pub(super) fn with(&self, name: &str, id: &str) -> Self {
        let mut ids = self.0.clone();
        ids.insert(name.to_owned(), id.to_owned());
        Self(ids)
    }
}

impl From<BTreeMap<String, String>> for PathIds {
    fn from(ids: BTreeMap<String, String>) -> Self {
        Self(ids)
    }
}

impl Lookup<'_> {
    /// Returns an id in the path; none if it is not a valid id.
    #[must_use]
    pub fn id<T>(&self, name: &str) -> Option<Id<T>> {
        self.ids.get(name)?.parse().ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        // PostgreSQL does not accept NUL in text.
        self.ids.get(name).filter(|part| !part.contains('\0'))
    }
}

/// The case and the child that an access is about, for the access log.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The municipality that the log entry belongs to.
    pub municipality: String,
    /// The case, if any.
    pub case: Option<uuid::Uuid>,
    /// The child, if any.
    pub child: Option<uuid::Uuid>,
}

/// Something that can be read or changed, with the facts that the rules use.
pub trait Object: Sized + 'static {
    /// Its entity type in the schema.
    const TYPE: &'static str;
    /// The names of the ids in the path that it is found by. The name of its own id is last.
    const PATH: &'static [&'static str] = &[];

    /// Finds it by the ids in the path; none if it does not exist.
    ///
    /// # Errors
    /// If the database does not answer.
    fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> impl Future<Output = Result<Option<Self>, DbError>>;

    /// Returns its id.
    fn id(&self) -> String;

    /// Returns the case and the child that it is about.
    fn subject(&self) -> Subject;

    /// Returns its attributes in the schema.
    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    /// Returns the context of a request about it.
    fn context(&self, _caller: &Caller) -> Attributes {
        Vec::new()
    }

    /// Returns the roles that give the caller access to it.
    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        caller.roles_of(self.actor(caller))
    }

    /// Returns whether the caller is of the child's family, or is too close to it to work with it. Their acts about the child are then no work,
    /// and the entry of the access log names no role.
    fn is_met_privately(&self) -> bool {
        false
    }

    /// Returns the consents by which the caller takes part in its case, and sees it.
    fn consents(&self) -> Vec<Id<Consent>> {
        Vec::new()
    }

    /// Returns the person that the caller acts as on it: the person that its record knows. The access log names this person, and so do
    /// rows that the caller writes about it.
    fn actor(&self, caller: &Caller) -> Id<Person> {
        caller.person_in(&self.subject().municipality)
    }

    /// Returns whether the caller may know that it exists. If not, a refusal is "not found".
    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool;
}

/// An object that lists show, in the order of places.
pub trait Listed: Object {
    /// Returns its id, or another value that orders it in its list.
    fn place(&self) -> uuid::Uuid;
}

/// Converts the flags of a `relation`.
fn flags(flags: &[(&'static str, bool)]) -> Attributes {
    flags.iter().map(|(name, flag)| (*name, Fact::Flag(*flag))).collect()
}
