//! Measures every list at scale: the same people with the same cases among a thousand and among a million, alternating in one
//! run; and a list whose rows are all refused. `benches/README.md` describes how to run it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::Value;
use stafett::{access::Policies, db::Db};
use tokio::task::spawn_blocking;

use crate::{
    many_cases::{Cast, fill},
    measuring::{Connection, Timings, number, production, request, serve},
    support::{Engine, User, World},
};

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

/// The maximum factor by which a list may be slower among many cases than among few.
const TARGET: f64 = 1.5;
const ROUNDS: usize = 10;

#[tokio::main]
async fn main() {
    let only = std::env::var("STAFETT_BENCH_ENGINE").unwrap_or_default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if only.is_empty() || format!("{engine:?}").to_lowercase() == only {
            let policies = || Policies::load().expect("valid rules");
            engine
                .tell_by(policies(), async |few| {
                    engine.tell_by(policies(), async |many| measure(few, many).await).await;
                })
                .await;
        }
    }
}

async fn measure(few: World, many: World) {
    let sizes = [number("STAFETT_BENCH_FEW", 1_000), number("STAFETT_BENCH_CASES", 1_000_000)];
    println!("== {:?}, {} and {} cases", few.engine, sizes[0], sizes[1]);
    let few = Size::of(few, sizes[0]).await;
    let many = Size::of(many, sizes[1]).await;
    let (few_lists, many_lists) = (lists(&few.cast), lists(&many.cast));
    println!(
        "{:<58} {:>6} {:>6} {:>9} {:>9} {:>6}",
        "median of milliseconds", "items", "items", "few", "many", "ratio"
    );
    let mut missed = 0;
    for (one, other) in few_lists.iter().zip(&many_lists) {
        let (mut times, mut items) = ([Vec::new(), Vec::new()], [0, 0]);
        for _ in 0..ROUNDS {
            for (at, (size, list)) in [(&few, one), (&many, other)].into_iter().enumerate() {
                let (taken, found) = size.ask(&list.user, &list.path).await;
                times[at].extend(taken);
                items[at] = found;
            }
        }
        let [few, many] = times.map(|times| Timings::of(times).milliseconds(0.5));
        let ratio = many / few;
        missed += usize::from(ratio > TARGET);
        let mark = if ratio > TARGET { " MISSED" } else { "" };
        println!(
            "{:<58} {:>6} {:>6} {few:>9.2} {many:>9.2} {ratio:>6.2}{mark}",
            one.name, items[0], items[1]
        );
    }
    println!("lists that take more than {TARGET} times as long: {missed}");
    for size in [&few, &many] {
        size.read_what_is_refused().await;
    }
    for size in [few, many] {
        size.db.close().await;
    }
}

/// A world with a number of cases.
struct Size {
    cast: Cast,
    db: Db,
    address: SocketAddr,
}

/// A person's list.
struct List {
    name: String,
    user: User,
    path: String,
}

impl Size {
    async fn of(world: World, cases: i64) -> Self {
        let begun = Instant::now();
        let filler = production(&world).await;
        let cast = fill(&world, &filler, cases).await;
        filler.close().await;
        println!("{cases} cases filled in {:.0} s", begun.elapsed().as_secs_f64());
        // The service has new connections of its own, without a cache.
        let db = production(&world).await;
        let address = serve(&world, &db, true).address;
        Self { cast, db, address }
    }

    /// Repeats a request. Returns how long each answer took, and the number of items.
    async fn ask(&self, user: &User, path: &str) -> (Vec<Duration>, usize) {
        let (address, request) = (self.address, request(path, &user.token().await));
        let times = number("STAFETT_BENCH_REQUESTS", 5);
        spawn_blocking(move || {
            let (mut connection, mut taken, mut items) = (Connection::open(address), Vec::new(), 0);
            for _ in 0..times {
                let asked = Instant::now();
                let (status, body) = connection.ask(&request);
                taken.push(asked.elapsed());
                let text = String::from_utf8_lossy(body);
                assert_eq!(status, 200, "{text}");
                let body: Value = serde_json::from_str(&text).expect("JSON");
                items = body["items"].as_array().map_or(0, Vec::len);
            }
            (taken, items)
        })
        .await
        .expect("answers")
    }

    /// A leader may read none of the unit's cases: each request does a bounded part of the work, and the last one shows the end.
    async fn read_what_is_refused(&self) {
        let token = self.cast.refused.token().await;
        let (mut path, mut requests, mut longest) = ("/v1/cases".to_owned(), 0, Duration::ZERO);
        loop {
            let (address, request) = (self.address, request(&path, &token));
            let (taken, body) = spawn_blocking(move || {
                let mut connection = Connection::open(address);
                let asked = Instant::now();
                let (status, body) = connection.ask(&request);
                let taken = asked.elapsed();
                assert_eq!(status, 200);
                (taken, serde_json::from_slice::<Value>(body).expect("JSON"))
            })
            .await
            .expect("an answer");
            assert_eq!(body["items"].as_array().map(Vec::len), Some(0), "all are refused");
            (requests, longest) = (requests + 1, longest.max(taken));
            let Some(cursor) = body["next_cursor"].as_str() else { break };
            path = format!("/v1/cases?cursor={cursor}");
        }
        let longest = longest.as_secs_f64() * 1000.0;
        println!("600 refused cases: {requests} requests to the end, the longest {longest:.1} ms");
    }
}

/// Returns every list, with a person who may read it.
fn lists(cast: &Cast) -> Vec<List> {
    let Cast { worker, leader, receiver, auditor, guardian, case, child, measure, .. } = cast;
    let mut lists = Vec::new();
    let mut add = |who: &str, user: &User, path: String, name: &str| {
        lists.push(List { name: format!("{who}: {name}"), user: user.clone(), path });
    };
    for (who, user) in [("worker", &worker.user), ("leader", &leader.user), ("guardian", &guardian.user)] {
        for path in ["/cases", "/cases?limit=20", "/follow-ups", "/follow-ups?limit=20"] {
            add(who, user, format!("/v1{path}"), path);
        }
    }
    for (who, staff) in [("worker", worker), ("leader", leader), ("receiver", receiver)] {
        for path in ["/concerns", "/emergency-access", "/me/conflicts-of-interest"] {
            add(who, staff, format!("/v1{path}"), path);
        }
        for path in ["/child-welfare-reports", "/disclosures"] {
            add(who, staff, format!("/v1/units/{}{path}", staff.unit.id), path);
        }
    }
    for path in ["/conflicts-of-interest", "/staff"] {
        add("leader", leader, format!("/v1/units/{}{path}", leader.unit.id), path);
    }
    add("auditor", auditor, "/v1/emergency-access".to_owned(), "/emergency-access");
    add("auditor", auditor, "/v1/access-log/reviews".to_owned(), "/access-log/reviews");
    for path in [
        "/history",
        "/team",
        "/consents",
        "/handovers",
        "/goals",
        "/measures",
        "/meetings",
        "/notes",
        "/withholdings",
        "/objections",
    ] {
        add("worker", worker, format!("/v1/cases/{case}{path}"), path);
    }
    add("worker", worker, format!("/v1/cases/{case}/measures/{measure}/evaluations"), "/evaluations");
    add("worker", worker, format!("/v1/children/{child}/guardians"), "/guardians");
    for path in ["/history", "/consents", "/measures", "/meetings", "/notes", "/access-log"] {
        add("guardian", guardian, format!("/v1/cases/{case}{path}"), path);
    }
    lists
}
