//! Meetings in a case, with the people who are invited.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Attributes, CaseObject, Listed, Lookup, MeasureObject, Object, Subject, in_case::known_before};
use crate::{
    access::{
        facts::Written,
        policies::{Fact, Policies, reference, references},
    },
    db::{DbError, Tx},
    fetch_all, fetch_in, fetch_of_case,
    identity::{Caller, HeldRole},
    kernel::{
        Id, Slice,
        ids::{Case, Consent, Meeting, Person},
    },
};

/// A meeting, with those invited.
#[derive(Debug, Clone)]
pub struct MeetingObject {
    /// The case it is about.
    pub case: CaseObject,
    /// The meeting.
    pub id: Id<Meeting>,
    /// The person who called it.
    pub called_by: Id<Person>,
    /// The people who are invited, or came to the meeting without it.
    pub invited: Vec<Id<Person>>,
    /// When it was called.
    pub written_at: DateTime<Utc>,
}

#[derive(Clone, sqlx::FromRow)]
struct MeetingRow {
    id: Id<Meeting>,
    called_by: Id<Person>,
    created_at: DateTime<Utc>,
    person_id: Option<Id<Person>>,
}

#[derive(sqlx::FromRow)]
struct InCase {
    case_id: Id<Case>,
    #[sqlx(flatten)]
    meeting: MeetingRow,
}

const FIND_MEETING: &str = "
    SELECT m.id, m.called_by, m.created_at, p.person_id
    FROM meeting m LEFT JOIN meeting_participant p ON p.municipality = m.municipality AND p.meeting_id = m.id
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id = $3";
const LIST_MEETINGS: &str = "
    SELECT m.id, m.called_by, m.created_at, p.person_id
    FROM (SELECT municipality, id, called_by, created_at FROM meeting
          WHERE municipality = $1 AND case_id = $2 AND id > $3 ORDER BY id LIMIT $4) m
    LEFT JOIN meeting_participant p ON p.municipality = m.municipality AND p.meeting_id = m.id
    ORDER BY m.id";
const THESE: &str = "
    SELECT m.case_id, m.id, m.called_by, m.created_at, p.person_id
    FROM meeting_participant p JOIN meeting m ON m.municipality = p.municipality AND m.id = p.meeting_id
    WHERE m.id IN (";

impl MeetingObject {
    /// Returns the meeting that decided a measure. Its facts lack the people who are invited.
    #[must_use]
    pub fn that_decided(measure: &MeasureObject) -> Option<Self> {
        let (id, called_by) = measure.meeting_id.zip(measure.called_by)?;
        let (case, written_at) = (measure.case.clone(), measure.called_at?);
        Some(Self { case, id, called_by, invited: Vec::new(), written_at })
    }

    /// Finds one in a case by its id.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn of_case(tx: &mut Tx, case: &CaseObject, id: Id<Meeting>) -> Result<Option<Self>, DbError> {
        let rows = fetch_all!(tx, MeetingRow, FIND_MEETING, &case.facts.municipality, case.facts.id, id)?;
        Ok(Self::gathered(case, rows).pop())
    }

    /// Returns the meetings of a case with one of these ids, without a decision on who may read them. Their facts lack the people who are
    /// invited.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn these(tx: &mut Tx, case: &CaseObject, ids: &[Id<Meeting>]) -> Result<Vec<Self>, DbError> {
        const SELECT: &str = "SELECT m.id, m.called_by, m.created_at, NULL AS person_id FROM meeting m";
        let rows: Vec<MeetingRow> = fetch_of_case!(tx, MeetingRow, SELECT, "m", case.facts, ids)?;
        Ok(Self::gathered(case, rows))
    }

    /// Returns those with one of these ids that are in one of these cases, with the people who are invited, without a decision on who may
    /// read them.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn with_people<'a>(
        tx: &mut Tx,
        cases: impl IntoIterator<Item = &'a CaseObject>,
        ids: &[Id<Meeting>],
    ) -> Result<Vec<Self>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = fetch_in!(tx, InCase, THESE, ids)?;
        rows.sort_by_key(|row| row.meeting.id);
        let found = cases.into_iter().flat_map(|case| {
            let of_case = rows.iter().filter(|row| row.case_id == case.facts.id);
            Self::gathered(case, of_case.map(|row| row.meeting.clone()))
        });
        Ok(found.collect())
    }

    /// Lists the meetings of a case in order of id, without a decision on who may read them.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn list(tx: &mut Tx, case: &CaseObject, slice: Slice) -> Result<Vec<Self>, DbError> {
        let (municipality, id) = (&case.facts.municipality, case.facts.id);
        let rows =
            fetch_all!(tx, MeetingRow, LIST_MEETINGS, municipality, id, slice.after, slice.sql_limit())?;
        Ok(Self::gathered(case, rows))
    }

    /// Returns whether the guardians may not know of the meeting: none of them is invited, and they may not know the person who called it.
    fn is_kept_from_guardians(&self) -> bool {
        let facts = &self.case.facts;
        facts.is_helper_kept_from_guardians(self.called_by)
            && !self.invited.iter().any(|person| facts.guardians.contains(person))
    }

    /// Gathers meetings from ordered rows, with one row for each person invited.
    fn gathered(case: &CaseObject, rows: impl IntoIterator<Item = MeetingRow>) -> Vec<Self> {
        let mut meetings: Vec<Self> = Vec::new();
        for MeetingRow { id, called_by, created_at: written_at, person_id } in rows {
            if meetings.last().is_none_or(|last| last.id != id) {
                let (case, invited) = (case.clone(), Vec::new());
                meetings.push(Self { case, id, called_by, invited, written_at });
            }
            if let Some(last) = meetings.last_mut() {
                last.invited.extend(person_id);
            }
        }
        meetings
    }
}

impl Listed for MeetingObject {
    fn place(&self) -> Uuid {
        self.id.uuid()
    }
}

impl Object for MeetingObject {
    const TYPE: &'static str = "Meeting";
    const PATH: &'static [&'static str] = &["case_id", "meeting_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(case) = CaseObject::find(tx, lookup).await? else { return Ok(None) };
        let Some(id) = lookup.id::<Meeting>("meeting_id") else { return Ok(None) };
        Self::of_case(tx, &case, id).await
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

    fn attributes(&self) -> Attributes {
        let facts = &self.case.facts;
        let written = Written { entry: self.id.uuid(), at: self.written_at };
        let mut attributes = vec![
            ("called_by", reference("Person", self.called_by)),
            ("invited", references("Person", &self.invited)),
            ("withheld_from", references("Person", facts.withheld_from(self.id.uuid()))),
            ("kept_from_guardians", Fact::Flag(self.is_kept_from_guardians())),
        ];
        attributes.extend(known_before(facts, written, None));
        attributes
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.case.context(caller)
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_meeting", self).allowed
    }
}
