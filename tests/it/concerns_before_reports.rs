//! Concerns recorded before reports to child welfare could be recorded are kept.

use sqlx::{Connection, Executor, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// The migrations of SQLite, all or those before the migration of reports.
async fn migrate(connection: &mut SqliteConnection, before_reports: bool) {
    let all = format!("{}/migrations/sqlite", env!("CARGO_MANIFEST_DIR"));
    let some = TempDir::new().expect("a folder");
    for file in std::fs::read_dir(&all).expect("migrations").map(|file| file.expect("a file")) {
        let name = file.file_name().into_string().expect("a name");
        if !before_reports || *name < *"0008" {
            std::fs::copy(file.path(), some.path().join(name)).expect("copied");
        }
    }
    let migrator = Migrator::new(some.path()).await.expect("migrations");
    migrator.run(connection).await.expect("migrated");
}

/// SQLite rebuilds the table of concerns, so that they can lead to a report.
#[tokio::test]
async fn concerns_recorded_before_there_were_reports_are_kept() {
    let folder = TempDir::new().expect("a folder");
    let options =
        SqliteConnectOptions::new().filename(folder.path().join("old.sqlite")).create_if_missing(true);
    let mut old = SqliteConnection::connect_with(&options.foreign_keys(true)).await.expect("a database");
    migrate(&mut old, true).await;
    old.execute(
        "INSERT INTO municipality (number, name, county, plan) VALUES ('4014', 'Kragerø', 'Telemark', 'Plan');
         INSERT INTO unit (id, municipality, key, name, kind, sector) VALUES (x'01', '4014', 'u', 'U', 'school', 'school');
         INSERT INTO person (id, municipality, name, created_at) VALUES (x'02', '4014', 'P', '2026-01-01');
         INSERT INTO concern (municipality, id, unit_id, author_id, facts, decide_by, created_at)
         VALUES ('4014', x'03', x'01', x'02', 'Open.', '2026-01-15', '2026-01-01');
         INSERT INTO concern (municipality, id, unit_id, author_id, facts, decide_by, decision, decision_reason,
                              decided_at, decided_by, created_at, version)
         VALUES ('4014', x'04', x'01', x'02', 'Decided.', '2026-01-15', 'no_need', 'None.', '2026-01-02', x'02', '2026-01-01', 2);",
    )
    .await
    .expect("what was there before");
    migrate(&mut old, false).await;
    let rows: Vec<(Vec<u8>, String, Option<String>, i64)> =
        sqlx::query_as("SELECT id, facts, decision, version FROM concern ORDER BY id")
            .fetch_all(&mut old)
            .await
            .expect("concerns");
    let decided = Some("no_need".to_owned());
    assert_eq!(rows, [(vec![3], "Open.".into(), None, 1), (vec![4], "Decided.".into(), decided, 2)]);
    let report = "UPDATE concern SET decision = 'report_child_welfare', decided_at = created_at, decided_by = author_id";
    assert!(old.execute(report).await.is_err(), "a decision to report names the report");
    let broken: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
        .fetch_all(&mut old)
        .await
        .expect("a check");
    assert!(broken.is_empty(), "{broken:?}");
}
