//! Explains why a person may or may not do something, and what would change the answer.
//!
//! The rules are evaluated as for a request: the object is found by its ids, with its facts. To find what would change the answer,
//! they are evaluated again with other facts (`what_if`). The reasons for the facts are found in the rows behind them (`because`).
//!
//! Anyone may ask about themselves. The answer about an object that they may not know of is the same as for an object that does
//! not exist. Whether they may know of it is decided as of today, whatever day the question is about.

mod answer;
mod because;
mod rows;
mod what_if;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};

pub use self::answer::{Condition, Explanation, Hint, HintKind, Way};
use self::{
    answer::{DecidingRule, Verdict},
    because::Background,
};
use super::{
    CaseFacts, Decision, Entry, Permit, Policies,
    actions::{self, Action as _, ExplainAccess, ListConsents, Visitor},
    admission::{UNPROVEN, refusal},
    cases_in_list, children_of_other_reviewers, cited,
    objects::{
        BreachObject, CaseObject, LogReviewObject, Lookup, Object, PathIds, QuestionObject, Subject,
        reviews_of_looks_by,
    },
    ties,
};
use crate::{
    db::{DbError, Tx},
    identity::{Acquaintance, Caller, StaffFactor, as_caller},
    kernel::{Id, Moment, clock::day_in_norway, ids::Person},
    problem::{Code, Problem},
};

const NAME: &str = ExplainAccess::NAME;
/// The id of no person.
const NOBODY: uuid::Uuid = uuid::Uuid::nil();

/// The question whether a person may do something to an object.
#[derive(Debug, Clone)]
pub struct Question {
    /// The person it is about.
    pub person: Id<Person>,
    /// The name of the action.
    pub action: String,
    /// The ids that the object is found by, with their names in the path of the operation.
    pub ids: BTreeMap<String, String>,
    /// The day that ages and consent periods are calculated for. The rows are those in force now.
    pub day: NaiveDate,
}

/// A question that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// There is no such action.
    #[error("there is no action with this name")]
    Action,
    /// An id of the object is missing.
    #[error("{0} is required")]
    Missing(&'static str),
    /// The day has passed.
    #[error("must not be before today: earlier decisions are in the access log")]
    Past,
    /// The asker may not ask this.
    #[error("only an auditor may ask about others")]
    Refused,
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<NoAnswer> for Problem {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Action => Self::field("/action", error.to_string()),
            NoAnswer::Missing(name) => Self::field(format!("/resource/{name}"), "is required"),
            NoAnswer::Past => Self::field("/at", error.to_string()),
            NoAnswer::Refused => Self::new(Code::Forbidden),
            NoAnswer::Db(error) => error.into(),
        }
    }
}

impl Permit<ExplainAccess> {
    /// Answers a question, and logs what it was about.
    ///
    /// # Errors
    /// 422 if there is no such action, an id is missing or the day has passed; 403 if the question is about another person and
    /// the caller is not an auditor.
    pub async fn explain(&mut self, question: Question) -> Result<Explanation, Problem> {
        let (caller, now, policies) = (self.caller().clone(), self.moment().now, self.policies());
        let mut entry = Entry::of(Some(&caller), NAME, QuestionObject::TYPE, now);
        entry.same_request_as(&self.look);
        let by = By { asker: Some(&caller), factor: self.services.staff_factor };
        let (answer, entry) = answer(self.tx(), &policies, by, question, entry).await;
        self.look.note(entry);
        answer.map_err(|error| match error {
            NoAnswer::Refused => refusal(&caller, Code::Forbidden),
            other => other.into(),
        })
    }
}

/// The asker, and which log-ins let roles count.
#[derive(Debug, Clone, Copy)]
struct By<'a> {
    /// None for the operator.
    asker: Option<&'a Caller>,
    factor: StaffFactor,
}

/// Answers a question of the operator, and returns the log entry that must be written.
///
/// # Errors
/// If there is no such action, an id is missing, the day has passed, or the database does not answer.
pub async fn explain_to_operator(
    tx: &mut Tx,
    policies: &Arc<Policies>,
    factor: StaffFactor,
    question: Question,
    now: DateTime<Utc>,
) -> Result<(Explanation, Entry), NoAnswer> {
    let entry = Entry::of_operator(NAME, QuestionObject::TYPE, now);
    let (answer, entry) = answer(tx, policies, By { asker: None, factor }, question, entry).await;
    Ok((answer?, entry))
}

/// Returns the answer and its log entry. The entry records the object or, if the asker may not know of it, a refused attempt.
async fn answer(
    tx: &mut Tx,
    policies: &Arc<Policies>,
    By { asker, factor }: By<'_>,
    question: Question,
    mut entry: Entry,
) -> (Result<Explanation, NoAnswer>, Entry) {
    entry.shown = vec![question.person.to_string()];
    let about_another = asker.is_some_and(|asker| !asker.is(question.person));
    if about_another && asker.is_some_and(|asker| asker.audits().next().is_none()) {
        entry.object_id = Some(question.person.to_string());
        return (Err(NoAnswer::Refused), entry);
    }
    if question.day < day_in_norway(entry.at) {
        return (Err(NoAnswer::Past), entry);
    }
    let ids = PathIds::from(question.ids.clone());
    let asking = Asking { tx, policies, asker, factor, question: &question, ids: &ids, entry: &mut entry };
    let answer = actions::visit(&question.action, asking).await.unwrap_or(Err(NoAnswer::Action));
    (answer, entry)
}

