//! Goals, measures and their evaluations.

use chrono::{NaiveDate, TimeDelta};

use super::{
    super::{organisation::Seat, texts},
    Story, workday,
};
use crate::{
    goals::rows::{GoalRow, GoalStatus},
    kernel::{
        Id,
        ids::{CatalogueMeasure, Measure, Meeting},
        vocabulary::PreventionLevel,
    },
    measures::rows::{EvaluationOutcome, EvaluationRow, MeasureRow, MeasureStatus},
};

/// How a measure stands after its evaluations.
struct Outcome {
    status: MeasureStatus,
    evaluate_on: Option<NaiveDate>,
}

impl Story<'_, '_> {
    /// One to three goals, agreed soon after the case was opened.
    pub(super) fn set_goals(&mut self) {
        for at in 0..self.random.between(1, 3) {
            let description = self.one(self.theme.goals);
            let is_reached = self.random.chance(if self.period.is_closed { 75 } else { 15 });
            let status = match (is_reached, self.period.is_closed) {
                (true, _) => GoalStatus::Reached,
                (false, true) => GoalStatus::Dropped,
                (false, false) => GoalStatus::Active,
            };
            let (id, day) = (self.ids.next(), self.day(5 + 3 * at, 15 + 3 * at));
            let created_at = self.moment(day);
            self.goals.push(id);
            self.batch.goals.push(GoalRow {
                place: self.place,
                id,
                description: description.into(),
                status,
                created_by: self.person(self.contact),
                created_at,
            });
        }
    }

    /// The measures that were not decided in meetings.
    pub(super) fn help(&mut self) {
        for at in 0..self.random.between(1, 3) {
            let latest = 20 + self.period.days() * (at + 1) / 6;
            let day = self.day(10, latest);
            self.add_measure(day, None);
        }
    }

    /// A measure that begins on a day, with its evaluations until today, or until the case was closed.
    pub(super) fn add_measure(&mut self, starts_on: NaiveDate, meeting: Option<Id<Meeting>>) -> Id<Measure> {
        let organisation = self.organisation();
        let id = self.ids.next();
        let (catalogue_measure, title, description, level) = self.content();
        let responsible = self.responsible(starts_on);
        let Outcome { status, evaluate_on } = self.evaluate(id, starts_on);
        let goal = Some(*self.random.pick(&self.goals));
        let created_at = self.moment(starts_on);
        self.batch.measures.push(MeasureRow {
            place: self.place,
            id,
            goal,
            catalogue_measure,
            meeting,
            title: title.into(),
            description: Some(description.into()),
            level,
            responsible: organisation.person(responsible),
            unit: organisation.unit(responsible),
            starts_on,
            evaluate_on,
            status,
            created_by: organisation.person(self.contact),
            created_at,
        });
        id
    }

    /// The content of a measure. One measure in three is from the catalogue.
    fn content(&mut self) -> (Option<Id<CatalogueMeasure>>, String, String, PreventionLevel) {
        let organisation = self.organisation();
        let offered =
            &organisation.municipalities[organisation.zones[self.zone].municipality].catalogue.measures;
        let (title, description) = *self.random.pick(self.theme.measures);
        let description = description.replace("{}", self.child.given);
        if !offered.is_empty() && self.random.chance(33) {
            let (id, title, level) = self.random.pick(offered);
            return (Some(*id), title.clone(), description, *level);
        }
        let level =
            if self.random.chance(60) { PreventionLevel::Selective } else { PreventionLevel::Indicated };
        (None, title.to_owned(), description, level)
    }

    /// The contact person, or a helper who has stayed.
    fn responsible(&mut self, day: NaiveDate) -> Seat {
        let stays: Vec<Seat> =
            self.helpers_on(day).filter(|helper| helper.left.is_none()).map(|helper| helper.seat).collect();
        if stays.is_empty() || self.random.chance(50) { self.contact } else { *self.random.pick(&stays) }
    }

    fn evaluate(&mut self, measure: Id<Measure>, starts_on: NaiveDate) -> Outcome {
        let ends = self.period.ends;
        let mut next = starts_on + TimeDelta::days(self.random.between(35, 80));
        loop {
            if next > ends && !self.period.is_closed {
                return Outcome { status: MeasureStatus::InForce, evaluate_on: Some(next) };
            }
            let is_recent = !self.period.is_closed && (ends - next).num_days() < 60;
            if is_recent && self.random.chance(25) {
                // Nobody has got to it: it is overdue.
                return Outcome { status: MeasureStatus::InForce, evaluate_on: Some(next) };
            }
            let held_on = workday(next.min(ends)).max(starts_on);
            let is_last = next >= ends && self.period.is_closed;
            if is_last || self.random.chance(20) {
                return self.end(measure, held_on);
            }
            next = held_on + TimeDelta::days(self.random.between(40, 95));
            // A case is closed when its measures have ended.
            if self.period.is_closed && next > ends {
                return self.end(measure, held_on);
            }
            let outcome =
                if self.random.chance(70) { EvaluationOutcome::Continue } else { EvaluationOutcome::Adjust };
            self.add_evaluation(measure, held_on, outcome, Some(next));
        }
    }

    fn end(&mut self, measure: Id<Measure>, held_on: NaiveDate) -> Outcome {
        let (outcome, status) = match self.random.between(1, 100) {
            ..=75 => (EvaluationOutcome::EndReached, MeasureStatus::EndedReached),
            76..=92 => (EvaluationOutcome::EndNoEffect, MeasureStatus::EndedNoEffect),
            _ => (EvaluationOutcome::EndNotCarriedOut, MeasureStatus::EndedNotCarriedOut),
        };
        self.add_evaluation(measure, held_on, outcome, None);
        Outcome { status, evaluate_on: None }
    }

    fn add_evaluation(
        &mut self,
        measure: Id<Measure>,
        held_on: NaiveDate,
        outcome: EvaluationOutcome,
        next_evaluation_on: Option<NaiveDate>,
    ) {
        let assessment = match outcome {
            EvaluationOutcome::Continue => self.one(texts::HELPS),
            EvaluationOutcome::Adjust => self.one(texts::UNSURE),
            EvaluationOutcome::EndReached => self.one(texts::ENDED_WELL),
            EvaluationOutcome::EndNoEffect => self.one(texts::ENDED),
            EvaluationOutcome::EndNotCarriedOut => self.one(texts::NOT_CARRIED_OUT),
        };
        let is_asked = self.random.chance(65);
        let child_view = is_asked.then(|| self.one(texts::CHILD_VIEWS).into());
        let child_view_missing_reason = (!is_asked).then(|| self.one(texts::NOT_ASKED).into());
        let guardians_view = self.random.chance(50).then(|| self.one(texts::GUARDIANS_VIEWS).into());
        let created_at = self.moment(held_on);
        self.batch.evaluations.push(EvaluationRow {
            place: self.place,
            id: self.ids.next(),
            measure,
            held_on,
            outcome,
            assessment: assessment.into(),
            child_view,
            child_view_missing_reason,
            guardians_view,
            next_evaluation_on,
            evaluated_by: self.person(self.contact),
            created_at,
            child_agrees: is_asked && self.random.chance(50),
        });
    }
}
