//! Rules for measures and evaluations, independent of the database.

use chrono::NaiveDate;

use super::dto::{EvaluationIn, EvaluationOutcome, MeasureIn, MeasureOut, MeasurePatch, MeasureStatus};
use crate::{
    access::objects::MeasureObject,
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::PreventionLevel,
    },
    problem::Problem,
};

/// An invalid field in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    field: &'static str,
    detail: &'static str,
}

impl Refusal {
    pub(super) const fn new(field: &'static str, detail: &'static str) -> Self {
        Self { field, detail }
    }

    /// Returns the problem for input at `pointer` in the body.
    pub(super) fn at(self, pointer: &str) -> Problem {
        Problem::field(format!("{pointer}{}", self.field), self.detail)
    }
}

const TOO_LATE: &str = "must be within the longest time of the municipality";

/// The parts of a catalogue measure that a measure takes over.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct CatalogueEntry {
    pub(super) title: String,
    pub(super) level: PreventionLevel,
}

/// Returns the title and level in the input, or otherwise those of the catalogue.
pub(super) fn title_and_level(
    new: &MeasureIn,
    entry: Option<CatalogueEntry>,
) -> Result<(String, PreventionLevel), Refusal> {
    const MISSING: &str = "is required unless the measure is from the catalogue";
    let (title, level) = entry.map(|entry| (entry.title, entry.level)).unzip();
    let title = new.title.as_deref().map(str::to_owned).or(title);
    Ok((
        title.ok_or(Refusal::new("/title", MISSING))?,
        new.level.or(level).ok_or(Refusal::new("/level", MISSING))?,
    ))
}

/// The days on which an evaluation may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) today: NaiveDate,
    /// The last day, by the longest time of the municipality.
    pub(super) latest: NaiveDate,
}

/// Checks that the evaluation date is after the start, not in the past, and within the longest time of the municipality.
pub(super) fn evaluation_day(
    evaluate_on: NaiveDate,
    starts_on: NaiveDate,
    term: Term,
) -> Result<(), Refusal> {
    let Term { today, latest } = term;
    if evaluate_on < starts_on {
        return Err(Refusal::new("/evaluate_on", "must not be before the measure starts"));
    }
    if evaluate_on < today {
        return Err(Refusal::new("/evaluate_on", "must not be before today"));
    }
    if evaluate_on > latest {
        return Err(Refusal::new("/evaluate_on", TOO_LATE));
    }
    Ok(())
}

/// Checks that the measure is in force, as changes and evaluations require.
pub(super) fn in_force(status: MeasureStatus) -> Result<(), Problem> {
    match status {
        MeasureStatus::InForce => Ok(()),
        MeasureStatus::EndedReached | MeasureStatus::EndedNoEffect | MeasureStatus::EndedNotCarriedOut => {
            Err(Problem::conflict("the measure has ended"))
        }
    }
}

/// The person responsible and the date of evaluation after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) responsible: Id<Person>,
    pub(super) unit: Id<Unit>,
    pub(super) evaluate_on: Option<NaiveDate>,
    /// The day that the evaluation is moved from and to, if it is moved.
    pub(super) moved: Option<(NaiveDate, NaiveDate)>,
}

/// Applies a change. Does not check the person responsible.
pub(super) fn changed(
    object: &MeasureObject,
    measure: &MeasureOut,
    patch: &MeasurePatch,
    term: Term,
) -> Result<Changed, Refusal> {
    let MeasurePatch {
        responsible_id, responsible_unit_id, evaluate_on, ref description, ref reason, ..
    } = *patch;
    if responsible_id.is_none()
        && responsible_unit_id.is_none()
        && evaluate_on.is_none()
        && description.is_none()
    {
        return Err(Refusal::new("", "must contain at least one field to change"));
    }
    if let Some(day) = evaluate_on {
        evaluation_day(day, measure.starts_on, term)?;
        if reason.is_none() {
            return Err(Refusal::new("/reason", "is required when the evaluation is moved"));
        }
    } else if reason.is_some() && description.is_none() {
        return Err(Refusal::new(
            "/reason",
            "is not allowed without another date of evaluation or a new description",
        ));
    }
    let moved = measure.evaluate_on.zip(evaluate_on).filter(|(from, to)| from != to);
    Ok(Changed {
        responsible: responsible_id.unwrap_or(object.responsible_id),
        unit: responsible_unit_id.unwrap_or(object.unit_id),
        evaluate_on: evaluate_on.or(measure.evaluate_on),
        moved,
    })
}

/// Returns whether an evaluation is overdue.
pub(super) fn is_overdue(status: MeasureStatus, evaluate_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    status == MeasureStatus::InForce && evaluate_on.is_some_and(|day| day < today)
}

/// The effect of an evaluation on its measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) status: MeasureStatus,
    pub(super) evaluate_on: Option<NaiveDate>,
}

