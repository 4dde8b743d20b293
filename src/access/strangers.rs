//! Attempts of strangers, counted. An entry for each attempt would let anyone fill the disk.
//!
//! Attempts with the same outcome from the same site are one entry of the access log in each minute. Their number is bounded: the
//! rest of a minute is one entry for each account, and one for all that name no account.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, SecondsFormat, Utc};
use ipnet::IpNet;

use super::{Decision, Entry, LogWriter, log::LogUnavailable};
use crate::{
    identity::site_name,
    kernel::{Id, ids::Person},
};

/// The entries with a site in a minute, for those that name an account and for those that do not.
const ROWS: usize = 200;
/// The wrong passwords that have an entry of their own in a minute. Further ones are counted.
const OWN_ENTRIES: u32 = 60;
/// The type of object of an entry that counts attempts.
const ATTEMPTS: &str = "Attempts";
/// The action of the entry about the rest.
pub(super) const OTHERS: &str = "other_attempts";

/// The attempts of strangers since the last entries about them.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    rows: HashMap<Kind, Count>,
    own_entries: u32,
}

/// The attempts that one entry counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    municipality: String,
    person: Option<Id<Person>>,
    action: &'static str,
    is_allowed: bool,
    status: u16,
    /// None for the rest.
    site: Option<IpNet>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    number: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Strangers {
    /// Returns whether a wrong password may have an entry of its own in this minute.
    pub(super) fn may_have_own_entry(&self) -> bool {
        let mut counts = self.counts();
        counts.own_entries += 1;
        counts.own_entries <= OWN_ENTRIES
    }

    /// Counts an attempt from a site.
    pub(super) fn count(&self, attempt: &Entry, site: IpNet) {
        let kind = Kind {
            municipality: attempt.municipality.clone(),
            person: attempt.person,
            action: attempt.action,
            is_allowed: attempt.decision.allowed,
            status: attempt.status,
            site: Some(site),
        };
        self.counts().add(kind, Count { number: 1, first: attempt.at, last: attempt.at });
    }

    /// Writes the entries about all attempts so far, and begins another minute. If they cannot be written, they are counted on.
    pub(super) async fn write(&self, log: &LogWriter) -> Result<(), LogUnavailable> {
        let rows = self.take();
        if rows.is_empty() {
            return Ok(());
        }
        let written = log.append(rows.iter().map(|(kind, count)| entry(kind, *count)).collect()).await;
        if written.is_err() {
            let mut counts = self.counts();
            rows.into_iter().for_each(|(kind, count)| counts.add(kind, count));
        }
        written
    }

    fn take(&self) -> HashMap<Kind, Count> {
        std::mem::take(&mut *self.counts()).rows
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, kind: Kind, more: Count) {
        let names_account = kind.person.is_some();
        let rows = self.rows.keys().filter(|row| row.site.is_some() && row.person.is_some() == names_account);
        let kind = if self.rows.contains_key(&kind) || rows.count() < ROWS { kind } else { kind.rest() };
        let count = self.rows.entry(kind).or_insert(Count { number: 0, ..more });
        count.number += more.number;
        count.first = count.first.min(more.first);
        count.last = count.last.max(more.last);
    }
}

impl Kind {
    /// The same account from anywhere, or the rest of those without one.
    fn rest(self) -> Self {
        if self.person.is_some() {
            return Self { site: None, ..self };
        }
        Self { action: OTHERS, is_allowed: false, status: 0, site: None, ..self }
    }
}

fn entry(kind: &Kind, count: Count) -> Entry {
    let Kind { municipality, person, action, is_allowed, status, site } = kind.clone();
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    Entry {
        municipality,
        person,
        client: Some(site.map_or_else(|| "others".to_owned(), site_name)),
        decision: Decision { allowed: is_allowed, ..Decision::default() },
        shown: vec![count.number.to_string(), time(count.first), time(count.last)],
        status,
        ..Entry::of(None, action, ATTEMPTS, count.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::ClientAddress;

    fn entries(strangers: &Strangers) -> Vec<Entry> {
        strangers.take().iter().map(|(kind, count)| entry(kind, *count)).collect()
    }

    fn attempt(action: &'static str, person: Option<Id<Person>>) -> Entry {
        Entry { person, status: 401, ..Entry::of(None, action, "Person", DateTime::UNIX_EPOCH) }
    }

    fn site(number: u16) -> IpNet {
        ClientAddress::new(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, number, 0, 0, 0, 1).into()).site()
    }

    #[test]
    fn attempts_of_a_kind_from_a_site_are_one_entry_with_their_number() {
        let strangers = Strangers::default();
        for _ in 0..3 {
            strangers.count(&attempt("read_case", None), site(1));
        }
        strangers.count(&attempt("read_case", None), site(2));
        let mut entries = entries(&strangers);
        entries.sort_by(|one, other| one.client.cmp(&other.client));
        let seen: Vec<_> =
            entries.iter().map(|entry| (entry.client.as_deref(), entry.shown[0].as_str())).collect();
        assert_eq!(seen, [(Some("2001:db8:0:1::/64"), "3"), (Some("2001:db8:0:2::/64"), "1")]);
        assert_eq!(
            (entries[0].action, entries[0].object_type, entries[0].status),
            ("read_case", ATTEMPTS, 401)
        );
        assert!(strangers.take().is_empty());
    }

    #[test]
    fn the_entries_of_a_minute_are_bounded_and_count_every_attempt() {
        let strangers = Strangers::default();
        let owner = Id::new();
        for number in 0..1000 {
            strangers.count(&attempt("read_case", None), site(number));
            strangers.count(&attempt("log_in", Some(owner)), site(number));
        }
        let entries = entries(&strangers);
        assert_eq!(entries.len(), 2 * ROWS + 2);
        let total: u64 = entries.iter().map(|entry| entry.shown[0].parse::<u64>().expect("a number")).sum();
        assert_eq!(total, 2000);
        let rest: Vec<_> = entries.iter().filter(|entry| entry.client.as_deref() == Some("others")).collect();
        assert_eq!(
            rest.iter().filter(|entry| entry.person == Some(owner) && entry.action == "log_in").count(),
            1
        );
        assert_eq!(rest.iter().filter(|entry| entry.person.is_none() && entry.action == OTHERS).count(), 1);
    }

    #[test]
    fn the_entries_of_their_own_are_bounded_in_each_minute() {
        let strangers = Strangers::default();
        let own = (0..1000).filter(|_| strangers.may_have_own_entry()).count();
        assert_eq!(own, OWN_ENTRIES as usize);
        strangers.take();
        assert!(strangers.may_have_own_entry());
    }
}
