//! Names are left out of a measure if the reader may not know that the person helps.

use super::{
    day_changes::DayChangeOut,
    dto::{EvaluationOut, MeasureOut},
};
use crate::kernel::ids::PersonId;

impl MeasureOut {
    /// Returns it without the names of people that the reader may not know to help.
    #[must_use]
    pub(super) fn without(mut self, unknown: &[PersonId]) -> Self {
        let is_known = |person: &PersonId| !unknown.contains(person);
        self.created_by = self.created_by.filter(is_known);
        self.created_by_name = self.created_by_name.filter(|_| self.created_by.is_some());
        self.responsible_id = self.responsible_id.filter(is_known);
        self.responsible_name = self.responsible_name.filter(|_| self.responsible_id.is_some());
        let is_unknown = |person| unknown.contains(&person);
        self.earlier = self.earlier.into_iter().map(|wording| wording.without(is_unknown)).collect();
        self
    }
}

impl EvaluationOut {
    /// Returns it without the name of a person that the reader may not know to help.
    #[must_use]
    pub(super) fn without(mut self, unknown: &[PersonId]) -> Self {
        self.evaluated_by = self.evaluated_by.filter(|person| !unknown.contains(person));
        self.evaluated_by_name = self.evaluated_by_name.filter(|_| self.evaluated_by.is_some());
        self
    }
}

impl DayChangeOut {
    /// Returns it without the name of a person that the reader may not know to help.
    #[must_use]
    pub(super) fn without(mut self, unknown: &[PersonId]) -> Self {
        self.changed_by = self.changed_by.filter(|person| !unknown.contains(person));
        self.changed_by_name = self.changed_by_name.filter(|_| self.changed_by.is_some());
        self
    }
}
