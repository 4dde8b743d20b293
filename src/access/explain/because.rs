//! The reasons that the facts are as they are: rows that are missing, or that have ended and when.

use chrono::{Months, NaiveDate};

use super::{
    answer::{Hint, HintKind},
    rows::{ConsentRow, Rows},
    what_if::Change,
};
use crate::{
    access::CaseFacts,
    identity::Caller,
    kernel::{
        Id,
        clock::{age_on, day_in_norway},
        ids::{Person, Unit},
        vocabulary::{InformationKind, Role},
    },
};

/// The age of majority.
const MAJORITY: i64 = 18;

/// The data that the reasons are found in.
#[derive(Debug)]
pub(super) struct Background<'a> {
    /// The person that the question is about.
    pub person: &'a Caller,
    /// The person that they act as on the object.
    /// The day that the rules are evaluated for.
    pub day: NaiveDate,
    /// The case, with the person's relation to it.
    pub case: Option<&'a CaseFacts>,
    pub rows: &'a Rows,
    /// Whether the person is disqualified in relation to the child.
    pub disqualified: bool,
    /// Whether the asker may know who has consented to what.
    pub tells_of_consents: bool,
}

impl Background<'_> {
    /// Returns the reasons that this fact does not have the value it would need.
    pub fn of(&self, change: &Change) -> Vec<Hint> {
        if !change.becomes {
            return match change.fact.as_str() {
                "disqualified" => self.disqualified(),
                "roles" => self.without_content(),
                _ => Vec::new(),
            };
        }
        let unit = change.unit.as_deref().and_then(|unit| unit.parse().ok());
        match change.fact.as_str() {
            "seat" | "seat_in_unit" | "seat_in_sector" => [self.barred(), self.seat()].concat(),
            "contact_person" => [self.barred(), self.baton()].concat(),
            "leads_contact_unit" => [self.barred(), self.lead()].concat(),
            "works_in" => [self.barred(), self.role(unit, Role::Worker)].concat(),
            "leads" => [self.barred(), self.role(unit, Role::UnitLeader)].concat(),
            "registered"
            | "leads_registering_unit"
            | "offered_baton"
            | "offered_record"
            | "has_next_step"
            | "same_municipality" => self.barred(),
            "guardian" => self.guardian(),
            "young_person" => self.young_person(),
            _ => Vec::new(),
        }
    }

    fn barred(&self) -> Vec<Hint> {
        [self.disqualified(), self.without_content()].concat()
    }

    fn without_content(&self) -> Vec<Hint> {
        let says = "holds a role that excludes content, whatever other roles are held";
        let holds = self.person.is_kept_from_content();
        if holds { vec![Hint::new(HintKind::RoleExcludesContent, says)] } else { Vec::new() }
    }

    fn disqualified(&self) -> Vec<Hint> {
        let says = "is disqualified in relation to the child (fvl § 6)";
        if self.disqualified { vec![Hint::new(HintKind::Disqualified, says)] } else { Vec::new() }
    }

    /// Returns why no seat counts: there never was one, it has ended, or the role or a consent is missing.
    fn seat(&self) -> Vec<Hint> {
        let Some(case) = self.case else { return Vec::new() };
        let live: Vec<Id<Unit>> =
            self.rows.team.iter().filter(|row| row.left_at.is_none()).map(|row| row.unit_id).collect();
        if !live.is_empty() {
            let why =
                |unit: Id<Unit>| [self.role(Some(unit), Role::Worker), self.consents(case, unit)].concat();
            return live.into_iter().flat_map(why).collect();
        }
        let ended =
            self.rows.team.iter().filter_map(|row| Some((row.unit_id, row.left_at?))).max_by_key(|it| it.1);
        let mut hints = match ended {
            Some((unit, at)) => {
                let day = day_in_norway(at);
                let says = format!("the membership of the team through unit {unit} ended on {day}");
                let seat = Hint::new(HintKind::SeatEnded, says).unit(unit).day(day);
                [vec![seat], self.role(Some(unit), Role::Worker)].concat()
            }
            None => vec![Hint::new(HintKind::SeatMissing, "has never been a team member")],
        };
        let own_units: Vec<Id<Unit>> = self.person.works_in().map(|seat| seat.unit_id).collect();
        hints.extend(own_units.into_iter().flat_map(|unit| self.consents(case, unit)));
        hints
    }

    fn baton(&self) -> Vec<Hint> {
        let Some(case) = self.case else { return Vec::new() };
        if self.person.is(case.contact_person) {
            return self.seat();
        }
        let says = format!("only the contact person may: {}", case.contact_person);
        vec![Hint::new(HintKind::ContactPersonOnly, says).person(case.contact_person).unit(case.contact_unit)]
    }

    fn lead(&self) -> Vec<Hint> {
        let Some(case) = self.case else { return Vec::new() };
        let unit = case.holding_unit();
        let says = format!("only the leader of unit {unit} may, which is responsible for the case");
        let mut hints = vec![Hint::new(HintKind::LeaderOnly, says).unit(unit)];
        hints.extend(
            self.role(Some(unit), Role::UnitLeader)
                .into_iter()
                .filter(|hint| hint.kind == HintKind::RoleEnded),
        );
        hints
    }

    /// Returns why the person does not work in a unit, or does not lead it.
    fn role(&self, unit: Option<Id<Unit>>, role: Role) -> Vec<Hint> {
        let Some(unit) = unit else { return Vec::new() };
        let fits = |held: Role| held == role || (role == Role::Worker && held == Role::UnitLeader);
        let mut held = self.rows.roles.iter().filter(|row| row.unit_id == unit && fits(row.role));
        if held.clone().any(|row| row.ended_by(self.day).is_none()) {
            return Vec::new();
        }
        let ended = held.by_ref().filter_map(|row| row.ended_by(self.day)).max();
        let hint = match ended {
            Some(day) => {
                let says = format!("the role in unit {unit} ended on {day}");
                Hint::new(HintKind::RoleEnded, says).day(day)
            }
            None => Hint::new(HintKind::RoleMissing, format!("does not have the role {role} in unit {unit}")),
        };
        vec![hint.unit(unit)]
    }

    /// Returns the people whose consent to a unit is missing, and why.
    fn consents(&self, case: &CaseFacts, unit: Id<Unit>) -> Vec<Hint> {
        if !self.tells_of_consents || case.ground.covers(unit) {
            return Vec::new();
        }
        let held = self.rows.roles.iter().find(|row| row.unit_id == unit);
        let Some(sector) = held.map(|row| row.sector) else { return Vec::new() };
        if case.ground.family.consenters(InformationKind::Agreed, sector).is_empty() {
            let says = "no registered person can consent";
            return vec![Hint::new(HintKind::NobodyCanConsent, says).unit(unit)];
        }
        case.ground.missing(unit, sector).into_iter().map(|person| self.consent(person, unit)).collect()
    }

    fn consent(&self, person: Id<Person>, unit: Id<Unit>) -> Hint {
        let given: Vec<&ConsentRow> =
            self.rows.consents.iter().filter(|row| (row.given_by, row.unit_id) == (person, unit)).collect();
        let consent = format!("the consent from {person} to unit {unit}");
        let standing = given.iter().filter(|row| row.withdrawn_at.is_none());
        let coming = standing.clone().map(|row| row.valid_from).filter(|from| *from > self.day).min();
        let run_out = standing.map(|row| row.valid_until).filter(|until| *until < self.day).max();
        let withdrawn = given.iter().filter_map(|row| row.withdrawn_at).max().map(day_in_norway);
        let (kind, says, day) = match (coming, run_out, withdrawn) {
            (Some(day), ..) => {
                (HintKind::ConsentNotBegun, format!("{consent} is in force from {day}"), Some(day))
            }
            (_, Some(day), withdrawn) if withdrawn.is_none_or(|at| at <= day) => {
                (HintKind::ConsentEnded, format!("{consent} expired on {day}"), Some(day))
            }
            (_, _, Some(day)) => {
                (HintKind::ConsentWithdrawn, format!("{consent} was withdrawn on {day}"), Some(day))
            }
            _ => (HintKind::ConsentMissing, format!("{consent} is missing"), None),
        };
        Hint { day, ..Hint::new(kind, says).person(person).unit(unit) }
    }

    fn guardian(&self) -> Vec<Hint> {
        let Some(child) = &self.rows.child else { return Vec::new() };
        let live = self.rows.guardianships.iter().find(|row| row.ended_at.is_none());
        let ended = self.rows.guardianships.iter().filter_map(|row| row.ended_at).max().map(day_in_norway);
        let hint = match (live, ended) {
            (Some(row), _) if !row.parental_responsibility => {
                let says = "is registered as a guardian without parental responsibility";
                Hint::new(HintKind::NoParentalResponsibility, says)
            }
            (Some(_), _) if age_on(child.birth_date, self.day) >= MAJORITY => {
                let day = birthday(child.birth_date, MAJORITY);
                Hint { day, ..Hint::new(HintKind::OfAge, "the child has come of age") }
            }
            (Some(_), _) => return Vec::new(),
            (None, Some(day)) => {
                Hint::new(HintKind::GuardianshipEnded, format!("the guardianship ended on {day}")).day(day)
            }
            (None, None) => Hint::new(HintKind::NotGuardian, "is not registered as a guardian of the child"),
        };
        vec![hint]
    }

    fn young_person(&self) -> Vec<Hint> {
        let Some(child) = self.rows.child.as_ref().filter(|child| self.person.is(child.person_id)) else {
            return Vec::new();
        };
        let (age, needed) = (age_on(child.birth_date, self.day), child.own_record_age);
        let says = format!("the young person is {age}, and sees the record and consents from {needed}");
        vec![Hint { day: birthday(child.birth_date, needed), ..Hint::new(HintKind::TooYoung, says) }]
    }
}

/// Returns the first day at this age.
fn birthday(born: NaiveDate, age: i64) -> Option<NaiveDate> {
    let day = born.checked_add_months(Months::new(u32::try_from(age).ok()? * 12))?;
    // Someone born on 29 February is a year older on 1 March in other years.
    if age_on(born, day) < age { day.succ_opt() } else { Some(day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_an_age_is_the_first_on_which_one_is_so_old() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(birthday(day("2011-03-14"), 15), Some(day("2026-03-14")));
        assert_eq!(birthday(day("2012-02-29"), 15), Some(day("2027-03-01")));
        assert_eq!(birthday(day("2008-02-29"), 16), Some(day("2024-02-29")));
    }
}
