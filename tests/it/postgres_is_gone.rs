//! PostgreSQL is down, or does not answer: requests are refused soon, and served when it is back.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;

use crate::{
    recovery::{HURRIED, note, passes},
    support::{Engine, World},
};

const PASSES: u8 = 0;
const CLOSED: u8 = 1;
const FROZEN: u8 = 2;

/// A wire to the server that can be cut.
#[derive(Clone)]
struct Wire {
    port: u16,
    state: Arc<AtomicU8>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let wire = Self { port, state: Arc::default(), streams: Arc::default() };
        let of = wire.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if of.state.load(Ordering::SeqCst) == CLOSED {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                of.join(&client, &server);
                of.join(&server, &client);
            }
        });
        wire
    }

    fn join(&self, from: &TcpStream, to: &TcpStream) {
        let (mut from, mut to) = (from.try_clone().expect("a stream"), to.try_clone().expect("a stream"));
        self.streams.lock().expect("the streams").push(from.try_clone().expect("a stream"));
        let state = self.state.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(length) = from.read(&mut bytes)
                && length > 0
            {
                while state.load(Ordering::SeqCst) == FROZEN {
                    std::thread::sleep(Duration::from_millis(20));
                }
                if to.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            let _already_closed = to.shutdown(Shutdown::Both);
        });
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
        if state == CLOSED {
            for stream in self.streams.lock().expect("the streams").drain(..) {
                let _already_closed = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_gone_requests_are_refused_soon_and_then_served_again() {
    Engine::Postgres
        .tell(async |world: World| {
            let cast = world.shared_case().await;
            let server: PgConnectOptions = world.database_url().parse().expect("an address");
            let wire = Wire::to(server.get_port());
            let served = world.through(wire.port, HURRIED).await;
            let nurse = served.same(&cast.nurse);
            let (read, ready) = (nurse.get(cast.path("")), served.anonymous().get("/health/ready"));
            let public = served.anonymous().get("/v1/municipalities");
            for gone in [CLOSED, FROZEN] {
                read.clone().send().await.expect(200);
                wire.set(gone);
                for call in [&read, &ready, &public, &note(&nurse, &cast)] {
                    for _ in 0..3 {
                        let answer = tokio::time::timeout(Duration::from_secs(8), call.clone().send());
                        passes(answer.await.expect("an answer soon"));
                    }
                }
                served.anonymous().get("/health/live").send().await.expect(200);
                wire.set(PASSES);
                let mut tries = 0;
                while read.clone().send().await.status != 200 {
                    tries += 1;
                    assert!(tries < 100, "it never recovers");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                note(&nurse, &cast).send().await.expect(201);
                tokio::time::sleep(Duration::from_millis(1100)).await;
                ready.clone().send().await.expect(200);
            }
        })
        .await;
}
