//! Liveness and readiness.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::{
        Public,
        public::{Live, Ready},
    },
    problem::{Result, docs::PublicProblems},
};

/// The status of the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; failures are problem documents.
    #[schema(example = "ok")]
    pub status: &'static str,
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

/// Reports readiness: the database can be read and written.
#[utoipa::path(
    operation_id = "ready", tag = "health",
    responses((status = 200, body = Health, description = "The service can serve requests"), PublicProblems),
)]
#[get("/health/ready")]
async fn ready(public: Public<Ready>) -> Result<HttpResponse> {
    public.check().await?;
    public.show(&Health { status: "ok" })
}
