//! The body of a request, as it comes over the wire.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web,
};

use crate::problem::{Code, Problem};

/// The largest body that is accepted from a caller with a token, in bytes.
pub(super) const MAX_BODY: usize = 256 * 1024;
/// The largest body that a stranger may send, in bytes.
pub(super) const MAX_OF_STRANGERS: usize = 8 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn json_content(request: &HttpRequest) -> Result<(), Problem> {
    if request.content_type().eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::header(Code::UnsupportedMediaType, "Content-Type", "must be application/json"))
    }
}

/// Returns whether a request announces a larger body than is accepted, by whether it has a token.
#[must_use]
pub fn announces_too_much(headers: &HeaderMap) -> bool {
    let limit = if headers.contains_key(header::AUTHORIZATION) { MAX_BODY } else { MAX_OF_STRANGERS };
    exceeds(headers, limit)
}

fn exceeds(headers: &HeaderMap, limit: usize) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64)
}

/// Reads the body. A body that is too large by its own account, or encoded, is refused before it is read.
pub(super) async fn read_body(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<web::Bytes, Problem> {
    if exceeds(request.headers(), limit) {
        return Err(Problem::new(Code::TooLarge));
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let detail = "must be left out: send the body as it is";
        return Err(Problem::header(Code::UnsupportedMediaType, "Content-Encoding", detail));
    }
    let mut payload = payload;
    let payload = web::Payload::from_request(request, &mut payload).await;
    let payload = payload.map_err(|error| Problem::explained(Code::BadRequest, error.to_string()))?;
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(limit)).await {
        Err(_) => Err(Problem::explained(Code::RequestTimeout, "the body did not arrive in time")),
        Ok(Err(_)) => Err(Problem::new(Code::TooLarge)),
        Ok(Ok(Err(_))) => Err(Problem::explained(Code::BadRequest, "the body could not be read")),
        Ok(Ok(Ok(body))) => Ok(body),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_stranger_may_announce_less_than_a_caller_with_a_token() {
        let mut headers = HeaderMap::new();
        let mut refuses = |length: &'static str| {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static(length));
            let of_stranger = announces_too_much(&headers);
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
            let of_caller = announces_too_much(&headers);
            headers.remove(header::AUTHORIZATION);
            (of_stranger, of_caller)
        };
        assert_eq!(refuses("8192"), (false, false));
        assert_eq!(refuses("8193"), (true, false));
        assert_eq!(refuses("262144"), (true, false));
        assert_eq!(refuses("262145"), (true, true));
    }
}
