//! Measures searches in an access log of ten million entries: the first page of each filter, frequent and rare, and an export
//! of everything in constant memory. `benches/README.md` describes how to run it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use stafett::{
    access::Policies,
    log_tree::{Checkpoints, Sealer},
};
use tokio::task::spawn_blocking;

use crate::{
    long_log::{Log, OLD_ACTION, case, child, export, fill},
    measuring::{Connection, Timings, durability, is_durable, production, request, serve},
    support::{Engine, User, World, log_key},
};

mod long_log;
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

/// The limit in milliseconds for the 95th percentile of the first page.
const TARGET: f64 = 20.0;

fn number(name: &str, otherwise: i64) -> i64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::main]
async fn main() {
    let only = std::env::var("STAFETT_BENCH_ENGINE").unwrap_or_default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if only.is_empty() || format!("{engine:?}").to_lowercase() == only {
            engine.tell_by(Policies::load().expect("valid rules"), measure).await;
        }
    }
}

async fn measure(world: World) {
    if !is_durable(&world).await {
        return;
    }
    let entries = number("STAFETT_BENCH_ENTRIES", 10_000_000);
    println!("== {:?}, {}, {entries} entries", world.engine, durability(&world).await);
    let filler = production(&world).await;
    let begun = Instant::now();
    let log = fill(&world, &filler, entries).await;
    println!("filled in {:.0} s", begun.elapsed().as_secs_f64());
    for (part, bytes) in long_log::sizes(&filler).await {
        println!("on disk: {part} {:.2} GB", bytes as f64 / 1e9);
    }
    // The service has new connections of its own, without a cache.
    filler.close().await;
    let db = production(&world).await;
    let serving = serve(&world, &db, true);
    let address = serving.address;
    let sealer = Sealer::new(db.clone(), world.clock.clone(), log_key(), Checkpoints::default());
    let sealing = tokio::spawn(sealer.run(serving.written));
    let missed = search_by_all(&log, address).await;
    println!("first pages of one filter slower than {TARGET} ms at p95: {missed}");
    export(&log, &db, address).await;
    sealing.abort();
    let _ended = sealing.await;
    db.close().await;
}

/// Measures each filter, for values that are frequent, rare, old and missing, in rounds, so that a momentary slowdown does
/// not always hit the same filter. Returns the number of filters that were too slow.
async fn search_by_all(log: &Log, address: SocketAddr) -> usize {
    const ROUNDS: usize = 5;
    println!(
        "{:<46} {:>5} {:>8} {:>8} {:>8} {:>8}",
        "filter", "items", "p50 ms", "p95 ms", "p99 ms", "most ms"
    );
    let auditor = &log.cast.auditor;
    // Measures how slow the machine itself is at the moment.
    ask(auditor, address, "(for comparison: who am I)", "/v1/me").await;
    let singles = singles(log);
    let mut answers = vec![Answers::default(); singles.len()];
    for _ in 0..ROUNDS {
        for ((_, query), all) in singles.iter().zip(&mut answers) {
            all.add(asked(auditor, address, &format!("/v1/access-log?{query}")).await);
        }
    }
    let mut missed = 0;
    for ((name, _), answers) in singles.iter().zip(answers) {
        missed += usize::from(answers.tell(name) > TARGET);
    }
    ask(auditor, address, "(for comparison: who am I)", "/v1/me").await;
    println!("-- no target");
    for (name, query) in others(log) {
        search(&log.cast.auditor, address, &name, &query).await;
    }
    let deep = deep_cursor(&log.cast.auditor, address).await;
    search(&log.cast.auditor, address, "a page far back", &format!("cursor={deep}")).await;
    for (name, who) in [
        ("auditor of two municipalities", &log.cast.auditor_of_two),
        ("auditor with a child", &log.cast.parent),
    ] {
        search(who, address, &format!("{name}: no filter"), "").await;
        search(who, address, &format!("{name}: often"), "action=read_case").await;
        search(who, address, &format!("{name}: rule, seldom"), "rule=emergency.read").await;
    }
    let family = format!("/v1/cases/{}/access-log", log.cast.case);
    ask(&log.cast.parent, address, "the family's view of its case", &family).await;
    missed
}

fn singles(log: &Log) -> Vec<(String, String)> {
    let cast = &log.cast;
    let named = |name: &str, query: String| (name.to_owned(), query);
    let nobody = uuid::Uuid::from_u128(7);
    vec![
        named("none", String::new()),
        named("child, often", format!("child_id={}", child(1))),
        named("child, seldom", format!("child_id={}", child(6665 * 3 + 1))),
        named("child, never", format!("child_id={nobody}")),
        named("child of another municipality", format!("child_id={}", child(0))),
        named("case, often", format!("case_id={}", case(1))),
        named("case, seldom", format!("case_id={}", case(6665 * 3 + 1))),
        named("case, never", format!("case_id={nobody}")),
        named("person, often", format!("person_id={}", cast.busy)),
        named("person, often and long ago", format!("person_id={}", cast.old)),
        named("person, never", format!("person_id={nobody}")),
        named("unit, often", format!("unit_id={}", cast.units[0])),
        named("unit, seldom", format!("unit_id={}", cast.units[1])),
        named("unit, never", format!("unit_id={nobody}")),
        named("role, often", "role=worker".to_owned()),
        named("role, seldom", "role=analyst".to_owned()),
        named("role, hardly ever", "role=administrator".to_owned()),
        named("action, often", "action=read_case".to_owned()),
        named("action, seldom", "action=create_unit".to_owned()),
        named("action, often and long ago", format!("action={OLD_ACTION}")),
        named("action, never", "action=no_such_action".to_owned()),
        named("decision, permit", "decision=permit".to_owned()),
        named("decision, deny", "decision=deny".to_owned()),
        named("law, often", "legal_basis=fvl%20%C2%A7%2013%20a%20no.%201".to_owned()),
        named("law, never", "legal_basis=no%20law".to_owned()),
        named("rule, often", "rule=case.team".to_owned()),
        named("rule, never", "rule=no.rule".to_owned()),
        named("emergency", "emergency=only".to_owned()),
        named("from, lately", format!("from={}", log.time(0.999))),
        named("from, long ago", format!("from={}", log.time(0.01))),
        named("from, to come", "from=2030-01-01T00:00:00Z".to_owned()),
        named("until, lately", format!("until={}", log.time(0.999))),
        named("until, long ago", format!("until={}", log.time(0.01))),
        named("until, before the log", "until=2001-01-01T00:00:00Z".to_owned()),
    ]
}