/// Returns the effect of an evaluation on a measure that started on `starts_on`.
pub(super) fn effect(evaluation: &EvaluationIn, starts_on: NaiveDate, term: Term) -> Result<Effect, Refusal> {
    if evaluation.held_on > term.today {
        return Err(Refusal::new("/held_on", "must not be in the future"));
    }
    voice_of_child(evaluation)?;
    let status = match evaluation.outcome {
        EvaluationOutcome::Continue | EvaluationOutcome::Adjust => MeasureStatus::InForce,
        EvaluationOutcome::EndReached => MeasureStatus::EndedReached,
        EvaluationOutcome::EndNoEffect => MeasureStatus::EndedNoEffect,
        EvaluationOutcome::EndNotCarriedOut => MeasureStatus::EndedNotCarriedOut,
    };
    let goes_on = status == MeasureStatus::InForce;
    Ok(Effect { status, evaluate_on: next_day(evaluation, goes_on, starts_on, term)? })
}

fn voice_of_child(evaluation: &EvaluationIn) -> Result<(), Refusal> {
    match (&evaluation.child_view, &evaluation.child_view_missing_reason) {
        (Some(_), None) | (None, Some(_)) => Ok(()),
        (None, None) => Err(Refusal::new("/child_view", "is required, or the reason why it is missing")),
        (Some(_), Some(_)) => {
            Err(Refusal::new("/child_view", "must not be given with a reason why it is missing"))
        }
    }
}

