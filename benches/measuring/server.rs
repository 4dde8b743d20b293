//! The service as it runs in production, with the database of a world.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::{dev::ServerHandle, web};
use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use sqlx::ConnectOptions;
use stafett::{
    access::{Services, TrustedProxies},
    app,
    db::{Db, Pools},
    identity::TokenKeys,
};
use tokio::sync::Notify;

use crate::support::{Engine, World, log_key, signing_key};

/// As the settings have it when nobody sets them.
pub const CONNECTIONS: u32 = 16;
pub const WORKERS: usize = 2;

/// The database of the world, with as many connections as in production.
pub async fn production(world: &World) -> Db {
    let url = match &world.db.pools {
        Pools::Sqlite { readers, .. } => {
            format!("sqlite:{}", readers.connect_options().get_filename().display())
        }
        Pools::Postgres { readers, .. } => readers.connect_options().to_url_lossy().to_string(),
    };
    let db = Db::connect(&url, CONNECTIONS, world.db.vault().clone()).await.expect("the database opens");
    db.check(&*log_key()).await.expect("its keys are the right ones")
}

/// A service that is running.
pub struct Serving {
    pub address: SocketAddr,
    pub handle: ServerHandle,
    /// The signal that wakes the sealer.
    pub written: Arc<Notify>,
}

/// Serves a world with the access log or, as no program that serves does, without it.
pub fn serve(world: &World, db: &Db, logged: bool) -> Serving {
    let pem = signing_key().to_pkcs8_pem(LineEnding::LF).expect("a key");
    let tokens = TokenKeys::from_pem(&[pem.as_str().into()]).expect("keys");
    let services =
        Services::new(db.clone(), world.clock.clone(), tokens, log_key(), TrustedProxies::default());
    let services = services.expect("the service is put together");
    #[cfg(feature = "unlogged-benchmark")]
    let services = if logged { services } else { services.unlogged() };
    #[cfg(not(feature = "unlogged-benchmark"))]
    assert!(logged, "the service without a log is behind the feature unlogged-benchmark");
    let written = services.log().written();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = app::serve(web::Data::new(services), listener, WORKERS).expect("the service starts");
    let handle = server.handle();
    tokio::spawn(server);
    Serving { address, handle, written }
}

/// The durability setting of the engine.
pub async fn durability(world: &World) -> String {
    let name = if world.engine == Engine::Sqlite { "synchronous" } else { "fsync" };
    match &world.db.pools {
        Pools::Sqlite { writer, .. } => {
            let (level,): (i64,) =
                sqlx::query_as("PRAGMA synchronous").fetch_one(writer).await.expect("a pragma");
            format!("{name}={}", ["OFF", "NORMAL", "FULL", "EXTRA"][usize::try_from(level).expect("a level")])
        }
        Pools::Postgres { writer, .. } => {
            let (fsync,): (String,) =
                sqlx::query_as("SHOW fsync").fetch_one(writer).await.expect("a setting");
            format!("{name}={fsync}")
        }
    }
}

/// A server that loses data in a crash must not be measured.
pub async fn is_durable(world: &World) -> bool {
    let durable = matches!(durability(world).await.as_str(), "synchronous=FULL" | "fsync=on");
    if !durable {
        eprintln!(
            "skipped: PostgreSQL runs with fsync off; start it by STAFETT_TEST_POSTGRES_DURABLE=1 .ci/with-postgres"
        );
    }
    durable
}
