//! Any number of cases, written by SQL because requests would take days, and the people whose lists are read.

mod engine;

use stafett::{db::Db, execute, fetch_one, vault::KeyName};
use uuid::Uuid;

use crate::support::{Engine, Guardian, Role, Staff, World};

/// The number of cases per transaction.
const CHUNK: i64 = 250_000;
/// The cases in the units of the leaders, in addition to the requested number.
const OF_REFUSED: i64 = 200;
const FILL: &str = include_str!("fill.sql");

/// The people whose lists are read. Their own cases are the same however many there are in total, except for the receiver.
#[derive(Debug)]
pub struct Cast {
    /// Has 31 cases.
    pub worker: Staff,
    /// Leads the worker's unit, which has 600 cases.
    pub leader: Staff,
    /// Leads a unit that opened 600 cases. Other units hold all of them, so the leader reads none.
    pub refused: Staff,
    /// Leads the child welfare unit that receives every report.
    pub receiver: Staff,
    /// Audits the municipality.
    pub auditor: Staff,
    /// A guardian of the child of one of the worker's cases.
    pub guardian: Guardian,
    /// That case, its child, and a measure in it.
    pub case: Uuid,
    pub child: Uuid,
    pub measure: Uuid,
}

/// Fills the database of a world with this many cases.
pub async fn fill(world: &World, db: &Db, cases: i64) -> Cast {
    let leader = world.staff("kragero/skole", Role::UnitLeader).await;
    let worker = world.worker("kragero/skole").await;
    let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
    let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
    let guardian = world.guardian("4014", world.adult_number()).await;
    let nurses = world.unit("kragero/helsestasjon").await;
    let mut refused = leader.clone();
    refused.user = world.user_with_new_number("4014").await;
    let all = cases + OF_REFUSED;
    let mut text = Text { engine: world.engine, cases: all, words: Vec::new() };
    for (name, id) in [
        ("$REFUSED", refused.user.id.uuid()),
        ("$LEADER", leader.id.uuid()),
        ("$WORKER", worker.id.uuid()),
        ("$GUARDIAN", guardian.id.uuid()),
        ("$HEALTH", nurses.id.uuid()),
        ("$WELFARE", receiver.unit.id.uuid()),
        ("$UNIT", worker.unit.id.uuid()),
    ] {
        text.words.push((name, text.literal(id)));
    }
    text.words.push(("$NOW", world.now().timestamp().to_string()));
    text.words.extend(sealed(db).await);
    let kept = engine::let_go(db).await;
    let comments = |line: &&str| !line.starts_with("--");
    let script: String = FILL.lines().filter(comments).flat_map(|line| [line, "\n"]).collect();
    for statement in script.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        let statement = text.of(statement);
        if statement.contains("$CHUNK") {
            for from in (0..all).step_by(usize::try_from(CHUNK).expect("a number")) {
                let range = format!("n >= {from} AND n < {}", from + CHUNK);
                engine::run(db, statement.replace("$CHUNK", &range)).await;
            }
        } else {
            engine::run(db, statement).await;
        }
    }
    let mut tx = db.read().await.expect("a transaction");
    const FIRST: &str = "SELECT b.unit_id, c.id, c.child_id, m.id FROM bench_case b
        JOIN care_case c ON c.unit_id = b.unit_id JOIN measure m ON m.case_id = c.id AND m.responsible_id = $1
        JOIN guardianship g ON g.child_id = c.child_id AND g.guardian_id = $2 WHERE b.m = 0";
    const SECOND: &str = "SELECT id FROM bench_unit WHERE u = 1";
    let (unit,) = fetch_one!(&mut tx, (Uuid,), SECOND).expect("a second unit");
    refused.unit.id = unit.into();
    engine::take_back(db, kept).await;
    let (_, case, child, measure) =
        fetch_one!(&mut tx, (Uuid, Uuid, Uuid, Uuid), FIRST, worker.id, guardian.id).expect("a case");
    tx.rollback().await.expect("read");
    for table in ["bench_unit", "bench_health", "bench_worker", "bench_case", "bench_text"] {
        engine::run(db, format!("DROP TABLE {table}")).await;
    }
    engine::settle(db).await;
    Cast { worker, leader, refused, receiver, auditor, guardian, case, child, measure }
}

