//! The demonstration plays on both engines, and every step goes as expected.

use std::str::FromStr;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use stafett::demo::{DemoArgs, run};

fn args() -> DemoArgs {
    DemoArgs { exit: true, ..DemoArgs::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_the_demonstration_goes_as_told_on_sqlite() {
    let status = run(args()).await.expect("it is played");
    assert_eq!(status, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_can_be_played_again_on_the_same_database() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for _ in 0..2 {
        let args = DemoArgs { data: Some(folder.path().to_owned()), ..args() };
        assert_eq!(run(args).await.expect("it is played"), 0);
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
    let status = run(DemoArgs { database_url, ..args() }).await.expect("it is played");
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    server.execute(AssertSqlSafe(drop)).await.expect("the database is dropped");
    assert_eq!(status, 0);
}
