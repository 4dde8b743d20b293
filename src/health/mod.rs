//! Liveness and readiness.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::{
        Public,
        public::{Live, Ready},
    },
    kernel::background::DROPPED_LOG_LINES,
    problem::{Result, docs::PublicProblems},
};

/// The status of the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; failures are problem documents.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// The readiness of the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ok`; failures are problem documents.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// Whether new entries of the access log are being sealed: `ok`, or `failing` until the next success.
    #[schema(example = "ok")]
    pub sealing: &'static str,
    /// The number of log lines that were dropped since the start, because nobody read them or the disk was full.
    #[schema(example = 0)]
    pub dropped_log_lines: u64,
}

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(live).service(ready);
}

/// Reports liveness: the process is running.
#[utoipa::path(
    operation_id = "live", tag = "health",
    responses((status = 200, body = Health, description = "The process is running"), PublicProblems),
)]
#[get("/health/live")]
async fn live(public: Public<Live>) -> Result<HttpResponse> {
    public.show(&Health { status: "ok" })
}

/// Reports readiness: the database was read and written within the last second, and the service is not stopping.
#[utoipa::path(
    operation_id = "ready", tag = "health",
    responses((status = 200, body = Readiness, description = "The service can serve requests"), PublicProblems),
)]
#[get("/health/ready")]
async fn ready(public: Public<Ready>) -> Result<HttpResponse> {
    let sealing_fails = public.check().await?;
    public.show(&Readiness {
        status: "ok",
        sealing: if sealing_fails { "failing" } else { "ok" },
        dropped_log_lines: DROPPED_LOG_LINES.load(Ordering::Relaxed),
    })
}
