//! Compression of answers that are the same for everyone.

use actix_http::encoding::Encoder;
use actix_web::{
    Error, HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, AcceptEncoding, ContentEncoding, Encoding, HeaderValue},
    },
    middleware::Next,
};

use crate::access::Open;

/// The encodings, the preferred first.
const SUPPORTED: [Encoding; 3] = [
    Encoding::Known(ContentEncoding::Brotli),
    Encoding::Known(ContentEncoding::Gzip),
    Encoding::Known(ContentEncoding::Identity),
];
/// The size from which an answer is compressed, in bytes. A smaller one fits in a packet as it is.
const WORTHWHILE: u64 = 1024;

/// Compresses an answer that is marked as [`Open`]. No other answer is compressed, because the length of a compressed answer
/// reveals whether a secret in it resembles text that an attacker chose.
///
/// # Errors
/// Those of the inner service, which are responses themselves.
pub async fn compress_open(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let accepted = request.get_header::<AcceptEncoding>();
    let page = request.path().starts_with("/docs/");
    let mut response = next.call(request).await?.map_into_boxed_body();
    let open = page || response.response().extensions().contains::<Open>();
    // The files of the page are stored compressed.
    let is_encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if !open || is_encoded || response.status() != StatusCode::OK {
        return Ok(response);
    }
    let best = accepted.and_then(|accepted| accepted.negotiate(SUPPORTED.iter()));
    let is_large = match response.response().body().size() {
        BodySize::Sized(size) => size >= WORTHWHILE,
        BodySize::Stream => true,
        BodySize::None => false,
    };
    match best {
        Some(Encoding::Known(encoding)) if is_large && encoding != ContentEncoding::Identity => {
            // The tag of the plain answer does not name these bytes.
            response.headers_mut().remove(header::ETAG);
            Ok(response.map_body(|head, body| BoxBody::new(Encoder::response(encoding, head, body))))
        }
        _ => {
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            Ok(response)
        }
    }
}
