//! What the actions are done to: found from the ids in the path, with the facts the rules speak of.

mod case;
mod child;
mod disclosure;
mod emergency;
mod helper;
mod in_case;
mod log_review;
mod organisation;
mod report;

use std::{collections::BTreeMap, sync::Arc};

pub use self::{
    case::{CaseObject, UnlockedCase, require_open},
    child::{ChildObject, ConcernObject},
    disclosure::{DisclosureObject, ObjectionObject},
    emergency::EmergencyObject,
    helper::HelperObject,
    in_case::{ConsentObject, HandoverObject, MeasureObject, MeetingObject, NoteObject},
    log_review::{LogReviewObject, reviews_of_looks_by},
    organisation::{Desk, MunicipalityObject, QuestionObject, UnitObject},
    report::ChildWelfareReportObject,
};
use super::policies::Policies;
use crate::{
    db::{DbError, Tx},
    identity::{Caller, HeldRole},
    kernel::{Id, Moment},
};
use actix_web::HttpRequest;
use cedar_policy::RestrictedExpression;

/// Names and values that the rules read.
pub type Attributes = Vec<(&'static str, RestrictedExpression)>;

/// What is needed to find an object.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The moment of the request.
    pub moment: Moment,
    /// Whether it is to be changed.
    pub for_write: bool,
    /// The ids it is found by.
    pub ids: &'a PathIds,
}

/// The ids by which a thing is found, by the names they have in the path of an operation.
#[derive(Debug, Clone, Default)]
pub struct PathIds(BTreeMap<String, String>);

impl PathIds {
    /// Those of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let parts = request.match_info().iter();
        Self(parts.map(|(name, part)| (name.to_owned(), part.to_owned())).collect())
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl PathIds {
    /// The same with one more id.
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
    /// An id in the path; what cannot be an id is an id of nothing.
    #[must_use]
    pub fn id<T>(&self, name: &str) -> Option<Id<T>> {
        self.ids.get(name)?.parse().ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        // PostgreSQL takes no NUL in text.
        self.ids.get(name).filter(|part| !part.contains('\0'))
    }
}

/// Whom and what a look concerns, for the access log.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The municipality whose log it belongs in.
    pub municipality: String,
    /// The case, if any.
    pub case: Option<uuid::Uuid>,
    /// The child, if any.
    pub child: Option<uuid::Uuid>,
}

/// Something that can be looked at or changed, with the facts the rules speak of.
pub trait Object: Sized + 'static {
    /// Its kind in the schema.
    const TYPE: &'static str;
    /// The names of the ids in the path that it is found by, its own last.
    const PATH: &'static [&'static str] = &[];

    /// Finds it from the path; none if there is no such thing.
    ///
    /// # Errors
    /// If the database does not answer.
    fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> impl Future<Output = Result<Option<Self>, DbError>>;

    /// Its id.
    fn id(&self) -> String;

    /// Whom and what it concerns.
    fn subject(&self) -> Subject;

    /// Its attributes in the schema.
    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    /// The context of a request about it.
    fn context(&self, _caller: &Caller) -> Attributes {
        Vec::new()
    }

    /// The roles through which the caller came to it.
    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        caller.roles.clone()
    }

    /// May the caller know that it exists? Where not, a refusal is "not found".
    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool;
}

/// An object that lists show, in the order of its place.
pub trait Listed: Object {
    /// Its id, or another place that orders it in its list.
    fn place(&self) -> uuid::Uuid;
}

/// The flags of a `relation`.
fn flags(flags: &[(&str, bool)]) -> Vec<(String, RestrictedExpression)> {
    flags.iter().map(|(name, flag)| ((*name).to_owned(), RestrictedExpression::new_bool(*flag))).collect()
}

fn relation(fields: Vec<(String, RestrictedExpression)>) -> Attributes {
    #[expect(clippy::expect_used, reason = "only a repeated field name fails, and the names are constants")]
    let record = RestrictedExpression::new_record(fields).expect("field names that differ");
    vec![("relation", record)]
}
