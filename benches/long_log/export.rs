//! Exports the whole log while measuring the memory of the service.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use stafett::db::Db;
use tokio::task::spawn_blocking;

use super::{Log, engine::connections};
use crate::measuring::request;

/// Downloads everything that the auditor may see, and discards it as it arrives.
pub async fn export(log: &Log, db: &Db, address: SocketAddr) {
    let path = "/v1/access-log/export/ndjson";
    let asked = request(path, &log.cast.auditor_of_two.token().await);
    let (begun, before) = (Instant::now(), resident());
    let (bytes, lines, most) = spawn_blocking(move || {
        let (mut most, mut looked) = (before, Instant::now());
        let (bytes, lines) = drain(address, &asked, || {
            if looked.elapsed() > Duration::from_millis(200) {
                (most, looked) = (most.max(resident()), Instant::now());
            }
        });
        (bytes, lines, most)
    })
    .await
    .expect("an export");
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "export: {lines} entries, {:.2} GB in {seconds:.0} s; resident memory {before} MB before, {most} MB at most, {} MB after ({} connections)",
        bytes as f64 / 1e9,
        resident(),
        connections(db),
    );
}

/// Reads a response of unknown length, and returns the number of bytes and of entries.
fn drain(address: SocketAddr, request: &[u8], mut meanwhile: impl FnMut()) -> (usize, usize) {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    stream.write_all(request).expect("sent");
    let (mut bytes, mut entries, mut last, mut buffer) = (0, 0, Vec::new(), vec![0; 1 << 16]);
    // The empty chunk ends the response.
    while !last.ends_with(b"\r\n0\r\n\r\n") {
        let read = stream.read(&mut buffer).expect("an answer");
        assert!(read > 0, "the service has hung up");
        let some = &buffer[..read];
        bytes += read;
        let mut before = last.last().copied().unwrap_or_default();
        for byte in some {
            entries += usize::from(before == b'}' && *byte == b'\n');
            before = *byte;
        }
        last.extend_from_slice(&some[read.saturating_sub(7)..]);
        last.drain(..last.len().saturating_sub(7));
        meanwhile();
    }
    (bytes, entries)
}

/// The current memory of this process in megabytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes / 1024
}
