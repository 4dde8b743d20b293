//! Child welfare reports.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::{
        policies::{Fact, Policies, reference},
        ties,
    },
    db::{DbError, Tx, dialect},
    fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Child, ChildWelfareReport, Concern, Person, Unit},
    },
};

/// A child welfare report. It belongs to the unit that made it and to no case, so the access log of a case does not show it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ChildWelfareReportObject {
    /// The municipality of the child.
    pub municipality: String,
    /// The report.
    pub id: Id<ChildWelfareReport>,
    /// The unit that reported.
    pub unit_id: Id<Unit>,
    /// The person who reported.
    pub reporter_id: Id<Person>,
    /// The child welfare unit it was sent to.
    pub receiving_unit_id: Id<Unit>,
    /// The child, if it is registered.
    pub child_id: Option<Id<Child>>,
    /// The concern that led to it.
    pub concern_id: Option<Id<Concern>>,
    /// Whether the caller is disqualified in relation to the child.
    #[sqlx(skip)]
    pub disqualified: bool,
}

const REPORT: &str = "
    SELECT municipality, id, unit_id, reporter_id, receiving_unit_id, child_id, concern_id
    FROM child_welfare_report WHERE id = $1";

impl ChildWelfareReportObject {
    /// Loads a report, with the facts about it for a caller.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(
        tx: &mut Tx,
        id: Id<ChildWelfareReport>,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, DbError> {
        let Some(mut found) = fetch_optional!(tx, Self, REPORT, id)? else { return Ok(None) };
        if let Some(child) = found.child_id {
            let own = caller.is(found.reporter_id);
            found.disqualified = ties(tx, caller, now).await?.keep_from(child, own);
        }
        Ok(Some(found))
    }
}

impl Object for ChildWelfareReportObject {
    const TYPE: &'static str = "ChildWelfareReport";
    const PATH: &'static [&'static str] = &["report_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id("report_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        Self::load(tx, id, lookup.caller, lookup.moment.now).await
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        let child = self.child_id.map(Id::uuid);
        Subject { municipality: self.municipality.clone(), case: None, child }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        let units = [self.unit_id, self.receiving_unit_id];
        let in_unit = || units.into_iter().find_map(|unit| caller.person_of_unit(unit));
        caller
            .among([self.reporter_id])
            .or_else(in_unit)
            .unwrap_or_else(|| caller.person_in(&self.municipality))
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("unit", reference("Unit", self.unit_id)),
            ("reporter", reference("Person", self.reporter_id)),
            ("receiving_unit", reference("Unit", self.receiving_unit_id)),
        ]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("disqualified", Fact::Flag(self.disqualified))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_child_welfare_report", self).allowed
    }
}
