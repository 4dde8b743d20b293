//! The readers of measures and evaluations, by the answers of the rules.

use super::dto::EvaluationOut;
use crate::{
    access::{
        Asker, CaseReader,
        actions::ReadNote,
        fields::SeeMeeting,
        objects::{CaseObject, MeasureObject, MeetingObject, NoteObject},
    },
    wordings::SeesWho,
};

/// A reader of a measure.
#[derive(Debug)]
pub struct MeasureReader {
    whereabouts: bool,
    meeting: bool,
}

impl MeasureReader {
    /// A reader, by what the rules answer about the case of the measure and the meeting that decided it.
    #[must_use]
    pub fn new(asker: &Asker, case: &CaseReader, measure: &MeasureObject) -> Self {
        let meeting = MeetingObject::that_decided(measure);
        let sees = |meeting: &MeetingObject| asker.about(meeting).sees::<SeeMeeting>();
        Self { whereabouts: case.whereabouts(), meeting: meeting.as_ref().is_none_or(sees) }
    }

    /// A reader of a measure that the caller has just agreed on, without a meeting.
    #[must_use]
    pub fn of_new(case: &CaseReader) -> Self {
        Self { whereabouts: case.whereabouts(), meeting: true }
    }

    pub(super) fn whereabouts(&self) -> bool {
        self.whereabouts
    }

    pub(super) fn meeting(&self) -> bool {
        self.meeting
    }
}

impl SeesWho for MeasureReader {
    fn sees_who(&self) -> bool {
        self.whereabouts
    }
}

/// A reader of an evaluation.
#[derive(Debug)]
pub struct EvaluationReader {
    child_view: bool,
}

impl EvaluationReader {
    /// A reader, by what the rules answer about the child's own statement in the evaluation.
    #[must_use]
    pub fn new(asker: &Asker, case: &CaseObject, evaluation: &EvaluationOut) -> Self {
        let EvaluationOut { id, author, child_agrees, created_at, .. } = evaluation;
        let said = NoteObject::child_statement(case, id.uuid(), *author, *child_agrees, *created_at);
        Self { child_view: asker.may::<ReadNote>(&said) }
    }

    pub(super) fn child_view(&self) -> bool {
        self.child_view
    }
}
