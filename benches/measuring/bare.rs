//! The handler that requests are compared with: it only reads one row by its key.

use std::net::{SocketAddr, TcpListener};

use actix_web::{App, HttpResponse, HttpServer, error::ErrorInternalServerError, get, web};
use serde::Serialize;
use stafett::db::{Db, Pools};
use uuid::Uuid;

use super::server::WORKERS;

#[derive(Serialize, sqlx::FromRow)]
struct Case {
    id: Uuid,
    child_id: Uuid,
    unit_id: Uuid,
    level: i64,
    status: String,
    version: i64,
}

const READ: &str =
    "SELECT id, child_id, unit_id, level, status, version FROM care_case WHERE municipality = $1 AND id = $2";

#[get("/bare/{municipality}/{id}")]
async fn read(pools: web::Data<Pools>, key: web::Path<(String, Uuid)>) -> actix_web::Result<HttpResponse> {
    let (municipality, id) = key.into_inner();
    let row: Case = match pools.get_ref() {
        Pools::Sqlite { readers, .. } => {
            sqlx::query_as(READ).bind(municipality).bind(id).fetch_one(readers).await
        }
        Pools::Postgres { readers, .. } => {
            sqlx::query_as(READ).bind(municipality).bind(id).fetch_one(readers).await
        }
    }
    .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(row))
}

/// Serves it over the connections of a database, with as many workers as the service.
pub fn serve_bare(db: &Db) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let pools = web::Data::new(db.pools.clone());
    let server = HttpServer::new(move || App::new().app_data(pools.clone()).service(read));
    let server = server.workers(WORKERS).disable_signals().listen(listener).expect("it listens");
    tokio::spawn(server.run());
    address
}
