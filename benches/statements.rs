//! Counts the statements of a request, and of an idle service per second, in the log of a PostgreSQL server that logs every
//! statement. `benches/README.md` describes how to run it.

use std::{collections::HashMap, fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};
use stafett::{
    access::Policies,
    db::{Db, Pools},
    kernel::Clock,
};

use crate::{
    cast::Cast,
    measuring::{Program, production},
    support::{Call, Engine, World},
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

/// The number of repetitions. The lowest count is used, because a connection may be new.
const TIMES: usize = 3;
/// The maximum number of statements per second of an idle service.
const IDLE: f64 = 1.0;
const IDLE_FOR: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let Some(log) = std::env::var_os("STAFETT_TEST_POSTGRES_LOG").map(PathBuf::from) else {
        eprintln!("skipped: there is no log of a PostgreSQL; run it by .ci/with-postgres");
        return;
    };
    Engine::Postgres.tell_by(Policies::load().expect("valid rules"), |world| measure(world, log)).await;
}

async fn measure(world: World, log: PathBuf) {
    world.advance(Clock::System.now() - world.now());
    let mut asked: HashMap<&'static str, Vec<Call>> = HashMap::new();
    for _ in 0..TIMES {
        for (name, call) in requests(&world).await {
            asked.entry(name).or_default().push(call);
        }
    }
    let db = production(&world).await;
    let log = StatementLog::begin(&db, log).await;
    println!("{:<24} {:>10} {:>20} {:>8}", "", "statements", "of the log's writer", "target");
    for (name, target) in [
        ("read_case", Some(7)),
        ("evaluate_measure", Some(14)),
        ("withdraw, 3 units", Some(20)),
        ("list_cases of 20", None),
        ("list_measures", None),
        ("list_meetings", None),
        ("list_follow_ups of 20", None),
        ("read_me", None),
    ] {
        let mut counts = Vec::new();
        for call in asked.remove(name).unwrap_or_default() {
            let before = log.length();
            let answer = call.send().await;
            assert!(answer.status < 300, "{name}: {} {}", answer.status, answer.text);
            counts.push(log.since(before).await);
        }
        let least = counts.into_iter().min_by_key(|statements| statements.len()).expect("an answer");
        if std::env::var_os("STAFETT_BENCH_SHOW").is_some() {
            for statement in &least {
                println!("    {} {}", statement.session, statement.text);
            }
        }
        // Under load, the writer of the log combines the entries of all waiting requests.
        let (all, of_writer) = (least.len(), of_writer(&least));
        let met = target.map_or_else(String::new, |target| {
            format!("{target:>8} {}", if all <= target { "met" } else { "MISSED" })
        });
        println!("{name:<24} {all:>10} {of_writer:>20} {met}");
    }
    idle(&world, &log).await;
    log.end(&db).await;
    db.close().await;
}

/// Counts the statements of an idle service after its start.
async fn idle(world: &World, log: &StatementLog) {
    let _program = Program::start(world);
    tokio::time::sleep(IDLE_FOR).await;
    let before = log.length();
    tokio::time::sleep(IDLE_FOR).await;
    let rate = log.since(before).await.len() as f64 / IDLE_FOR.as_secs_f64();
    let verdict = if rate <= IDLE { "met" } else { "MISSED" };
    println!("idle: {rate:.1} statements/s (target at most {IDLE:.0}: {verdict})");
}

/// A case of its own, with the requests to it.
async fn requests(world: &World) -> Vec<(&'static str, Call)> {
    let cast = world.shared_case().await;
    let mother = &cast.family.guardians[0];
    let mut units = Vec::new();
    for unit in ["kragero/ppt", "kragero/barnevern", "kragero/nav"] {
        units.push(world.unit(unit).await);
    }
    let units: Vec<_> = units.iter().collect();
    let consent = world.consent(mother, cast.case, &units).await;
    let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
    world.meeting(&cast.teacher, cast.case, &[cast.nurse.id, mother.id]).await;
    // The sessions exist before anything is counted.
    for user in [&cast.nurse.user, &mother.user] {
        user.token().await;
    }
    let of_case = |below: &str| cast.nurse.get(cast.path(below));
    vec![
        ("read_case", of_case("")),
        ("list_cases of 20", cast.nurse.get("/v1/cases?limit=20")),
        ("list_measures", of_case("/measures")),
        ("list_meetings", of_case("/meetings")),
        ("list_follow_ups of 20", cast.nurse.get("/v1/follow-ups?limit=20")),
        ("read_me", cast.nurse.get("/v1/me")),
        ("evaluate_measure", evaluation(world, &cast, &measure.to_string())),
        (
            "withdraw, 3 units",
            mother.post(cast.path(&format!("/consents/{consent}/withdraw"))).json(json!({})),
        ),
    ]
}

