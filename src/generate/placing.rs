//! The home of each case: a municipality, a zone of it and a place in the zone.
//!
//! A zone is a large school with the services around it. The first is one school alone, with a number of cases that is known.

/// The municipalities, by the weight of what happens in them.
const MUNICIPALITIES: [usize; 10] = [1, 2, 0, 1, 0, 1, 2, 1, 0, 1];
/// Cases of a zone, about.
const ZONE: usize = 500;
/// Cases of the first zone.
const FIRST: usize = 600;

/// The number of cases, spread over zones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placing {
    cases: usize,
    first: usize,
    others: usize,
}

/// The home of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home {
    pub zone: usize,
    /// Which case of the zone it is.
    pub slot: usize,
}

impl Placing {
    pub fn of(cases: usize) -> Self {
        let first = if cases >= 1_000 { FIRST } else { cases * 3 / 5 };
        Self { cases, first, others: (cases - first).div_ceil(ZONE).max(3) }
    }

    pub fn zones(&self) -> usize {
        self.others + 1
    }

    /// Cases of a zone, at the most.
    pub fn cases_in(&self, zone: usize) -> usize {
        if zone == 0 { self.first } else { (self.cases - self.first).div_ceil(self.others) }
    }

    /// Where the case of a number belongs.
    pub fn home(&self, case: usize) -> Home {
        let before = spread(self.first, self.cases, case);
        if spread(self.first, self.cases, case + 1) > before {
            return Home { zone: 0, slot: before };
        }
        let rest = case - before;
        Home { zone: 1 + rest % self.others, slot: rest / self.others }
    }
}

/// The municipality of a zone, of three.
pub(super) fn municipality(zone: usize) -> usize {
    if zone == 0 { 0 } else { MUNICIPALITIES[(zone - 1) % MUNICIPALITIES.len()] }
}

/// How many of `some` are met until place `at`, where they are spread evenly among `all`.
pub(super) fn spread(some: usize, all: usize, at: usize) -> usize {
    some * at / all.max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_first_zone_has_exactly_600_cases_and_no_zone_is_overcrowded() {
        for cases in [1_000, 1_001, 54_321] {
            let placing = Placing::of(cases);
            let mut slots: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for case in 0..cases {
                let Home { zone, slot } = placing.home(case);
                slots.entry(zone).or_default().push(slot);
            }
            assert_eq!(slots[&0].len(), 600);
            for (zone, slots) in &slots {
                assert!(slots.len() <= placing.cases_in(*zone) && *zone < placing.zones());
                assert!(slots.iter().enumerate().all(|(at, slot)| at == *slot), "each slot once, in order");
            }
        }
    }

    #[test]
    fn a_few_cases_have_homes_in_all_municipalities() {
        let placing = Placing::of(20);
        let all: std::collections::BTreeSet<_> =
            (0..20).map(|case| municipality(placing.home(case).zone)).collect();
        assert_eq!(all.len(), 3);
    }
}
