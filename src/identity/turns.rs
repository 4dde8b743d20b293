//! Turns to hash a password: a bounded number at once, and a bounded number that waits.
//!
//! Devices that have logged in before, other clients, and sites with recent failures are groups. While all wait, they have three, three
//! and one turns of seven. Within a group, networks take turns. If too many wait, the newest of the network with the most is sent away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::oneshot, time::Duration};

use super::{ClientAddress, fair_queue::FairQueue};

/// The number that may wait in each group. Further requests are refused.
const QUEUE: usize = 1024;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// The groups in the order of their turns. A group without requests is passed over.
const ORDER: [Standing; 7] = {
    use Standing::{Failing, Known, Stranger};
    [Known, Stranger, Known, Stranger, Known, Stranger, Failing]
};

/// The group that a request waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The device, or the session, is that of the person.
    Known,
    /// Nothing is known of the client.
    Stranger,
    /// Log-ins from the site have failed lately.
    Failing,
}

/// A request that needs a turn.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Where it comes from.
    pub address: ClientAddress,
    /// Its group.
    pub standing: Standing,
}

/// Memories that one turn at a time uses, and the requests that wait for one.
#[derive(Debug)]
pub(super) struct Turns<M>(Mutex<Line<M>>);

#[derive(Debug)]
struct Line<M> {
    idle: Vec<M>,
    /// By standing.
    groups: [FairQueue<Waiter<M>>; 3],
    /// The place in the order of groups.
    turn: usize,
}

type Waiter<M> = oneshot::Sender<Turn<M>>;

/// A turn. It passes to the next when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<M> {
    memory: Option<M>,
    turns: Arc<Turns<M>>,
}

/// Too many are waiting.
#[derive(Debug)]
pub(super) struct Full;

impl<M> Turns<M> {
    /// Creates as many turns as there are memories.
    pub(super) fn new(memories: Vec<M>) -> Arc<Self> {
        let groups = [FairQueue::default(), FairQueue::default(), FairQueue::default()];
        Arc::new(Self(Mutex::new(Line { idle: memories, groups, turn: 0 })))
    }

    /// Waits for a turn.
    pub(super) async fn take(self: &Arc<Self>, visitor: &Visitor) -> Result<Turn<M>, Full> {
        let waiting = {
            let mut line = self.line();
            if let Some(memory) = line.idle.pop() {
                return Ok(Turn { memory: Some(memory), turns: self.clone() });
            }
            line.join(visitor)
        };
        tokio::time::timeout(PATIENCE, waiting).await.ok().and_then(Result::ok).ok_or(Full)
    }

    fn line(&self) -> MutexGuard<'_, Line<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(self: &Arc<Self>, memory: M) {
        let mut turn = Turn { memory: Some(memory), turns: self.clone() };
        loop {
            let next = {
                let mut line = self.line();
                let next = line.next();
                if next.is_none() {
                    line.idle.extend(turn.memory.take());
                }
                next
            };
            let Some(next) = next else { return };
            match next.send(turn) {
                Ok(()) => return,
                // This one has given up.
                Err(back) => turn = back,
            }
        }
    }
}

impl<M> Line<M> {
    fn join(&mut self, visitor: &Visitor) -> oneshot::Receiver<Turn<M>> {
        let (sender, receiver) = oneshot::channel();
        let group = &mut self.groups[visitor.standing as usize];
        group.push(&visitor.address.shares(), sender);
        if group.len() > QUEUE {
            drop(group.evict());
        }
        receiver
    }

    fn next(&mut self) -> Option<Waiter<M>> {
        for _ in ORDER {
            let standing = ORDER[self.turn];
            self.turn = (self.turn + 1) % ORDER.len();
            if let Some(next) = self.groups[standing as usize].pop() {
                return Some(next);
            }
        }
        None
    }
}

impl<M> Turn<M> {
    /// Returns the memory of the turn.
    pub(super) fn memory(&mut self) -> Option<&mut M> {
        self.memory.as_mut()
    }
}

impl<M> Drop for Turn<M> {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.turns.pass_on(memory);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::mpsc, task::JoinHandle};

    use super::{
        Standing::{Failing, Known, Stranger},
        *,
    };

    fn visitor(address: &str, standing: Standing) -> Visitor {
        Visitor { address: ClientAddress::new(address.parse().expect("an address")), standing }
    }

    /// Waits for a turn, and says so.
    async fn wait(
        turns: &Arc<Turns<()>>,
        who: &'static str,
        standing: Standing,
        said: &mpsc::UnboundedSender<&'static str>,
    ) -> JoinHandle<Result<(), Full>> {
        let (turns, said) = (turns.clone(), said.clone());
        let waiting = tokio::spawn(async move {
            let address = if who.starts_with("198.") { who } else { "192.0.2.1" };
            let turn = turns.take(&visitor(address, standing)).await?;
            let _ = said.send(who);
            drop(turn);
            Ok(())
        });
        tokio::task::yield_now().await;
        waiting
    }

    #[tokio::test]
    async fn known_devices_and_other_clients_take_more_turns_than_failing_sites() {
        let turns = Turns::new(vec![()]);
        let (said, mut order) = mpsc::unbounded_channel();
        let first = turns.take(&visitor("192.0.2.9", Stranger)).await.expect("a turn");
        let mut waiting = Vec::new();
        for standing in [Failing, Stranger, Known] {
            for _ in 0..4 {
                let who = ["known", "stranger", "failing"][standing as usize];
                waiting.push(wait(&turns, who, standing, &said).await);
            }
        }
        drop(first);
        for one in waiting {
            one.await.expect("no panic").expect("a turn");
        }
        let order: Vec<_> = std::iter::from_fn(|| order.try_recv().ok()).collect();
        let (k, s, f) = ("known", "stranger", "failing");
        assert_eq!(order, [k, s, k, s, k, s, f, k, s, f, f, f]);
    }

    #[tokio::test]
    async fn a_flood_loses_its_own_place_to_others() {
        let turns = Turns::new(vec![()]);
        let (said, _order) = mpsc::unbounded_channel();
        let first = turns.take(&visitor("192.0.2.9", Stranger)).await.expect("a turn");
        let mut flood = Vec::new();
        for _ in 0..QUEUE {
            flood.push(wait(&turns, "192.0.2.1", Stranger, &said).await);
        }
        let other = wait(&turns, "198.51.100.1", Stranger, &said).await;
        drop(first);
        other.await.expect("no panic").expect("a turn");
        let newest = flood.pop().expect("the last of the flood");
        assert!(newest.await.expect("no panic").is_err());
        for one in flood {
            one.await.expect("no panic").expect("a turn");
        }
    }

    #[tokio::test]
    async fn a_turn_passes_over_those_who_have_left() {
        let turns = Turns::new(vec![()]);
        let (said, _order) = mpsc::unbounded_channel();
        let first = turns.take(&visitor("192.0.2.9", Stranger)).await.expect("a turn");
        let left = wait(&turns, "192.0.2.1", Stranger, &said).await;
        left.abort();
        let _ = left.await;
        let stays = wait(&turns, "192.0.2.2", Stranger, &said).await;
        drop(first);
        stays.await.expect("no panic").expect("a turn");
        turns.take(&visitor("192.0.2.1", Stranger)).await.expect("the turn is free again");
    }
}
