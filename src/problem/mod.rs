//! Errors as problem documents (RFC 9457), defined in one table of codes.

mod contract;
pub mod docs;
mod faults;
mod input;
mod places;

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
pub use contract::{BadDocument, Contract};
pub use faults::{Check, Formats};
pub use input::{parse_json, parse_query};
pub use places::Circumstances;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    db::DbError,
    kernel::{page::BadCursor, vocabulary::SecondFactorKind},
    vault::VaultError,
};

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $status:literal $slug:literal $title:literal;)+) => {
        /// Every way a request can fail. The slug is the last part of the problem's `type` and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $code,)+ }

        impl Code {
            /// Returns the HTTP status of the code.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let status = match self { $(Self::$code => $status,)+ };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            /// Returns the last part of the problem's `type`.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Self::$code => $slug,)+ }
            }
            /// Returns the problem's `title`.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)+ }
            }
        }
    };
}

codes! {
    /// A header or the body cannot be parsed.
    BadRequest = 400 "bad-request" "The request cannot be parsed";
    /// There is no valid access token.
    Unauthenticated = 401 "unauthenticated" "Log in first";
    /// Unknown user, wrong password or disabled account; the answer is the same.
    LoginFailed = 401 "login-failed" "The username or the password is wrong";
    /// The password is right, and the account needs a second factor too.
    SecondFactorRequired = 401 "second-factor-required" "A second factor is required";
    /// The password and the code of the second factor are right, and the code was used before.
    SecondFactorUsed = 401 "second-factor-used" "The code of the second factor was used before";
    /// The challenge is not open, or the answer of the passkey does not prove it; the answer is the same.
    PasskeyFailed = 401 "passkey-failed" "The passkey was not accepted: log in again";
    /// Unknown user, wrong code, or a code that is not valid now; the answer is the same.
    ActivationFailed = 401 "activation-failed" "The username or the code is wrong, or the code is no longer valid";
    /// The refresh token is unknown, already used, or belongs to a session that has ended.
    RefreshFailed = 401 "refresh-failed" "Log in again";
    /// The caller may know that the object exists, but the action is not allowed.
    Forbidden = 403 "forbidden" "Not allowed";
    /// The object does not exist, or the caller may not know that it does.
    NotFound = 404 "not-found" "Not found";
    /// The path does not support this method.
    MethodNotAllowed = 405 "method-not-allowed" "The method is not supported for this path";
    /// The request did not arrive in time.
    RequestTimeout = 408 "request-timeout" "The request did not arrive in time";
    /// The object is not in a state that allows the action.
    Conflict = 409 "conflict" "Not possible in the current state";
    /// The key that encrypts the content has been erased, so the content is unrecoverable.
    Erased = 410 "erased" "Permanently erased";
    /// The object has been changed by someone else since it was read.
    VersionMismatch = 412 "version-mismatch" "Changed since you read it";
    /// The body exceeds the size limit.
    TooLarge = 413 "too-large" "The request is too large";
    /// The address is longer than any address of the API.
    UriTooLong = 414 "uri-too-long" "The address is too long";
    /// The body is not JSON, or is compressed.
    UnsupportedMediaType = 415 "unsupported-media-type" "Send JSON";
    /// One or more fields are invalid.
    InvalidInput = 422 "invalid-input" "Some input is invalid";
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused = 422 "idempotency-key-reused" "The idempotency key belongs to another request";
    /// The request does not name the version to change.
    PreconditionRequired = 428 "precondition-required" "The version to change is required";
    /// Too many attempts.
    TooManyAttempts = 429 "too-many-attempts" "Too many attempts";
    /// The headers exceed the size limit.
    HeadersTooLarge = 431 "headers-too-large" "The headers are too large";
    /// A fault in the service.
    Internal = 500 "internal" "Something went wrong";
    /// The database, its keys or the access log are unavailable.
    Unavailable = 503 "unavailable" "Temporarily unavailable";
}

/// The seconds after which a request can be repeated that the service could not answer now.
const RETRY_AFTER: i64 = 2;

