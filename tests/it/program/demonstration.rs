//! The demonstration as a newcomer sees it: anywhere, in lines that fit, in words, and with nothing half-made behind it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::sleep,
    time::Duration,
};

use serde_json::{Value, json};
use stafett::demo::{DemoArgs, Stage, run_on};

use super::{Place, done};

/// Keeps what is printed.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the page").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The story on a page of this width, without styles.
async fn played(width: usize) -> String {
    let page = Page::default();
    let stage = Stage::new(page.clone(), width);
    let status = run_on(stage, DemoArgs { exit: true, ..DemoArgs::default() }).await.expect("it is played");
    let styled = String::from_utf8(page.0.lock().expect("the page").clone()).expect("text");
    let text = anstream::adapter::strip_str(&styled).to_string();
    assert_eq!(status, 0, "{text}");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_fits_80_columns_and_tells_why_in_words() {
    let text = played(80).await;
    fits(&text, 80);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        // Whose consent is missing.
        "the consent from Mari Strand to Skole i Kragerø is missing",
        "the consent from Jonas Strand to Skole i Kragerø is missing",
        "the consent from Jonas Strand to PPT was withdrawn",
        // The fault in a 422.
        "but it cannot be done now: child view",
        // The end.
        "11. The case, as the mother sees it now",
        "Contact person: Ola Sundby, Skole i Kragerø",
        "Every step went as expected.",
    ] {
        assert!(flat.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains("[]") && !text.contains("(not shown)"), "{text}");
    assert!(!flat.contains("no rule allows it. -"), "each refusal has its reason: {text}");
    let has_id = |word: &str| word.len() >= 36 && word.matches('-').count() >= 4;
    assert!(!flat.split([' ', '/', '(', ')']).any(has_id), "ids are no names: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_fits_60_columns() {
    fits(&played(60).await, 60);
}

fn fits(text: &str, width: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= width, "{} characters: {line}", line.chars().count());
    }
    assert!(text.lines().count() > 100, "{text}");
}

#[test]
fn the_program_needs_nothing_beside_it_and_leaves_nothing_behind() {
    let place = Place::empty();
    let said = done(place.program().args(["demo", "--exit"]).env("COLUMNS", "60"), "").well();
    fits(&said, 60);
    assert!(place.files().is_empty(), "{:?}", place.files());
    place.run(&["policies"]).well();
    place.run(&["openapi"]).well();
}

#[test]
fn a_demonstration_that_fails_leaves_nothing_half_made() {
    let place = Place::empty();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let failed = place.run(&["demo", "--exit", "--data", "some/where", "--listen", &address]);
    assert_ne!(failed.status, 0);
    assert!(failed.errors.contains(&address) && failed.out.is_empty(), "{}", failed.errors);
    assert!(place.files().is_empty(), "{:?}", place.files());

    // It refuses a file that is no database.
    fs::create_dir(place.path().join("other")).expect("a folder");
    fs::write(place.path().join("other/stafett.db"), "this is no database, but a longer text")
        .expect("a file");
    let failed = place.run(&["demo", "--exit", "--data", "other"]);
    assert_eq!(failed.status, 1, "{}", failed.out);
    let left = fs::read_dir(place.path().join("other")).expect("a folder");
    let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, ["stafett.db"], "{}", failed.errors);

    fs::write(place.path().join("file"), "").expect("a file");
    let failed = place.run(&["demo", "--exit", "--data", "file"]);
    assert_eq!(failed.status, 1);
    assert!(
        failed.errors.contains("file/keys: ") && !failed.errors.contains("os error"),
        "{}",
        failed.errors
    );
}

