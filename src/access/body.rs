//! The body of a request, as it comes over the wire.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web,
};

use crate::problem::{Code, Problem};

/// The largest body that is accepted, in bytes.
const MAX_BODY: usize = 256 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn json_content(request: &HttpRequest) -> Result<(), Problem> {
    if request.content_type().eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::explained(Code::UnsupportedMediaType, "the Content-Type must be application/json"))
    }
}

/// Returns whether a request announces a larger body than is accepted.
#[must_use]
pub fn announces_too_much(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > MAX_BODY as u64)
}

/// Reads the body. A body that is too large by its own account, or encoded, is refused before it is read.
pub(super) async fn read_body(request: &HttpRequest, payload: Payload) -> Result<web::Bytes, Problem> {
    if announces_too_much(request.headers()) {
        return Err(Problem::new(Code::TooLarge));
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let detail = "send the body without a Content-Encoding";
        return Err(Problem::explained(Code::UnsupportedMediaType, detail));
    }
    let mut payload = payload;
    let payload = web::Payload::from_request(request, &mut payload).await;
    let payload = payload.map_err(|error| Problem::explained(Code::BadRequest, error.to_string()))?;
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(MAX_BODY)).await {
        Err(_) => Err(Problem::explained(Code::RequestTimeout, "the body did not arrive in time")),
        Ok(Err(_)) => Err(Problem::new(Code::TooLarge)),
        Ok(Ok(Err(_))) => Err(Problem::explained(Code::BadRequest, "the body could not be read")),
        Ok(Ok(Ok(body))) => Ok(body),
    }
}
