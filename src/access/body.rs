//! The body of a request, as it comes over the wire.

use std::time::Duration;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};

use crate::problem::{Code, Problem};

/// The largest body that is accepted from a caller with a token, in bytes.
pub(super) const MAX_BODY: usize = 256 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn json_content(request: &HttpRequest) -> Result<(), Problem> {
    if request.content_type().eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::explained(Code::UnsupportedMediaType, "the Content-Type must be application/json"))
    }
}

pub(super) async fn read_body(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<web::Bytes, Problem> {
    let mut payload = payload;
    let payload = web::Payload::from_request(request, &mut payload).await;
    let payload = payload.map_err(|error| Problem::explained(Code::BadRequest, error.to_string()))?;
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(limit)).await {
        Err(_) => Err(Problem::explained(Code::BadRequest, "the body did not arrive in time")),
        Ok(Err(_)) => Err(Problem::new(Code::TooLarge)),
        Ok(Ok(Err(_))) => Err(Problem::explained(Code::BadRequest, "the body could not be read")),
        Ok(Ok(Ok(body))) => Ok(body),
    }
}
