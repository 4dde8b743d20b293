//! The running program: how it starts, what its diagnostics may not do, and how it stops.

use std::{
    fs::OpenOptions,
    net::TcpListener,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use reqwest::Client;
use stafett::kernel::Clock;

use crate::support::{Engine, World, both_engines, signing_key, write_secret};

/// A port that nobody uses now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A program that serves the database of a world.
struct Program {
    child: Child,
    base: String,
    _folder: tempfile::TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
    }
}

fn serve(world: &World, port: u16) -> (Command, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let key = folder.path().join("token_key.pem");
    let pem = signing_key().to_pkcs8_pem(LineEnding::LF).expect("a key");
    write_secret(&key, pem.as_bytes());
    let mut command = world.command_line();
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).env("STAFETT_TOKEN_KEY_FILE", key);
    command.env("STAFETT_STOP_GRACE_SECONDS", "2").stdout(Stdio::null());
    (command, folder)
}

impl Program {
    async fn start(world: &World, stderr: Stdio) -> Self {
        let port = free_port();
        let (mut command, folder) = serve(world, port);
        let mut child = command.stderr(stderr).spawn().expect("the program runs");
        drop(child.stderr.take());
        let program = Self { child, base: format!("http://127.0.0.1:{port}"), _folder: folder };
        for _ in 0..300 {
            if program.ready().await == Some(200) {
                return program;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is never ready");
    }

    async fn ready(&self) -> Option<u16> {
        let answer = client(0).get(format!("{}/health/ready", self.base)).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    }

    async fn ended(&mut self) -> ExitStatus {
        for _ in 0..400 {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it never ends");
    }
}

fn client(kept: usize) -> Client {
    Client::builder().no_proxy().pool_max_idle_per_host(kept).build().expect("a client")
}

/// The message of a program that must not start, and its exit status.
async fn refused(command: &mut Command) -> (String, Option<i32>) {
    let child = command.stderr(Stdio::piped()).spawn().expect("the program runs");
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it ends soon");
    let ended = ended.expect("it ends").expect("its output");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    (said, ended.status.code())
}

both_engines! {
    async fn a_log_that_nobody_takes_stops_nothing_and_is_counted(world: World) {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        // The reader of the pipe goes away at once.
        for stderr in [Stdio::from(full), Stdio::piped()] {
            let mut program = Program::start(&world, stderr).await;
            for _ in 0..20 {
                let answer = client(0).get(format!("{}/v1/municipalities", program.base)).send().await;
                assert_eq!(answer.expect("an answer").status(), 200);
            }
            let dropped = async {
                loop {
                    let ready = client(0).get(format!("{}/health/ready", program.base)).send().await;
                    let ready: serde_json::Value = ready.expect("an answer").json().await.expect("JSON");
                    if ready["dropped_log_lines"].as_u64().is_some_and(|lines| lines >= 20) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), dropped).await.expect("each line is counted");
            program.terminate();
            assert_eq!(program.ended().await.code(), Some(0));
        }
    }

    async fn what_is_wrong_with_the_settings_is_said_at_the_start(world: World) {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let (mut command, _folder) = serve(&world, port);
        let (said, status) = refused(&mut command).await;
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{said}");
        for (name, value, words) in [
            ("WORKERS", "0", "workers` (stafett_workers) is 0, and must be"),
            ("CONNECTIONS", "0", "connections` (stafett_connections) is 0, and must be"),
            ("CONNECTIONS", "many", "connections"),
            ("LOCK_TIMEOUT_SECONDS", "0", "lock_timeout_seconds` (stafett_lock_timeout_seconds) is 0, and must be"),
            ("CHECKPOINT_FOLDER", "/nowhere", "checkpoint_folder must be"),
            ("CHECKPOINT_WITNESS", "ftp://witness.example", "checkpoint_witness must be"),
            ("CHECKPOINT_WITNESS", "witness", "checkpoint_witness must be"),
            ("LOG", "=;=", "stafett_log"),
            ("NONSENSE", "1", "nonsense"),
        ] {
            let (mut command, _folder) = serve(&world, free_port());
            let (said, status) = refused(command.env(format!("STAFETT_{name}"), value)).await;
            assert_eq!(status, Some(2), "{name}={value}: {said}");
            assert!(said.to_lowercase().contains(words), "{name}={value}: {said}");
        }
    }

    async fn a_database_that_is_not_there_is_said_without_its_password(world: World) {
        let port = free_port();
        let urls = [format!("postgres://stafett:geheim@127.0.0.1:{port}/stafett"), "sqlite:/nowhere/stafett.db".to_owned()];
        for (url, place) in urls.into_iter().zip([format!("127.0.0.1:{port}"), "/nowhere/stafett.db".to_owned()]) {
            let (mut command, _folder) = serve(&world, free_port());
            let (said, status) = refused(command.env("STAFETT_DATABASE_URL", url)).await;
            assert_eq!(status, Some(1), "{said}");
            let why = if place.contains("/nowhere") { "does not exist" } else { "cannot be reached" };
            assert!(said.contains(&place) && said.contains(why), "{said}");
            assert!(!said.contains("geheim") && !said.contains("at line"), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_of_two_servers_loses_no_request() {
    Engine::Postgres.tell(roll).await;
}

async fn roll(world: World) {
    // The programs have the clock of the machine.
    world.advance(Clock::System.now() - world.now());
    let worker = world.worker("kragero/skole").await;
    let token = worker.token().await;
    let mut first = Program::start(&world, Stdio::null()).await;
    let mut second = Program::start(&world, Stdio::null()).await;
    // As a proxy does it: requests go to servers that are ready, over connections that are kept.
    let usable: Arc<[AtomicBool; 2]> = Arc::new([AtomicBool::new(true), AtomicBool::new(true)]);
    let bases = [first.base.clone(), second.base.clone()];
    let done = Arc::new(AtomicBool::new(false));
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (usable, bases, done, token) = (usable.clone(), bases.clone(), done.clone(), token.clone());
        sending.spawn(async move {
            let (client, mut answered) = (client(4), 0);
            for turn in number.. {
                if done.load(Ordering::Acquire) {
                    break;
                }
                let at = if usable[turn % 2].load(Ordering::Acquire) { turn % 2 } else { (turn + 1) % 2 };
                let asked = client.get(format!("{}/v1/me", bases[at])).bearer_auth(&token).send().await;
                let answer = asked.unwrap_or_else(|error| panic!("lost after {answered}: {error:?}"));
                assert_eq!(answer.status(), 200, "after {answered}");
                answer.bytes().await.expect("the whole answer");
                answered += 1;
            }
            answered
        });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    first.terminate();
    while first.ready().await == Some(200) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The listener stays open: readiness is an answer, not a refused connection.
    assert_eq!(first.ready().await, Some(503));
    let last = client(1).get(format!("{}/v1/me", first.base)).bearer_auth(&token).send().await;
    let last = last.expect("an answer while it stops");
    assert_eq!((last.status().as_u16(), last.headers()["connection"].as_bytes()), (200, &b"close"[..]));
    usable[0].store(false, Ordering::Release);
    assert_eq!(first.ended().await.code(), Some(0));
    tokio::time::sleep(Duration::from_millis(500)).await;
    done.store(true, Ordering::Release);
    let answered: usize = sending.join_all().await.into_iter().sum();
    eprintln!("{answered} requests were answered during the restart");
    assert!(answered > 50, "{answered}");
    second.terminate();
    assert_eq!(second.ended().await.code(), Some(0));
}
