//! A backup is made while people work, is useless without its private key, and gives back everything.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    str::FromStr,
};

use age::{secrecy::ExposeSecret, x25519::Identity};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use stafett::{
    db::Db,
    execute,
    vault::{Content, Vault},
};
use tempfile::TempDir;

use crate::support::{Engine, World, both_engines, log_key, master_key};

/// A folder with a backup, its private key, and a place to restore to.
struct Bench {
    folder: TempDir,
    identity: Identity,
    /// The database to restore to.
    url: String,
    server: Option<(PgConnectOptions, String)>,
}

impl Bench {
    async fn of(world: &World) -> Self {
        let folder = TempDir::new().expect("a folder");
        let identity = Identity::generate();
        fs::write(folder.path().join("identity"), identity.to_string().expose_secret()).expect("written");
        let (url, server) = match world.engine {
            Engine::Sqlite => (format!("sqlite:{}", folder.path().join("restored.db").display()), None),
            Engine::Postgres => {
                let server = PgConnectOptions::from_str(&world.database_url()).expect("an address");
                // Swept with the databases of the other tests.
                let name = format!("stafett_test_{}_r{}", std::process::id(), uuid::Uuid::new_v4().simple());
                let url = server.clone().database(&name).to_url_lossy().to_string();
                (url, Some((server, name)))
            }
        };
        let bench = Self { folder, identity, url, server };
        bench.create_database().await;
        bench
    }

    async fn create_database(&self) {
        self.on_server("CREATE DATABASE", "").await;
    }

    /// Drops the database, also while the server still ends the session of a command that was killed.
    async fn drop_database(&self) {
        self.on_server("DROP DATABASE", " WITH (FORCE)").await;
    }

