//! Notes: by the contact person, by those who help, and by the family.

use super::{
    super::{organisation::Seat, texts},
    Story,
};
use crate::{
    access::Kinds,
    kernel::{
        Id,
        ids::Person,
        vocabulary::{InformationKind, Sector},
    },
    notes::rows::{HowHeard, NoteAudience, NoteRow},
};
use chrono::NaiveDate;

/// The most notes of a case.
const MOST: i64 = 7;

impl Story<'_, '_> {
    pub(super) fn write_notes(&mut self) {
        let count = (1 + self.period.days() / 80).min(MOST);
        for at in 0..count {
            let days = self.period.days();
            let day = self.day(1 + days * at / count, days * (at + 1) / count);
            let helpers: Vec<Seat> = self.helpers_on(day).map(|helper| helper.seat).collect();
            let guardian = self.family.seeing().find(|guardian| guardian.has_account && !self.child.is_youth);
            let guardian = guardian.map(|guardian| guardian.person);
            match (self.random.below(10), guardian) {
                (0, Some(guardian)) => self.add_note_of_family(guardian, day),
                (1..5, _) if !helpers.is_empty() => {
                    let helper = *self.random.pick(&helpers);
                    self.add_note(helper, day);
                }
                _ => self.add_note(self.contact, day),
            }
        }
    }

    fn add_note_of_family(&mut self, author: Id<Person>, day: NaiveDate) {
        let text = self.one(texts::FAMILY_NOTES);
        let created_at = self.moment(day);
        self.batch.notes.push(NoteRow {
            place: self.place,
            id: self.ids.next(),
            author,
            unit: None,
            audience: NoteAudience::Team,
            kind: InformationKind::Agreed,
            child_agrees: false,
            about: None,
            guardians_need: None,
            heard: None,
            text: text.into(),
            created_at,
        });
    }

    fn add_note(&mut self, author: Seat, day: NaiveDate) {
        let organisation = self.organisation();
        let unit = &organisation.units[author.unit];
        let (kind, text) = self.note_of(unit.sector);
        let audience = match self.random.below(20) {
            0..15 => NoteAudience::Team,
            15..17 => NoteAudience::Sector,
            _ => NoteAudience::Unit,
        };
        let created_at = self.moment(day);
        let guardian = self.family.guardians.first().map(|guardian| guardian.person);
        let about = guardian.filter(|_| Kinds::is_about_a_person(kind));
        let said = kind == InformationKind::ChildStatement;
        let heard = said.then(|| (day, HowHeard::Alone, self.one(texts::WEIGHTS).into()));
        self.batch.notes.push(NoteRow {
            place: self.place,
            id: self.ids.next(),
            author: organisation.person(author),
            unit: Some((unit.id, unit.sector)),
            audience,
            kind,
            child_agrees: kind == InformationKind::ChildStatement && self.random.chance(50),
            about,
            guardians_need: None,
            heard,
            text: text.into(),
            created_at,
        });
    }

    /// A note from a unit of a sector, with its kind of information.
    fn note_of(&mut self, sector: Sector) -> (InformationKind, String) {
        match self.random.below(10) {
            0 => return (InformationKind::ChildStatement, self.one(self.theme.says)),
            1..4 => return (InformationKind::Agreed, self.one(self.theme.notes)),
            _ => {}
        }
        match sector {
            Sector::School => (InformationKind::SchoolLife, self.two(self.theme.notes, texts::SCHOOL_NOTES)),
            Sector::Ppt => (InformationKind::PptAssessment, self.one(texts::PPT_NOTES)),
            Sector::Health => (InformationKind::Health, self.one(texts::HEALTH_NOTES)),
            Sector::ChildWelfare => (InformationKind::ChildWelfare, self.one(texts::WELFARE_NOTES)),
            Sector::Nav => (InformationKind::FamilyEconomy, self.one(texts::NAV_NOTES)),
            Sector::Other => (InformationKind::Agreed, self.one(self.theme.notes)),
        }
    }
}
