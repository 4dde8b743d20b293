//! Measures the cost of the access log: reads of one case over 32 connections, alternately with and without the log, and
//! whether sealing keeps up. `benches/README.md` describes how to run it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use stafett::{
    access::Policies,
    db::Db,
    fetch_optional,
    log_tree::{Checkpoints, Sealer},
};
use uuid::Uuid;

use crate::{
    measuring::{
        Block, Timings, block_of, durability, is_durable, median, number, production, request, serve,
    },
    support::{Engine, World, log_key},
};

#[path = "../tests/it/cast.rs"]
#[expect(dead_code, reason = "the stories of the tests; only one is used here")]
mod cast;
#[expect(dead_code, unused_imports, reason = "what other benchmarks measure with")]
mod measuring;
#[path = "../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the basis of the tests; only a part is used here"
)]
mod support;

const CONNECTIONS: usize = 32;
/// The minimum share of the throughput without the log that must remain with it.
const TARGET: f64 = 0.6;
/// The number of rounds, each with one block with the log and one without.
const ROUNDS: usize = 9;

#[tokio::main]
async fn main() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        engine.tell_by(Policies::load().expect("valid rules"), measure).await;
    }
}

/// The number of seconds per block, or the value of `STAFETT_BENCH_SECONDS`.
fn block() -> Duration {
    Duration::from_secs_f64(number("STAFETT_BENCH_SECONDS", 3.0))
}

async fn measure(world: World) {
    if !is_durable(&world).await {
        return;
    }
    println!("== {:?}, {}", world.engine, durability(&world).await);
    let cast = world.shared_case().await;
    let asked = request(&cast.path(""), &cast.nurse.token().await);
    let db = production(&world).await;
    let (serving, unlogged) = (serve(&world, &db, true), serve(&world, &db, false).address);
    let logged = serving.address;
    let sealer = Sealer::new(db.clone(), world.clock.clone(), log_key(), Checkpoints::default());
    let sealing = tokio::spawn(sealer.clone().run(serving.written));
    compare(&world, &db, &asked, logged, unlogged).await;
    sealing.abort();
    let _ended = sealing.await;
    seal_backlog(&world, &sealer, &asked, logged).await;
    db.close().await;
}

async fn compare(world: &World, db: &Db, asked: &[u8], logged: SocketAddr, unlogged: SocketAddr) {
    for address in [unlogged, logged] {
        block_of(address, asked, CONNECTIONS, Duration::from_secs(1)).await;
    }
    let watch = Watch::start(db.clone());
    let (mut ratios, mut on, mut off) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let before = world.rows("access_log").await;
        let (with, without) = if round % 2 == 0 {
            let with = block_of(logged, asked, CONNECTIONS, block()).await;
            (with, block_of(unlogged, asked, CONNECTIONS, block()).await)
        } else {
            let without = block_of(unlogged, asked, CONNECTIONS, block()).await;
            (block_of(logged, asked, CONNECTIONS, block()).await, without)
        };
        let written = world.rows("access_log").await - before;
        assert_eq!(
            written,
            i64::try_from(with.timings.number()).expect("a number"),
            "an entry for each answer with the log"
        );
        ratios.push(with.rate / without.rate);
        on.push(with);
        off.push(without);
    }
    let delay = watch.stop().await;
    let ratio = median(ratios.clone());
    let rounds: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    println!("rounds: {}", rounds.join(" "));
    for (name, blocks) in [("with the log", &on), ("without", &off)] {
        let of = |what: fn(&Block) -> f64| median(blocks.iter().map(what).collect());
        let (rate, half, most) = (
            of(|block| block.rate),
            of(|block| block.timings.milliseconds(0.5)),
            of(|block| block.timings.milliseconds(0.99)),
        );
        println!("{name}: {rate:.0} answers/s, p50 {half:.1} ms, p99 {most:.1} ms");
    }
    let verdict = if ratio >= TARGET { "met" } else { "MISSED" };
    println!(
        "throughput with the log: {:.0} % of that without (target {:.0} %: {verdict})",
        ratio * 100.0,
        TARGET * 100.0
    );
    let [half, most, longest] = [0.5, 0.99, 1.0].map(|share| delay.milliseconds(share));
    println!(
        "the oldest entry not sealed, seen every 20 ms under this load: p50 {half:.0} ms, p99 {most:.0} ms, at most {longest:.0} ms old"
    );
}

/// Measures repeatedly how long the oldest unsealed entry has waited.
struct Watch {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Vec<Duration>>,
}

impl Watch {
    fn start(db: Db) -> Self {
        const OLDEST: &str = "SELECT entry_id FROM access_log_pending WHERE municipality = $1 ORDER BY municipality, entry_id LIMIT 1";
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut waited = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let mut tx = db.read().await.expect("a transaction");
                let oldest = fetch_optional!(&mut tx, (Uuid,), OLDEST, "4014").expect("what waits");
                tx.rollback().await.expect("read");
                waited.extend(oldest.map(|(id,)| age(id)));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            waited
        });
        Self { stop, task }
    }

    async fn stop(self) -> Timings {
        self.stop.store(true, Ordering::Relaxed);
        Timings::of(self.task.await.expect("watched"))
    }
}

/// The time since an id was created.
fn age(id: Uuid) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time");
    let made = Duration::from_millis(u64::try_from(id.as_u128() >> 80).expect("milliseconds"));
    now.saturating_sub(made)
}

/// Measures how fast waiting entries are sealed when nothing else runs.
async fn seal_backlog(world: &World, sealer: &Sealer, asked: &[u8], logged: SocketAddr) {
    while world.rows("access_log_pending").await < 10_000 {
        block_of(logged, asked, CONNECTIONS, Duration::from_secs(2)).await;
    }
    let begun = Instant::now();
    let mut sealed = 0;
    loop {
        match sealer.seal().await.expect("sealed") {
            0 => break,
            some => sealed += some,
        }
    }
    println!(
        "a backlog is sealed at {:.0} entries/s ({sealed} entries)",
        sealed as f64 / begun.elapsed().as_secs_f64()
    );
}
