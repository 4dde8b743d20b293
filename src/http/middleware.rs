//! Middleware.

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use tracing_actix_web::RequestId;

use super::Paths;
use crate::{
    access::{PendingLook, Services},
    problem::{Code, Problem, ProblemDocument},
};

/// The header of every answer that has the id of the request, as in the logs.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Records a request in the access log before its response is sent. If its entries cannot be written, the response is 503 and
/// reveals nothing.
///
/// # Errors
/// Those of the inner service, which are responses themselves.
pub async fn durable_look(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let look = response.request().extensions().get::<PendingLook>().cloned();
    let Some(look) = look else { return Ok(response) };
    let services = response.request().app_data::<web::Data<Services>>().cloned();
    let written = match services {
        Some(services) => {
            services.record(response.request(), &look, response.status().as_u16()).await.is_ok()
        }
        None => false,
    };
    if written {
        Ok(response)
    } else {
        Ok(response.into_response(Problem::new(Code::Unavailable).error_response()))
    }
}

/// Sets the headers that keep personal data out of caches and frames and prevent content sniffing, and the id of the request.
/// Converts errors from the framework into problem documents.
///
/// # Errors
/// Those of the inner service, which are responses themselves.
pub async fn protective_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let docs = request.path().starts_with("/docs");
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let mut response = problem_shaped(next.call(request).await?.map_into_boxed_body());
    if let Some(id) = id {
        response = with_request_id(response, id);
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = if docs {
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}

fn problem_shaped(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_server_error() => Code::Internal,
        _ => Code::BadRequest,
    };
    let allow = Paths::allowed_to(response.request());
    let mut shaped = response.into_response(Problem::new(code).error_response());
    if let Some(allow) = allow.filter(|_| code == Code::MethodNotAllowed) {
        shaped.headers_mut().insert(header::ALLOW, allow);
    }
    shaped
}

/// Adds the id of the request to the headers and, if the answer is a problem, to its document.
fn with_request_id(response: ServiceResponse<BoxBody>, id: String) -> ServiceResponse<BoxBody> {
    let mut response = response;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let document = response.response_mut().extensions_mut().remove::<ProblemDocument>();
    let Some(document) = document else { return response };
    let document = ProblemDocument { request_id: Some(id), ..document };
    match serde_json::to_string(&document) {
        Ok(body) => response.map_body(|_, _| BoxBody::new(body)),
        Err(_) => response,
    }
}
