//! The assembled service: routes, middleware and server.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App, HttpMessage, HttpResponse,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    http::Method,
    middleware::from_fn,
    web,
};
use tracing::{Span, field::Empty};
use tracing_actix_web::{RequestId, RootSpanBuilder, TracingLogger};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

use crate::{
    access::{KnownCaller, Open, Policies, Services},
    http::{
        Limits, Lines, Paths, Stop, close_while_stopping, compress_open, durable_look, every_method, listen,
        measured, no_such_route, protective_headers,
    },
    kernel::Clock,
    openapi, operations,
    problem::Contract,
};

/// The API document and its paths. Workers share them: a copy in each would take most of its memory.
#[derive(Debug, Clone)]
pub struct Description {
    document: web::Bytes,
    paths: Arc<Paths>,
    contract: Arc<Contract>,
}

impl Description {
    /// Describes the service under these rules.
    ///
    /// # Errors
    /// If the document cannot be written as JSON.
    pub fn of(policies: &Policies) -> io::Result<Self> {
        let document = openapi::document(policies)?;
        let paths = Arc::new(Paths::of(&document));
        let contract = Arc::new(openapi::contract(&document)?);
        let document = web::Bytes::from(serde_json::to_vec(&document)?);
        Ok(Self { document, paths, contract })
    }
}

/// Starts serving on a listener. The server ends on a signal or through its handle.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve(services: web::Data<Services>, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let description = Description::of(services.policies())?;
    serve_described(services, &description, listener, workers)
}

/// Starts serving on a listener. The server ends, and takes no signals, when `stop` does.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve_until(
    services: web::Data<Services>,
    listener: TcpListener,
    workers: usize,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Server> {
    let description = Description::of(services.policies())?;
    start(services, &description, listener, workers, Some(Box::pin(stop)))
}

/// Starts serving with a description that was made before.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve_described(
    services: web::Data<Services>,
    description: &Description,
    listener: TcpListener,
    workers: usize,
) -> io::Result<Server> {
    start(services, description, listener, workers, None)
}

fn start(
    services: web::Data<Services>,
    description: &Description,
    listener: TcpListener,
    workers: usize,
    stop: Option<Stop>,
) -> io::Result<Server> {
    let Description { document, paths, contract } = description.clone();
    let (document, paths, contract) =
        (web::Data::new(document), web::Data::from(paths), web::Data::from(contract));
    let app = move || {
        App::new()
            .configure(operations::configure)
            .app_data(services.clone())
            .app_data(paths.clone())
            .app_data(contract.clone())
            .app_data(document.clone())
            .route("/openapi.json", web::get().to(openapi_document))
            .service(SwaggerUi::new("/docs/{_:.*}").config(SwaggerConfig::from("/openapi.json")))
            .service(web::redirect("/docs", "/docs/"))
            .default_service(web::to(no_such_route))
            .wrap(from_fn(durable_look))
            .wrap(from_fn(compress_open))
            .wrap(from_fn(every_method))
            .wrap(from_fn(close_while_stopping))
            .wrap(from_fn(protective_headers))
            .wrap(from_fn(measured))
            .wrap(TracingLogger::<RequestSpan>::new())
    };
    listen(app, listener, Limits::new(workers), stop)
}

async fn openapi_document(document: web::Data<web::Bytes>) -> HttpResponse {
    let mut response = HttpResponse::Ok().content_type("application/json").body(document.get_ref().clone());
    response.extensions_mut().insert(Open);
    response
}

/// The log line of a request. It contains the route, not the path or the query, so that it has no id or personal data.
struct RequestSpan;

/// The lines about requests of strangers.
static STRANGERS: Lines = Lines::new();

/// Returns whether the line of a request is written.
fn is_written<B>(outcome: &Result<ServiceResponse<B>, actix_web::Error>) -> bool {
    let is_known = |response: &ServiceResponse<B>| response.request().extensions().contains::<KnownCaller>();
    if outcome.as_ref().is_ok_and(is_known) {
        return true;
    }
    STRANGERS.take(Clock::System.now())
}

/// Returns the name of a method for the log. A name that a client invents can contain anything.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => method.as_str(),
        Method::HEAD | Method::OPTIONS | Method::TRACE | Method::CONNECT => method.as_str(),
        _ => "other",
    }
}

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!(
            "request",
            request_id = id,
            otel.kind = "server",
            otel.name = Paths::operation(request.request()).unwrap_or("none"),
            http.response.status_code = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(_span: Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        if !is_written(outcome) {
            return;
        }
        match outcome {
            Ok(response) => tracing::info!(
                method = known(response.request().method()),
                route = response.request().match_pattern().unwrap_or_default(),
                status = response.status().as_u16(),
                "answered"
            ),
            Err(error) => {
                tracing::info!(status = error.as_response_error().status_code().as_u16(), "answered")
            }
        }
    }
}
