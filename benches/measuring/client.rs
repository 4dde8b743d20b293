//! HTTP/1.1 clients that use as little as possible of the machine they share with the service.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A request for a path, with a token.
pub fn request(path: &str, token: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: stafett\r\nuser-agent: bench\r\nauthorization: Bearer {token}\r\n\r\n"
    )
    .into_bytes()
}

/// A connection that is kept open.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the service listens");
        stream.set_nodelay(true).expect("a socket");
        Self { address, stream, buffer: vec![0; 1 << 20] }
    }

    /// Sends a request, and returns the status and the body.
    pub fn ask(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).expect("sent");
        let (mut filled, mut end) = (0, None);
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).expect("an answer");
            if read == 0 {
                // The service closes a connection that has been idle for long.
                assert!(filled == 0, "the service has hung up");
                *self = Self::open(self.address);
                self.stream.write_all(request).expect("sent");
            }
            filled += read;
            if end.is_none() {
                end =
                    head_end(&self.buffer[..filled]).map(|head| (head, head + length(&self.buffer[..head])));
            }
            if let Some((head, end)) = end
                && filled >= end
            {
                let status = std::str::from_utf8(&self.buffer[9..12]).expect("a status");
                return (status.parse().expect("a status"), &self.buffer[head..end]);
            }
        }
    }
}

fn head_end(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.expect("a content-length").trim().parse().expect("a length")
}

/// The durations of the answers, shortest first.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    sorted: Vec<Duration>,
}

impl Timings {
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { sorted: times }
    }

    /// The number of answers.
    pub fn number(&self) -> usize {
        self.sorted.len()
    }

    /// The number of milliseconds within which this share of the answers had arrived.
    pub fn milliseconds(&self, share: f64) -> f64 {
        let at = ((self.sorted.len() as f64 * share).ceil() as usize).clamp(1, self.sorted.len());
        self.sorted[at - 1].as_secs_f64() * 1000.0
    }
}
