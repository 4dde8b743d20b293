//! Measures the cost of the most frequent requests, each beside a handler that only reads one row by its key, over 32
//! connections in one run. `benches/README.md` describes how to run it.

use std::{net::SocketAddr, time::Duration};

use stafett::{access::Policies, db::Db, kernel::Clock};

use crate::{
    many_cases::{Cast, fill},
    measuring::{
        Block, Program, block_of, durability, is_durable, median, number, production, request, serve_bare,
    },
    support::{Engine, World},
};

#[expect(dead_code, reason = "people whose lists other benchmarks read")]
mod many_cases;
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
const ROUNDS: usize = 7;
/// The memory limits of the service in MiB, idle and after load.
const MEMORY: [f64; 2] = [64.0, 100.0];

#[tokio::main]
async fn main() {
    let only = std::env::var("STAFETT_BENCH_ENGINE").unwrap_or_default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if !only.is_empty() && !format!("{engine:?}").eq_ignore_ascii_case(&only) {
            continue;
        }
        engine.tell_by(Policies::load().expect("valid rules"), measure).await;
    }
}

/// The request, and the server it is sent to.
struct Asked {
    name: &'static str,
    address: SocketAddr,
    request: Vec<u8>,
}

async fn measure(world: World) {
    if !is_durable(&world).await {
        return;
    }
    let cases = number("STAFETT_BENCH_CASES", 1_000);
    println!("== {:?}, {}, {cases} cases", world.engine, durability(&world).await);
    // The program uses the system clock.
    world.advance(Clock::System.now() - world.now());
    let filler = production(&world).await;
    let cast = fill(&world, &filler, cases).await;
    filler.close().await;
    let db = production(&world).await;
    let program = Program::start(&world);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = program.memory();
    let asked = asked(&world, &db, &program, &cast).await;
    let seconds = Duration::from_secs_f64(number("STAFETT_BENCH_SECONDS", 3.0));
    for asked in &asked {
        block_of(asked.address, &asked.request, CONNECTIONS, Duration::from_secs(1)).await;
    }
    let mut rounds: Vec<Vec<Measured>> = Vec::new();
    for round in 0..ROUNDS {
        let mut blocks: Vec<Option<Measured>> = asked.iter().map(|_| None).collect();
        for turn in 0..asked.len() {
            // The order changes in each round.
            let at = (turn + round) % asked.len();
            blocks[at] = Some(Measured::take(&asked[at], &program, seconds).await);
        }
        rounds.push(blocks.into_iter().flatten().collect());
    }
    print_rates(&asked, &rounds);
    print_targets(world.engine, &rounds);
    for (when, memory, target) in [("idle", idle, MEMORY[0]), ("after load", program.memory(), MEMORY[1])] {
        if let Some(memory) = memory {
            let verdict = verdict(memory <= target);
            println!("memory {when}: {memory:.1} MiB (target at most {target:.0} MiB: {verdict})");
        }
    }
    db.close().await;
}

async fn asked(world: &World, db: &Db, program: &Program, cast: &Cast) -> Vec<Asked> {
    let (case, municipality) = (cast.case, "4014");
    let token = cast.worker.token().await;
    let bare = format!("/bare/{municipality}/{case}");
    let only = std::env::var("STAFETT_BENCH_REQUEST").unwrap_or_default();
    let mut all = vec![Asked { name: "a bare read", address: serve_bare(db), request: request(&bare, "-") }];
    for (name, path) in [
        ("read_case", format!("/v1/cases/{case}")),
        ("list_cases of 20", "/v1/cases?limit=20".to_owned()),
        ("list_measures", format!("/v1/cases/{case}/measures")),
        ("list_follow_ups of 20", "/v1/follow-ups?limit=20".to_owned()),
        ("read_me", "/v1/me".to_owned()),
    ] {
        if !name.starts_with(&only) {
            continue;
        }
        let answer = cast.worker.get(&path).send().await.expect(200);
        if let Some(items) = answer.body["items"].as_array() {
            println!("{name}: {} items, {} bytes", items.len(), answer.text.len());
        }
        all.push(Asked { name, address: program.address, request: request(&path, &token) });
    }
    world.seal().await;
    all
}

/// A block, and the processor time of the program per answer, in milliseconds.
struct Measured {
    block: Block,
    processor: Option<f64>,
}

impl Measured {
    async fn take(asked: &Asked, program: &Program, time: Duration) -> Self {
        let before = program.processor();
        let block = block_of(asked.address, &asked.request, CONNECTIONS, time).await;
        let taken = program.processor().zip(before).map(|(after, before)| after.saturating_sub(before));
        let of_program = asked.address == program.address;
        let each = |taken: Duration| taken.as_secs_f64() * 1000.0 / block.timings.number() as f64;
        Self { processor: taken.filter(|_| of_program).map(each), block }
    }
}

fn print_rates(asked: &[Asked], rounds: &[Vec<Measured>]) {
    println!(
        "{:<24} {:>10} {:>8} {:>8} {:>12} {:>14}",
        "", "answers/s", "p50 ms", "p99 ms", "of bare", "processor ms"
    );
    for (at, asked) in asked.iter().enumerate() {
        let of =
            |what: &dyn Fn(&Measured) -> f64| median(rounds.iter().map(|round| what(&round[at])).collect());
        let share = median(rounds.iter().map(|round| round[at].block.rate / round[0].block.rate).collect());
        let processor = rounds[0][at].processor.map_or_else(
            || "-".to_owned(),
            |_| format!("{:.2}", of(&|measured| measured.processor.unwrap_or_default())),
        );
        println!(
            "{:<24} {:>10.0} {:>8.1} {:>8.1} {:>10.1} % {processor:>14}",
            asked.name,
            of(&|measured| measured.block.rate),
            of(&|measured| measured.block.timings.milliseconds(0.5)),
            of(&|measured| measured.block.timings.milliseconds(0.99)),
            share * 100.0,
        );
    }
}

fn print_targets(engine: Engine, rounds: &[Vec<Measured>]) {
    let of_bare = if engine == Engine::Sqlite { 0.20 } else { 0.25 };
    for (name, one, other, target) in [
        ("read_case, share of a bare read", 1, 0, of_bare),
        ("list_cases of 20, share of read_case", 2, 1, 1.0 / 3.0),
    ] {
        if rounds.iter().any(|round| round.len() <= one) {
            continue;
        }
        let ratios: Vec<f64> =
            rounds.iter().map(|round| round[one].block.rate / round[other].block.rate).collect();
        let percent = |ratio: &f64| format!("{:.1}", ratio * 100.0);
        let each: Vec<String> = ratios.iter().map(percent).collect();
        let ratio = median(ratios);
        println!(
            "{name}: {} % (target {:.0} %: {}); rounds {}",
            percent(&ratio),
            target * 100.0,
            verdict(ratio >= target),
            each.join(" ")
        );
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}