/// A question that awaits the type of object that it is about.
struct Asking<'a> {
    tx: &'a mut Tx,
    policies: &'a Arc<Policies>,
    /// None for the operator.
    asker: Option<&'a Caller>,
    factor: StaffFactor,
    question: &'a Question,
    ids: &'a PathIds,
    entry: &'a mut Entry,
}

impl Visitor for Asking<'_> {
    type Output = Result<Explanation, NoAnswer>;

    async fn visit<O: Object>(mut self, action: &'static str) -> Self::Output {
        let Question { person, day, .. } = *self.question;
        if let Some(missing) = O::PATH.iter().find(|name| self.ids.get(name).is_none()) {
            return Err(NoAnswer::Missing(missing));
        }
        self.entry.object_type = O::TYPE;
        let own = O::PATH.last().and_then(|name| self.ids.get(name));
        self.entry.object_id = own.filter(|id| id.parse::<uuid::Uuid>().is_ok()).map(ToOwned::to_owned);
        let nothing = || Explanation::of_nothing(action, person, day);
        if let Some(asker) = self.asker.filter(|asker| asker.is(person)) {
            // As for a request of this session: roles that do not count in it open no object here either.
            let mut explanation = self.about::<O>(asker, action).await?.unwrap_or_else(nothing);
            if asker.lacks_second_factor && explanation.decision == Verdict::Deny {
                explanation.would_change = vec![Way::to_prove_a_second_factor(UNPROVEN)];
            }
            return Ok(explanation);
        }
        let found = as_caller(self.tx, person, day_in_norway(self.entry.at)).await?;
        let Some(Acquaintance { caller, has_account, has_second_factor }) = found else {
            return Ok(nothing());
        };
        let Some(mut explanation) = self.about::<O>(&caller, action).await? else { return Ok(nothing()) };
        if !has_account {
            explanation.refuse_without_account();
        } else if self.factor == StaffFactor::Second && !has_second_factor && !caller.roles.is_empty() {
            let alone = self.about::<O>(&caller.without_roles(), action).await?;
            match alone.filter(|alone| alone.decision == Verdict::Permit) {
                Some(alone) => explanation = alone,
                None => explanation.refuse_until_second_factor(),
            }
        }
        Ok(explanation)
    }
}

const OF_THE_PERSON: &str =
    "the person has no second factor, and roles count only in a session that has proven one";

