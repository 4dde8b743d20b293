//! The entries of a record: their words, their kind of information, and the service that each is from.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    dto::{Entry, Stated},
    text,
};
use crate::{
    access::{Asker, CaseSection, Seen, objects::CaseObject},
    cases::{CaseEventOut, CaseOut},
    consents::ConsentOut,
    goals::GoalOut,
    handovers::HandoverOut,
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{PersonId, Unit},
        vocabulary::{InformationKind, Sector},
    },
    measures::{DayChangeOut, EvaluationOut, MeasureOut, record::OfMeasure},
    meetings::MeetingOut,
    next_steps::record::StepOfUnit,
    notes::NoteOut,
    problem::{Problem, Result},
    teams::TeamMemberOut,
    transitions::TransitionOut,
    waiting_times::WaitReasonOut,
};

/// The unit that an entry is from.
type Service = Option<(Option<String>, Sector)>;

/// Makes the entries of one record.
pub(super) struct Entries<'a> {
    pub asker: &'a Asker,
    pub case: &'a CaseObject,
    /// The name of the unit that keeps the record.
    pub unit_name: Option<String>,
    /// The names of the units that kept it before.
    pub former: HashMap<Id<Unit>, String>,
    /// The people who help from child welfare. An entry that names them is of the kind `child_welfare`.
    pub child_welfare: Vec<PersonId>,
    pub made: Vec<Entry>,
}

/// Something to state about an entry.
struct Said {
    section: CaseSection,
    id: Uuid,
    kind: InformationKind,
    day: NaiveDate,
    from: Service,
    can_be_brought: bool,
    text: String,
}

