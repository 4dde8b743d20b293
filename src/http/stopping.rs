//! Answers while the service stops.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
    web,
};

use crate::access::Services;

/// Closes the connection after the answer while the service stops, so that the client connects to another server before this one
/// is gone.
///
/// # Errors
/// Those of the inner service.
pub async fn close_while_stopping<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let services = response.request().app_data::<web::Data<Services>>();
    if services.is_some_and(|services| services.is_stopping()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
