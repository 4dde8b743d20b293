//! Request and response types for follow-ups.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    kernel::{
        Moment, PageQuery,
        clock::{beginning_of, day_in_norway},
        ids::{CaseId, ChildId, UnitId},
        page::{Cursor, Limit, Position},
    },
    shown, words,
};

words! {
    /// The kind of task.
    FollowUpKind {
        /// A concern must be decided.
        DecideConcern = "decide_concern",
        /// A measure must be evaluated.
        EvaluateMeasure = "evaluate_measure",
        /// The next step of a case must be taken or settled. For a leader, it is overdue.
        NextStep = "next_step",
        /// The contact person must record the birth of a child, or correct the due date.
        RecordBirth = "record_birth",
        /// The contact person must register the pregnant woman instead of her unborn child.
        RegisterPregnantWoman = "register_pregnant_woman",
        /// An answer to a referral is expected, or the start of the help: for the member who follows it up, and for the contact person if they may
        /// read it.
        FollowUpReferral = "follow_up_referral",
        /// A meeting will be held, or its minutes must be recorded.
        Meeting = "meeting",
        /// The record of a case is to move to another unit from this day: for the contact person, who sees that it does.
        Transition = "transition",
        /// The caller must answer whether the record may move.
        AnswerTransition = "answer_transition",
        /// Everyone who must has agreed that the record moves to the caller's unit: the caller accepts or declines it.
        AcceptTransition = "accept_transition",
        /// The caller is asked for consent, and answers for themself.
        AnswerConsentRequest = "answer_consent_request",
        /// Someone has refused consent that the caller asked for as contact person, and no next step has been set since.
        ConsentRefused = "consent_refused",
        /// The caller must answer a handover.
        AnswerHandover = "answer_handover",
        /// A consent that something rests on ends within 30 days, or has ended and is not renewed: for the contact person and the person who gave it.
        RenewConsent = "renew_consent",
        /// Somebody must consent within 30 days, or must and has not: for the contact person, for the young person or the person in child welfare who
        /// must and, where the contact person's unit loses the case, for the leader of the unit that is responsible.
        NewConsents = "new_consents",
        /// A role in the unit that the caller leads ends within 30 days; or a role that needs two administrators, where the caller is one.
        RoleEnds = "role_ends",
        /// Someone in the unit that the caller leads is away, or will be within 14 days. They hold batons or have duties, and nobody stands in.
        /// Overdue from the first day.
        NameStandIn = "name_stand_in",
        /// An absence from the unit that the caller leads has no last day, and has lasted 14 days: set its last day, or end it.
        LookAtAbsence = "look_at_absence",
        /// An administrator must propose a leader of a unit where somebody works and nobody leads, or every leader is away.
        NameLeader = "name_leader",
        /// Child welfare must confirm receipt of a report.
        ReportReceipt = "report_receipt",
        /// Child welfare must review a report.
        ReportReview = "report_review",
        /// Child welfare must complete the investigation.
        ReportInvestigation = "report_investigation",
        /// The leader of the contact person's unit must review an emergency access.
        EmergencyAccess = "emergency_access",
        /// The contact person, or the auditor, must decide a claim about a child.
        DecideClaim = "decide_claim",
        /// The contact person, or the person who decided it, must review a withholding from a guardian.
        ReviewWithholding = "review_withholding",
        /// The contact person, or the person responsible in child welfare, must record that a care order has ended, or its new last day. For
        /// the leader of child welfare, the last day has passed.
        CareOrderEnds = "care_order_ends",
        /// The person named in a care order must accept it.
        AcceptCareOrder = "accept_care_order",
        /// The contact person, or the leader of child welfare, must name another person in a care order: the person named has left, or has not
        /// accepted it within a week.
        AssignCareOrder = "assign_care_order",
        /// The leader must look again at when the family is informed of a disclosure, before it is.
        ReviewInforming = "review_informing",
        /// A leader must confirm or end a conflict of interest that others have stated, within 14 days.
        ConfirmConflict = "confirm_conflict",
        /// The caller may give their view of a conflict of interest that others have stated about them, before it is decided.
        GiveView = "give_view",
        /// The auditor must see that someone is notified of a breach.
        BreachStep = "breach_step",
    }
}

/// A pending task of the caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FollowUpOut {
    /// The kind of task.
    pub kind: FollowUpKind,
    /// The concern, measure, next step, note with the referral, meeting, transition, request for consent, handover, consent, case, role, unit, report, emergency access, claim, disclosure, withholding, care order,
    /// conflict of interest, absence, breach, or the registered person who is due or unborn.
    pub object_id: Uuid,
    /// The case, if there is one.
    pub case_id: Option<CaseId>,
    /// The child, if the task is a claim, or about a care order or a breach.
    pub child_id: Option<ChildId>,
    /// The unit of the staff member, if a leader must decide on a conflict of interest.
    pub unit_id: Option<UnitId>,
    /// The due date.
    pub due_on: NaiveDate,
    /// Whether the due date has passed.
    pub overdue: bool,
    /// Its time in the list.
    #[serde(skip)]
    at: DateTime<Utc>,
}