fn evaluation(world: &World, cast: &Cast, measure: &str) -> Call {
    let body: Value = json!({
        "held_on": world.in_days(0), "outcome": "continue", "contains": [], "assessment": "It helps.",
        "child_view": "It is fun.", "next_evaluation_on": world.in_days(60),
    });
    cast.nurse.post(cast.path(&format!("/measures/{measure}/evaluations"))).json(body).if_match(1)
}

/// A statement, and the session that sent it.
struct Statement {
    session: String,
    text: String,
}

/// The statements of a request that come from the writer of the access log, which combines waiting entries in one transaction.
fn of_writer(statements: &[Statement]) -> usize {
    let mut sessions: HashMap<&str, Vec<&str>> = HashMap::new();
    for statement in statements {
        sessions.entry(&statement.session).or_default().push(&statement.text);
    }
    let ends = ["BEGIN", "COMMIT", "ROLLBACK"];
    let is_of_log = |text: &&str| text.contains("access_log") || ends.iter().any(|end| text.starts_with(end));
    let writes = |texts: &Vec<&str>| texts.iter().any(|text| text.starts_with("INSERT INTO access_log"));
    sessions.into_values().filter(|texts| texts.iter().all(is_of_log) && writes(texts)).map(|t| t.len()).sum()
}

/// The log of a PostgreSQL server while it logs every statement.
struct StatementLog {
    file: PathBuf,
    /// The prefix of lines about the world's database.
    mark: String,
}

impl StatementLog {
    async fn begin(db: &Db, file: PathBuf) -> Self {
        let Pools::Postgres { writer, .. } = &db.pools else { panic!("only PostgreSQL has such a log") };
        let (name,): (String,) = sqlx::query_as("SELECT current_database()::text")
            .fetch_one(writer)
            .await
            .expect("the name of the database");
        for sql in [
            "ALTER SYSTEM SET log_line_prefix = '%p@%d '",
            "ALTER SYSTEM SET log_statement = 'all'",
            "SELECT pg_reload_conf()",
        ] {
            writer.execute(AssertSqlSafe(sql)).await.expect("a setting");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        Self { file, mark: format!("@{name} LOG:  ") }
    }

    async fn end(&self, db: &Db) {
        let Pools::Postgres { writer, .. } = &db.pools else { return };
        for sql in ["ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()"] {
            writer.execute(AssertSqlSafe(sql)).await.expect("a setting");
        }
    }

    fn length(&self) -> usize {
        fs::metadata(&self.file).map_or(0, |file| usize::try_from(file.len()).expect("a length"))
    }

    /// Returns the statements since the log had this length.
    async fn since(&self, length: usize) -> Vec<Statement> {
        // The writer of the access log may commit just after the response has been sent.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let log = fs::read(&self.file).expect("the log is readable");
        let text = String::from_utf8_lossy(&log[length..]).into_owned();
        let mut statements: Vec<Statement> = Vec::new();
        for line in text.lines() {
            if let Some((session, rest)) = line.split_once(&self.mark) {
                let sent = rest.strip_prefix("statement: ").or_else(|| {
                    rest.strip_prefix("execute ").and_then(|rest| rest.split_once(": ")).map(|(_, text)| text)
                });
                let Some(text) = sent else { continue };
                statements.push(Statement { session: session.to_owned(), text: text.trim().to_owned() });
            } else if let (Some(last), Some(more)) = (statements.last_mut(), line.strip_prefix('\t')) {
                last.text.push_str(&format!(" {}", more.trim()));
                last.text.truncate(160);
            }
        }
        for statement in &mut statements {
            statement.text = statement.text.trim().to_owned();
        }
        statements
    }
}
