//! Cases that were open before there were next steps have one that follows from their rows.

use sqlx::{Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// The migrations of SQLite, all or those before the migration of next steps.
async fn migrate(connection: &mut SqliteConnection, before: bool) {
    let all = format!("{}/migrations/sqlite", env!("CARGO_MANIFEST_DIR"));
    let some = TempDir::new().expect("a folder");
    for file in std::fs::read_dir(&all).expect("migrations").map(|file| file.expect("a file")) {
        let name = file.file_name().into_string().expect("a name");
        if !before || *name < *"0032" {
            std::fs::copy(file.path(), some.path().join(name)).expect("copied");
        }
    }
    let migrator = Migrator::new(some.path()).await.expect("migrations");
    migrator.run(connection).await.expect("migrated");
}

/// A case of the child `x'…'` of the same number, with its contact person.
fn case(number: u8, status: &str) -> String {
    let closed = if status == "closed" { "'2026-02-01', 'Done.', 'Well.'" } else { "NULL, NULL, NULL" };
    format!(
        "INSERT INTO child (municipality, id, person_id, name, birth_date, registered_by, registered_unit, registered_at)
         VALUES ('4014', x'0{number}', x'02', 'C', '2019-01-01', x'02', x'01', '2026-01-01');
         INSERT INTO care_case (municipality, id, child_id, unit_id, opened_by, reason, level, status, agreed_with, agreed_on, opened_at,
             closed_at, closing_reason, final_evaluation)
         VALUES ('4014', x'1{number}', x'0{number}', x'01', x'02', 'Help.', 1, '{status}', 'guardians', '2026-01-01', '2026-01-01', {closed});
         INSERT INTO contact_person (municipality, case_id, person_id, unit_id, since)
         VALUES ('4014', x'1{number}', x'02', x'01', '2026-01-01');"
    )
}

fn measure(id: u8, case: u8, unit: u8, days: i64) -> String {
    format!(
        "INSERT INTO measure (municipality, id, case_id, title, level, responsible_id, unit_id, starts_on, evaluate_on, status, created_by,
             created_at)
         VALUES ('4014', x'3{id}', x'1{case}', 'Play', 'selective', x'02', x'0{unit}', '2026-01-01', date('now', '{days} days'), 'in_force',
             x'02', '2026-01-01');
         INSERT INTO evaluation (municipality, id, case_id, measure_id, held_on, outcome, assessment, child_view, next_evaluation_on,
             evaluated_by, created_at)
         VALUES ('4014', x'4{id}', x'1{case}', x'3{id}', '2026-01-02', 'adjust', 'Well.', 'Fun.', date('now', '{days} days'), x'02',
             '2026-01-02');"
    )
}

#[tokio::test]
async fn an_open_case_has_its_nearest_evaluation_or_a_review_as_next_step_and_loses_nothing() {
    let folder = TempDir::new().expect("a folder");
    let options =
        SqliteConnectOptions::new().filename(folder.path().join("old.sqlite")).create_if_missing(true);
    let mut old = SqliteConnection::connect_with(&options.foreign_keys(true)).await.expect("a database");
    migrate(&mut old, true).await;
    let before = [
        "BEGIN;
         INSERT INTO municipality (number, name, county, plan) VALUES ('4014', 'Kragerø', 'Telemark', 'Plan');
         INSERT INTO unit (id, municipality, key, name, kind, sector) VALUES (x'01', '4014', 'u', 'U', 'school', 'school');
         INSERT INTO unit (id, municipality, key, name, kind, sector) VALUES (x'07', '4014', 'b', 'B', 'child_welfare', 'child_welfare');
         INSERT INTO person (id, municipality, name, created_at, identity_id, canonical_id)
         VALUES (x'02', '4014', 'P', '2026-01-01', x'09', x'02');"
            .to_owned(),
        case(3, "open"),
        case(4, "open"),
        case(5, "closed"),
        measure(1, 3, 1, 40),
        measure(2, 3, 1, 20),
        measure(3, 3, 7, 5),
        measure(4, 4, 1, 900),
        "COMMIT;".to_owned(),
    ];
    let before = sqlx::raw_sql(sqlx::AssertSqlSafe(before.concat()));
    before.execute(&mut old).await.expect("what was there before");
    migrate(&mut old, false).await;
    let rows: Vec<(Vec<u8>, String, String, bool)> = sqlx::query_as(
        "SELECT case_id, kind, held_by, due_on = date('now', CASE kind WHEN 'review_case' THEN '14 days' ELSE '20 days' END)
         FROM next_step ORDER BY case_id",
    )
    .fetch_all(&mut old)
    .await
    .expect("next steps");
    let step = |case: u8, kind: &str| (vec![0x10 + case], kind.to_owned(), "contact_person".to_owned(), true);
    // The measure of child welfare is not for everyone to know, and one that is years away is no next step.
    assert_eq!(rows, [step(3, "evaluate_measure"), step(4, "review_case")]);
    for (table, count) in [("care_case", 3), ("measure", 4), ("evaluation", 4)] {
        let count_of = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let (found,): (i64,) = sqlx::query_as(count_of).fetch_one(&mut old).await.expect("a count");
        assert_eq!(found, count, "{table}");
    }
    // The key of a record is that of the unit that opened the case, which has kept it until now.
    let (kept,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM care_case WHERE opening_unit_id = unit_id")
        .fetch_one(&mut old)
        .await
        .expect("a count");
    assert_eq!(kept, 3);
    // The municipality had no guide, so the level of its cases is one from before.
    let levels: Vec<(i64, i64, String, i64)> = sqlx::query_as(
        "SELECT c.guide_version, c.level, l.name, m.guide_version FROM care_case c JOIN municipality m ON m.number = c.municipality
         JOIN guide_level l ON l.municipality = c.municipality AND l.version = c.guide_version AND l.level = c.level",
    )
    .fetch_all(&mut old)
    .await
    .expect("levels");
    assert_eq!(levels, vec![(0, 1, "Nivå 1".to_owned(), 0); 3]);
    let broken: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
        .fetch_all(&mut old)
        .await
        .expect("a check");
    assert!(broken.is_empty(), "{broken:?}");
}
