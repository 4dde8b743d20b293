//! The program `stafett serve` in its own process, so that its memory and processor time are those of the service alone.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};

use crate::support::{World, signing_key};

/// A running service. It is stopped when dropped.
#[derive(Debug)]
pub struct Program {
    process: Child,
    pub address: SocketAddr,
}

impl Program {
    /// Starts the program on the database of a world, with default settings.
    pub fn start(world: &World) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let mut command: Command = world.command_line();
        let keys = tempfile::NamedTempFile::new().expect("a file");
        let pem = signing_key().to_pkcs8_pem(LineEnding::LF).expect("a key");
        fs::write(keys.path(), pem.as_bytes()).expect("the key is written");
        // The program refuses unknown settings.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STAFETT_BENCH_")) {
            command.env_remove(name);
        }
        command.env("STAFETT_STAFF_SECOND_FACTOR", "false");
        command.env("STAFETT_TOKEN_KEY_FILE", keys.path()).args(["serve", "--listen", &address.to_string()]);
        let process =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let program = Self { process, address };
        for _ in 0..600 {
            if TcpStream::connect(address).is_ok() {
                return program;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the program does not listen at {address}");
    }

    /// Resident memory in MiB; none if the system has no `/proc`.
    pub fn memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes / 1024.0)
    }

    /// Processor time since the start; none if the system has no `/proc`.
    pub fn processor(&self) -> Option<Duration> {
        /// The value on Linux for every architecture that Rust supports, unless built otherwise.
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().ok());
        let ticks: f64 = ticks.sum::<Option<f64>>()?;
        Some(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
