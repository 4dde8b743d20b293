//! The server: as `actix_web::HttpServer`, with two differences. A refusal by its parser is a problem document ([`Refusing`]),
//! and a body that is announced as too large is refused before the client sends it.

use std::{fmt, future::ready, io, net::TcpListener, pin::Pin, time::Duration};

use actix_http::{HttpService, Protocol, Request, Response, body::BoxBody};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{AppConfig, Service, ServiceFactory},
    rt::net::TcpStream,
};

use super::refusing::{Refusing, refusal};
use crate::{access::announces_too_much, problem::Code};

/// How long a client may take to send the head of its first request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client may take to close its connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of seconds that running requests get to finish at shutdown.
const SHUTDOWN_SECONDS: u64 = 20;
/// The open connections of a worker. Further ones wait in the system's queue.
const CONNECTIONS: usize = 1024;
/// How long a connection stays open without a request.
const IDLE: Duration = Duration::from_secs(5);

/// Ends a server in place of a signal.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The threads and the times of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The number of threads that serve requests.
    pub workers: usize,
    /// The number of seconds that running requests get to finish at shutdown.
    pub shutdown_seconds: u64,
    /// How long a client may take to send the head of its first request.
    pub head_timeout: Duration,
    /// The open connections of a thread.
    pub connections: usize,
    /// How long a connection stays open without a request.
    pub idle: Duration,
}

impl Limits {
    /// The limits of a service.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self {
            workers,
            shutdown_seconds: SHUTDOWN_SECONDS,
            head_timeout: HEAD_TIMEOUT,
            connections: CONNECTIONS,
            idle: IDLE,
        }
    }
}

/// Starts a server. It ends, and takes no signals, when `stop` does; without it, it ends on a signal or through its handle.
///
/// # Errors
/// If the listener cannot be used.
pub fn listen<F, I, S, B>(
    app: F,
    listener: TcpListener,
    limits: Limits,
    stop: Option<Stop>,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let builder = Server::build()
        .workers(limits.workers)
        .shutdown_timeout(limits.shutdown_seconds)
        .max_concurrent_connections(limits.connections);
    let builder = match stop {
        Some(stop) => builder.shutdown_signal(stop),
        None => builder,
    };
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("stafett", listener, move || {
        let stopping = stopping.clone();
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(limits.idle)
            .client_request_timeout(limits.head_timeout)
            .client_disconnect_timeout(CLOSE_TIMEOUT)
            .local_addr(address)
            .expect(fn_service(|request: Request| ready(expectation(request))))
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(|stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((Refusing::new(stream), Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

/// Decides whether a client that asks first may send its body.
fn expectation(request: Request) -> Result<Request, Response<BoxBody>> {
    if announces_too_much(request.head().headers()) {
        return Err(refusal(Code::TooLarge).into_response());
    }
    Ok(request)
}
