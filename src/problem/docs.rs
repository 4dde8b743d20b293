//! The problem responses of operations in the API document.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use super::Code;

/// The problem responses of a read.
#[derive(Debug)]
pub struct ReadProblems;
/// The problem responses of a create or an action.
#[derive(Debug)]
pub struct WriteProblems;
/// The problem responses of a change to a version.
#[derive(Debug)]
pub struct ChangeProblems;
/// The problem responses of a public operation.
#[derive(Debug)]
pub struct PublicProblems;
/// The problem responses of a log-in.
#[derive(Debug)]
pub struct LogInProblems;

const READ: &[Code] = &[
    Code::BadRequest,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::NotFound,
    Code::Erased,
    Code::UriTooLong,
    Code::InvalidInput,
    Code::Internal,
    Code::Unavailable,
];
const WRITE: &[Code] = &[
    Code::RequestTimeout,
    Code::IdempotencyKeyReused,
    Code::Conflict,
    Code::TooLarge,
    Code::UnsupportedMediaType,
];
const CHANGE: &[Code] = &[Code::VersionMismatch, Code::PreconditionRequired];
const BODY: &[Code] = &[Code::RequestTimeout, Code::TooLarge, Code::UnsupportedMediaType];
const PUBLIC: &[Code] = &[
    Code::BadRequest,
    Code::NotFound,
    Code::UriTooLong,
    Code::InvalidInput,
    Code::Internal,
    Code::Unavailable,
];

fn responses(codes: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in codes.concat() {
        by_status.entry(code.status().as_u16().to_string()).or_default().push(code);
    }
    by_status.into_iter().map(|(status, codes)| (status, response(&codes).into())).collect()
}

/// The response of a status, with the last part of each `type` that its problem can have.
fn response(codes: &[Code]) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let told: Vec<String> =
        codes.iter().map(|code| format!("{} (`{}`)", code.title(), code.slug())).collect();
    ResponseBuilder::new()
        .description(told.join(", or "))
        .content("application/problem+json", content)
        .build()
}

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[READ])
    }
}
impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[READ, WRITE])
    }
}
impl IntoResponses for ChangeProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[READ, WRITE, CHANGE])
    }
}
impl IntoResponses for PublicProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[PUBLIC])
    }
}
impl IntoResponses for LogInProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[PUBLIC, BODY])
    }
}
