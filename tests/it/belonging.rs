//! Keys and data belong together: a key that is missing is never taken for a new one.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey, pkcs8::spki::der::pem::LineEnding};
use serde_json::json;
use stafett::{
    db::{Db, Unchecked},
    kernel::vocabulary::Sector,
    vault::{ERASED, KeyName, MasterKey, Record, Vault},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::{World, both_engines, log_key, master_key, write_secret};

/// The files in the folder of keys, by name.
fn files(world: &World) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(world.keys_folder()).expect("the folder of keys");
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("an entry");
        let bytes = fs::read(entry.path()).expect("a file");
        (entry.file_name().into_string().expect("a name"), bytes)
    };
    entries.map(file).collect()
}

/// Removes the keys whose name begins so, and returns what puts them back.
fn take_away(world: &World, prefix: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut taken = Vec::new();
    for (name, bytes) in files(world) {
        if name.starts_with(prefix) && name.ends_with(".key") {
            let path = world.keys_folder().join(name);
            fs::remove_file(&path).expect("removed");
            taken.push((path, bytes));
        }
    }
    assert!(!taken.is_empty(), "there is no key {prefix}");
    taken
}

fn put_back(taken: Vec<(PathBuf, Vec<u8>)>) {
    for (path, bytes) in taken {
        write_secret(&path, bytes);
    }
}

/// The message of a command that must refuse.
fn refused(command: &mut Command) -> String {
    let done = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stdout));
    assert_eq!(said.lines().count(), 1, "it is one sentence: {said}");
    said
}

/// Every command that opens the database with its keys.
fn commands(world: &World) -> Vec<Command> {
    let municipality = concat!(env!("CARGO_MANIFEST_DIR"), "/data/municipalities/kragero");
    let token_key = world.keys_folder().with_file_name("token_key.pem");
    write_secret(&token_key, pem([3; 32]));
    let all: [&[&str]; 10] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["serve", "--listen", "127.0.0.1:0", "--migrate"],
        &["migrate"],
        &["catalogue", "import", municipality],
        &["keys", "rotate"],
        &["keys", "prune"],
        &["access-log", "export", "--municipality", "4014"],
        &["access-log", "erase", "--municipality", "4014"],
        &["explain", "--as", "nobody", "--action", "list_cases"],
        &["generate", "--cases", "1"],
    ];
    let command = |args: &&[&str]| {
        let mut command = world.command_line();
        command.env("STAFETT_TOKEN_KEY_FILE", &token_key).args(*args);
        command
    };
    all.iter().map(command).collect()
}

fn pem(seed: [u8; 32]) -> String {
    SigningKey::from_bytes(&seed).to_pkcs8_pem(LineEnding::LF).expect("a key").to_string()
}

/// Every command refuses, says this, and changes neither a row nor a key.
async fn all_refuse(world: &World, says: &[&str]) {
    let (before, keys) = (everything(world).await, files(world));
    for mut command in commands(world) {
        let said = refused(&mut command);
        for word in says {
            assert!(said.contains(word), "{command:?} does not say {word}: {said}");
        }
    }
    assert_eq!(everything(world).await, before, "nothing is written");
    assert_eq!(files(world), keys, "no key is created");
}

/// The number of rows of every table, with the access log.
async fn everything(world: &World) -> Vec<(String, i64)> {
    let mut rows = Vec::new();
    for table in world.tables().await {
        rows.push((table.clone(), world.rows(&table).await));
    }
    rows
}

/// The database as it was before keys were recorded.
async fn as_before_0016(world: &World) {
    let functions = [
        "DROP FUNCTION IF EXISTS installation_refuse_change",
        "DROP FUNCTION IF EXISTS data_key_refuse_change",
    ];
    let tables =
        ["DROP TABLE installation", "DROP TABLE data_key", "DELETE FROM _sqlx_migrations WHERE version = 16"];
    let is_server = world.engine == crate::support::Engine::Postgres;
    for sql in tables.into_iter().chain(functions.into_iter().filter(|_| is_server)) {
        world.try_execute(sql).await.expect(sql);
    }
    fs::remove_file(world.keys_folder().join("installation")).expect("the folder is not marked");
}

/// Connects to the world's database with the keys of a folder.
async fn connected(world: &World, keys: &Path) -> Unchecked {
    let vault = Vault::open(keys, master_key()).expect("a vault");
    Db::connect(&world.database_url(), 2, vault).await.expect("the database answers")
}