impl Asking<'_> {
    /// Explains what the rules say about this person; none if the object does not exist or the asker may not know of it.
    async fn about<O: Object>(
        &mut self,
        about: &Caller,
        action: &'static str,
    ) -> Result<Option<Explanation>, NoAnswer> {
        let (day, today) = (self.question.day, day_in_norway(self.entry.at));
        let Some(object) = self.find::<O>(about, today).await? else { return Ok(None) };
        let Some(in_full) = self.admit(about, action, &object).await? else { return Ok(None) };
        let later = if day == today { Some(object) } else { self.find::<O>(about, day).await? };
        let Some(object) = later else { return Ok(None) };
        Ok(Some(self.explain(about, action, &object, in_full).await?))
    }

    fn moment(&self, day: NaiveDate) -> Moment {
        Moment::at(self.entry.at).on(day)
    }

    async fn find<O: Object>(&mut self, about: &Caller, day: NaiveDate) -> Result<Option<O>, DbError> {
        let lookup = Lookup { caller: about, moment: self.moment(day), for_write: false, ids: self.ids };
        O::find(self.tx, &lookup).await
    }

    /// Returns whether the answer about this object is in full; none if the asker may not know of it. Completes the log entry.
    async fn admit<O: Object>(
        &mut self,
        about: &Caller,
        action: &str,
        object: &O,
    ) -> Result<Option<bool>, DbError> {
        if [LogReviewObject::TYPE, BreachObject::TYPE].contains(&O::TYPE)
            && let Some(asker) = self.asker
            && let Ok(review) = object.id().parse()
            && reviews_of_looks_by(self.tx, asker).await?.contains(&review)
        {
            // The existence of a review of the asker's own reads is not revealed.
            return Ok(None);
        }
        let subject = object.subject();
        self.entry.object_id = Some(object.id());
        self.entry.case = subject.case;
        self.entry.child = subject.child;
        self.entry.municipality.clone_from(&subject.municipality);
        self.entry.person = self.asker.map(|asker| object.actor(asker));
        if self.asker.is_some_and(|asker| asker.is(about.account)) && object.is_met_privately() {
            self.entry.without_roles();
        }
        let Some(asker) = self.asker else {
            self.entry.decision.allowed = true;
            return Ok(Some(true));
        };
        let family = match subject.child {
            Some(child) => children_of_other_reviewers(self.tx, asker, self.moment(self.question.day).now)
                .await?
                .contains(&child.into()),
            None => false,
        };
        let ask = |person: Id<Person>| {
            let home = asker.municipality.clone();
            let municipality = Some(subject.municipality.clone());
            let question = QuestionObject { person, home, municipality, disqualified: family };
            self.policies.decide(asker, NAME, &question)
        };
        // An asker who may ask about anyone gets the answer in full.
        let of_anyone = ask(NOBODY.into());
        if of_anyone.allowed {
            self.entry.decide(asker, of_anyone);
            return Ok(Some(true));
        }
        let of_oneself = ask(about.account);
        let known =
            self.policies.decide(about, action, object).allowed || object.may_be_known(self.policies, about);
        if of_oneself.allowed && known {
            self.entry.decide(asker, of_oneself);
            return Ok(Some(false));
        }
        Ok(None)
    }

    async fn explain<O: Object>(
        &mut self,
        about: &Caller,
        action: &str,
        object: &O,
        in_full: bool,
    ) -> Result<Explanation, DbError> {
        let (policies, day) = (self.policies, self.question.day);
        let decision = policies.decide(about, action, object);
        let what_if = what_if::what_if(policies, about, action, object).unwrap_or_else(|error| {
            tracing::error!(%error, action, "evaluating what would change the answer failed");
            Vec::new()
        });
        let subject = object.subject();
        let case = self.case(about, &subject).await?;
        let disqualified = match (&case, subject.child) {
            (Some(case), _) => case.relation.disqualified,
            (None, Some(child)) => ties(self.tx, about, self.moment(day).now).await?.close(child.into()),
            (None, None) => false,
        };
        let rows = rows::read(self.tx, about.person, &subject).await?;
        let ground = Background {
            person: about,
            day,
            tells_of_consents: in_full
                || case.as_ref().is_some_and(|case| may_list_consents(policies, about, case)),
            case: case.as_ref(),
            rows: &rows,
            disqualified,
        };
        let mut would_change: Vec<Way> = what_if.into_iter().map(|it| Way::of(it, &ground, day)).collect();
        would_change.extend(forbidden(policies, &decision, day));
        Ok(Explanation {
            decision: if decision.allowed { Verdict::Permit } else { Verdict::Deny },
            known: true,
            rules: rules(policies, &decision, day).collect(),
            would_change,
            ..Explanation::of_nothing(action, about.person, day)
        })
    }

    async fn case(&mut self, about: &Caller, subject: &Subject) -> Result<Option<CaseFacts>, DbError> {
        let Some(case) = subject.case else { return Ok(None) };
        Ok(cases_in_list(self.tx, about, &[case.into()], self.moment(self.question.day)).await?.pop())
    }
}

fn may_list_consents(policies: &Arc<Policies>, about: &Caller, case: &CaseFacts) -> bool {
    policies.decide(about, ListConsents::NAME, &CaseObject { facts: case.clone() }).allowed
}

fn rules<'a>(
    policies: &'a Policies,
    decision: &'a Decision,
    day: NaiveDate,
) -> impl Iterator<Item = DecidingRule> + 'a {
    let deciding = policies.rules().filter(|rule| decision.policies.contains(&rule.id));
    deciding.map(move |rule| DecidingRule::on(rule, day))
}

/// Returns the rules that forbid it, whatever other rules allow.
fn forbidden(policies: &Policies, decision: &Decision, day: NaiveDate) -> Vec<Way> {
    let forbidding = rules(policies, decision, day).filter(|rule| rule.forbids);
    forbidding
        .map(|rule| {
            let says = format!("the rule {} forbids it, whatever other rules allow", rule.id);
            Way::because(Hint::new(HintKind::Forbidden, says).rule(&rule.id))
        })
        .collect()
}

impl Way {
    fn of(what_if: what_if::WhatIf, ground: &Background<'_>, day: NaiveDate) -> Self {
        let mut because: Vec<Hint> = Vec::new();
        for hint in what_if.changes.iter().flat_map(|change| ground.of(change)) {
            if !because.contains(&hint) {
                because.push(hint);
            }
        }
        let allows = what_if.decision.allowed;
        Self {
            conditions: what_if.changes.iter().map(Condition::from).collect(),
            rules: if allows { what_if.decision.policies } else { Vec::new() },
            legal_basis: if allows { cited(&what_if.decision.legal_basis, day) } else { Vec::new() },
            because,
        }
    }
}

impl Explanation {
    /// Changes the answer to a refusal: a person who cannot log in may do nothing, whatever the rules say.
    fn refuse_without_account(&mut self) {
        let hint = Hint::new(HintKind::AccountClosed, "the person has no active account, and cannot log in");
        self.decision = Verdict::Deny;
        self.would_change = vec![Way::because(hint)];
    }

    /// Changes the answer to a refusal: the roles that it rests on count in no session of the person.
    fn refuse_until_second_factor(&mut self) {
        if self.decision == Verdict::Permit {
            self.would_change.clear();
        }
        self.decision = Verdict::Deny;
        self.would_change.insert(0, Way::to_prove_a_second_factor(OF_THE_PERSON));
    }
}
