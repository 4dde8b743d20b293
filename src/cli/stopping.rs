//! When the service stops.

use std::{io, time::Duration};

use actix_web::web;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::access::Services;

/// The signals that stop the service.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    /// Takes the signals from now on.
    pub(super) fn take() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// Waits for a signal. After SIGTERM the service goes on for `grace`, but is not ready, and its answers close their connections: a
    /// proxy has time to turn to other servers. Another signal ends the grace.
    pub(super) async fn stop(mut self, services: web::Data<Services>, grace: Duration) {
        let grace = tokio::select! {
            _ = self.terminate.recv() => grace,
            _ = self.interrupt.recv() => Duration::ZERO,
            _ = self.quit.recv() => Duration::ZERO,
        };
        services.begin_to_stop();
        tracing::info!(grace_seconds = grace.as_secs(), "stopping");
        tokio::select! {
            () = tokio::time::sleep(grace) => {}
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}
