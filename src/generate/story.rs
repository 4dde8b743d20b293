//! One case from the concern to today: the child, the helpers, the agreements and their results.

mod consents;
mod help;
mod meetings;
mod notes;
mod register;
mod team;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};

use super::{
    batch::Batch,
    family::{self, ChildPart, Family, Period},
    looks::Trace,
    organisation::{CHILD_WELFARE, Organisation, Seat},
    people::Numbers,
    random::{Ids, Random},
    texts::{self, THEMES, Theme},
};
use crate::{
    access::CasePlace,
    cases::rows::{AgreedWith, CaseEventKind, CaseRow, ClosedRow, ContactRow, EventRow},
    catalogue::GuideLevel,
    kernel::{
        Id,
        ids::{Goal, Person},
        vocabulary::Protection,
    },
    next_steps::rows::{Holder, StepRow},
};

/// The input and the memory of all cases.
pub(super) struct Source<'a> {
    pub organisation: &'a Organisation,
    pub numbers: Numbers,
    /// The last family of each zone: the next child may be a sister or brother.
    pub families: Vec<Option<Family>>,
    /// The guardian with the known username exists.
    pub has_guardian: bool,
    pub password_hash: &'a str,
    pub today: NaiveDate,
    pub seed: u64,
    pub cases: usize,
}

/// Someone from another unit who helps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Helper {
    pub seat: Seat,
    pub joined: NaiveDate,
    pub left: Option<NaiveDate>,
}

/// A case while it is made.
pub(super) struct Story<'a, 's> {
    source: &'s mut Source<'a>,
    batch: &'s mut Batch<'a>,
    random: Random,
    ids: Ids,
    place: CasePlace<'a>,
    number: usize,
    zone: usize,
    period: Period,
    opener: Seat,
    contact: Seat,
    contact_since: DateTime<Utc>,
    helpers: Vec<Helper>,
    child: ChildPart,
    family: Family,
    theme: &'static Theme,
    goals: Vec<Id<Goal>>,
}

/// Years that the cases are spread over, in days.
pub(super) const SPAN: i64 = 4 * 365;

/// All synthetic numbers are used.
#[derive(Debug)]
pub(super) struct NoNumberLeft;

/// Makes one case, and returns what the access log needs of it.
pub(super) fn make<'a>(
    source: &mut Source<'a>,
    batch: &mut Batch<'a>,
    number: usize,
    home: super::placing::Home,
) -> Result<Trace, NoNumberLeft> {
    let mut story = begin(source, batch, number, home);
    story.register()?;
    story.raise_concern();
    story.hand_over();
    story.choose_helpers();
    story.consent();
    story.seat_all();
    story.open();
    story.set_goals();
    story.meet();
    story.help();
    story.write_notes();
    Ok(story.trace())
}

fn begin<'a, 's>(
    source: &'s mut Source<'a>,
    batch: &'s mut Batch<'a>,
    number: usize,
    home: super::placing::Home,
) -> Story<'a, 's> {
    let organisation = source.organisation;
    let mut random = Random::new(source.seed, number as u64);
    let period = period(&mut random, source, number);
    let mut ids = Ids::from(random.clone(), period.opened_at);
    let opener = organisation.opener(home);
    let municipality = &organisation.municipalities[organisation.zones[home.zone].municipality];
    let kind = organisation.kind_in(home.zone, opener.unit);
    let age = municipality.catalogue.own_record_age;
    let (born, is_youth) = family::birth(&mut random, period, kind, age);
    let is_first = organisation.is_known(opener) && !source.has_guardian;
    let protection = if is_first { Protection::None } else { family::protection(&mut random) };
    let may_be_special = !is_first && !is_youth && !protection.is_graded();
    let family = family_of(&mut random, source, home.zone, (protection, is_first, may_be_special));
    let given = super::names::given(&mut random);
    let child = ChildPart {
        id: ids.next(),
        person: random.person(),
        given,
        name: format!("{given} {}", family.surname),
        born,
        is_youth,
        protection,
    };
    let place = CasePlace {
        municipality: &municipality.number,
        sector: organisation.units[opener.unit].sector,
        case: ids.next(),
    };
    let theme = random.pick(&THEMES);
    Story {
        source,
        batch,
        random,
        ids,
        place,
        number,
        zone: home.zone,
        period,
        opener,
        contact: opener,
        contact_since: period.opened_at,
        helpers: Vec::new(),
        child,
        family,
        theme,
        goals: Vec::new(),
    }
}

