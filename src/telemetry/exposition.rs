//! `/metrics`, on a listener of its own.

use std::{io, net::TcpListener};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, http::header, web};
use tokio::sync::Mutex;

use super::{
    metrics::{Metrics, Pool, metrics},
    totals::Totals,
};
use crate::{access::LogWriter, db::Db, kernel::Clock};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The parts of the service whose state is measured when the metrics are read.
#[derive(Debug)]
pub struct Observed {
    db: Db,
    clock: Clock,
    log: LogWriter,
    totals: Mutex<Totals>,
}

impl Observed {
    /// Observes the parts of a service.
    #[must_use]
    pub fn new(db: Db, clock: Clock, log: LogWriter) -> Self {
        Self { db, clock, log, totals: Mutex::default() }
    }

    async fn measure(&self, metrics: &Metrics) {
        for load in self.db.load() {
            let pool = Pool { pool: load.name };
            metrics.connections.get_or_create(&pool).set(load.connections);
            metrics.idle.get_or_create(&pool).set(load.idle);
            metrics.waiting.get_or_create(&pool).set(load.waiting);
        }
        metrics.log_queue.set(i64::try_from(self.log.waiting()).unwrap_or(i64::MAX));
        self.totals.lock().await.refresh(&self.db, &self.clock, metrics).await;
    }
}

/// Starts the listener of the metrics. It ends with the returned server.
///
/// # Errors
/// If the listener cannot be used.
pub fn expose(observed: Observed, listener: TcpListener) -> io::Result<Server> {
    let observed = web::Data::new(observed);
    let server = HttpServer::new(move || {
        App::new().app_data(observed.clone()).route("/metrics", web::get().to(read_metrics))
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

async fn read_metrics(observed: web::Data<Observed>) -> HttpResponse {
    observed.measure(metrics()).await;
    match metrics().text() {
        Ok(text) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, OPEN_METRICS)).body(text),
        Err(error) => {
            tracing::error!(%error, "writing the metrics failed");
            HttpResponse::InternalServerError().finish()
        }
    }
}
