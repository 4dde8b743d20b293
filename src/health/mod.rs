//! Is the service alive, and can it serve?

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

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; what is not is a problem document.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(live).service(ready);
}

/// Tells that the process runs.
#[utoipa::path(
    operation_id = "live", tag = "health",
    responses((status = 200, body = Health, description = "It runs"), PublicProblems),
)]
#[get("/health/live")]
async fn live(public: Public<Live>) -> Result<HttpResponse> {
    public.show(&Health { status: "ok" })
}

/// Tells that requests can be served: the database can be read and written.
#[utoipa::path(
    operation_id = "ready", tag = "health",
    responses((status = 200, body = Health, description = "Requests can be served"), PublicProblems),
)]
#[get("/health/ready")]
async fn ready(public: Public<Ready>) -> Result<HttpResponse> {
    public.check().await?;
    public.show(&Health { status: "ok" })
}
