//! What every request passes through: its id, its log line, its look made durable, its headers.

mod middleware;

use actix_web::{HttpRequest, HttpResponse, ResponseError};
pub use middleware::{durable_look, protective_headers};

use crate::problem::Problem;

/// The answer where no route is.
pub async fn no_such_route(_request: HttpRequest) -> HttpResponse {
    Problem::not_found().error_response()
}