/// The family of a child: a new one, that of an earlier child, or one under a care order.
fn family_of(
    random: &mut Random,
    source: &Source<'_>,
    zone: usize,
    (protection, is_first, may_be_special): (Protection, bool, bool),
) -> Family {
    let has_sibling = random.chance(8) && !protection.is_graded() && !is_first;
    if let Some(family) = source.families[zone].as_ref().filter(|_| has_sibling) {
        return family.clone();
    }
    let family = family::parents(random, protection);
    if !may_be_special || !random.chance(1) {
        return family;
    }
    let organisation = source.organisation;
    let decides = organisation.worker(organisation.zones[zone].units[CHILD_WELFARE], random.below(1 << 16));
    family::under_order(family, random, decides)
}

/// The period of a case. Cases are numbered in the order of their opening, and older cases are closed more often.
fn period(random: &mut Random, source: &Source<'_>, number: usize) -> Period {
    let yesterday = source.today - Days::new(1);
    let left = i64::try_from(source.cases - 1 - number).unwrap_or(0);
    let age = 6 + SPAN * left / i64::try_from(source.cases).unwrap_or(1).max(1);
    let opened = workday(source.today - TimeDelta::days(age));
    let age = (yesterday - opened).num_days();
    let is_closed = age > 90 && random.chance(usize::try_from(age / 20).unwrap_or(0).min(72));
    let length = if is_closed { random.between(60, (age - 1).min(900)) } else { age };
    let ends = if is_closed { workday(opened + TimeDelta::days(length)) } else { yesterday };
    Period { opened_at: moment(random, opened), opened, ends, is_closed }
}

/// The day itself, or the Friday before it.
fn workday(day: NaiveDate) -> NaiveDate {
    let back = match day.weekday() {
        Weekday::Sat => 1,
        Weekday::Sun => 2,
        _ => 0,
    };
    day - Days::new(back)
}

/// A moment of a working day.
fn moment(random: &mut Random, day: NaiveDate) -> DateTime<Utc> {
    let seconds = random.between(6 * 3_600, 14 * 3_600 + 1_800);
    day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::seconds(seconds)
}

