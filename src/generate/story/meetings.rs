//! Meetings with the family: the meetings that were held and the next one.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{super::texts, Story, workday};
use crate::{
    kernel::{
        Id,
        clock::age_on,
        ids::{Arena, Meeting, Person},
        vocabulary::Protection,
    },
    meetings::rows::{DecisionRow, InvitationStatus, MeetingRow, MeetingStatus, MinutesRow, ParticipantRow},
};

/// The most meetings of a case.
const MOST: usize = 5;

impl Story<'_, '_> {
    /// A meeting a few weeks after the beginning, and then every three months or so.
    pub(super) fn meet(&mut self) {
        let mut day = self.period.opened + TimeDelta::days(self.random.between(26, 45));
        for _ in 0..MOST {
            if day >= self.period.ends {
                break;
            }
            let is_held = self.random.chance(92);
            self.add_meeting(
                workday(day),
                if is_held { MeetingStatus::Held } else { MeetingStatus::Cancelled },
            );
            day += TimeDelta::days(self.random.between(60, 160));
        }
        if !self.period.is_closed && self.period.days() > 10 && self.random.chance(45) {
            let day = workday(self.source.today + TimeDelta::days(self.random.between(5, 40)));
            self.add_meeting(day, MeetingStatus::Planned);
        }
    }

    fn add_meeting(&mut self, day: NaiveDate, status: MeetingStatus) {
        let organisation = self.organisation();
        let called_by = organisation.person(self.contact);
        let id = self.ids.next();
        let starts_at = day.and_time(chrono::NaiveTime::MIN).and_utc()
            + TimeDelta::minutes(30 * self.random.between(14, 27));
        let called_on = workday((day - TimeDelta::days(14)).min(self.period.ends)).max(self.period.opened);
        let created_at = self.moment(called_on);
        let family: Vec<Id<Person>> = self.invited_of_family();
        let reason = family.is_empty().then(|| self.one(texts::ABSENT).into());
        let held_at = (self.child.protection != Protection::StrictlyConfidential)
            .then(|| self.one(texts::PLACES).into());
        let agenda = self.one(texts::AGENDAS);
        let arena = self.arena_for(age_on(self.child.born, day));
        let minutes = (status == MeetingStatus::Held).then(|| MinutesRow {
            text: self.two(texts::MINUTES, texts::MINUTES_MORE).into(),
            by: called_by,
            at: starts_at + TimeDelta::hours(2),
        });
        self.batch.meetings.push(MeetingRow {
            place: self.place,
            id,
            arena,
            called_by,
            starts_at,
            held_at,
            agenda: agenda.into(),
            family_absent_reason: reason,
            status,
            minutes,
            created_at,
        });
        self.invite(id, called_by, family, called_on, (status, starts_at));
        if status == MeetingStatus::Held {
            self.decide(id, day);
        }
    }

    /// The guardians who see the record and the young person, or the one in child welfare who decides.
    /// Some meetings are held in an arena for children of an age.
    fn arena_for(&mut self, age: i64) -> Option<Id<Arena>> {
        let organisation = self.organisation();
        let arenas =
            &organisation.municipalities[organisation.zones[self.zone].municipality].catalogue.arenas;
        let fits = |(_, from, to): &&(Id<Arena>, i64, i64)| (*from..=*to).contains(&age);
        let arenas: Vec<_> = arenas.iter().filter(fits).map(|(id, ..)| *id).collect();
        (!arenas.is_empty() && self.random.chance(40)).then(|| *self.random.pick(&arenas))
    }

    fn invited_of_family(&self) -> Vec<Id<Person>> {
        let guardians = self.family.seeing().map(|guardian| guardian.person);
        let youth = self.child.is_youth.then_some(self.child.person);
        let decides = self.family.child_welfare.map(|seat| self.person(seat));
        guardians.chain(youth).chain(decides).collect()
    }

    fn invite(
        &mut self,
        meeting: Id<Meeting>,
        called_by: Id<Person>,
        family: Vec<Id<Person>>,
        called_on: NaiveDate,
        (status, starts_at): (MeetingStatus, DateTime<Utc>),
    ) {
        let mut invited = vec![called_by];
        invited.extend(self.helpers_on(called_on).map(|helper| self.person(helper.seat)));
        invited.extend(family);
        invited.sort_unstable();
        invited.dedup();
        for person in invited {
            let answer = match self.random.below(10) {
                _ if person == called_by => InvitationStatus::Coming,
                0..2 if status == MeetingStatus::Planned => InvitationStatus::Awaited,
                2 => InvitationStatus::NotComing,
                _ => InvitationStatus::Coming,
            };
            let attended = (status == MeetingStatus::Held).then_some(answer == InvitationStatus::Coming);
            let approved_at =
                (attended == Some(true) && self.random.chance(60)).then(|| starts_at + TimeDelta::hours(20));
            let approved_at = approved_at.filter(|at| at.date_naive() < self.source.today);
            self.batch.participants.push(ParticipantRow {
                municipality: self.place.municipality,
                meeting,
                person,
                answer,
                attended,
                approved_at,
                called: true,
            });
        }
    }

    /// One or two things are decided; some become measures.
    fn decide(&mut self, meeting: Id<Meeting>, day: NaiveDate) {
        let left = (self.period.ends - day).num_days();
        for number in 1..=self.random.between(1, 2) {
            let becomes = number == 1 && left > 30 && self.random.chance(35);
            let measure = becomes.then(|| self.add_measure(day, Some(meeting)));
            let text = self.one(texts::AGREED).into();
            self.batch.decisions.push(DecisionRow { place: self.place, meeting, number, text, measure });
        }
    }
}
