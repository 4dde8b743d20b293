//! On PostgreSQL the service runs as a role that can append to the access log but not change it.

use std::{process::Command, str::FromStr};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use stafett::db::{GrantError, can_change_log, grant_to};

use crate::{
    program::{
        done,
        wrong_place::{CREATE, OPEN},
    },
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

#[tokio::test]
async fn a_database_that_does_not_exist_is_created_by_a_superuser() {
    Engine::Postgres
        .tell(|world: World| async move {
            let url = PgConnectOptions::from_str(&url_of(&world.command_line())).expect("an address");
            for line in ["migrate", "keys rotate", "keys list"] {
                let mut command = world.command_line();
                command.env("STAFETT_DATABASE_URL", url.clone().database("no_such").to_url_lossy().as_str());
                let done = done(command.args(line.split(' ')), "");
                assert_eq!((done.status, done.out.as_str()), (1, ""), "{line}: {}", done.errors);
                assert!(
                    done.errors.contains("create it with `createdb --owner OWNER NAME`"),
                    "{}",
                    done.errors
                );
            }
        })
        .await;
}

fn url_of(command: &Command) -> String {
    set_in(command, "STAFETT_DATABASE_URL")
}

fn set_in(command: &Command, variable: &str) -> String {
    let values = command.get_envs().filter(|(name, _)| *name == variable);
    values.filter_map(|(_, value)| value?.to_str()).next().expect("it is set").to_owned()
}

/// Each command as the role of the service, with its exit status and its words. The commands that open a database are those
/// of `program::wrong_place`, apart from `serve`, which is played above.
const AS_THE_ROLE: &[(&str, i32, &str)] = &[
    ("keys list", 0, "0000-people: 1 generation, the lookup key"),
    ("keys rotate", 0, " texts again"),
    ("keys prune", 0, "erased 0 superseded keys"),
    ("access-log public-key --municipality 4014", 0, "4014"),
    ("access-log export --municipality 4014", 0, "checkpoint"),
    ("access-log verify --municipality 4014 --public-key KEY", 0, "the log is whole"),
    ("access-log erase --municipality 4014", 1, "name the role that owns the tables"),
    ("catalogue import --included kragero", 0, "4014 Kragerø"),
    ("catalogue units --municipality 4014", 0, "oppvekst"),
    (
        "user create --municipality 4014 --name Arne --username arne --national-id-file number",
        0,
        "first half: ",
    ),
    ("user reset --municipality 4014 --username arne --national-id-file number", 0, "second half: "),
    ("user grant --municipality 4014 --username arne --role oppvekst:administrator", 0, "person: "),
    ("user unlock --municipality 4014 --username arne", 0, "person: "),
    ("explain --as arne@4014 --action list_cases", 0, "list_cases"),
    ("backup --to monday.age --recipient RECIPIENT", 1, "CREATEDB"),
    (
        "keys erase --municipality 4014 --sector health --generation 1 --yes",
        2,
        "does not lack this generation",
    ),
    ("keys erase --municipality 4014 --sector school --yes", 0, "erased 2 generations of 4014-school"),
    ("migrate", 1, "name the role that owns the tables"),
    ("migrate --grant-to stafett_it_service", 1, "name the role that owns the tables"),
    ("serve --migrate", 1, "name the role that owns the tables"),
    ("generate --cases 1", 1, "name the role that owns the tables"),
];

/// No command succeeds without doing its work, and none changes the schema, which the role cannot.
fn commands_work_as_the_role(world: &World) {
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let run = |line: &str| {
        let mut command = world.command_line();
        let folder = command.get_current_dir().expect("a folder").to_owned();
        std::fs::write(folder.join("number"), "21868410059").expect("a file");
        // A variable overrides the file, but is not the cause of any of these refusals.
        std::fs::write(folder.join("stafett.toml"), "database_url = \"postgres://elsewhere/stafett\"")
            .expect("a file");
        let url =
            PgConnectOptions::from_str(&url_of(&command)).expect("an address").username(ROLE).to_url_lossy();
        let key = set_in(&command, "STAFETT_ACCESS_LOG_KEY_FILE");
        command.env("STAFETT_DATABASE_URL", url.as_str()).env("STAFETT_TOKEN_KEY_FILE", key);
        done(command.args(line.split(' ')), "")
    };
    let key = run("access-log public-key --municipality 4014").well();
    for (line, status, words) in AS_THE_ROLE {
        let done = run(&line.replace("RECIPIENT", &recipient).replace("KEY", key.trim()));
        let said = format!("{}{}", done.out, done.errors);
        assert_eq!(done.status, *status, "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
        assert_eq!(done.errors.is_empty(), *status == 0, "{line}: {said}");
        assert!(!said.contains("The environment overrides"), "{line}: {said}");
    }
    for line in OPEN.iter().chain(CREATE).filter(|line| **line != "serve") {
        let words = |line: &str| line.split(" --").next().map(ToOwned::to_owned);
        let is_played = AS_THE_ROLE.iter().any(|(played, ..)| words(played) == words(line));
        assert!(is_played, "{line} is not in the table");
    }
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
