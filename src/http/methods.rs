//! Methods that every path answers: `HEAD` wherever `GET` does, and `OPTIONS`.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Bytes,
};

use super::Paths;
use crate::problem::{Code, Problem};

/// The longest path and query that is accepted, in bytes.
const MAX_ADDRESS: usize = 8 * 1024;

/// Answers `HEAD` as the `GET` that it stands for, without the body. Answers `OPTIONS` with the methods of the path. Other
/// origins get no permission (CORS): the front end and the API have one origin.
///
/// # Errors
/// Those of the inner service, which are responses themselves.
pub async fn every_method(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut request = request;
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > MAX_ADDRESS) {
        return Ok(request.into_response(Problem::new(Code::UriTooLong).error_response()));
    }
    match *request.method() {
        Method::OPTIONS => {
            let answer = match Paths::allowed_to(request.request()) {
                Some(allow) => HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish(),
                None => Problem::not_found().error_response(),
            };
            Ok(request.into_response(answer))
        }
        Method::HEAD => {
            request.head_mut().method = Method::GET;
            let response = next.call(request).await?;
            Ok(response.map_body(|_, body| BoxBody::new(Announced(body.size()))))
        }
        _ => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

/// The size of a body that is not sent.
struct Announced(BodySize);

impl MessageBody for Announced {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
