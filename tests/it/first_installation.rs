//! `stafett init` creates an installation that serves, and the running program notices keys that come and go.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

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
    ready: String,
}

impl Serving {
    fn start(place: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let mut serve = stafett(place);
        serve.args(["serve", "--config", "stafett.toml", "--listen", &address]);
        let process = serve.stderr(Stdio::null()).spawn().expect("the program runs");
        Self { process, ready: format!("http://{address}/health/ready") }
    }

    /// Waits until the server answers so.
    async fn until(&self, status: u16) {
        let began = Instant::now();
        let mut last = None;
        while began.elapsed() < Duration::from_secs(60) {
            last = reqwest::get(&self.ready).await.ok();
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
