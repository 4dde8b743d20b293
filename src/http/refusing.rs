//! Refusals by the parser. It answers a request that it cannot read by itself, before any middleware, with a head and no body.
//! A connection that is wrapped in [`Refusing`] replaces that head by a problem document with a request id.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::{Response, body::BoxBody};
use actix_web::http::{
    StatusCode,
    header::{self, HttpDate},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Lines, middleware::REQUEST_ID};
use crate::{
    kernel::Clock,
    problem::{Code, Problem},
    telemetry::metrics,
};

/// The lines about refusals.
static REFUSALS: Lines = Lines::new();

/// A connection.
#[derive(Debug)]
pub(super) struct Refusing<T> {
    stream: T,
    /// The refusal, and how much of it is written.
    refusal: Vec<u8>,
    written: usize,
}

impl<T> Refusing<T> {
    pub(super) fn new(stream: T) -> Self {
        Self { stream, refusal: Vec::new(), written: 0 }
    }
}

impl<T: AsyncWrite + Unpin> Refusing<T> {
    /// Writes what remains of the refusal.
    fn poll_refusal(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.refusal.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Refusing<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Refusing<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_refusal(context))?;
        match bare_refusal(bytes) {
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
            Some((0, code)) => {
                (self.refusal, self.written) = (refusal(code).into_bytes(), 0);
                Poll::Ready(Ok(bytes.len()))
            }
            Some((before, _)) => Pin::new(&mut self.stream).poll_write(context, &bytes[..before]),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        self.poll_write(context, first)
    }
}

/// Finds a refusal by the parser at the end of what is written: where it begins, and what it refuses. It has no body and, unlike
/// every answer of the middleware, no request id. It is the last answer on its connection, and no body of ours contains line
/// ends as they are in a head.
fn bare_refusal(bytes: &[u8]) -> Option<(usize, Code)> {
    const BEGINS: &[u8] = b"HTTP/1.";
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let begins = bytes.windows(BEGINS.len()).rposition(|window| window == BEGINS)?;
    let head = std::str::from_utf8(&bytes[begins..]).ok()?;
    let (status, headers) = head.split_once("\r\n")?;
    let mut names = headers.lines().filter_map(|line| line.split_once(": "));
    let is_empty = names.clone().any(|line| line == ("content-length", "0"));
    if !is_empty || names.any(|(name, _)| name == REQUEST_ID.as_str()) {
        return None;
    }
    let status: u16 = status.split(' ').nth(1)?.parse().ok()?;
    let code = match StatusCode::from_u16(status).ok()? {
        StatusCode::BAD_REQUEST => Code::BadRequest,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Code::HeadersTooLarge,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        _ => return None,
    };
    Some((begins, code))
}

/// An answer to a request that reaches no operation.
pub(super) struct Refusal {
    code: Code,
    id: String,
    body: String,
}

/// Refuses a request that reaches no operation, and logs that.
pub(super) fn refusal(code: Code) -> Refusal {
    let id = uuid::Uuid::new_v4().to_string();
    let mut document = Problem::new(code).document();
    document.request_id = Some(id.clone());
    metrics().refused(document.status);
    if REFUSALS.take(Clock::System.now()) {
        tracing::info!(request_id = id, status = document.status, "refused before it reached an operation");
    }
    let body = serde_json::to_string(&document).unwrap_or_default();
    Refusal { code, id, body }
}

impl Refusal {
    fn headers(&self) -> [(header::HeaderName, &str); 4] {
        [
            (header::CONTENT_TYPE, "application/problem+json"),
            (REQUEST_ID, &self.id),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ]
    }

    pub(super) fn into_response(self) -> Response<BoxBody> {
        let mut response = Response::build(self.code.status());
        for header in self.headers() {
            response.insert_header(header);
        }
        response.body(self.body).map_into_boxed_body()
    }

    fn into_bytes(self) -> Vec<u8> {
        let date = HttpDate::from(std::time::SystemTime::now());
        let length = self.body.len();
        let mut head = format!(
            "HTTP/1.1 {}\r\ncontent-length: {length}\r\nconnection: close\r\ndate: {date}\r\n",
            self.code.status()
        );
        for (name, value) in self.headers() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        format!("{head}\r\n{}", self.body).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_refusal_at_the_end_is_replaced() {
        let bare = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: x\r\n\r\n";
        let found = |text: &str| bare_refusal(text.as_bytes()).map(|(at, code)| (at, code.status().as_u16()));
        assert_eq!(found(bare), Some((0, 400)));
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nrequest-id: 1\r\n\r\n{}";
        assert_eq!(found(&format!("{answer}{bare}")), Some((answer.len(), 400)));
        assert_eq!(found(&bare.replace("400 Bad Request", "408 Request Timeout")), Some((0, 408)));
        for other in [
            answer.to_owned(),
            bare.replace("date: x", "request-id: 1"),
            bare.replace("400 Bad Request", "204 No Content"),
            bare.replace("content-length: 0", "content-length: 7"),
            format!("{bare}{answer}"),
            bare.trim_end().to_owned(),
        ] {
            assert_eq!(found(&other), None, "{other}");
        }
    }
}