shown!(FollowUpOut { kind, object_id, case_id, child_id, unit_id, due_on, overdue, at });

impl FollowUpOut {
    /// Creates a task that is due on a date. It comes before tasks with a time on the same date.
    pub(super) fn on(
        kind: FollowUpKind,
        object_id: Uuid,
        case_id: Option<CaseId>,
        due_on: NaiveDate,
    ) -> Self {
        let at = beginning_of(due_on);
        Self { kind, object_id, case_id, child_id: None, unit_id: None, due_on, overdue: false, at }
    }

    /// Creates a task with a time.
    pub(super) fn at(
        kind: FollowUpKind,
        object_id: Uuid,
        case_id: Option<CaseId>,
        at: DateTime<Utc>,
    ) -> Self {
        let due_on = day_in_norway(at);
        Self { kind, object_id, case_id, child_id: None, unit_id: None, due_on, overdue: false, at }
    }

    /// Names the child.
    pub(super) fn about(self, child: ChildId) -> Self {
        Self { child_id: Some(child), ..self }
    }

    /// Names the unit.
    pub(super) fn of_unit(self, unit: UnitId) -> Self {
        Self { unit_id: Some(unit), ..self }
    }

    /// Returns whether it is overdue: the day has passed or, for a breach, the hour. A stand-in is missing from the first day.
    pub(super) fn is_overdue(&self, moment: Moment) -> bool {
        match self.kind {
            FollowUpKind::BreachStep => self.at < moment.now,
            FollowUpKind::NameStandIn => self.due_on <= moment.today,
            _ => self.due_on < moment.today,
        }
    }

    /// Returns its position in the list.
    #[must_use]
    pub fn place(&self) -> Place {
        // One statement can be a claim about several registrations.
        let child = self.child_id.filter(|_| self.kind == FollowUpKind::DecideClaim);
        Place { at: self.at, id: child.map_or(self.object_id, ChildId::uuid) }
    }
}

/// A position in the list, by time and then by id. A page starts after it even if the task there has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The time, in whole microseconds.
    pub at: DateTime<Utc>,
    /// The id of the object; for a claim, that of the child, because one statement can be a claim about several registrations.
    pub id: Uuid,
}

impl Place {
    /// Returns the same position among tasks without a time, as a date and an id.
    pub(super) fn among_days(self) -> (NaiveDate, Uuid) {
        let day = day_in_norway(self.at);
        if beginning_of(day) == self.at { (day, self.id) } else { (day, Uuid::max()) }
    }
}

impl Position for Place {
    const FIRST: Self = Self { at: DateTime::UNIX_EPOCH, id: Uuid::nil() };

    fn to_bytes(self) -> Vec<u8> {
        [&self.at.timestamp_micros().to_be_bytes()[..], self.id.as_bytes()].concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (micros, id) = bytes.split_first_chunk()?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?;
        // Limits the year to what both engines can store.
        let is_possible = (0..10_000).contains(&at.year());
        Some(Self { at, id: Uuid::from_slice(id).ok()? }).filter(|_| is_possible)
    }
}

/// The requested page of the list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FollowUpQuery {
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    #[param(value_type = Option<Cursor>)]
    pub cursor: Option<Cursor<Place>>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    pub limit: Option<Limit>,
}

impl FollowUpQuery {
    /// Returns the number of items.
    #[must_use]
    pub fn limit(&self) -> usize {
        PageQuery { cursor: None, limit: self.limit }.limit()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn what_is_due_on_a_day_comes_before_what_has_a_time_on_it_and_after_the_day_before() {
        let (id, kind) = (Uuid::from_u128(7), FollowUpKind::Meeting);
        for day in ["2026-03-29", "2026-10-25", "2026-11-22"] {
            let day: NaiveDate = day.parse().expect("a day");
            let on = FollowUpOut::on(kind, id, None, day).place();
            assert_eq!(on.among_days(), (day, id));
            let last = FollowUpOut::at(kind, id, None, on.at - TimeDelta::microseconds(1));
            let first = FollowUpOut::at(kind, id, None, on.at + TimeDelta::microseconds(1));
            assert_eq!((last.due_on, first.due_on), (day.pred_opt().expect("a day"), day));
            assert!(last.place() < on && on < first.place());
            assert_eq!(first.place().among_days(), (day, Uuid::max()), "all of the day has been seen");
        }
    }

    #[test]
    fn a_position_is_read_as_it_was_written_and_another_is_refused() {
        let place = Place { at: time("2026-11-22T09:00:00.123456Z"), id: Uuid::from_u128(7) };
        for place in [place, Place::FIRST] {
            assert_eq!(Place::of_bytes(&place.to_bytes()), Some(place));
        }
        let far = Place { at: DateTime::from_timestamp_micros(i64::MAX / 2).expect("a time"), ..place };
        for refused in [vec![], vec![0; 16], vec![0; 25], far.to_bytes()] {
            assert_eq!(Place::of_bytes(&refused), None, "{refused:?}");
        }
    }
}