impl Entries<'_> {
    pub(super) fn case(&mut self, case: &Seen<CaseOut>) -> Result<()> {
        let kind = self.kind([case.contact_person_id], self.case.facts.sector);
        let (id, day) = (case.id.uuid(), day_in_norway(case.opened_at));
        let from = Some((self.unit_name.clone(), self.case.facts.sector));
        self.of_unit(from, (CaseSection::Case, id, kind, day), text::case(case), case)
    }

    pub(super) fn event(&mut self, event: &Seen<CaseEventOut>) -> Result<()> {
        let kind = self.kind([Some(event.person_id)], self.case.facts.sector);
        self.of_the_case(CaseSection::History, event.id.uuid(), kind, event.at, text::event(event), event)
    }

    /// Why the family waited. It belongs to this record alone.
    pub(super) fn wait_reason(&mut self, reason: &Seen<WaitReasonOut>) -> Result<()> {
        let kind = self.kind([], self.case.facts.sector);
        let (id, at) = (reason.id.uuid(), reason.recorded_at);
        self.of_the_case(CaseSection::History, id, kind, at, text::wait_reason(reason), reason)
    }

    pub(super) fn member(&mut self, member: &Seen<TeamMemberOut>) -> Result<()> {
        let said = Said {
            section: CaseSection::Team,
            id: member.id.uuid(),
            kind: self.kind([], member.sector),
            day: day_in_norway(member.joined_at),
            from: Some((Some(member.unit_name.clone()), member.sector)),
            can_be_brought: true,
            text: text::member(member),
        };
        self.add(said, json_of(member)?);
        Ok(())
    }

    pub(super) fn handover(&mut self, handover: &Seen<HandoverOut>) -> Result<()> {
        let people = [Some(handover.from_person_id), Some(handover.to_person_id)];
        let kind = self.kind(people, self.case.facts.sector);
        let (id, at) = (handover.id.uuid(), handover.offered_at);
        self.of_the_case(CaseSection::Handovers, id, kind, at, text::handover(handover), handover)
    }

    /// A move of the record. It belongs to this record alone.
    pub(super) fn transition(&mut self, transition: &Seen<TransitionOut>) -> Result<()> {
        let said = Said {
            section: CaseSection::Transitions,
            id: transition.id.uuid(),
            kind: InformationKind::Agreed,
            day: day_in_norway(transition.planned_at),
            from: self.keeper_at(transition.planned_at),
            can_be_brought: false,
            text: text::transition(transition),
        };
        self.add(said, json_of(transition)?);
        Ok(())
    }

    pub(super) fn consent(&mut self, consent: &Seen<ConsentOut>) -> Result<()> {
        let said = Said {
            section: CaseSection::Consents,
            id: consent.id.uuid(),
            kind: InformationKind::Agreed,
            day: day_in_norway(consent.given_at),
            from: self.keeper_at(consent.given_at),
            can_be_brought: false,
            text: text::consent(consent),
        };
        self.add(said, json_of(consent)?);
        Ok(())
    }

    pub(super) fn goal(&mut self, goal: &Seen<GoalOut>) -> Result<()> {
        let changed = goal.earlier.iter().map(|wording| wording.changed_by);
        let kind = self.kind(changed.chain([goal.created_by]), self.case.facts.sector);
        self.of_the_case(CaseSection::Goals, goal.id.uuid(), kind, goal.created_at, text::goal(goal), goal)
    }

    pub(super) fn measure(&mut self, measure: &OfMeasure<MeasureOut>) -> Result<()> {
        let OfMeasure { entry, unit_name, sector, .. } = measure;
        let changed = entry.earlier.iter().map(|wording| wording.changed_by);
        let said = Said {
            section: CaseSection::Measures,
            id: entry.id.uuid(),
            kind: self.kind(changed.chain([entry.responsible_id, entry.created_by]), *sector),
            day: entry.starts_on,
            from: Some((unit_name.clone(), *sector)),
            can_be_brought: true,
            text: text::measure(entry),
        };
        self.add(said, json_of(entry)?);
        Ok(())
    }

    /// An evaluation, and the child's view in it as an entry of its own: it is of another kind.
    pub(super) fn evaluation(&mut self, evaluation: &OfMeasure<EvaluationOut>) -> Result<()> {
        let OfMeasure { entry, title, unit_name, sector } = evaluation;
        let said = |kind, text| Said {
            section: CaseSection::Measures,
            id: entry.id.uuid(),
            kind,
            day: entry.held_on,
            from: Some((unit_name.clone(), *sector)),
            can_be_brought: true,
            text,
        };
        let mut content = json_of(entry)?;
        content["child_view"] = Value::Null;
        self.add(said(self.kind([entry.evaluated_by], *sector), text::evaluation(title, entry)), content);
        if let Some(view) = &entry.child_view {
            let kind = from_sector(InformationKind::ChildStatement, Some(*sector));
            let content = json!({ "id": entry.id, "child_view": view, "child_agrees": entry.child_agrees });
            self.add(said(kind, text::child_view(title, view)), content);
        }
        Ok(())
    }

    /// A move of the day of an evaluation.
    pub(super) fn day_change(&mut self, change: &OfMeasure<DayChangeOut>) -> Result<()> {
        let OfMeasure { entry, title, unit_name, sector } = change;
        let said = Said {
            section: CaseSection::Measures,
            id: entry.id.uuid(),
            kind: self.kind([entry.changed_by], *sector),
            day: day_in_norway(entry.changed_at),
            from: Some((unit_name.clone(), *sector)),
            can_be_brought: true,
            text: text::day_change(title, entry),
        };
        self.add(said, json_of(entry)?);
        Ok(())
    }

    pub(super) fn next_step(&mut self, of_unit: &StepOfUnit) -> Result<()> {
        let StepOfUnit { step, sector } = of_unit;
        let people = [step.person_id, step.passed_on_from, step.set_by, step.settled_by];
        let kind = self.kind(people, sector.unwrap_or(self.case.facts.sector));
        self.of_the_case(
            CaseSection::NextSteps,
            step.id.uuid(),
            kind,
            step.set_at,
            text::next_step(step),
            step,
        )
    }

    pub(super) fn meeting(&mut self, meeting: &Seen<MeetingOut>) -> Result<()> {
        let invited = meeting.participants.iter().map(|participant| Some(participant.person_id));
        let movers = meeting.moves.iter().map(|it| it.moved_by);
        let changed = meeting.earlier.iter().map(|wording| wording.changed_by);
        let people = invited.chain([meeting.called_by, meeting.minutes_by]).chain(movers).chain(changed);
        let kind = self.kind(people, self.case.facts.sector);
        let (id, at) = (meeting.id.uuid(), meeting.starts_at);
        self.of_the_case(CaseSection::Meetings, id, kind, at, text::meeting(meeting), meeting)
    }

    /// A note. One that was brought from another record is still from there.
    pub(super) fn note(&mut self, note: &Seen<NoteOut>) -> Result<()> {
        let content = json_of(note)?;
        let is_own = note.author_id.is_some_and(|author| self.asker.caller().is(author));
        let (section, day, sector) = match (note.from_section, note.from_day) {
            (Some(section), Some(day)) => (section, day, note.from_sector),
            _ => (CaseSection::Notes, day_in_norway(note.created_at), note.sector),
        };
        let unit_name = note.from_unit_name.as_deref().map(ToOwned::to_owned).or(note.unit_name.clone());
        let said = Said {
            section,
            id: note.id.uuid(),
            kind: from_sector(note.kind, sector),
            day,
            from: sector.map(|sector| (unit_name, sector)),
            can_be_brought: (note.unit_id.is_some() || is_own)
                && note.text.as_ref().is_some_and(|text| text.require().is_ok()),
            text: text::note(note),
        };
        self.add(said, content);
        if let (Some(from), Some(entry)) = (&note.from_municipality, self.made.last_mut()) {
            entry.stated.municipality = from.to_string();
        }
        Ok(())
    }

    /// An entry of the unit that kept the record at a time.
    fn of_the_case(
        &mut self,
        section: CaseSection,
        id: Uuid,
        kind: InformationKind,
        at: DateTime<Utc>,
        text: String,
        content: &impl Serialize,
    ) -> Result<()> {
        self.of_unit(self.keeper_at(at), (section, id, kind, day_in_norway(at)), text, content)
    }

    /// Returns the unit that kept the record at a time.
    fn keeper_at(&self, at: DateTime<Utc>) -> Service {
        let facts = &self.case.facts;
        let unit = facts.kept_by_at(at);
        if unit == facts.ground.owner_unit {
            return Some((self.unit_name.clone(), facts.sector));
        }
        let sector = facts.moves.iter().find(|made| made.to_unit == unit).map(|made| made.to_sector);
        // A reader who does not see where the child is sees no unit.
        let name = self.former.get(&unit).filter(|_| self.unit_name.is_some()).cloned();
        Some((name, sector.unwrap_or(facts.key_sector)))
    }

    fn of_unit(
        &mut self,
        from: Service,
        (section, id, kind, day): (CaseSection, Uuid, InformationKind, NaiveDate),
        text: String,
        content: &impl Serialize,
    ) -> Result<()> {
        self.add(Said { section, id, kind, day, from, can_be_brought: true, text }, json_of(content)?);
        Ok(())
    }

    /// The kind of what has been agreed. That child welfare helps is of a kind of its own.
    fn kind(&self, people: impl IntoIterator<Item = Option<PersonId>>, sector: Sector) -> InformationKind {
        let names_one = people.into_iter().flatten().any(|person| self.child_welfare.contains(&person));
        let sector = if names_one { Sector::ChildWelfare } else { sector };
        from_sector(InformationKind::Agreed, Some(sector))
    }

    fn add(&mut self, said: Said, content: Value) {
        let Said { section, id, kind, day, from, can_be_brought, text } = said;
        // A unit whose name the reader does not see is not stated at all.
        let from = from.and_then(|(name, sector)| Some((name?, sector)));
        let (unit_name, sector) = from.unzip();
        let municipality = self.case.facts.municipality.clone();
        let stated = Stated { municipality, section, id, kind, day, unit_name, sector, can_be_brought, text };
        self.made.push(Entry { file: String::new(), stated, content });
    }
}

/// The kind that decides who may read an entry elsewhere: one from child welfare shows that child welfare helps.
fn from_sector(kind: InformationKind, sector: Option<Sector>) -> InformationKind {
    match (kind, sector) {
        (InformationKind::Agreed | InformationKind::ChildStatement, Some(Sector::ChildWelfare)) => {
            InformationKind::ChildWelfare
        }
        (kind, _) => kind,
    }
}

fn json_of(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Problem::internal)
}