/// A demonstration in the folder `demo` that is running.
fn playing(place: &Place) -> Child {
    let mut demo = place.program();
    demo.args(["demo", "--exit", "--data", "demo"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    demo.spawn().expect("it runs")
}

/// Waits for a file, or for a line of output that begins so if there is no such file to wait for.
fn until(demo: &mut Child, place: &Place, step: &str) {
    if let Some(line) = step.strip_prefix("line ") {
        let mut lines = BufReader::new(demo.stdout.take().expect("its output")).lines();
        assert!(lines.any(|told| told.expect("a line").starts_with(line)), "{step}");
        return;
    }
    let is_there = || place.path().join(step).exists();
    assert!(
        (0..6000).any(|_| is_there() || {
            sleep(Duration::from_millis(10));
            false
        }),
        "{step}"
    );
}

#[test]
fn a_demonstration_that_is_killed_at_any_step_can_be_started_again() {
    let place = Place::empty();
    for step in [
        "demo/keys",
        "demo/stafett.toml.unfinished",
        "demo/keys/token.pem",
        "demo/stafett.db-wal",
        "line 1.",
        "line 3.",
    ] {
        let mut demo = playing(&place);
        until(&mut demo, &place, step);
        demo.kill().and_then(|()| demo.wait()).expect("it is killed");
        assert!(!place.path().join("demo/stafett.toml").exists(), "{step}: it has no settings");
        if step == "line 1." {
            fs::write(place.path().join("demo/mine"), "of another").expect("a file");
        }
    }
    place.run(&["demo", "--exit", "--data", "demo"]).well();
    place.run(&["--config", "demo/stafett.toml", "keys", "list"]).well();
    assert!(!place.path().join("demo/stafett.toml.unfinished").exists());
    assert_eq!(fs::read_to_string(place.path().join("demo/mine")).expect("the file"), "of another");
    let again = place.run(&["demo", "--exit", "--data", "demo"]);
    assert_eq!(again.status, 1, "one that came to its end is never removed");
    assert!(again.errors.contains("demo/keys is not empty"), "{}", again.errors);
    place.run(&["--config", "demo/stafett.toml", "keys", "list"]).well();
}

#[test]
fn a_demonstration_that_is_stopped_leaves_nothing_and_another_one_never_removes_its_files() {
    let place = Place::empty();
    let mut demo = playing(&place);
    until(&mut demo, &place, "demo/stafett.db-wal");
    let other = place.run(&["demo", "--exit", "--data", "demo"]);
    assert_eq!((other.status, other.out.as_str()), (1, ""));
    assert!(other.errors.contains("another demonstration is being played in demo"), "{}", other.errors);
    assert!(place.path().join("demo/stafett.db-wal").exists());
    until(&mut demo, &place, "line 1.");
    let stopped = place.command("kill").arg(demo.id().to_string()).status().expect("a signal");
    assert!(stopped.success());
    let ended = demo.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{errors}");
    assert!(errors.contains("stopped before the end of the story"), "{errors}");
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demonstration_that_was_kept_is_served_again_with_the_roles_of_its_people() {
    let place = Place::empty();
    place.run(&["demo", "--exit", "--data", "demo"]).well();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port").to_string();
    let mut serve = place.program();
    serve.args(["serve", "--config", "demo/stafett.toml", "--listen", &address]);
    let mut server = serve.stderr(Stdio::null()).spawn().expect("it runs");
    let url = format!("http://{address}");
    let is_ready = |_: &i32| place.run(&["health", "--url", &url]).status == 0;
    let ready = (0..600).inspect(|_| sleep(Duration::from_millis(50))).find(is_ready);
    let roles = roles_of_tone(&url).await;
    server.kill().and_then(|()| server.wait()).expect("it ends");
    assert!(ready.is_some(), "it is ready");
    assert_eq!(roles.expect("an answer")[0]["role"], "worker");
}

async fn roles_of_tone(url: &str) -> reqwest::Result<Value> {
    let client = reqwest::Client::new();
    let body = json!({"username": "tone@4014", "password": "fire blå ender over isen"});
    let tokens: Value = client.post(format!("{url}/v1/auth/login")).json(&body).send().await?.json().await?;
    let token = tokens["access_token"].as_str().unwrap_or_default();
    let me: Value = client.get(format!("{url}/v1/me")).bearer_auth(token).send().await?.json().await?;
    Ok(me["roles"].clone())
}