fn next_day(
    evaluation: &EvaluationIn,
    goes_on: bool,
    starts_on: NaiveDate,
    term: Term,
) -> Result<Option<NaiveDate>, Refusal> {
    let refused = |detail| Err(Refusal::new("/next_evaluation_on", detail));
    match evaluation.next_evaluation_on {
        None if goes_on => refused("is required when the measure continues"),
        None => Ok(None),
        Some(_) if !goes_on => refused("is not allowed when the measure ends"),
        Some(next) if next <= evaluation.held_on => refused("must be after the day it was held"),
        Some(next) if next < term.today => refused("must not be before today"),
        Some(next) if next > term.latest => refused(TOO_LATE),
        Some(next) if next < starts_on => refused("must not be before the measure starts"),
        Some(next) => Ok(Some(next)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::problem::Code;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn today() -> NaiveDate {
        date("2026-06-15")
    }

    fn term() -> Term {
        Term { today: today(), latest: date("2027-06-15") }
    }

    fn measure(fields: Value) -> MeasureIn {
        let person = "01990b5e-7c1a-7a52-9d60-3f1c5a0e7b12";
        let mut body = json!({"responsible_id": person, "responsible_unit_id": person, "evaluate_on": "2026-08-01", "contains": []});
        merge(&mut body, fields);
        serde_json::from_value(body).expect("a measure")
    }

    fn evaluation(fields: Value) -> EvaluationIn {
        let mut body = json!({"held_on": "2026-06-15", "assessment": "It helps.", "contains": []});
        merge(&mut body, fields);
        serde_json::from_value(body).expect("an evaluation")
    }

    fn merge(body: &mut Value, fields: Value) {
        let Value::Object(fields) = fields else { return };
        body.as_object_mut().expect("an object").extend(fields);
    }

    fn refused_field(fields: Value) -> &'static str {
        effect(&evaluation(fields), date("2026-01-01"), term()).expect_err("refused").field
    }

    #[test]
    fn a_measure_written_freely_needs_title_and_level() {
        let refused = |fields| title_and_level(&measure(fields), None).expect_err("refused").field;
        assert_eq!(refused(json!({"level": "selective"})), "/title");
        assert_eq!(refused(json!({"title": "Play group"})), "/level");
        let free = measure(json!({"title": "Play group", "level": "selective"}));
        let expected = ("Play group".to_owned(), PreventionLevel::Selective);
        assert_eq!(title_and_level(&free, None), Ok(expected));
    }

    #[test]
    fn the_catalogue_gives_what_is_left_out() {
        let entry = || CatalogueEntry { title: "COS-P".to_owned(), level: PreventionLevel::Indicated };
        let bare = title_and_level(&measure(json!({})), Some(entry()));
        assert_eq!(bare, Ok(("COS-P".to_owned(), PreventionLevel::Indicated)));
        let own = title_and_level(&measure(json!({"title": "COS-P, evening"})), Some(entry()));
        assert_eq!(own, Ok(("COS-P, evening".to_owned(), PreventionLevel::Indicated)));
    }

    #[test]
    fn a_measure_is_evaluated_today_at_the_earliest_and_not_before_it_starts() {
        let refused = |evaluate_on, starts_on| {
            evaluation_day(date(evaluate_on), date(starts_on), term()).err().map(|refusal| refusal.field)
        };
        assert_eq!(refused("2026-06-15", "2026-06-15"), None);
        assert_eq!(refused("2026-06-15", "2025-01-01"), None);
        assert_eq!(refused("2026-06-14", "2025-01-01"), Some("/evaluate_on"));
        assert_eq!(refused("2026-06-30", "2026-07-01"), Some("/evaluate_on"));
        assert_eq!(refused("2027-06-15", "2026-07-01"), None);
        assert_eq!(refused("2027-06-16", "2026-07-01"), Some("/evaluate_on"), "beyond the longest time");
    }

    #[test]
    fn only_a_measure_in_force_is_changed() {
        assert!(in_force(MeasureStatus::InForce).is_ok());
        for status in
            [MeasureStatus::EndedReached, MeasureStatus::EndedNoEffect, MeasureStatus::EndedNotCarriedOut]
        {
            let refused = in_force(status).map_err(|problem| problem.code());
            assert_eq!(refused, Err(Code::Conflict), "{status}");
        }
    }

    #[test]
    fn a_measure_is_overdue_from_the_day_after() {
        let overdue = |status, day| is_overdue(status, Some(date(day)), today());
        assert!(overdue(MeasureStatus::InForce, "2026-06-14"));
        assert!(!overdue(MeasureStatus::InForce, "2026-06-15"));
        assert!(!is_overdue(MeasureStatus::EndedReached, None, today()));
    }

    #[test]
    fn a_measure_that_goes_on_gets_its_next_day() {
        for outcome in ["continue", "adjust"] {
            let given = evaluation(
                json!({"outcome": outcome, "child_view": "Good.", "next_evaluation_on": "2026-08-01"}),
            );
            let expected = Effect { status: MeasureStatus::InForce, evaluate_on: Some(date("2026-08-01")) };
            assert_eq!(effect(&given, date("2026-01-01"), term()), Ok(expected));
        }
    }

    #[test]
    fn a_measure_that_ends_has_no_next_day() {
        for (outcome, status) in [
            ("end_reached", MeasureStatus::EndedReached),
            ("end_no_effect", MeasureStatus::EndedNoEffect),
            ("end_not_carried_out", MeasureStatus::EndedNotCarriedOut),
        ] {
            let given = evaluation(json!({"outcome": outcome, "child_view_missing_reason": "Too young."}));
            assert_eq!(effect(&given, date("2026-01-01"), term()), Ok(Effect { status, evaluate_on: None }));
            let with_day =
                json!({"outcome": outcome, "child_view": "Good.", "next_evaluation_on": "2026-08-01"});
            assert_eq!(refused_field(with_day), "/next_evaluation_on");
        }
    }

    #[test]
    fn the_next_day_is_to_come_and_after_the_one_held() {
        let next = |held_on: &str, day: Option<&str>| {
            let fields = json!({
                "held_on": held_on, "outcome": "continue", "child_view": "Good.", "next_evaluation_on": day,
            });
            effect(&evaluation(fields), date("2026-06-01"), term()).err().map(|refusal| refusal.field)
        };
        assert_eq!(next("2026-06-10", Some("2026-06-15")), None);
        assert_eq!(next("2026-06-15", Some("2026-06-15")), Some("/next_evaluation_on"));
        assert_eq!(next("2026-06-10", Some("2026-06-14")), Some("/next_evaluation_on"));
        assert_eq!(next("2026-06-10", None), Some("/next_evaluation_on"));
        assert_eq!(
            next("2026-06-10", Some("2027-06-16")),
            Some("/next_evaluation_on"),
            "beyond the longest time"
        );
    }

    #[test]
    fn a_measure_that_has_not_started_is_not_evaluated_before_it_does() {
        let early = json!({"outcome": "adjust", "child_view": "Good.", "next_evaluation_on": "2026-06-20"});
        let refused = effect(&evaluation(early), date("2026-07-01"), term()).map_err(|refusal| refusal.field);
        assert_eq!(refused, Err("/next_evaluation_on"));
    }

    #[test]
    fn the_voice_of_the_child_is_told_or_its_absence_explained() {
        assert_eq!(refused_field(json!({"outcome": "end_reached"})), "/child_view");
        let both =
            json!({"outcome": "end_reached", "child_view": "Good.", "child_view_missing_reason": "Ill."});
        assert_eq!(refused_field(both), "/child_view");
    }

    #[test]
    fn an_evaluation_is_not_held_in_the_future() {
        let tomorrow = json!({"held_on": "2026-06-16", "outcome": "end_reached", "child_view": "Good."});
        assert_eq!(refused_field(tomorrow), "/held_on");
    }

    #[test]
    fn a_day_is_in_a_year_of_four_digits() {
        let read = |field: &str, day: &str| {
            let mut body = json!({
                "held_on": "2026-06-15", "assessment": "It helps.", "outcome": "continue", "contains": [],
            });
            body[field] = day.into();
            serde_json::from_value::<EvaluationIn>(body).is_ok()
        };
        assert!(read("next_evaluation_on", "2026-08-01"));
        assert!(!read("next_evaluation_on", "+12026-08-01"));
        assert!(!read("held_on", "-0001-08-01"));
    }
}