/// A field that is invalid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The location: a JSON Pointer (RFC 6901) into the body, `?name` for a query parameter, or the name of a header.
    #[schema(example = "/national_id")]
    pub pointer: String,
    /// The error.
    #[schema(example = "must be 11 digits")]
    pub detail: String,
}

impl FieldError {
    /// Creates an error at a location.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// A problem document, `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// A stable identifier of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "https://stafett.example/problems/invalid-input")]
    pub kind: String,
    /// The kind of problem in plain words.
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// An explanation of this occurrence. Never contains personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The invalid fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The second factors of the account. One of them is enough. Only in `second-factor-required`, and so only after the right password.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub second_factors: Vec<SecondFactorKind>,
    /// The id of the request, as in the header `request-id` and in the logs of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A refusal or failure, before it is sent to the caller.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldError>,
    second_factors: Vec<SecondFactorKind>,
    retry_after: Option<i64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of a handler.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// Creates a problem without a detail.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            second_factors: Vec::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// Creates a problem with a detail, which must contain no personal data.
    pub fn explained(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(code) }
    }

    /// Creates a problem for an object in a state that does not allow the action.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::explained(Code::Conflict, detail)
    }

    /// Creates a problem for one invalid field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { errors: vec![FieldError::at(pointer, detail)], ..Self::new(Code::InvalidInput) }
    }

    /// Joins problems of invalid fields. If one is of another kind, it is the answer.
    #[must_use]
    pub fn together(problems: Vec<Self>) -> Self {
        let mut errors = Vec::new();
        for problem in problems {
            if problem.code != Code::InvalidInput {
                return problem;
            }
            errors.extend(problem.errors);
        }
        Self { errors, ..Self::new(Code::InvalidInput) }
    }

    /// Creates a problem for one header, by its name in the API document.
    pub fn header(code: Code, name: &'static str, detail: impl Into<String>) -> Self {
        Self { errors: vec![FieldError::at(name, detail)], ..Self::new(code) }
    }

    /// Creates a problem for an object that does not exist, or that the caller may not know about.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// Creates a problem for too many attempts, with the number of seconds to wait.
    #[must_use]
    pub fn too_many_attempts(retry_after_seconds: i64) -> Self {
        Self { retry_after: Some(retry_after_seconds), ..Self::new(Code::TooManyAttempts) }
    }

    /// Creates a problem for a log-in whose password was right, to an account with these second factors.
    #[must_use]
    pub fn second_factor_required(second_factors: Vec<SecondFactorKind>) -> Self {
        Self { second_factors, ..Self::new(Code::SecondFactorRequired) }
    }

    /// Creates a problem for a fault in the service. The cause is logged but not sent to the caller.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(Code::Internal) }
    }

    /// Returns the kind of problem.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns the document, which has no request id yet.
    #[must_use]
    pub fn document(&self) -> ProblemDocument {
        ProblemDocument {
            kind: format!("https://stafett.example/problems/{}", self.code.slug()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            second_factors: self.second_factors.clone(),
            request_id: None,
        }
    }

    /// The number of seconds to wait before the next attempt. An answer that asks the client to wait always has one.
    fn retry_after(&self) -> Option<i64> {
        let waits = matches!(self.code, Code::TooManyAttempts | Code::Unavailable);
        self.retry_after.or(waits.then_some(RETRY_AFTER))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.slug())
    }
}

impl std::error::Error for Problem {}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let code = match &error {
            error if error.is_erased() => return Self::new(Code::Erased),
            error if error.is_unavailable() || error.is_without_keys() => Code::Unavailable,
            _ => Code::Internal,
        };
        Self { cause: Some(error.into()), ..Self::new(code) }
    }
}

impl From<BadCursor> for Problem {
    fn from(error: BadCursor) -> Self {
        Self::field("?cursor", error.to_string())
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        DbError::from(error).into()
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.cause {
            tracing::error!(error = %cause, code = self.code.slug(), "request failed");
        }
        let mut response = HttpResponse::build(self.code.status());
        if let Some(seconds) = self.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        let document = self.document();
        let mut response = response.body(serde_json::to_string(&document).unwrap_or_default());
        // The middleware adds the request id.
        response.extensions_mut().insert(document);
        response
    }
}