    async fn on_server(&self, what: &str, how: &str) {
        if let Some((server, name)) = &self.server {
            let mut admin = PgConnection::connect_with(server).await.expect("the server answers");
            admin.execute(AssertSqlSafe(format!("{what} {name}{how}"))).await.expect("done");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn backup(&self, world: &World) -> Command {
        let mut backup = world.command_line();
        backup.arg("backup").arg("--to").arg(self.path("backup.age"));
        backup.args(["--recipient", &self.identity.to_public().to_string()]);
        backup
    }

    fn back_up(&self, world: &World) -> Output {
        self.backup(world).output().expect("the program runs")
    }

    /// The files and folders whose names begin so.
    fn left(&self, begin: &str) -> Vec<PathBuf> {
        let entries =
            fs::read_dir(self.folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(begin));
        named.map(|entry| entry.path()).collect()
    }

    /// Runs a command, and kills it as soon as a folder that begins so has this.
    fn kill(&self, mut command: Command, begin: &str, moment: &str) {
        let before = self.left(begin);
        let mut running =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
        while running.try_wait().expect("a process").is_none() {
            let new = self.left(begin).into_iter().filter(|folder| !before.contains(folder));
            if new.into_iter().any(|folder| folder.join(moment).exists()) {
                break;
            }
        }
        running.kill().expect("killed");
        assert!(!running.wait().expect("it ended").success(), "it was killed before its end");
    }

    /// The restore into the bench, with settings from the environment.
    fn restore(&self, world: &World) -> Command {
        let mut restore = world.command_line();
        restore
            .env("STAFETT_DATABASE_URL", &self.url)
            .env("STAFETT_KEYS_FOLDER", self.path("keys"))
            .env("STAFETT_MASTER_KEY_FILE", self.path("master_key"))
            .env("STAFETT_ACCESS_LOG_KEY_FILE", self.path("access_log_key.pem"))
            .arg("restore")
            .arg("--from")
            .arg(self.path("backup.age"))
            .arg("--identity")
            .arg(self.path("identity"));
        restore
    }

    /// The restored database.
    async fn restored(&self) -> Db {
        let vault = Vault::open(&self.path("keys"), master_key()).expect("the restored keys");
        let db = Db::connect(&self.url, 2, vault).await.expect("the restored database");
        db.check(&*log_key()).await.expect("keys and data belong together")
    }

    /// Nothing was restored.
    fn is_untouched(&self) -> bool {
        !["keys", "master_key", "access_log_key.pem", "restored.db"]
            .iter()
            .any(|name| self.path(name).exists())
    }
}

fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn refused(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    assert!(!output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn count(db: &Db, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let mut tx = db.read().await.expect("a transaction");
    stafett::fetch_one!(&mut tx, (i64,), sql).expect("a number").0
}

fn contains_in(folder: &Path, word: &[u8]) -> bool {
    fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() { contains_in(&path, word) } else { contains(&path, word) }
    })
}

fn contains(file: &Path, word: &[u8]) -> bool {
    memchr::memmem::find(&fs::read(file).expect("a file"), word).is_some()
}

both_engines! {
    async fn a_backup_that_is_made_while_people_write_gives_back_one_moment(world: World) {
        let cast = world.shared_case().await;
        world.seal().await;
        let bench = Bench::of(&world).await;
        let (concern, goal) = (
            format!("/v1/units/{}/concerns", cast.teacher.unit.id),
            cast.path("/goals"),
        );
        let before = (world.rows("concern").await, world.rows("goal").await);
        let writing = {
            let (teacher, world) = (cast.teacher.clone(), world.clone());
            tokio::spawn(async move {
                for number in 0..60 {
                    teacher.post(&concern).json(json!({"facts": format!("Fact {number}.")})).send().await.expect(201);
                    let new = json!({"contains": [], "description": format!("Goal {number}.")});
                    teacher.post(&goal).json(new).send().await.expect(201);
                    world.seal().await;
                }
            })
        };
        let made = tokio::task::block_in_place(|| bench.back_up(&world));
        writing.await.expect("everything was written");
        let said = done(&made);
        assert!(said.contains("the access log of 4014 is whole"), "{said}");
        let file = bench.path("backup.age");
        assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
        assert!(!contains(&file, b"wrapped") && !contains(&file, b"care_case"), "the file is encrypted");
        let left: Vec<_> = fs::read_dir(bench.folder.path()).expect("a folder").collect();
        assert_eq!(left.len(), 2, "only the identity and the backup are left: {left:?}");

        let said = done(&bench.restore(&world).output().expect("the program runs"));
        assert!(said.contains("never run both") && said.contains("the access log of 4014 is whole"), "{said}");
        let restored = bench.restored().await;
        assert_eq!(restored.installation(), world.db.installation());
        // A concern commits before the goal after it, and both with their entries.
        let (concerns, goals) =
            (count(&restored, "concern").await - before.0, count(&restored, "goal").await - before.1);
        assert!(concerns == goals || concerns == goals + 1, "{concerns} concerns and {goals} goals");
        assert!((0..=60).contains(&concerns), "{concerns} concerns");
        for (table, column) in [("person", "name"), ("goal", "description"), ("concern", "facts")] {
            let sql = AssertSqlSafe(format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL"));
            let mut tx = restored.read().await.expect("a transaction");
            let texts = stafett::fetch_all!(&mut tx, (Content,), sql).expect("every text opens");
            assert!(texts.iter().all(|(text,)| text.require().is_ok()), "{table}.{column}");
        }
        // The rules of the database are in force again.
        let mut tx = restored.write().await.expect("a transaction");
        execute!(&mut tx, "DELETE FROM access_log").expect_err("the log is append-only");
        drop(tx);
        restored.close().await;
        let verify = ["access-log", "verify", "--municipality", "4014", "--public-key", &log_key().public_key("4014")];
        let mut verify_restored = world.command_line();
        verify_restored.env("STAFETT_DATABASE_URL", &bench.url).args(verify);
        assert!(done(&verify_restored.output().expect("the program runs")).ends_with("the log is whole\n"));
        let refused = refused(&mut bench.restore(&world));
        assert!(refused.contains("exists: restore into an empty"), "{refused}");
        bench.drop_database().await;
    }

    async fn only_the_whole_file_and_its_own_key_restore_it(world: World) {
        world.shared_case().await;
        let bench = Bench::of(&world).await;
        done(&bench.back_up(&world));
        let other = Identity::generate();
        fs::write(bench.path("other"), other.to_string().expose_secret()).expect("written");
        fs::rename(bench.path("identity"), bench.path("right")).expect("kept");
        fs::rename(bench.path("other"), bench.path("identity")).expect("another");
        assert!(refused(&mut bench.restore(&world)).contains("it was made for another recipient"));
        fs::rename(bench.path("right"), bench.path("identity")).expect("the right one");
        assert!(bench.is_untouched());

        let file = bench.path("backup.age");
        let whole = fs::read(&file).expect("the backup");
        let cut = |to: usize| whole[..to].to_vec();
        let mut changed = whole.clone();
        let middle = whole.len() / 2;
        changed[middle] ^= 1;
        for damaged in [cut(0), cut(100), cut(middle), cut(whole.len() - 1), cut(whole.len() - 20), changed] {
            fs::write(&file, damaged).expect("damaged");
            assert!(refused(&mut bench.restore(&world)).contains("is damaged or incomplete"));
            assert!(bench.is_untouched());
        }
        fs::write(&file, &whole).expect("whole");
        fs::create_dir(bench.path("keys")).expect("a folder");
        fs::write(bench.path("keys/0000-people-1.key"), "of another").expect("a key");
        assert!(refused(&mut bench.restore(&world)).contains("keys exists"));
        fs::remove_dir_all(bench.path("keys")).expect("removed");
        assert!(refused(bench.restore(&world).env("STAFETT_DATABASE_URL", world.database_url())).contains("exists"));
        assert!(bench.is_untouched());
        let again = bench.back_up(&world);
        assert!(!again.status.success(), "a backup is never overwritten");
        assert_eq!(fs::read(&file).expect("the backup"), whole);
        done(&bench.restore(&world).output().expect("the program runs"));
        bench.drop_database().await;
    }

    async fn no_backup_is_made_without_its_keys_or_of_a_log_that_was_changed(world: World) {
        world.shared_case().await;
        world.seal().await;
        let bench = Bench::of(&world).await;
        let school = world.keys_folder().join("4014-school-1.key");
        let key = fs::read(&school).expect("the key");
        fs::remove_file(&school).expect("removed");
        let made = bench.back_up(&world);
        assert!(String::from_utf8_lossy(&made.stderr).contains("4014-school-1.key"));
        fs::write(&school, key).expect("restored");
        let (disable, enable) = match world.engine {
            Engine::Sqlite => ("DROP TRIGGER access_log_node_no_update", "SELECT 1"),
            Engine::Postgres => (
                "ALTER TABLE access_log_node DISABLE TRIGGER USER",
                "ALTER TABLE access_log_node ENABLE TRIGGER USER",
            ),
        };
        world.try_execute(disable).await.expect("as a person with the database could");
        let hash = if world.engine == Engine::Sqlite { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
        let change = format!("UPDATE access_log_node SET hash = {hash} WHERE municipality = '4014' AND number = 0");
        world.try_execute(change).await.expect("changed");
        if world.engine == Engine::Postgres {
            world.try_execute(enable).await.expect("enabled");
        }
        let made = bench.back_up(&world);
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(!made.status.success() && said.contains("the access log of municipality 4014 does not verify"), "{said}");
        assert!(!bench.path("backup.age").exists(), "no file is left");
        bench.drop_database().await;
    }

    async fn what_a_killed_backup_leaves_is_removed_by_the_next_and_has_no_key_that_opens_it(world: World) {
        world.shared_case().await;
        let bench = Bench::of(&world).await;
        for moment in ["staged", "copy"] {
            bench.kill(bench.backup(&world), ".stafett-backup-", moment);
            assert!(!bench.left(".stafett-backup-").is_empty(), "the folder of a killed backup is left");
            for secret in ["PRIVATE KEY".to_owned(), master_key().to_text()] {
                assert!(!contains_in(bench.folder.path(), secret.as_bytes()), "a kill leaves no key that opens it");
            }
        }
        done(&bench.back_up(&world));
        assert!(bench.left(".").is_empty(), "{:?}", bench.left("."));
        if world.engine == Engine::Postgres {
            let own = "(SELECT oid FROM pg_database WHERE datname = current_database())";
            let left = format!("SELECT COUNT(*) FROM pg_database WHERE starts_with(datname, 'stafett_backup_' || {own} || '_')");
            assert_eq!(world.number_of(left).await, 0, "no database is left");
        }
        bench.drop_database().await;
    }

    async fn a_killed_restore_opens_nothing_and_is_repeated(world: World) {
        world.shared_case().await;
        let bench = Bench::of(&world).await;
        done(&bench.back_up(&world));
        let made = bench.path("keys");
        for moment in ["unpacked", "makes"] {
            bench.kill(bench.restore(&world), ".stafett-restore-", moment);
            assert!(!bench.path("master_key").exists(), "the keys that open it come last");
        }
        if world.engine == Engine::Sqlite || !made.exists() {
            done(&bench.restore(&world).output().expect("the program runs"));
            assert!(bench.left(".").is_empty(), "{:?}", bench.left("."));
        }
        bench.drop_database().await;
    }

    async fn a_restore_that_fails_says_why_in_one_sentence_and_leaves_nothing(world: World) {
        world.shared_case().await;
        let bench = Bench::of(&world).await;
        done(&bench.back_up(&world));
        let words = |said: String, wanted: &[&str]| {
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(wanted.iter().all(|word| said.contains(word)), "{wanted:?}: {said}");
            assert!(!["os error", "panicked"].iter().any(|raw| said.contains(raw)), "{said}");
        };
        let to = bench.path("backup.age").display().to_string();
        words(refused(&mut bench.backup(&world)), &[&to, "exists, and a backup is never overwritten"]);
        for (from, identity) in [("none", "identity"), ("backup.age", "none")] {
            let mut restore = world.command_line();
            restore.current_dir(bench.folder.path()).arg("restore");
            restore.args(["--from", from, "--identity", identity, "--into", "new"]);
            words(refused(&mut restore), &["none: there is no such file or folder"]);
            assert!(!bench.path("new").exists());
        }
        // A disk that takes no file of the size of the rows.
        let mut limited = Command::new("bash");
        let restore = bench.restore(&world);
        limited.args(["-c", "trap '' XFSZ; ulimit -f 60; exec \"$0\" \"$@\""]).arg(restore.get_program());
        limited.args(restore.get_args()).current_dir(bench.folder.path());
        for (name, value) in restore.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            limited.env(name, value);
        }
        words(refused(&mut limited), &["larger than this account may write"]);
        assert!(bench.is_untouched() && bench.left(".").is_empty(), "{:?}", bench.left("."));
        if world.engine == Engine::Postgres {
            let into = bench.path("into/there");
            let said = refused(bench.restore(&world).arg("--into").arg(&into));
            words(said, &["the backup is of PostgreSQL", "SQLite", "--database-url"]);
            assert!(!bench.path("into").exists(), "nothing is left");
        }
        done(&bench.restore(&world).output().expect("the program runs"));
        bench.drop_database().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_verified_only_in_an_empty_database_which_is_empty_afterwards() {
    Engine::Postgres.tell(verified_in).await;
}

async fn verified_in(world: World) {
    let bench = Bench::of(&world).await;
    let back_up = |url: &str, to: &str| {
        let mut backup = world.command_line();
        backup.arg("backup").arg("--to").arg(bench.path(to)).args(["--verify-in", url]);
        backup.args(["--recipient", &bench.identity.to_public().to_string()]);
        backup
    };
    for name in ["first.age", "second.age"] {
        done(&back_up(&bench.url, name).output().expect("the program runs"));
    }
    let before = world.all_rows().await;
    let said = refused(&mut back_up(&world.database_url(), "third.age"));
    assert!(said.contains("--verify-in is not empty"), "{said}");
    assert!(!bench.path("third.age").exists());
    assert_eq!(world.all_rows().await, before);
    bench.drop_database().await;
}
