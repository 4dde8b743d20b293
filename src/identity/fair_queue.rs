//! A queue that is fair between networks, at each of their levels.
//!
//! The networks take turns. Within a network, its parts take turns, down to the site, whose requests wait in order. A provider
//! with very many addresses therefore gets as many turns as a provider with one.

use std::collections::VecDeque;

use ipnet::IpNet;

/// The requests that wait, by network.
#[derive(Debug)]
pub(super) struct FairQueue<T> {
    waiting: usize,
    /// In the order of their turns.
    parts: VecDeque<(IpNet, FairQueue<T>)>,
    items: VecDeque<T>,
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self { waiting: 0, parts: VecDeque::new(), items: VecDeque::new() }
    }
}

impl<T> FairQueue<T> {
    /// Returns how many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting
    }

    /// Adds a request from a place, whose networks are named from the widest.
    pub(super) fn push(&mut self, place: &[IpNet], item: T) {
        self.waiting += 1;
        let Some((network, rest)) = place.split_first() else { return self.items.push_back(item) };
        if let Some((_, part)) = self.parts.iter_mut().find(|(known, _)| known == network) {
            return part.push(rest, item);
        }
        let mut part = Self::default();
        part.push(rest, item);
        self.parts.push_back((*network, part));
    }

    /// Takes the request whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let taken = match self.parts.pop_front() {
            None => self.items.pop_front(),
            Some((network, mut part)) => {
                let taken = part.pop();
                if part.waiting > 0 {
                    self.parts.push_back((network, part));
                }
                taken
            }
        };
        self.waiting -= usize::from(taken.is_some());
        taken
    }

    /// Takes the newest request of the site with the most, in the network with the most.
    pub(super) fn evict(&mut self) -> Option<T> {
        let fullest = (0..self.parts.len()).max_by_key(|at| self.parts[*at].1.waiting);
        let taken = match fullest {
            None => self.items.pop_back(),
            Some(at) => {
                let taken = self.parts[at].1.evict();
                if self.parts[at].1.waiting == 0 {
                    self.parts.remove(at);
                }
                taken
            }
        };
        self.waiting -= usize::from(taken.is_some());
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::ClientAddress;

    fn queue(from: &[&str]) -> FairQueue<String> {
        let mut queue = FairQueue::default();
        for address in from {
            let place = ClientAddress::new(address.parse().expect("an address")).shares();
            queue.push(&place, (*address).to_owned());
        }
        queue
    }

    fn all(queue: &mut FairQueue<String>) -> Vec<String> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn networks_take_turns_and_a_site_keeps_its_order() {
        let mut queue = queue(&["192.0.2.1", "192.0.2.1", "192.0.2.1", "198.51.100.1"]);
        assert_eq!(queue.len(), 4);
        assert_eq!(all(&mut queue), ["192.0.2.1", "198.51.100.1", "192.0.2.1", "192.0.2.1"]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_provider_with_many_networks_gets_one_share() {
        let mut flood: Vec<String> = (0..80).map(|number| format!("2001:db8:0:{number:x}::1")).collect();
        flood.push("2001:700::1".to_owned());
        flood.push("2001:700::1".to_owned());
        let mut queue = queue(&flood.iter().map(String::as_str).collect::<Vec<_>>());
        let first: Vec<String> = (0..4).filter_map(|_| queue.pop()).collect();
        assert_eq!(first.iter().filter(|from| from.starts_with("2001:700:")).count(), 2, "{first:?}");
    }

    #[test]
    fn a_full_queue_loses_the_newest_of_the_fullest_network() {
        let mut queue = queue(&["192.0.2.1", "198.51.100.1", "198.51.100.2", "198.51.100.2"]);
        assert_eq!(queue.evict().as_deref(), Some("198.51.100.2"));
        assert_eq!(queue.len(), 3);
        assert_eq!(all(&mut queue), ["192.0.2.1", "198.51.100.1", "198.51.100.2"]);
        assert_eq!(queue.evict(), None);
    }
}
