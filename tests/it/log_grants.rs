//! On PostgreSQL the service runs as a role that can append to the access log but not change it.

use std::str::FromStr;

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use stafett::db::{GrantError, can_change_log, grant_to};

use crate::{
    program::done,
    support::{Engine, World},
};

const ROLE: &str = "stafett_it_service";

const REFUSED: [&str; 14] = [
    "UPDATE access_log SET status = 200",
    "UPDATE access_log SET digests = '{}', salt = NULL, person_id = NULL",
    "DELETE FROM access_log",
    "TRUNCATE access_log",
    "ALTER TABLE access_log DISABLE TRIGGER USER",
    "DROP TRIGGER access_log_no_change ON access_log",
    "DROP TABLE access_log",
    "UPDATE access_log_leaf SET position = position + 1",
    "DELETE FROM access_log_leaf",
    "UPDATE access_log_node SET hash = NULL",
    "DELETE FROM access_log_checkpoint",
    "TRUNCATE access_log_checkpoint",
    "SET session_replication_role = replica",
    "UPDATE _sqlx_migrations SET success = TRUE",
];

#[tokio::test]
async fn the_role_of_the_service_adds_to_the_log_and_cannot_change_it() {
    Engine::Postgres.tell(told).await;
}

async fn told(world: World) {
    // Other tests may create it at the same time.
    let make = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    world.try_execute(make).await.expect("a role");
    grant_to(&world.db, ROLE).await.expect("granted");
    assert!(can_change_log(&world.db).await.expect("asked"), "the owner could");

    let served = world.as_role(ROLE).await;
    assert!(!can_change_log(&served.db).await.expect("asked"));
    let cast = served.shared_case().await;
    cast.nurse.get(cast.path("")).send().await.expect(200);
    served.seal().await;
    assert_eq!(world.rows("access_log_leaf").await, world.rows("access_log").await);
    assert!(world.rows("access_log_checkpoint").await > 0);

    let before = world.rows("access_log").await;
    for sql in REFUSED {
        let error = served.try_execute(sql).await.expect_err(sql).to_string();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{sql}: {error}");
    }
    assert_eq!(world.rows("access_log").await, before);
    served.finish().await;
    commands_work_as_the_role(&world);
}

/// The commands of the service's operator change no schema, which the role cannot.
fn commands_work_as_the_role(world: &World) {
    let as_role = |arguments: &[&str]| {
        let mut command = world.command_line();
        let urls = command.get_envs().filter(|(name, _)| *name == "STAFETT_DATABASE_URL");
        let url = urls.filter_map(|(_, url)| url?.to_str()).next().expect("an address");
        let url = PgConnectOptions::from_str(url).expect("an address").username(ROLE).to_url_lossy();
        done(command.env("STAFETT_DATABASE_URL", url.as_str()).args(arguments), "").well()
    };
    let rotated = as_role(&["keys", "rotate"]);
    assert!(rotated.starts_with("created ") && rotated.contains(" texts again"), "{rotated}");
    as_role(&["keys", "prune"]);
    as_role(&["access-log", "export", "--municipality", "4014"]);
    as_role(&["catalogue", "import", "--included", "kragero"]);
}

#[tokio::test]
async fn where_there_are_no_roles_none_is_granted_anything() {
    Engine::Sqlite
        .tell(|world: World| async move {
            assert!(matches!(grant_to(&world.db, ROLE).await, Err(GrantError::NoRoles)));
            assert!(matches!(grant_to(&world.db, "x; DROP TABLE y").await, Err(GrantError::Name)));
        })
        .await;
}
