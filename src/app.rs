//! The assembled service: routes, middleware and server.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App, HttpMessage, HttpResponse, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web,
};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder, TracingLogger};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

use crate::{
    access::{Policies, Services},
    http::{Paths, durable_look, no_such_route, protective_headers},
    openapi, operations,
    problem::Contract,
};

/// The number of seconds that running requests get to finish at shutdown.
const SHUTDOWN_SECONDS: u64 = 25;

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
    let Description { document, paths, contract } = description.clone();
    let (document, paths, contract) =
        (web::Data::new(document), web::Data::from(paths), web::Data::from(contract));
    let server = HttpServer::new(move || {
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
            .wrap(from_fn(protective_headers))
            .wrap(TracingLogger::<RequestSpan>::new())
    });
    Ok(server
        .workers(workers)
        .server_hostname("stafett")
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen(listener)?
        .run())
}

async fn openapi_document(document: web::Data<web::Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.get_ref().clone())
}

/// The log line of a request. It contains the route, not the path or the query, so that it has no id or personal data.
struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!("request", request_id = id)
    }

    fn on_request_end<B: MessageBody>(_span: Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        match outcome {
            Ok(response) => tracing::info!(
                method = %response.request().method(),
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
