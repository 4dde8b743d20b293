//! The rows of some cases, gathered to be written together.

use super::GenerateError;
use crate::{
    accounts::rows::{self as accounts, AccountRow},
    care_orders::rows::{self as care_orders, CareOrderRow},
    cases::rows::{self as cases, CaseRow, EventRow},
    children::rows::{self as children, ChildRow, GuardianshipRow, PersonRow},
    concerns::rows::{self as concerns, ConcernRow},
    consents::rows::{self as consents, ConsentRow},
    contact_details::rows::{self as contact_details, ChildContactRow, GuardianContactRow, ProtectionRow},
    db::Tx,
    goals::rows::{self as goals, GoalRow},
    handovers::rows::{self as handovers, HandoverRow},
    measures::rows::{self as measures, EvaluationRow, MeasureRow},
    meetings::rows::{self as meetings, DecisionRow, MeetingRow, ParticipantRow},
    next_steps::rows::{self as next_steps, StepRow},
    notes::rows::{self as notes, NoteRow},
    teams::rows::{self as teams, SeatRow},
};

/// Rows to be written in one transaction.
#[derive(Default)]
pub(super) struct Batch<'a> {
    pub people: Vec<PersonRow<'a>>,
    pub accounts: Vec<AccountRow<'a>>,
    pub children: Vec<ChildRow<'a>>,
    pub guardianships: Vec<GuardianshipRow<'a>>,
    pub protections: Vec<ProtectionRow<'a>>,
    pub child_contacts: Vec<ChildContactRow<'a>>,
    pub guardian_contacts: Vec<GuardianContactRow<'a>>,
    pub care_orders: Vec<CareOrderRow<'a>>,
    pub cases: Vec<CaseRow<'a>>,
    pub events: Vec<EventRow<'a>>,
    pub seats: Vec<SeatRow<'a>>,
    pub next_steps: Vec<StepRow<'a>>,
    pub consents: Vec<ConsentRow<'a>>,
    pub goals: Vec<GoalRow<'a>>,
    pub meetings: Vec<MeetingRow<'a>>,
    pub participants: Vec<ParticipantRow<'a>>,
    pub measures: Vec<MeasureRow<'a>>,
    pub decisions: Vec<DecisionRow<'a>>,
    pub evaluations: Vec<EvaluationRow<'a>>,
    pub notes: Vec<NoteRow<'a>>,
    pub handovers: Vec<HandoverRow<'a>>,
    pub concerns: Vec<ConcernRow<'a>>,
}

impl Batch<'_> {
    /// Writes all of it, in the order in which one refers to another.
    pub async fn write(&self, tx: &mut Tx) -> Result<(), GenerateError> {
        all(children::insert_people(tx, &self.people).await?, &self.people, "people")?;
        all(accounts::insert(tx, &self.accounts).await?, &self.accounts, "accounts")?;
        children::insert(tx, &self.children).await?;
        let made = children::insert_guardianships(tx, &self.guardianships).await?;
        all(made, &self.guardianships, "guardianships")?;
        contact_details::insert_protections(tx, &self.protections).await?;
        contact_details::insert_children(tx, &self.child_contacts).await?;
        contact_details::insert_guardians(tx, &self.guardian_contacts).await?;
        all(care_orders::insert(tx, &self.care_orders).await?, &self.care_orders, "care orders")?;
        cases::insert(tx, &self.cases).await?;
        cases::insert_events(tx, &self.events).await?;
        all(teams::insert(tx, &self.seats).await?, &self.seats, "seats on teams")?;
        next_steps::insert(tx, &self.next_steps).await?;
        consents::insert(tx, &self.consents).await?;
        goals::insert(tx, &self.goals).await?;
        meetings::insert(tx, &self.meetings).await?;
        meetings::insert_participants(tx, &self.participants).await?;
        measures::insert(tx, &self.measures).await?;
        meetings::insert_decisions(tx, &self.decisions).await?;
        measures::insert_evaluations(tx, &self.evaluations).await?;
        notes::insert(tx, &self.notes).await?;
        all(handovers::insert(tx, &self.handovers).await?, &self.handovers, "handovers")?;
        concerns::insert(tx, &self.concerns).await?;
        Ok(())
    }

    /// How many rows there are, by table.
    pub fn count(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("people", self.people.len()),
            ("accounts", self.accounts.len()),
            ("children", self.children.len()),
            ("guardianships", self.guardianships.len()),
            ("contact details", self.child_contacts.len() + self.guardian_contacts.len()),
            ("care orders", self.care_orders.len()),
            ("concerns", self.concerns.len()),
            ("cases", self.cases.len()),
            ("events of cases", self.events.len()),
            ("seats on teams", self.seats.len()),
            ("next steps", self.next_steps.len()),
            ("consents", self.consents.len()),
            ("goals", self.goals.len()),
            ("meetings", self.meetings.len()),
            ("participants of meetings", self.participants.len()),
            ("decisions of meetings", self.decisions.len()),
            ("measures", self.measures.len()),
            ("evaluations", self.evaluations.len()),
            ("notes", self.notes.len()),
            ("handovers", self.handovers.len()),
        ]
    }
}

/// All that was to be made was: the database had none of it before.
pub(super) fn all<T>(made: u64, rows: &[T], what: &'static str) -> Result<(), GenerateError> {
    if made == rows.len() as u64 { Ok(()) } else { Err(GenerateError::Taken(what)) }
}