both_engines! {
    async fn without_its_keys_no_command_opens_the_database(world: World) {
        world.shared_case().await;
        let folder = world.keys_folder().display().to_string();
        let taken = take_away(&world, "");
        all_refuse(&world, &["lacks", &folder, "more", "restore the folder of keys"]).await;
        put_back(taken);
        let school = take_away(&world, "4014-school-");
        all_refuse(&world, &["4014-school-1.key", &folder]).await;
        put_back(school);
        let aside = world.keys_folder().with_extension("aside");
        fs::rename(world.keys_folder(), &aside).expect("unmounted");
        for mut command in commands(&world) {
            assert!(refused(&mut command).contains("lacks"), "{command:?}");
        }
        assert!(!world.keys_folder().exists(), "no folder is created");
        fs::rename(&aside, world.keys_folder()).expect("mounted");
        let done = world.command_line().args(["keys", "rotate"]).output().expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    async fn another_key_of_the_same_name_is_refused(world: World) {
        world.shared_case().await;
        let school = world.keys_folder().join("4014-school-1.key");
        let right = fs::read(&school).expect("the key");
        let other = TempDir::new().expect("a folder");
        let vault = Vault::open(other.path(), master_key()).expect("a vault");
        vault.bind(Record::new(uuid::Uuid::new_v4(), Vec::new()), false).expect("bound");
        vault.seal(&KeyName::sector("4014", Sector::School), "x").expect("sealed");
        fs::copy(other.path().join("4014-school-1.key"), &school).expect("copied");
        all_refuse(&world, &["another key", "4014-school-1.key"]).await;
        fs::copy(world.keys_folder().join("4014-people-1.key"), &school).expect("copied");
        all_refuse(&world, &["another key", "4014-school-1.key"]).await;
        fs::write(&school, "half").expect("damaged");
        all_refuse(&world, &["4014-school-1.key", "damaged"]).await;
        fs::write(&school, right).expect("restored");
        world.db.compare_keys().await.expect("the right keys");
    }

    async fn another_master_key_or_log_key_or_installation_is_refused(world: World) {
        world.shared_case().await;
        let place = TempDir::new().expect("a folder");
        let file = place.path().join("key");
        write_secret(&file, MasterKey::random().expect("a key").to_text());
        for mut command in commands(&world) {
            let said = refused(command.env("STAFETT_MASTER_KEY_FILE", &file));
            assert!(said.contains("the master key is the wrong one"), "{said}");
        }
        write_secret(&file, pem([5; 32]));
        for mut command in commands(&world) {
            let said = refused(command.env("STAFETT_ACCESS_LOG_KEY_FILE", &file));
            assert!(said.contains("access_log_key_file"), "{said}");
        }
        let mark = world.keys_folder().join("installation");
        let own = fs::read(&mark).expect("the mark");
        let other = "3f0e1c1e-0000-4000-8000-000000000000";
        fs::write(&mark, other).expect("written");
        all_refuse(&world, &["belong to installation", other]).await;
        fs::write(&mark, own).expect("restored");
    }

    async fn a_server_that_loses_its_keys_is_not_ready_until_they_are_back(world: World) {
        let cast = world.shared_case().await;
        let path = cast.path("");
        let read = cast.teacher.get(&path).send().await.expect(200);
        for prefix in ["", "4014-school-"] {
            let taken = take_away(&world, prefix);
            world.db.compare_keys().await.expect_err("keys are missing");
            let (before, keys) = (everything(&world).await, files(&world));
            let answer = cast.teacher.get(&path).send().await.expect_problem(503, "unavailable");
            assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
            assert!(!answer.text.contains(ERASED));
            let concern = format!("/v1/units/{}/concerns", cast.teacher.unit.id);
            let write = cast.teacher.post(concern).json(json!({"facts": "New."})).send().await;
            write.expect_problem(503, "unavailable");
            world.anonymous().get("/health/ready").send().await.expect_problem(503, "unavailable");
            world.anonymous().get("/health/live").send().await.expect(200);
            assert_eq!(everything(&world).await, before, "nothing is written");
            assert_eq!(files(&world), keys, "no key is created");
            put_back(taken);
            world.db.compare_keys().await.expect("the keys are back");
            world.anonymous().get("/health/ready").send().await.expect(200);
            assert_eq!(cast.teacher.get(&path).send().await.expect(200).text("/reason"), read.text("/reason"));
        }
    }

    async fn a_key_is_recorded_with_the_first_text_it_seals(world: World) {
        let name = KeyName::sector("5057", Sector::Nav);
        let file = world.keys_folder().join("5057-nav-1.key");
        let recorded = "SELECT COUNT(*) FROM data_key WHERE municipality = '5057' AND class = 'nav'";
        // A crash between the file and the record, which commits with the text, leaves a file that nothing uses.
        let tx = world.db.write().await.expect("a transaction");
        let lost = tx.vault().seal(&name, "never stored").expect("sealed");
        tx.rollback().await.expect("rolled back");
        assert!(file.exists());
        assert_eq!(world.number_of(recorded).await, 0);
        let again = connected(&world, &world.keys_folder()).await.check(&*log_key()).await.expect("it opens");
        let tx = again.write().await.expect("a transaction");
        assert_ne!(tx.vault().seal(&name, "stored").expect("sealed"), lost);
        tx.commit().await.expect("committed");
        assert_eq!(world.number_of(recorded).await, 1);
        assert_eq!(files(&world).keys().filter(|name| name.starts_with("5057-nav")).count(), 1, "the same key");
        again.close().await;
    }

    async fn writes_at_once_record_a_new_key_once(world: World) {
        world.db.vault().seal(&KeyName::people("4014"), "Iben").expect("sealed");
        world.db.record_keys().await.expect("recorded");
        for _ in 0..20 {
            let renewed = world.db.vault().renew().expect("renewed");
            assert!(renewed > 0, "new generations");
            let before = world.rows("data_key").await;
            let mut writes = JoinSet::new();
            for _ in 0..12 {
                let db = world.db.clone();
                writes.spawn(async move { db.record_keys().await });
            }
            for written in writes.join_all().await {
                written.expect("recorded, by this write or another");
            }
            assert_eq!(world.rows("data_key").await, before + i64::try_from(renewed).expect("a number"));
        }
    }

    async fn two_folders_never_have_two_keys_of_a_name(world: World) {
        let copy = TempDir::new().expect("a folder");
        for (name, bytes) in files(&world) {
            fs::write(copy.path().join(name), bytes).expect("copied");
        }
        let other = connected(&world, copy.path()).await.check(&*log_key()).await.expect("it opens");
        let name = KeyName::sector("5057", Sector::Nav);
        let tx = world.db.write().await.expect("a transaction");
        tx.vault().seal(&name, "stored").expect("sealed");
        tx.commit().await.expect("committed");
        let tx = other.write().await.expect("a transaction");
        tx.vault().seal(&name, "with a key of its own").expect("sealed");
        tx.commit().await.expect_err("the name is taken");
        other.compare_keys().await.expect_err("its folder lacks the key");
        other.write().await.expect_err("it writes nothing");
        other.close().await;
    }

    async fn keys_of_an_installation_open_no_new_database(world: World) {
        world.shared_case().await;
        let before = files(&world);
        let place = TempDir::new().expect("a folder");
        let database = place.path().join("new.db");
        let mut migrate = world.command_line();
        migrate.args(["migrate", "--database-url", &format!("sqlite:{}", database.display())]);
        let said = refused(&mut migrate);
        assert!(said.contains("does not exist") && said.contains("mount or restore the database"), "{said}");
        assert!(!database.exists(), "no database is created");
        fs::write(&database, "").expect("an empty database");
        assert!(refused(&mut migrate).contains("this database is new"));
        assert_eq!(files(&world), before);
    }

    async fn an_older_database_is_adopted_with_its_keys_and_only_with_them(world: World) {
        let cast = world.shared_case().await;
        world.seal().await;
        as_before_0016(&world).await;
        let migrate = || {
            let mut command = world.command_line();
            command.arg("migrate");
            command
        };
        for (missing, says) in [("", "0000-people"), ("4014-school-", "4014-school"), ("4014-log-", "4014-log"), ("0000-", "0000-people")] {
            let (taken, before) = (take_away(&world, missing), files(&world));
            let said = refused(&mut migrate());
            assert!(said.contains("restore the folder of keys") && said.contains(says) || missing.is_empty(), "{said}");
            assert_eq!(world.rows("installation").await, 0, "nothing is recorded");
            assert_eq!(files(&world), before, "no key is created");
            put_back(taken);
        }
        let other = world.keys_folder().with_file_name("other.pem");
        write_secret(&other, pem([5; 32]));
        assert!(refused(migrate().env("STAFETT_ACCESS_LOG_KEY_FILE", other)).contains("has not signed"));
        assert!(migrate().status().expect("it runs").success());
        assert_eq!(world.rows("installation").await, 1);
        let keys = files(&world).keys().filter(|name| name.ends_with(".key")).count();
        assert_eq!(world.rows("data_key").await, i64::try_from(keys).expect("a number"));
        assert!(migrate().status().expect("it runs").success(), "a repeat changes nothing");
        let _taken = take_away(&world, "4014-school-");
        assert!(refused(&mut migrate()).contains("4014-school-1.key"));
        drop(cast);
    }

    async fn an_erased_key_is_erased_and_a_lost_one_can_be_given_up(world: World) {
        let cast = world.shared_case().await;
        let erase = |sector: &str| {
            let mut command = world.command_line();
            command.args(["keys", "erase", "--municipality", "4014", "--yes", "--sector", sector]);
            command
        };
        let _lost = take_away(&world, "4014-school-");
        assert!(refused(&mut erase("people")).contains("4014-school-1.key"), "only the lost key is given up");
        assert!(refused(&mut erase("school")).contains("restore the folder of keys from a backup"));
        assert!(erase("school").args(["--generation", "1"]).status().expect("it runs").success());
        world.db.compare_keys().await.expect("nothing is missing");
        let read = cast.teacher.get(cast.path("")).send().await.expect(200);
        assert_eq!(read.text("/reason"), ERASED);
        world.note(&cast.teacher, cast.case, "team", "Written with a new key.").await;
        assert!(files(&world).contains_key("4014-school-2.key"), "a generation is used once");
        // An older database, whose access log says what was erased.
        as_before_0016(&world).await;
        assert!(world.command_line().arg("migrate").status().expect("it runs").success());
        let erased = "SELECT COUNT(*) FROM data_key WHERE erased_at IS NOT NULL AND class = 'school'";
        assert_eq!(world.number_of(erased).await, 1);
    }
}
