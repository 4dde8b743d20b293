//! The conditions of an arena (møtearena): the ages that it is for, and consent. They are checked when a meeting is called there, and again
//! when its minutes are recorded.

use chrono::{DateTime, Utc};

use crate::{
    access::{CaseFacts, Ground},
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{Person, Unit},
        vocabulary::Sector,
    },
    problem::{Problem, Result},
};

/// The conditions of an arena, as the plan of the municipality states them.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct Conditions {
    /// Whether everyone who must has to consent that services meet about the child; absent if the plan does not say.
    pub consent_required: Option<bool>,
    /// The lowest age of the child on the day of the meeting.
    pub age_from: Option<i64>,
    /// The highest age.
    pub age_to: Option<i64>,
}

impl Conditions {
    /// Checks the conditions for a meeting that begins at a time, by the consents of that time to units that the caller knows. `field` is
    /// what to point to.
    pub(super) fn allow(
        &self,
        field: &str,
        (starts_at, ground): (DateTime<Utc>, &Ground),
        case: &CaseFacts,
        knows: impl Fn(Id<Unit>, Sector) -> bool,
    ) -> Result<()> {
        let age = case.age_on(day_in_norway(starts_at));
        if self.age_from.is_some_and(|from| age < from) || self.age_to.is_some_and(|to| to < age) {
            return Err(Problem::field(field, "is an arena for children of another age"));
        }
        if self.needs_consent() && !ground.is_shared_with(knows) {
            let missing = "is an arena that requires consent, on the day of the meeting, from everyone who must, to another unit";
            return Err(Problem::field(field, missing));
        }
        Ok(())
    }

    /// Checks the people who attended: staff take part by a consent in force, or took part by one until after the meeting began.
    /// `seated` are the people who do or did.
    pub(super) fn admit(
        &self,
        attended: &[Id<Person>],
        seated: &[Id<Person>],
        case: &CaseFacts,
    ) -> Result<()> {
        let is_family = |person: Id<Person>| {
            person == case.child_person
                || case.registered_guardians.contains(&person)
                || case.child_welfare_person() == Some(person)
        };
        let admitted = |person: Id<Person>| is_family(person) || seated.contains(&person);
        match attended.iter().position(|person| !admitted(*person)) {
            Some(index) if self.needs_consent() => {
                let fault = "took part in an arena that requires consent, and there was none to their unit";
                Err(Problem::field(format!("/attended/{index}"), fault))
            }
            _ => Ok(()),
        }
    }

    fn needs_consent(&self) -> bool {
        self.consent_required == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{CaseState, Given},
        kernel::vocabulary::InformationKind,
    };

    fn fault(result: Result<()>) -> String {
        let response = actix_web::ResponseError::error_response(&result.expect_err("refused"));
        let body = actix_web::body::MessageBody::try_into_bytes(response.into_body()).expect("a body");
        let document: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        document["errors"][0]["pointer"].as_str().unwrap_or_default().into()
    }

    fn on(day: &str) -> DateTime<Utc> {
        format!("{day}T10:00:00Z").parse().expect("a time")
    }

    const ANY: Conditions = Conditions { consent_required: None, age_from: None, age_to: None };

    #[test]
    fn an_arena_is_for_the_ages_of_its_plan_on_the_day_of_the_meeting() {
        // Nine years old today, and born on this day of the year.
        let case = CaseFacts::sample(9);
        let allow = |age_from, age_to, day| {
            Conditions { age_from, age_to, ..ANY }.allow(
                "/arena_id",
                (on(day), &case.ground),
                &case,
                |_, _| true,
            )
        };
        for (from, to) in [(None, None), (Some(9), Some(9)), (Some(0), None), (None, Some(12))] {
            assert!(allow(from, to, "2026-11-22").is_ok(), "{from:?} {to:?}");
        }
        assert_eq!(fault(allow(Some(10), None, "2026-11-22")), "/arena_id");
        assert_eq!(fault(allow(None, Some(8), "2026-11-22")), "/arena_id");
        assert!(allow(Some(10), None, "2027-11-22").is_ok(), "the day of the meeting decides");
    }

    #[test]
    fn an_arena_that_requires_consent_needs_one_from_everyone_to_another_unit() {
        let given = |case: &CaseState, unit: Id<Unit>| Given {
            id: Id::new(),
            person: case.ground.family.guardians[0],
            unit,
            sector: Sector::Health,
            kind: InformationKind::Agreed,
            alone: None,
        };
        let arena = Conditions { consent_required: Some(true), ..ANY };
        let allow =
            |case: &CaseFacts| arena.allow("/attended", (on("2026-11-22"), &case.ground), case, |_, _| true);
        let case = CaseFacts::sample(9);
        assert_eq!(fault(allow(&case)), "/attended");
        let own = case.clone().with(|case| {
            let consent = given(case, case.ground.owner_unit);
            case.ground.in_force.push(consent);
        });
        assert_eq!(fault(allow(&own)), "/attended");
        let shared = case.clone().with(|case| {
            let consent = given(case, Id::new());
            case.ground.in_force.push(consent);
        });
        assert!(allow(&shared).is_ok());
        let hidden = arena.allow("/attended", (on("2026-11-22"), &shared.ground), &shared, |_, _| false);
        assert_eq!(fault(hidden), "/attended", "the unit is none that the caller knows");
        let missing = shared.with(|case| case.ground.family.guardians.push(Id::of_new_person()));
        assert_eq!(fault(allow(&missing)), "/attended");
        for consent_required in [Some(false), None] {
            let arena = Conditions { consent_required, ..ANY };
            assert!(arena.allow("/attended", (on("2026-11-22"), &case.ground), &case, |_, _| true).is_ok());
        }
    }
}
