//! Counts and times answers.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use tracing::Span;

use super::Paths;
use crate::telemetry::metrics;

/// Counts and times the answer to a request, by operation.
///
/// # Errors
/// Those of the inner service, which are responses themselves.
pub async fn measured<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    let response = next.call(request).await?;
    let (operation, status) = (Paths::operation(response.request()), response.status().as_u16());
    metrics().answered(operation, status, began.elapsed());
    Span::current().record("http.response.status_code", status);
    Ok(response)
}
