//! `stafett init` creates an installation that serves, and the running program notices keys that come and go.

mod name_of_the_log;

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    str::FromStr,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

use self::name_of_the_log::says_the_name_of_the_log;
use crate::support::World;

fn stafett(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stafett"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STAFETT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

/// A server that ends with the test.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(place: &Path) -> Self {
        Self::start_on(place, &[])
    }

    fn start_on(place: &Path, more: &[&str]) -> Self {
        Self::start_with(place, more, |_| {})
    }

    fn start_with(place: &Path, more: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let mut serve = stafett(place);
        serve.args(["serve", "--config", "stafett.toml", "--listen", &address]).args(more);
        change(&mut serve);
        let process = serve.stderr(Stdio::null()).spawn().expect("the program runs");
        Self { process, address }
    }

    /// The status of a log-in, which reads the database.
    async fn log_in(&self) -> u16 {
        self.log_in_as("arne").await
    }

    async fn log_in_as(&self, username: &str) -> u16 {
        let body = serde_json::json!({"username": username, "password": "fire blå ender over isen"});
        let request =
            reqwest::Client::new().post(format!("http://{}/v1/auth/login", self.address)).json(&body);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// Waits for the end of a server that does not start, and returns its status.
    async fn ended(mut self) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.process.try_wait().expect("a process") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not end");
    }

    /// Waits until the server answers so.
    async fn until(&self, status: u16) {
        let began = Instant::now();
        let mut last = None;
        while began.elapsed() < Duration::from_secs(60) {
            last = reqwest::get(format!("http://{}/health/ready", self.address)).await.ok();
            if last.as_ref().is_some_and(|answer| answer.status() == status) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server does not answer {status}: {last:?}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn modes_are_private(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let mode = fs::metadata(&path).expect("it exists").permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if path.is_dir() {
            modes_are_private(&path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_installation_serves_and_waits_for_its_keys() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().join("stafett");
    let made = stafett(folder.path()).args(["init", "stafett"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let settings = place.canonicalize().expect("the folder").join("stafett.toml");
    assert!(said.contains(&format!("stafett serve --config {}", settings.display())), "{said}");
    says_the_name_of_the_log(folder.path(), &settings, &said);
    modes_are_private(folder.path());

    let serving = Serving::start(&place);
    serving.until(200).await;
    let (keys, aside) = (place.join("keys"), place.join("aside"));
    fs::rename(&keys, &aside).expect("unmounted");
    serving.until(503).await;
    fs::rename(&aside, &keys).expect("mounted");
    serving.until(200).await;
    modes_are_private(folder.path());
    drop(serving);

    let again = stafett(folder.path()).args(["init", "stafett"]).output().expect("the program runs");
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
    // The database is not there, and the keys are.
    fs::rename(place.join("stafett.db"), place.join("unmounted.db")).expect("unmounted");
    let mut serve = stafett(&place);
    let refused =
        serve.args(["serve", "--config", "stafett.toml", "--migrate"]).output().expect("the program runs");
    assert!(!refused.status.success() && !place.join("stafett.db").exists());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("mount or restore the database"));
}

/// A new installation in a folder of its own.
fn installed() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let made = stafett(folder.path()).args(["init", "stafett"]).output().expect("the program runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let place = folder.path().join("stafett");
    (folder, place)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_notices_every_file_that_it_cannot_go_on_without() {
    let (_folder, place) = installed();
    let serving = Serving::start(&place);
    serving.until(200).await;
    for name in ["access_log_key.pem", "master_key", "stafett.db"] {
        let (file, aside) = (place.join(name), place.join("aside"));
        fs::rename(&file, &aside).expect("removed");
        serving.until(503).await;
        assert_eq!(serving.log_in().await, 503, "without {name}");
        assert!(!file.exists(), "{name} is not created again");
        fs::rename(&aside, &file).expect("put back");
        serving.until(200).await;
        assert_eq!(serving.log_in().await, 401, "with {name}");

        fs::copy(&file, place.join("another")).expect("a copy");
        fs::rename(&file, &aside).expect("removed");
        let text = if name == "stafett.db" { None } else { Some("another") };
        match text {
            Some(text) => fs::write(&file, text).expect("replaced"),
            None => fs::rename(place.join("another"), &file).expect("replaced by a copy"),
        }
        let before = fs::read(&file).expect("the file");
        serving.until(503).await;
        assert_eq!(serving.log_in().await, 503, "with another {name}");
        assert_eq!(fs::read(&file).expect("the file"), before, "nothing is written to it");
        fs::rename(&aside, &file).expect("put back");
        serving.until(200).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_goes_on_by_itself_after_a_new_master_key() {
    let (_folder, place) = installed();
    let run = |arguments: &[&str]| {
        let done = stafett(&place).args(arguments).output().expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    run(&["catalogue", "import", "--included", "kragero"]);
    let serving = Serving::start(&place);
    serving.until(200).await;
    run(&["keys", "create-master", "--to", "new_master_key"]);
    let said = run(&["keys", "rotate", "--new-master-key-file", "new_master_key"]);
    assert!(said.contains("put it in the file of the master key"), "{said}");
    fs::rename(place.join("new_master_key"), place.join("master_key")).expect("in its place");
    serving.until(200).await;
    assert_eq!(serving.log_in().await, 401);
    run(&["keys", "list"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_can_be_served_with_the_settings_that_it_writes() {
    let folder = TempDir::new().expect("a folder");
    let played =
        stafett(folder.path()).args(["demo", "--exit", "--data", "demo"]).output().expect("it is played");
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    modes_are_private(&folder.path().join("demo"));
    let serving = Serving::start(&folder.path().join("demo"));
    serving.until(200).await;
    assert_eq!(serving.log_in_as("tone@4014").await, 200);
}

#[test]
fn a_list_of_keys_names_those_that_are_missing_and_fails() {
    let (_folder, place) = installed();
    let run = |arguments: &[&str]| stafett(&place).args(arguments).output().expect("the program runs");
    assert!(run(&["catalogue", "import", "--included", "kragero"]).status.success());
    let listed = run(&["keys", "list"]);
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.status.success() && said.contains("0000-people: 1") && !said.contains("missing"),
        "{said}"
    );

    for name in ["0000-people-1.key", "4014-log-1.key"] {
        let (file, aside) = (place.join("keys").join(name), place.join("aside"));
        assert!(file.exists(), "{said}");
        fs::rename(&file, &aside).expect("removed");
        let listed = run(&["keys", "list"]);
        let said = String::from_utf8_lossy(&listed.stdout).into_owned();
        assert_eq!(listed.status.code(), Some(1));
        assert!(said.contains(&format!("missing: {name}")), "{said}");
        assert!(String::from_utf8_lossy(&listed.stderr).contains(name));
        fs::rename(&aside, &file).expect("put back");
    }
}

#[test]
fn an_installation_that_cannot_be_created_leaves_nothing() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (place, is_left) in [("new/stafett", false), ("empty", true)] {
        let mut init = Command::new("bash");
        // A disk that takes no file of the size of the database.
        init.args([
            "-c",
            "trap '' XFSZ; ulimit -f 8; exec \"$0\" init \"$1\"",
            env!("CARGO_BIN_EXE_stafett"),
            place,
        ]);
        let refused = init.current_dir(folder.path()).output().expect("the program runs");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.lines().count() == 1, "{said}");
        assert!(!said.contains("os error"), "{said}");
        let root = folder.path().join(place.split('/').next().expect("a name"));
        assert_eq!(root.exists(), is_left, "{place}");
        assert!(!is_left || fs::read_dir(&root).expect("a folder").next().is_none(), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_others_can_read_is_closed_to_them_when_it_is_opened() {
    let (_folder, place) = installed();
    let serving = Serving::start(&place);
    serving.until(200).await;
    for name in ["stafett.db", "stafett.db-wal", "stafett.db-shm"] {
        let readable = fs::Permissions::from_mode(0o644);
        fs::set_permissions(place.join(name), readable).expect("as an earlier version left it");
    }
    let listed = stafett(&place).args(["keys", "list"]).output().expect("the program runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    modes_are_private(&place);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_installation_on_postgresql_serves_as_a_role_of_its_own() {
    crate::support::Engine::Postgres.tell(installed_on_postgres).await;
}

async fn installed_on_postgres(world: World) {
    let name = format!("stafett_test_{}_i{}", std::process::id(), uuid::Uuid::new_v4().simple());
    let role = format!("{name}_service");
    let server = PgConnectOptions::from_str(&world.database_url()).expect("an address");
    let mut admin = PgConnection::connect_with(&server).await.expect("the server answers");
    for sql in [format!("CREATE ROLE {role} LOGIN"), format!("CREATE DATABASE {name}")] {
        admin.execute(AssertSqlSafe(sql)).await.expect("done");
    }
    let folder = TempDir::new().expect("a folder");
    let owner = server.clone().database(&name).to_url_lossy().to_string();
    let refused =
        stafett(folder.path()).args(["init", "stafett", "--database-url", &world.database_url()]).output();
    let said = String::from_utf8(refused.expect("the program runs").stderr).expect("text");
    assert!(
        said.contains("has tables: name an empty database") && !folder.path().join("stafett").exists(),
        "{said}"
    );

    let place = folder.path().join("stafett");
    let made = stafett(folder.path()).args(["init", "stafett", "--database-url", &owner]).output();
    let said = String::from_utf8(made.expect("the program runs").stdout).expect("text");
    assert!(said.contains("stafett migrate --grant-to ROLE --config "), "{said}");
    assert!(said.contains(" --database-url postgres://ROLE@") && !said.contains(&owner), "{said}");
    let service = server.clone().database(&name).username(&role).to_url_lossy().to_string();
    let refused = stafett(&place).args(["serve", "--database-url", &service]).output();
    let said = String::from_utf8(refused.expect("the program runs").stderr).expect("text");
    assert!(said.contains("let their owner run `stafett migrate --grant-to ROLE`"), "{said}");
    for (at, arguments) in [
        (&place, vec!["migrate", "--grant-to", &role]),
        (&place, vec!["catalogue", "import", "--included", "kragero"]),
    ] {
        let done = stafett(at).args(&arguments).output().expect("the program runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    for (arguments, right) in [
        (
            vec!["migrate"],
            "permission denied for schema public: name the role that owns the tables in database_url",
        ),
        (
            vec!["backup", "--to", "monday.age", "--recipient", &recipient],
            "give it CREATEDB, or name an empty database with --verify-in (permission denied to create database)",
        ),
    ] {
        let done = stafett(&place).args(&arguments).args(["--database-url", &service]).output();
        let said = String::from_utf8(done.expect("the program runs").stderr).expect("text");
        assert!(said.contains(right), "{said}");
        assert!(!said.contains("at line") && said.lines().count() == 1, "{said}");
    }
    let serving = Serving::start_on(&place, &["--database-url", &service]);
    serving.until(200).await;
    assert_eq!(serving.log_in().await, 401);
    drop(serving);
    for sql in [format!("DROP DATABASE {name} WITH (FORCE)"), format!("DROP ROLE {role}")] {
        admin.execute(AssertSqlSafe(sql)).await.expect("done");
    }
}

/// A certificate for this machine, and an authority that signed it.
fn certificates(folder: &Path) {
    let commands = "
        openssl req -x509 -newkey ed25519 -nodes -keyout ca_key.pem -out ca.pem -days 2 -subj /CN=authority
        openssl req -newkey ed25519 -nodes -keyout key.pem -out request.pem -subj /CN=witness
        echo subjectAltName=IP:127.0.0.1 > names
        openssl x509 -req -in request.pem -CA ca.pem -CAkey ca_key.pem -CAcreateserial -extfile names -out cert.pem -days 2";
    let made = Command::new("bash").args(["-ec", commands]).current_dir(folder).output().expect("a shell");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_over_https_receives_every_checkpoint_if_its_certificate_is_trusted() {
    let (folder, place) = installed();
    certificates(folder.path());
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let mut witness = Command::new("openssl");
    witness
        .args(["s_server", "-quiet", "-cert", "cert.pem", "-key", "key.pem", "-accept"])
        .arg(port.to_string());
    let heard = fs::File::create(folder.path().join("heard")).expect("a file");
    let witness =
        witness.current_dir(folder.path()).stdin(Stdio::piped()).stdout(heard).stderr(Stdio::null());
    let mut witness = witness.spawn().expect("the witness runs");
    let settings = place.join("stafett.toml");
    let text = fs::read_to_string(&settings).expect("the settings");
    let with_witness = format!("{text}checkpoint_witness = \"https://127.0.0.1:{port}/checkpoints\"\n");
    fs::write(&settings, with_witness).expect("written");
    let imported = stafett(&place).args(["catalogue", "import", "--included", "kragero"]).output();
    assert!(imported.expect("the program runs").status.success());

    let hears = || fs::read_to_string(folder.path().join("heard")).expect("what it heard");
    let mut trusting = Vec::new();
    for (authority, is_heard) in [("names", false), ("ca.pem", true)] {
        let serving = Serving::start_with(&place, &[], |serve| {
            serve.env("SSL_CERT_FILE", folder.path().join(authority)).env_remove("SSL_CERT_DIR");
        });
        if !is_heard {
            // Without a certificate to trust, the service says so and does not start.
            assert_eq!(serving.ended().await, Some(2), "no certificates");
            continue;
        }
        serving.until(200).await;
        let began = Instant::now();
        while !hears().contains("/4014") && began.elapsed() < Duration::from_secs(60) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        trusting.push(hears());
    }
    witness.kill().expect("the witness ends");
    witness.wait().expect("it ended");
    assert!(trusting[0].starts_with("POST /checkpoints") && trusting[0].contains("/4014"), "{trusting:?}");
}