/// Measures combined filters, and pages far back.
fn others(log: &Log) -> Vec<(String, String)> {
    let cast = &log.cast;
    let named = |name: &str, query: String| (name.to_owned(), query);
    vec![
        named("from and until", format!("from={}&until={}", log.time(0.5), log.time(0.51))),
        named("person, until long ago", format!("person_id={}&until={}", cast.busy, log.time(0.1))),
        named("person and action, both often", format!("person_id={}&action=read_case", cast.busy)),
        named(
            "person and action, often but long ago",
            format!("person_id={}&action={OLD_ACTION}", cast.busy),
        ),
        named("person and action, never together", format!("person_id={}&action=create_unit", cast.old)),
        named("old person, action often", format!("person_id={}&action=read_case", cast.old)),
        named("old person, decision deny", format!("person_id={}&decision=deny", cast.old)),
        named("old action, decision deny", format!("action={OLD_ACTION}&decision=deny")),
        named("old action, decision permit", format!("action={OLD_ACTION}&decision=permit")),
        named("child and person", format!("child_id={}&person_id={}", child(1), cast.busy)),
        named("child and action", format!("child_id={}&action=read_case", child(1))),
        named("unit and role, both often", format!("unit_id={}&role=worker", cast.units[0])),
        named("role seldom and rule often", "role=analyst&rule=case.team".to_owned()),
        named("role often and emergency", "role=worker&emergency=only".to_owned()),
        named("unit, old person", format!("unit_id={}&person_id={}", cast.units[0], cast.old)),
        named("role often, old action", format!("role=worker&action={OLD_ACTION}")),
        named("role often, deny", "role=worker&decision=deny".to_owned()),
        named("rule often, deny", "rule=case.team&decision=deny".to_owned()),
        named("role often, until long ago", format!("role=worker&until={}", log.time(0.01))),
        named("old action, from lately", format!("action={OLD_ACTION}&from={}", log.time(0.9))),
        named("two hundred on a page", "limit=200".to_owned()),
    ]
}

async fn search(who: &User, address: SocketAddr, name: &str, query: &str) {
    ask(who, address, name, &format!("/v1/access-log?{query}")).await;
}

async fn ask(who: &User, address: SocketAddr, name: &str, path: &str) {
    asked(who, address, path).await.tell(name);
}

/// The results of a repeated request.
#[derive(Debug, Clone, Default)]
struct Answers {
    /// For the first page.
    items: usize,
    taken: Vec<Duration>,
}

impl Answers {
    fn add(&mut self, more: Self) {
        self.items = more.items;
        self.taken.extend(more.taken);
    }

    /// Prints the results in a line, and returns the p95 in milliseconds.
    fn tell(self, name: &str) -> f64 {
        let timings = Timings::of(self.taken);
        let [half, most, nearly, all] = [0.5, 0.95, 0.99, 1.0].map(|share| timings.milliseconds(share));
        let few =
            if timings.number() < 100 { format!(" of {} requests", timings.number()) } else { String::new() };
        println!("{name:<46} {:>5} {half:>8.1} {most:>8.1} {nearly:>8.1} {all:>8.1}{few}", self.items);
        most
    }
}

/// Repeats the request a few hundred times, or until a time limit.
async fn asked(who: &User, address: SocketAddr, path: &str) -> Answers {
    const LONGEST: Duration = Duration::from_secs(15);
    let asked = request(path, &who.token().await);
    let times = number("STAFETT_BENCH_REQUESTS", 200);
    spawn_blocking(move || {
        let (mut connection, mut answers) = (Connection::open(address), Answers::default());
        let begun = Instant::now();
        for _ in 0..times {
            let asked_at = Instant::now();
            let (status, body) = connection.ask(&asked);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
            answers.taken.push(asked_at.elapsed());
            if answers.taken.len() == 1 {
                let page: serde_json::Value = serde_json::from_slice(body).expect("a page");
                answers.items = page["items"].as_array().map_or(0, Vec::len);
            }
            if begun.elapsed() > LONGEST {
                break;
            }
        }
        answers
    })
    .await
    .expect("answers")
}

/// Returns the start of a page two thirds back in the log.
async fn deep_cursor(who: &User, address: SocketAddr) -> String {
    let log_until = request("/v1/access-log?limit=1&until=2024-11-25T10:00:00Z", &who.token().await);
    spawn_blocking(move || {
        let mut connection = Connection::open(address);
        let (_, body) = connection.ask(&log_until);
        let page: serde_json::Value = serde_json::from_slice(body).expect("a page");
        page["next_cursor"].as_str().expect("more").to_owned()
    })
    .await
    .expect("an answer")
}