/// A name and a text as they are stored. Every row has the same.
async fn sealed(db: &Db) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    engine::run(db, "CREATE TABLE bench_text (name TEXT PRIMARY KEY, sealed TEXT)".to_owned()).await;
    let school = KeyName::sector("4014", stafett::kernel::vocabulary::Sector::School);
    for (name, key, text) in [
        ("$NAME", KeyName::people("4014"), "Alma Granli"),
        ("$TEXT", school.clone(), "Finds it hard to join in play, and has stopped asking the others."),
        ("$GROUNDS", school, "mistreatment_or_neglect"),
    ] {
        let mut tx = db.write().await.expect("a transaction");
        let sealed = tx.vault().seal(&key, text).expect("sealed");
        execute!(&mut tx, "INSERT INTO bench_text VALUES ($1, $2)", name, sealed).expect("kept");
        let stored = fetch_one!(&mut tx, (String,), "SELECT sealed FROM bench_text WHERE name = $1", name);
        words.push((name, stored.expect("the text").0));
        tx.commit().await.expect("committed");
    }
    words
}

/// The engine-specific words.
struct Text {
    engine: Engine,
    cases: i64,
    words: Vec<(&'static str, String)>,
}

impl Text {
    /// A statement of the script.
    fn of(&self, statement: &str) -> String {
        let mut sql = statement.replace("$CASES", &self.cases.to_string());
        for (name, word) in &self.words {
            sql = sql.replace(name, word);
        }
        sql = replaced(&sql, "[[", "]]", |inner| {
            let (kind, number) = inner.split_once('|').expect("a kind and a number");
            self.id(kind, number)
        });
        sql = replaced(&sql, "{{", "}}", |seconds| match self.engine {
            Engine::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {seconds}, 'unixepoch')"),
            Engine::Postgres => format!("to_timestamp({seconds})"),
        });
        sql = replaced(&sql, "<<", ">>", |seconds| match self.engine {
            Engine::Sqlite => format!("date({seconds}, 'unixepoch')"),
            Engine::Postgres => format!("to_timestamp({seconds})::date"),
        });
        let (id, series) = match self.engine {
            Engine::Sqlite => (
                "BLOB",
                "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < $ALL) SELECT n FROM s)",
            ),
            Engine::Postgres => ("UUID", "(SELECT n FROM generate_series(0::bigint, $ALL - 1) AS g(n))"),
        };
        sql.replace("$SERIES", series).replace("$ALL", &self.cases.to_string()).replace("$ID", id)
    }

    /// An id of a type. The ids of a type are in the order of their numbers, over a year.
    fn id(&self, kind: &str, number: &str) -> String {
        let time = format!("(1735689600000 + ({number}) * (31536000000 / {}))", self.cases);
        match self.engine {
            Engine::Sqlite => format!("unhex(printf('%012x7%03x8%015x', {time}, {kind}, {number}))"),
            Engine::Postgres => format!(
                "(lpad(to_hex({time}), 12, '0') || '7' || lpad(to_hex({kind}), 3, '0') || '8' || lpad(to_hex({number}), 15, '0'))::uuid"
            ),
        }
    }

    fn literal(&self, id: Uuid) -> String {
        match self.engine {
            Engine::Sqlite => format!("x'{}'", id.simple()),
            Engine::Postgres => format!("'{id}'::uuid"),
        }
    }
}

/// Replaces everything between two marks in a text.
fn replaced(text: &str, begin: &str, end: &str, change: impl Fn(&str) -> String) -> String {
    let (mut done, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(begin) {
        let (inner, after) = after.split_once(end).expect("the mark ends");
        done.push_str(before);
        done.push_str(&change(inner));
        rest = after;
    }
    done + rest
}
