//! Consents to those who help: by everyone who must, a year at a time.

use std::borrow::Cow;

use chrono::{NaiveDate, TimeDelta};

use super::{super::texts, Story};
use crate::{
    access::Giver,
    consents::rows::{ConsentForm, ConsentRow, ConsentedUnitRow},
    kernel::{
        Id,
        ids::Person,
        vocabulary::{InformationKind, Sector},
    },
};

const AGREED: &[InformationKind] = &[InformationKind::Agreed];
const AGREED_AT_SCHOOL: &[InformationKind] = &[InformationKind::Agreed, InformationKind::SchoolLife];
/// Days that a consent is valid.
const VALID: i64 = 365;

impl Story<'_, '_> {
    /// The consents that the seats of other units rest on. Some have run out, and some are withdrawn from one unit.
    pub(super) fn consent(&mut self) {
        if self.helpers.is_empty() {
            return;
        }
        let first = self.day(1, 4);
        let has_lapsed = !self.period.is_closed && self.random.chance(6);
        let mut from = first;
        loop {
            let until = from + TimeDelta::days(VALID - 1);
            let is_last = until >= self.period.ends
                || (has_lapsed && until + TimeDelta::days(VALID) >= self.period.ends);
            let withdrawn = if is_last { self.withdrawal(from, until) } else { None };
            self.give(from, until, withdrawn);
            if is_last {
                break;
            }
            from = until + TimeDelta::days(1);
        }
    }

    /// Which of the helpers the first who consents takes it back from, and when.
    fn withdrawal(&mut self, from: NaiveDate, until: NaiveDate) -> Option<(usize, NaiveDate)> {
        let last = (until.min(self.period.ends) - self.period.opened).num_days();
        let first = (from - self.period.opened).num_days() + 35;
        if last <= first || !self.random.chance(3) {
            return None;
        }
        let (helper, day) = (self.random.below(self.helpers.len()), self.day(first, last));
        self.helpers[helper].left = Some(day);
        Some((helper, day))
    }

    fn give(&mut self, from: NaiveDate, until: NaiveDate, withdrawn: Option<(usize, NaiveDate)>) {
        let at_school = matches!(self.place.sector, Sector::School | Sector::Ppt);
        let municipality =
            &self.organisation().municipalities[self.organisation().zones[self.zone].municipality];
        for (at, given_by) in self.consenters().into_iter().enumerate() {
            let (form, recorded_by) = self.form(given_by);
            let given_at = self.moment(from);
            let document = (form == ConsentForm::Paper)
                .then(|| format!("Arkiv {}-{}", from.format("%Y"), 1_000 + self.number).into());
            let withdrawn = withdrawn.filter(|_| at == 0).map(|(helper, day)| (helper, self.moment(day)));
            let named = |(place, helper): (usize, &super::Helper)| ConsentedUnitRow {
                unit: self.source.organisation.unit(helper.seat),
                withdrawn: withdrawn
                    .filter(|(helper, _)| *helper == place)
                    .map(|(_, when)| (when, recorded_by)),
            };
            let units = self.helpers.iter().enumerate().map(named).collect();
            let purpose = self.one(texts::PURPOSES).into();
            self.batch.consents.push(ConsentRow {
                place: self.place,
                id: self.ids.next(),
                given_by,
                giver: if given_by == self.child.person { Giver::Child } else { Giver::OnBehalf },
                recorded_by,
                form,
                purpose,
                text_version: municipality.catalogue.consent_text.as_str().into(),
                language: "nb".into(),
                document,
                alone: None,
                valid_from: from,
                valid_until: until,
                given_at,
                units,
                kinds: Cow::Borrowed(if at_school { AGREED_AT_SCHOOL } else { AGREED }),
            });
        }
    }

    /// Those who have an account consent for themselves; of others, the contact person records it.
    fn form(&mut self, given_by: Id<Person>) -> (ConsentForm, Id<Person>) {
        let has_account = self.family.guardians.iter().any(|one| one.person == given_by && one.has_account);
        let decides = self.family.child_welfare.is_some_and(|seat| self.person(seat) == given_by);
        if has_account || decides {
            return (ConsentForm::Digital, given_by);
        }
        let form = if self.random.chance(60) { ConsentForm::Paper } else { ConsentForm::Oral };
        (form, self.person(self.contact))
    }
}