impl<'a> Story<'a, '_> {
    fn organisation(&self) -> &'a Organisation {
        self.source.organisation
    }

    fn person(&self, seat: Seat) -> Id<Person> {
        self.organisation().person(seat)
    }

    /// A day of the case, so many days after it was opened, and no later than its end.
    fn day(&mut self, first: i64, last: i64) -> NaiveDate {
        let days = self.random.between(first, last);
        workday((self.period.opened + TimeDelta::days(days)).min(self.period.ends)).max(self.period.opened)
    }

    fn moment(&mut self, day: NaiveDate) -> DateTime<Utc> {
        // Nothing happens in a case before it is opened.
        moment(&mut self.random, day).max(self.period.opened_at + TimeDelta::minutes(5))
    }

    fn one(&mut self, from: &[&str]) -> String {
        texts::one(&mut self.random, from, self.child.given)
    }

    fn two(&mut self, first: &[&str], second: &[&str]) -> String {
        texts::two(&mut self.random, first, second, self.child.given)
    }

    /// Helpers who take part on a day.
    fn helpers_on(&self, day: NaiveDate) -> impl Iterator<Item = &Helper> {
        self.helpers
            .iter()
            .filter(move |helper| helper.joined <= day && helper.left.is_none_or(|left| day < left))
    }

    /// Everyone whose consent is needed for some unit.
    fn consenters(&self) -> Vec<Id<Person>> {
        let mut consenters = match self.family.child_welfare {
            Some(seat) => vec![self.person(seat)],
            None => {
                let responsible = self.family.guardians.iter().filter(|guardian| guardian.responsible);
                responsible.map(|guardian| guardian.person).collect()
            }
        };
        if self.child.is_youth {
            consenters.push(self.child.person);
        }
        consenters
    }

    /// The case itself, with its history.
    fn open(&mut self) {
        let organisation = self.organisation();
        let municipality = organisation.zones[self.zone].municipality;
        let levels = &organisation.municipalities[municipality].catalogue.levels;
        let level = *self.random.pick(levels);
        let reason = self.two(self.theme.reasons, self.theme.facts);
        self.add_event(CaseEventKind::Opened, level, reason.clone(), None, self.period.opened_at);
        let (mut level_now, mut level_reason) = (level, None);
        if self.period.days() > 60 && self.random.chance(25) {
            level_now = *self.random.pick(levels);
            let reason = self.one(texts::LEVELS);
            let day = self.day(30, self.period.days() - 10);
            let at = self.moment(day);
            self.add_event(CaseEventKind::LevelChanged, level_now, reason.clone(), None, at);
            level_reason = Some(reason.into());
        }
        let mut closed = None;
        if self.period.is_closed {
            let (reason, last) = (self.one(texts::CLOSINGS), self.one(texts::FINALS));
            // After all else that happened on the day.
            let at = self.period.ends.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(15);
            self.add_event(CaseEventKind::Closed, level_now, reason.clone(), Some(last.clone()), at);
            closed = Some(ClosedRow { at, reason: reason.into(), final_evaluation: last.into() });
        }
        self.set_next_step();
        self.batch.cases.push(CaseRow {
            place: self.place,
            child: self.child.id,
            unit: organisation.unit(self.opener),
            opened_by: organisation.person(self.opener),
            reason: reason.into(),
            level: level_now,
            level_reason,
            agreed_with: if self.child.is_youth { AgreedWith::Youth } else { AgreedWith::Guardians },
            agreed_on: self.period.opened,
            opened_at: self.period.opened_at,
            closed,
            contact: ContactRow {
                person: organisation.person(self.contact),
                unit: organisation.unit(self.contact),
                since: self.contact_since,
            },
        });
    }

    /// An open case has a next step. Some are overdue.
    fn set_next_step(&mut self) {
        if self.period.is_closed {
            return;
        }
        let what = self.one(texts::NEXT_STEPS);
        let holder = if self.random.chance(15) { Holder::Family } else { Holder::ContactPerson };
        let due_on = self.source.today + TimeDelta::days(self.random.between(-10, 40));
        self.batch.next_steps.push(StepRow {
            place: self.place,
            id: self.ids.next(),
            what: what.into(),
            holder,
            due_on,
            set_by: self.person(self.contact),
            set_at: self.contact_since,
            settled: None,
        });
    }

    fn add_event(
        &mut self,
        kind: CaseEventKind,
        level: GuideLevel,
        reason: String,
        final_evaluation: Option<String>,
        at: DateTime<Utc>,
    ) {
        let by = self.person(if at < self.contact_since { self.opener } else { self.contact });
        self.batch.events.push(EventRow {
            place: self.place,
            id: self.ids.next(),
            kind,
            level,
            reason: reason.into(),
            final_evaluation: final_evaluation.map(Into::into),
            by,
            at,
        });
    }

    fn trace(&self) -> Trace {
        let organisation = self.organisation();
        let seeing = self.family.seeing().find(|guardian| guardian.has_account && !self.child.is_youth);
        Trace {
            case: self.place.case,
            child: self.child.id,
            municipality: organisation.zones[self.zone].municipality,
            opened_at: self.period.opened_at,
            ends: self.period.ends,
            contact: self.contact,
            contact_since: self.contact_since,
            opener: self.opener,
            helper: self
                .helpers
                .iter()
                .find(|helper| helper.left.is_none())
                .map(|helper| (helper.seat, helper.joined)),
            guardian: seeing.map(|guardian| guardian.person),
        }
    }
}
