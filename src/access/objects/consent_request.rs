//! Requests for consent, with the people who are asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Attributes, CaseObject, Listed, Lookup, Object, Subject, in_case::known_before};
use crate::{
    access::{
        facts::Written,
        policies::{Policies, references},
    },
    db::{DbError, Tx},
    fetch_all, fetch_in,
    identity::{Caller, HeldRole},
    kernel::{
        Id, Slice,
        ids::{Case, Consent, ConsentRequest, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
};

/// A request for consent, with what it asks for and the people who have answered.
#[derive(Debug, Clone)]
pub struct ConsentRequestObject {
    /// The case it is about.
    pub case: CaseObject,
    /// The request.
    pub id: Id<ConsentRequest>,
    /// The units that are to take part, with their sectors.
    pub units: Vec<(Id<Unit>, Sector)>,
    /// The kinds of information.
    pub kinds: Vec<InformationKind>,
    /// The people who have answered.
    pub answered: Vec<Id<Person>>,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
}

const FIND: &str = "SELECT r.id, r.case_id, r.asked_at FROM consent_request r WHERE r.municipality = $1 AND r.case_id = $2 AND r.id = $3";
const LIST: &str = "
    SELECT r.id, r.case_id, r.asked_at FROM consent_request r
    WHERE r.municipality = $1 AND r.case_id = $2 AND r.id > $3 ORDER BY r.id LIMIT $4";
const THESE: &str = "SELECT r.id, r.case_id, r.asked_at FROM consent_request r WHERE r.id IN (";
const UNITS: &str = "
    SELECT w.request_id, w.unit_id, u.sector FROM consent_request_unit w JOIN unit u ON u.id = w.unit_id WHERE w.request_id IN (";
const KINDS: &str = "SELECT k.request_id, k.kind FROM consent_request_kind k WHERE k.request_id IN (";
const ANSWERED: &str = "
    SELECT a.request_id, p.canonical_id FROM consent_request_answer a JOIN person p ON p.id = a.person_id WHERE a.request_id IN (";

type Row = (Id<ConsentRequest>, Id<Case>, DateTime<Utc>);

impl ConsentRequestObject {
    /// Lists those in a case in order of id, without a decision on who may read them.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn list(tx: &mut Tx, case: &CaseObject, slice: Slice) -> Result<Vec<Self>, DbError> {
        let (municipality, id) = (&case.facts.municipality, case.facts.id);
        let rows = fetch_all!(tx, Row, LIST, municipality, id, slice.after, slice.sql_limit())?;
        Self::gathered(tx, [case], rows).await
    }

    /// Returns those with one of these ids that are in one of these cases, without a decision on who may read them.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn these<'a>(
        tx: &mut Tx,
        cases: impl IntoIterator<Item = &'a CaseObject>,
        ids: &[Id<ConsentRequest>],
    ) -> Result<Vec<Self>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = fetch_in!(tx, Row, THESE, ids)?;
        Self::gathered(tx, cases, rows).await
    }

    /// Adds what each asks for and who has answered.
    async fn gathered<'a>(
        tx: &mut Tx,
        cases: impl IntoIterator<Item = &'a CaseObject>,
        rows: Vec<Row>,
    ) -> Result<Vec<Self>, DbError> {
        let ids: Vec<_> = rows.iter().map(|(id, ..)| *id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let cases: BTreeMap<Id<Case>, &CaseObject> =
            cases.into_iter().map(|case| (case.facts.id, case)).collect();
        let units = fetch_in!(tx, (Id<ConsentRequest>, Id<Unit>, Sector), UNITS, &ids)?;
        let kinds = fetch_in!(tx, (Id<ConsentRequest>, InformationKind), KINDS, &ids)?;
        let answered = fetch_in!(tx, (Id<ConsentRequest>, Id<Person>), ANSWERED, &ids)?;
        let found = rows.into_iter().filter_map(|(id, case, asked_at)| {
            let case = (*cases.get(&case)?).clone();
            let units = units.iter().filter(|(of, ..)| *of == id).map(|(_, unit, sector)| (*unit, *sector));
            let kinds = kinds.iter().filter(|(of, _)| *of == id).map(|(_, kind)| *kind);
            let answered = answered.iter().filter(|(of, _)| *of == id).map(|(_, person)| *person);
            let (units, kinds, answered) = (units.collect(), kinds.collect(), answered.collect());
            Some(Self { case, id, units, kinds, answered, asked_at })
        });
        Ok(found.collect())
    }

    /// Returns the kinds and units whose sharing the consent of a person is needed for, in order. A request for a unit that the child keeps from the
    /// guardians asks none of them. One that they have read before stays as it was, so that they do not see that the child has begun to keep the unit.
    #[must_use]
    pub fn asks(&self, person: Id<Person>) -> Vec<(InformationKind, Id<Unit>)> {
        let all = self.all().filter(|(.., asked)| asked.contains(&person));
        all.map(|(kind, unit, _)| (kind, unit)).collect()
    }

    /// Returns everyone who is asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Id<Person>> {
        let people: BTreeSet<_> = self.all().flat_map(|(.., asked)| asked).collect();
        people.into_iter().collect()
    }

    /// Returns each kind and unit, with the people who are asked for it.
    fn all(&self) -> impl Iterator<Item = (InformationKind, Id<Unit>, Vec<Id<Person>>)> {
        let facts = &self.case.facts;
        let of_unit = move |(unit, sector): &(Id<Unit>, Sector)| {
            let (unit, sector) = (*unit, *sector);
            self.kinds.iter().map(move |kind| (*kind, unit, facts.ground.family.consenters(*kind, sector)))
        };
        self.units.iter().flat_map(of_unit)
    }
}

impl Listed for ConsentRequestObject {
    fn place(&self) -> Uuid {
        self.id.uuid()
    }
}

impl Object for ConsentRequestObject {
    const TYPE: &'static str = "ConsentRequest";
    const PATH: &'static [&'static str] = &["case_id", "request_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(case) = CaseObject::find(tx, lookup).await? else { return Ok(None) };
        let Some(id) = lookup.id::<ConsentRequest>("request_id") else { return Ok(None) };
        let rows = fetch_all!(tx, Row, FIND, &case.facts.municipality, case.facts.id, id)?;
        Ok(Self::gathered(tx, [&case], rows).await?.pop())
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        self.case.subject()
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        self.case.seats(caller)
    }

    fn is_met_privately(&self) -> bool {
        self.case.is_met_privately()
    }

    fn consents(&self) -> Vec<Id<Consent>> {
        self.case.consents()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        self.case.actor(caller)
    }

    fn attributes(&self) -> Attributes {
        let asked = self.asked().into_iter().chain(self.answered.iter().copied());
        let asked: BTreeSet<_> = asked.collect();
        let mut attributes = vec![("asked", references("Person", asked))];
        let written = Written { entry: self.id.uuid(), at: self.asked_at };
        attributes.extend(known_before(&self.case.facts, written, None));
        attributes
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.case.context(caller)
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_consent_request", self).allowed
    }
}
