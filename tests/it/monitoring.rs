//! Metrics, traces and the operator's log: they are complete, and contain nothing about people.

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use reqwest::Method;
use serde_json::{Value, json};
use stafett::kernel::Clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{self, TcpStream},
    time::sleep,
};

use crate::{
    cast::Cast,
    support::{User, World, both_engines, signing_key},
};

/// Texts that no metric, trace or log line may contain.
const PLANTED: [&str; 5] =
    ["Planted-Name", "planted.user", "planted-header", "planted password of nobody", "203.0.113.77"];
const PLANTED_NUMBER: &str = "01817212345";

/// A running program with its own listener for the metrics, and a collector of traces.
struct Program {
    process: Child,
    log: tempfile::NamedTempFile,
    api: SocketAddr,
    metrics: SocketAddr,
    collected: Arc<Mutex<Vec<u8>>>,
    http: reqwest::Client,
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port")
}

/// Accepts everything, and keeps the bytes.
async fn collector(collected: Arc<Mutex<Vec<u8>>>) -> SocketAddr {
    let listener = net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let collected = collected.clone();
            tokio::spawn(async move {
                let (mut all, mut part) = (Vec::new(), [0; 4096]);
                while let Ok(read) = stream.read(&mut part).await {
                    all.extend_from_slice(&part[..read]);
                    if read == 0 || is_whole(&all) {
                        collected.lock().expect("the collector").append(&mut all);
                        let _sent = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                    }
                    if read == 0 {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Whether a request with a length has arrived.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    request.len() >= end + 4 + length.unwrap_or(0)
}

impl Program {
    async fn start(world: &World) -> Self {
        let (api, metrics) = (free_address(), free_address());
        let collected = Arc::default();
        let collector = collector(Arc::clone(&collected)).await;
        let keys = tempfile::NamedTempFile::new().expect("a file");
        let pem = signing_key().to_pkcs8_pem(LineEnding::LF).expect("a key");
        fs::write(keys.path(), pem.as_bytes()).expect("the key is written");
        let log = tempfile::NamedTempFile::new().expect("a file");
        let mut command = world.command_line();
        command
            .env("STAFETT_TOKEN_KEY_FILE", keys.path())
            .env("STAFETT_METRICS_LISTEN", metrics.to_string())
            .env("STAFETT_TRACE_COLLECTOR", format!("http://{collector}/v1/traces"))
            .env("STAFETT_TRUSTED_PROXIES", "[\"127.0.0.0/8\"]")
            .env("STAFETT_STOP_GRACE_SECONDS", "0")
            .env_remove("STAFETT_LOG")
            .args(["serve", "--listen", &api.to_string()]);
        let lines = log.reopen().expect("the log");
        let process = command.stdout(Stdio::null()).stderr(lines).spawn().expect("the program starts");
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client");
        let program = Self { process, log, api, metrics, collected, http };
        while TcpStream::connect(api).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
        program
    }

    async fn call(&self, method: Method, path: &str, user: Option<&User>, body: Option<Value>) -> u16 {
        let mut request = self.http.request(method, format!("http://{}{path}", self.api));
        request = request.header("user-agent", PLANTED[2]).header("x-planted", PLANTED[2]);
        request = request.header("x-forwarded-for", PLANTED[4]);
        if let Some(user) = user {
            request = request.bearer_auth(user.token().await);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("an answer").status().as_u16()
    }

    /// The metrics, once the totals are fresh.
    async fn metrics(&self) -> String {
        loop {
            let answer = self.http.get(format!("http://{}/metrics", self.metrics)).send().await;
            let answer = answer.expect("metrics").error_for_status().expect("metrics");
            let text = answer.text().await.expect("text");
            if text.contains("stafett_totals_read 1") {
                return text;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops the program in an orderly way. Returns the traces and the log.
    async fn stop(mut self) -> (String, String) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        // The collector must go on meanwhile.
        while self.process.try_wait().expect("a process").is_none() {
            sleep(Duration::from_millis(50)).await;
        }
        let log = fs::read_to_string(self.log.path()).expect("the log");
        let traces = String::from_utf8_lossy(&self.collected.lock().expect("traces")).into_owned();
        (traces, log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Sends everything about people that a request can contain, in every place.
async fn plant(program: &Program, cast: &Cast) {
    let nurse = Some(&cast.nurse.user);
    let case = cast.path("");
    assert_eq!(program.call(Method::GET, &case, nurse, None).await, 200);
    assert_eq!(program.call(Method::GET, &cast.path("/measures"), nurse, None).await, 200);
    let note = json!({"audience": "team", "kind": "agreed", "contains": [], "text": PLANTED[0]});
    assert_eq!(program.call(Method::POST, &cast.path("/notes"), nurse, Some(note)).await, 201);
    for path in [
        format!("{case}?q={}", PLANTED[0]),
        format!("/v1/cases/{}", PLANTED[0]),
        format!("/{}/{PLANTED_NUMBER}", PLANTED[0]),
        format!("/v1/municipalities?{}={PLANTED_NUMBER}", PLANTED[1]),
        format!("/v1/access-log?person_id={PLANTED_NUMBER}"),
    ] {
        program.call(Method::GET, &path, nurse, None).await;
        program.call(Method::GET, &path, None, None).await;
        program.call(Method::from_bytes(PLANTED[0].as_bytes()).expect("a method"), &path, nurse, None).await;
    }
    let body = json!({"username": PLANTED[1], "password": PLANTED[3], PLANTED[0]: PLANTED_NUMBER});
    assert_eq!(program.call(Method::POST, "/v1/auth/login", None, Some(body)).await, 422);
    let body = json!({"username": PLANTED[1], "password": PLANTED[3]});
    let mut tries = 0;
    while program.call(Method::POST, "/v1/auth/login", None, Some(body.clone())).await != 429 {
        tries += 1;
        assert!(tries < 200, "nobody is throttled");
    }
    let mut stream = TcpStream::connect(program.api).await.expect("a connection");
    let sent = format!("{} {PLANTED_NUMBER} {}\r\n{}\r\n\r\n", PLANTED[0], PLANTED[1], PLANTED[2]);
    stream.write_all(sent.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// The people and ids of a case, and the planted texts.
fn about_people(cast: &Cast) -> Vec<String> {
    let mut words: Vec<String> = PLANTED.map(ToOwned::to_owned).to_vec();
    words.extend([PLANTED_NUMBER.to_owned(), cast.case.to_string(), cast.family.child.name.clone()]);
    words.extend([cast.family.child.id.to_string(), cast.family.child.national_id.as_str().to_owned()]);
    for user in [&cast.teacher.user, &cast.nurse.user, &cast.family.guardians[0].user] {
        words.extend([user.name.clone(), user.username.clone(), user.id.to_string()]);
    }
    words
}

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<String> {
    const ENDINGS: [&str; 4] = ["_total", "_bucket", "_count", "_sum"];
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    let names = words.filter(|word| word.starts_with("stafett_"));
    names
        .map(|name| ENDINGS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned())
        .collect()
}

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file")
}

both_engines! {
    async fn nothing_about_people_is_in_metrics_traces_or_the_log(world: World) {
        world.advance(Clock::System.now() - world.now());
        let cast = world.shared_case().await;
        let program = Program::start(&world).await;
        plant(&program, &cast).await;
        let metrics = program.metrics().await;
        for line in [
            "stafett_requests_total{operation=\"read_case\",status=\"200\"} 1",
            "stafett_requests_total{operation=\"read_case\",status=\"422\"} 1",
            "stafett_requests_total{operation=\"write_note\",status=\"201\"} 1",
            "stafett_requests_total{operation=\"log_in\",status=\"429\"} 1",
            "stafett_request_duration_seconds_count{operation=\"list_measures\"} 1",
            "stafett_requests_refused_early_total{status=\"400\"} 1",
            "stafett_log_lines_dropped_total 0",
            "stafett_access_log_queue 0",
            "stafett_totals_read 1",
            "stafett_log_reviews_open 0",
            "stafett_breaches_overdue 0",
            "stafett_evaluations_overdue 0",
        ] {
            assert!(metrics.lines().any(|own| own == line), "no {line} in\n{metrics}");
        }
        assert!(metrics.contains("stafett_pool_waiting{pool=") && metrics.contains("stafett_pool_idle{pool="));

        let exported = named(&metrics);
        for text in ["docs/monitoring.md", "operations/prometheus/alerts.yml", "operations/grafana/stafett.json"] {
            let missing: Vec<_> = named(&file(text)).difference(&exported).cloned().collect();
            assert!(missing.is_empty(), "{text} names metrics that do not exist: {missing:?}");
        }
        let missing: Vec<_> = exported.difference(&named(&file("docs/monitoring.md"))).cloned().collect();
        assert!(missing.is_empty(), "docs/monitoring.md does not explain {missing:?}");
        assert!(world.anonymous().get("/metrics").send().await.status == 404, "not on the public listener");

        let (traces, log) = program.stop().await;
        for name in ["read_case", "write_note", "log_in", "decision", "statement", "stafett"] {
            assert!(traces.contains(name), "no span of {name}");
        }
        assert!(log.contains("\"answered\"") && log.contains("refused before it reached an operation"), "{log}");
        assert!(!log.contains("ERROR"), "a stranger's requests are no faults:\n{log}");
        assert!(!traces.contains("SELECT") && !traces.contains("INSERT"), "no statement is in the traces");
        for word in about_people(&cast) {
            for (place, text) in [("the metrics", &metrics), ("the traces", &traces), ("the log", &log)] {
                assert!(!text.contains(&word), "{word} is in {place}");
            }
        }
    }

    async fn the_age_of_what_is_not_sealed_is_measured(world: World) {
        use stafett::telemetry::{Observed, expose, metrics};
        let cast = world.shared_case().await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        world.advance(Clock::System.now() - world.now() + chrono::TimeDelta::minutes(10));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = expose(Observed::new(world.db.clone(), world.clock.clone(), world.log()), listener).expect("metrics");
        let handle = server.handle();
        tokio::spawn(server);
        let text = reqwest::get(format!("http://{address}/metrics")).await.expect("metrics").text().await.expect("text");
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
            line.trim().parse::<f64>().expect("a number")
        };
        assert!(value("stafett_access_log_oldest_unsealed_seconds ") > 500.0, "{text}");
        assert!(value("stafett_access_log_unsealed ") > 1.0, "{text}");
        assert!(metrics().text().is_ok());
        handle.stop(false).await;
    }
}
