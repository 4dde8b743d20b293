//! The team: the contact person, colleagues who take over, and helpers from other units.

use chrono::{NaiveDate, TimeDelta};

use super::{
    super::{
        organisation::{KINDS, Seat},
        texts,
    },
    Helper, Story,
};
use crate::{
    handovers::rows::{HandoverRow, HandoverStatus},
    teams::rows::SeatRow,
};

/// From which kinds of units helpers come, as often as each is named.
const HELPERS: [usize; 26] = [2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 4, 4, 4, 4, 5, 5, 5, 0, 0, 1];

impl Story<'_, '_> {
    /// Some cases change hands: to a colleague, who is on the team from then on. Of the person whose number of cases is known,
    /// none does.
    pub(super) fn hand_over(&mut self) {
        let organisation = self.organisation();
        if organisation.is_known(self.opener) || self.period.days() < 120 {
            return;
        }
        let colleague = organisation.worker(self.opener.unit, self.random.below(1 << 16));
        if colleague == self.opener || organisation.is_known(colleague) {
            return;
        }
        let status = match self.random.below(100) {
            0..10 => HandoverStatus::Accepted,
            10..13 if !self.period.is_closed => HandoverStatus::Offered,
            13..15 => HandoverStatus::Declined,
            _ => return,
        };
        let days = self.period.days();
        let pending = status == HandoverStatus::Offered;
        let offered_on = if pending { self.day(days - 5, days) } else { self.day(60, days - 30) };
        let offered_at = self.moment(offered_on);
        let answered_at = (!pending).then(|| offered_at + TimeDelta::days(self.random.between(1, 4)));
        let answer = match status {
            HandoverStatus::Accepted => Some(self.one(texts::ACCEPTED).into()),
            HandoverStatus::Declined => Some(self.one(texts::DECLINED).into()),
            _ => None,
        };
        let message = Some(self.one(texts::HANDOVERS).into());
        self.batch.handovers.push(HandoverRow {
            place: self.place,
            id: self.ids.next(),
            from_person: organisation.person(self.opener),
            from_unit: organisation.unit(self.opener),
            to_person: organisation.person(colleague),
            to_unit: organisation.unit(colleague),
            offered_by: organisation.person(self.opener),
            message,
            status,
            offered_at,
            answered_at,
            answer,
        });
        self.add_seat(colleague, offered_on - TimeDelta::days(10), None);
        if let (HandoverStatus::Accepted, Some(at)) = (status, answered_at) {
            (self.contact, self.contact_since) = (colleague, at);
        }
    }

    /// Those who help from other units.
    pub(super) fn choose_helpers(&mut self) {
        let organisation = self.organisation();
        let count = match self.random.below(100) {
            0..25 => 0,
            25..65 => 1,
            65..90 => 2,
            _ => 3,
        };
        let mut kinds = vec![organisation.kind_in(self.zone, self.opener.unit)];
        while kinds.len() <= count {
            let kind = *self.random.pick(&HELPERS);
            if kinds.contains(&kind) {
                continue;
            }
            kinds.push(kind);
            let unit = organisation.zones[self.zone].units[kind];
            let seat = organisation.worker(unit, self.random.below(1 << 16));
            let joined = self.day(5, 25);
            self.helpers.push(Helper { seat, joined, left: None });
        }
        debug_assert!(kinds.iter().all(|kind| *kind < KINDS.len()));
    }

    /// The seats of those who opened the case and who help.
    pub(super) fn seat_all(&mut self) {
        let organisation = self.organisation();
        let (person, unit) = (organisation.person(self.opener), organisation.unit(self.opener));
        self.batch.seats.push(SeatRow {
            place: self.place,
            id: self.ids.next(),
            person,
            unit,
            task: texts::CONTACT.into(),
            added_by: person,
            joined_at: self.period.opened_at,
            left_at: None,
        });
        for Helper { seat, joined, left } in self.helpers.clone() {
            self.add_seat(seat, joined, left);
        }
    }

    fn add_seat(&mut self, seat: Seat, joined: NaiveDate, left: Option<NaiveDate>) {
        let organisation = self.organisation();
        let task = self.one(texts::TASKS).into();
        let joined_at = self.moment(joined);
        let left_at = left.map(|day| self.moment(day));
        self.batch.seats.push(SeatRow {
            place: self.place,
            id: self.ids.next(),
            person: organisation.person(seat),
            unit: organisation.unit(seat),
            task,
            added_by: organisation.person(self.opener),
            joined_at,
            left_at,
        });
    }
}
