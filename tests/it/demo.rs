//! The demonstration plays on both engines, and every step goes as expected.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    str::FromStr,
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use stafett::demo::{DemoArgs, run};
use tempfile::TempDir;

fn args() -> DemoArgs {
    DemoArgs { exit: true, ..DemoArgs::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_the_demonstration_goes_as_told_on_sqlite() {
    let status = run(args()).await.expect("it is played");
    assert_eq!(status, 0);
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(path).expect("a file"));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_refuses_a_place_that_has_anything_and_changes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let args = || DemoArgs { data: Some(folder.path().to_owned()), ..args() };
    assert_eq!(run(args()).await.expect("it is played"), 0);
    let before = files(folder.path());
    let refused = run(args()).await.expect_err("the folder has keys").to_string();
    assert!(refused.contains("is not empty"), "{refused}");
    let url = format!("sqlite:{}", folder.path().join("stafett.db").display());
    let elsewhere = TempDir::new().expect("a folder");
    let other = DemoArgs { database_url: Some(url), data: Some(elsewhere.path().join("keys")), ..args() };
    let refused = run(other).await.expect_err("the database has rows").to_string();
    assert!(refused.contains("stafett.db is not empty"), "{refused}");
    assert_eq!(files(folder.path()), before);
    assert!(!elsewhere.path().join("keys").exists());
}

#[test]
fn only_the_owner_reads_what_the_program_creates() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_stafett"));
    demo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["demo", "--exit", "--data"]).arg(&data);
    assert!(demo.output().expect("the program runs").status.success());
    let mode = |path: &Path| std::fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    for folder in [data.clone(), data.join("keys")] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    let files = files(&data);
    assert!(
        ["stafett.db", "keys/master.txt", "keys/access_log.pem", "keys/0000-people-1.key"]
            .iter()
            .all(|name| files.contains_key(&data.join(name)))
    );
    for file in files.keys() {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_the_demonstration_goes_as_told_on_postgres() {
    let Ok(url) = std::env::var("STAFETT_TEST_POSTGRES_URL") else {
        let required = std::env::var_os("STAFETT_TEST_REQUIRE_POSTGRES").is_some();
        assert!(!required, "STAFETT_TEST_POSTGRES_URL is not set, and PostgreSQL is required");
        return;
    };
    let admin = PgConnectOptions::from_str(&url).expect("STAFETT_TEST_POSTGRES_URL is an address");
    let mut server = PgConnection::connect_with(&admin).await.expect("the server answers");
    // Named like the databases of the other tests, so that leftovers are swept with them.
    let name = format!("stafett_test_{}_demo", std::process::id());
    let create = format!("CREATE DATABASE {name} TEMPLATE template1");
    server.execute(AssertSqlSafe(create)).await.expect("a database is created");
    let database_url = Some(admin.database(&name).to_url_lossy().to_string());
    let folder = TempDir::new().expect("a folder");
    let place = |keys: &str, database_url: &Option<String>| {
        let data = Some(folder.path().join(keys));
        DemoArgs { database_url: database_url.clone(), data, ..args() }
    };
    let status = run(place("one", &database_url)).await.expect("it is played");
    let refused = run(place("two", &database_url)).await.expect_err("the database has tables").to_string();
    assert!(refused.contains("the database is not empty"), "{refused}");
    assert!(!folder.path().join("two").exists(), "no key is created");
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    server.execute(AssertSqlSafe(drop)).await.expect("the database is dropped");
    assert_eq!(status, 0);
}
