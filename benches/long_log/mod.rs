//! An access log of any length, like that of three municipalities over three years. SQL writes it, because requests would take days.

mod cast;
mod engine;
mod export;

use serde_json::json;
use sqlx::AssertSqlSafe;
use stafett::{db::Db, on_engine};
use uuid::Uuid;

pub use cast::{Cast, OLD_ACTION};
pub use engine::sizes;
pub use export::export;

use crate::support::{Engine, World};

/// The number of entries per transaction.
const CHUNK: i64 = 500_000;
/// The start of the log, in milliseconds since 1970: 2023-11-27, a Monday.
const BEGINNING: i64 = 1_701_043_200_000;
/// The request id of every generated entry.
const REQUEST: &str = "b3c1f6de-0000-7000-8000-000000000000";
/// The number of working days since then.
const DAYS: i64 = 780;

/// The generated log.
#[derive(Debug)]
pub struct Log {
    pub cast: Cast,
}

impl Log {
    /// The day on which this share of the log was written, as a query parameter.
    pub fn time(&self, share: f64) -> String {
        let day = (DAYS as f64 * share) as i64;
        let at = BEGINNING + (day / 5 * 7 + day % 5) * 86_400_000 + 10 * 3_600_000;
        chrono::DateTime::from_timestamp_millis(at)
            .expect("a time")
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

/// The id of a child or of its case.
pub fn child(number: i64) -> Uuid {
    format!("c0000000-0000-7000-8000-{number:012x}").parse().expect("an id")
}

pub fn case(number: i64) -> Uuid {
    format!("ca5e0000-0000-7000-8000-{number:012x}").parse().expect("an id")
}

/// Fills the log of a world with this many entries and their search terms, as the sealer writes them.
pub async fn fill(world: &World, db: &Db, entries: i64) -> Log {
    let cast = Cast::make(world, db).await;
    let kept = engine::let_go(db).await;
    let sql = insert(world.engine, entries, cast.people);
    for from in (0..entries).step_by(usize::try_from(CHUNK).expect("a number")) {
        run(
            db,
            sql.replace("$FROM", &from.to_string()).replace("$TO", &(from + CHUNK).min(entries).to_string()),
        )
        .await;
        eprintln!("{} of {entries} entries", (from + CHUNK).min(entries));
    }
    for municipality in ["4001", "4014", "5057"] {
        run(db, terms(municipality)).await;
        eprintln!("the words of {municipality}");
    }
    engine::take_back(db, kept).await;
    for table in ["bench_person", "bench_template", "bench_term"] {
        run(db, format!("DROP TABLE {table}")).await;
    }
    engine::analyze(db).await;
    Log { cast }
}

async fn run(db: &Db, sql: String) {
    let mut tx = db.write().await.expect("a transaction");
    on_engine!(&mut tx, |conn| sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .execute(conn)
        .await
        .map(|_| ()))
    .expect("done");
    tx.commit().await.expect("committed");
}

/// Entry `n` is at its time of day on its working day. The person, action and child follow from numbers that scatter. The
/// square makes some frequent and others rare. One person and one action are frequent in the first part and absent later.
fn insert(engine: Engine, entries: i64, people: i64) -> String {
    let per_day = (entries + DAYS - 1) / DAYS;
    let (old_people, old_action) = (entries / 30, entries / 3);
    let (series, id, at, uuid, salt) = match engine {
        Engine::Sqlite => (
            "(WITH RECURSIVE s(n) AS (SELECT $FROM UNION ALL SELECT n + 1 FROM s WHERE n + 1 < $TO) SELECT n FROM s)",
            "unhex(printf('%012x7%03x8%03x%012x', ms, n % 4096, n % 4095, n))",
            "strftime('%Y-%m-%dT%H:%M:%f', ms / 1000.0, 'unixepoch') || '+00:00'",
            "unhex(replace($TEXT, '-', ''))",
            "unhex(printf('%032x', n * 7919))",
        ),
        Engine::Postgres => (
            "generate_series($FROM::bigint, $TO - 1) AS s(n)",
            "(lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n % 4095), 3, '0') || lpad(to_hex(n), 12, '0'))::uuid",
            "to_timestamp(ms / 1000.0)",
            "($TEXT)::uuid",
            "decode(md5(n::text), 'hex')",
        ),
    };
    let number =
        if engine == Engine::Sqlite { "printf('%012x', child)" } else { "lpad(to_hex(child), 12, '0')" };
    let (child, case) = (
        format!("'c0000000-0000-7000-8000-' || {number}"),
        format!("'ca5e0000-0000-7000-8000-' || {number}"),
    );
    let (child_id, case_id) = (uuid.replace("$TEXT", &child), uuid.replace("$TEXT", &case));
    let whole = |number: &str| match engine {
        Engine::Sqlite => format!("CAST({number} AS INTEGER)"),
        Engine::Postgres => format!("floor({number})::bigint"),
    };
    let person = whole(&format!("{people} * u * u"));
    let of_three = whole("6666 * v * v");
    format!(
        "INSERT INTO access_log (municipality, id, at, request_id, client, person_id, roles, action, object_type, object_id, case_id,
             child_id, decision, policies, legal_basis, shown, status, kind, salt)
         SELECT municipality, {id}, {at}, '{REQUEST}', client, person_id, roles, action, object_type,
             CASE WHEN of_case = 1 THEN {case} WHEN of_child = 1 THEN {child} END,
             CASE WHEN of_case = 1 THEN {case_id} END, CASE WHEN of_child = 1 THEN {child_id} END,
             decision, policies, legal_basis, CASE WHEN of_child = 1 THEN '[\"' || {child} || '\"]' ELSE '[]' END, status, kind, {salt}
         FROM (
             SELECT r.n, r.ms, p.municipality, p.client, p.id AS person_id, p.roles, t.action, t.object_type, t.of_case, t.of_child,
                 t.decision, t.policies, t.legal_basis, t.status, t.kind, ({of_three}) * 3 + p.log AS child
             FROM (
                 SELECT n, ms, v, CASE WHEN n < {old_people} AND n % 5 = 0 THEN {people} - 1 ELSE {person} END AS person,
                     CASE WHEN n < {old_action} AND n % 5 = 1 THEN 10000 ELSE (n * 6364136 + n / 83) % 10000 END AS template
                 FROM (
                     SELECT n, {BEGINNING} + (n / {per_day} / 5 * 7 + n / {per_day} % 5) * 86400000 + 25200000
                             + n % {per_day} * 36000000 / {per_day} AS ms,
                         ((n * 7919 + n / 97 * 104729) % 1000003) / CAST(1000003 AS DOUBLE PRECISION) AS u,
                         ((n * 15485863 + n / 89 * 32452843) % 1000033) / CAST(1000033 AS DOUBLE PRECISION) AS v
                     FROM {series}
                 ) AS a
             ) AS r
             JOIN bench_person p ON p.slot = r.person
             JOIN bench_template t ON t.slot = r.template
         ) AS e"
    )
}

fn terms(municipality: &str) -> String {
    format!(
        "INSERT INTO access_log_term (municipality, term, entry_id)
         SELECT municipality, term, id FROM (
             SELECT l.municipality, w.term, l.id FROM access_log l JOIN bench_term w ON w.sort = 'roles' AND w.text = l.roles
             WHERE l.municipality = '{municipality}' AND l.request_id = '{REQUEST}'
             UNION ALL
             SELECT l.municipality, w.term, l.id FROM access_log l
             JOIN bench_term w ON w.sort = 'rules' AND w.text = l.policies || l.legal_basis
             WHERE l.municipality = '{municipality}' AND l.request_id = '{REQUEST}'
         ) AS found ORDER BY municipality, term, id"
    )
}

/// A role as an entry contains it.
pub fn role(unit: Uuid, name: &str, sector: &str, role: &str) -> serde_json::Value {
    json!({ "unit_id": unit, "unit": name, "sector": sector, "role": role })
}
