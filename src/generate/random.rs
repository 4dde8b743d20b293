//! Chance that is the same each time: a number follows from the seed alone.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{Id, ids::Person};

/// A source of numbers (SplitMix64: small, fast and even; nothing secret is made from it).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The source of one stream; each stream of a seed has numbers of its own.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()) * (end.max(1) as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from one to another, both of them among the possible; the first where the last is less.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let count = usize::try_from(last - first).map_or(0, |count| count + 1);
        first + i64::try_from(self.below(count)).unwrap_or(0)
    }

    /// True so many times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The id of a person: random through and through, as the service makes it.
    pub fn person(&mut self) -> Id<Person> {
        let bytes = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid().into()
    }
}

/// Ids of things that were made one after the other, from a moment on: they sort in that order.
#[derive(Debug)]
pub(super) struct Ids {
    random: Random,
    millisecond: u64,
}

impl Ids {
    pub fn from(random: Random, at: DateTime<Utc>) -> Self {
        Self { random, millisecond: at.timestamp_millis().unsigned_abs() }
    }

    pub fn next<T>(&mut self) -> Id<T> {
        self.millisecond += 1;
        self.at(self.millisecond).into()
    }

    /// The id of something that was made at a moment of its own.
    pub fn made_at<T>(&mut self, at: DateTime<Utc>) -> Id<T> {
        self.at(at.timestamp_millis().unsigned_abs()).into()
    }

    fn at(&mut self, millisecond: u64) -> Uuid {
        let bytes = ((u128::from(self.random.next()) << 64) | u128::from(self.random.next())).to_be_bytes();
        let mut low = [0; 10];
        low.copy_from_slice(&bytes[..10]);
        uuid::Builder::from_unix_timestamp_millis(millisecond, &low).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_another_gives_others() {
        let numbers = |seed, stream| {
            let mut random = Random::new(seed, stream);
            (0..100).map(|_| random.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7, 1), numbers(7, 1));
        assert_ne!(numbers(7, 1), numbers(8, 1));
        assert_ne!(numbers(7, 1), numbers(7, 2));
        assert!(numbers(7, 1).iter().all(|number| *number < 1_000));
    }

    #[test]
    fn ids_sort_in_the_order_they_were_made() {
        let mut ids = Ids::from(Random::new(1, 1), DateTime::UNIX_EPOCH);
        let made: Vec<Id<Person>> = (0..50).map(|_| ids.next()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made.iter().all(|id| id.uuid().get_version_num() == 7));
    }
}
