//! Load: the same request over several kept connections for some time.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use tokio::task::spawn_blocking;

use super::{Connection, Timings};

/// The answers of a block.
#[derive(Debug, Clone)]
pub struct Block {
    /// Answers per second.
    pub rate: f64,
    pub timings: Timings,
}

/// Repeats the same request over several connections for some time, each after its answer. Every answer must be 200.
pub async fn block_of(address: SocketAddr, asked: &[u8], connections: usize, time: Duration) -> Block {
    let asked = asked.to_vec();
    spawn_blocking(move || load(address, &asked, connections, time)).await.expect("answers")
}

fn load(address: SocketAddr, request: &[u8], connections: usize, time: Duration) -> Block {
    let begun = Instant::now();
    let one = || {
        let (mut connection, mut times) = (Connection::open(address), Vec::new());
        while begun.elapsed() < time {
            let asked = Instant::now();
            let (status, body) = connection.ask(request);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
            times.push(asked.elapsed());
        }
        times
    };
    let times: Vec<Duration> = thread::scope(|scope| {
        let all: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        all.into_iter().flat_map(|thread| thread.join().expect("answers")).collect()
    });
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    Block { rate, timings: Timings::of(times) }
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A number from the environment.
pub fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
