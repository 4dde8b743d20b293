//! A running service with a database and a clock of its own.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use actix_web::{dev::ServerHandle, web};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding},
};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use stafett::{
    access::{ForwardingHeader, LogWriter, Policies, ProxyNetwork, Services, TrustedProxies},
    app,
    db::{Db, Limits},
    identity::{RelyingParty, StaffFactor, TokenKeys},
    kernel::{Clock, SyntheticIds},
    log_reviews,
    log_tree::{Checkpoints, LogKey, Sealer},
};

use super::{
    Anonymous, Engine, PASSKEY_DOMAIN, PASSKEY_ORIGIN, User,
    api::{description, rules},
    client::Door,
    engine::{Beginning, Database},
    template::{Template, master_key},
    write_secret,
};

/// The start of every world: a Sunday morning, 10 o'clock in Norway.
const BEGINNING: &str = "2026-11-22T09:00:00Z";

/// A running service. Clones are the same world.
#[derive(Debug, Clone)]
pub struct World {
    /// For SQL behind the service's back; `support/sql.rs` has short forms.
    pub db: Db,
    /// Stands still until [`World::advance`].
    pub clock: Clock,
    pub engine: Engine,
    parts: Arc<Parts>,
}

/// A stopped world, to be copied.
#[derive(Debug)]
pub struct Frozen {
    template: Template,
    now: DateTime<Utc>,
    number: u32,
}

#[derive(Debug)]
struct Parts {
    database: Database,
    server: ServerHandle,
    services: web::Data<Services>,
    base: String,
    http: reqwest::Client,
    door: Arc<Door>,
    number: AtomicU32,
}

/// The key that signs the access tokens of every world. A test may forge with it.
pub fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn token_keys() -> TokenKeys {
    let pem = signing_key().to_pkcs8_pem(LineEnding::LF).expect("a key");
    TokenKeys::from_pem(&[pem.as_str().into()]).expect("keys")
}

const LOG_ORIGIN: &str = "stafett.example/access-log";

fn log_key_pem() -> String {
    SigningKey::from_bytes(&[9; 32]).to_pkcs8_pem(LineEnding::LF).expect("a key").to_string()
}

/// The key that signs the checkpoints of every world's access log.
pub fn log_key() -> Arc<LogKey> {
    Arc::new(LogKey::from_pem(&log_key_pem().into(), LOG_ORIGIN).expect("a key"))
}

impl World {
    pub(super) async fn start(database: Database, policies: impl Into<Arc<Policies>>) -> Self {
        Self::start_with(database, policies, |services| services).await
    }

    async fn start_with(
        database: Database,
        policies: impl Into<Arc<Policies>>,
        change: impl FnOnce(Services) -> Services,
    ) -> Self {
        let db = database.db.clone();
        let clock = Clock::frozen(BEGINNING.parse().expect("a time"));
        start_logging();
        // The test is a proxy, so that it can be many clients.
        let network = ProxyNetwork::parse("127.0.0.0/8").expect("a network");
        let proxies = TrustedProxies::new(vec![network], ForwardingHeader::XForwardedFor);
        let services =
            Services::with_policies(policies, db.clone(), clock.clone(), token_keys(), log_key(), proxies);
        let services =
            services.expect("the service is put together").with_synthetic_ids(SyntheticIds::Accepted);
        let party = RelyingParty::new(PASSKEY_DOMAIN, &[PASSKEY_ORIGIN.to_owned()]).expect("a relying party");
        let services = services.with_passkeys(Some(party));
        let services = web::Data::new(change(services));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let server = app::serve_described(services.clone(), description(), listener, 1);
        let server = server.expect("the service starts");
        let handle = server.handle();
        tokio::spawn(server);
        // The service closes a kept connection after five seconds. The client must do so first, and not just then use it again.
        let kept = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(1));
        let http = kept.no_proxy().build().expect("a client");
        let engine = database.engine;
        let door = Arc::new(Door { db: db.clone(), clock: clock.clone(), keys: token_keys() });
        let parts = Parts { database, server: handle, services, base, http, door, number: AtomicU32::new(1) };
        Self { db, clock, engine, parts: Arc::new(parts) }
    }

    /// Writes what strangers have tried, as the running service does by itself every minute.
    pub async fn count_strangers(&self) {
        self.parts.services.write_strangers().await.expect("the attempts are counted");
    }

    /// Seals the access log, as the running service does by itself.
    pub async fn seal(&self) {
        let sealer = Sealer::new(self.db.clone(), self.clock.clone(), log_key(), Checkpoints::default());
        while sealer.seal().await.expect("the access log is sealed") > 0 {}
    }

    /// The service informs families of the disclosures whose day has come.
    pub async fn inform(&self) -> usize {
        stafett::disclosures::inform(&self.db, &self.clock).await.expect("informed")
    }

    /// Selects entries for review, as the running service does by itself: those from two hours ago and before.
    pub async fn pick(&self) -> u64 {
        self.seal().await;
        log_reviews::pick(&self.db, &self.clock).await.expect("looks are picked")
    }

    /// The address of the service.
    pub fn base(&self) -> &str {
        &self.parts.base
    }

    /// The folder of the world's data keys.
    pub fn keys_folder(&self) -> PathBuf {
        self.parts.database.place().1.join("keys")
    }

    /// The address of the world's database.
    pub fn database_url(&self) -> String {
        self.parts.database.place().0
    }

    /// The command line of the program, with the world's database and its keys.
    pub fn command_line(&self) -> Command {
        let (url, folder) = self.parts.database.place();
        let file = |name: &str, text: &str| {
            let file = folder.join(name);
            write_secret(&file, text);
            file
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_stafett"));
        command
            .current_dir(folder)
            .env("STAFETT_DATABASE_URL", url)
            .env("STAFETT_KEYS_FOLDER", folder.join("keys"))
            .env("STAFETT_MASTER_KEY_FILE", file("master_key", &master_key().to_text()))
            .env("STAFETT_ACCESS_LOG_KEY_FILE", file("access_log_key.pem", &log_key_pem()))
            .env("STAFETT_ACCESS_LOG_ORIGIN", LOG_ORIGIN)
            .env("STAFETT_STAFF_SECOND_FACTOR", "false")
            .env("STAFETT_SYNTHETIC_NATIONAL_IDS", "true");
        command
    }

    /// The writer of the access log.
    pub fn log(&self) -> LogWriter {
        self.parts.services.log().clone()
    }

    /// Stops the service and releases the database, so that the world can be copied.
    pub async fn freeze(&self) {
        self.parts.server.stop(true).await;
        self.db.close().await;
    }

    /// Removes the folder of a stopped world.
    pub(super) fn clear_folder(&self) {
        let (_, folder) = self.parts.database.place();
        std::fs::remove_dir_all(folder).expect("the folder is removed");
    }

    /// Another world, identical to the last id, as this one was frozen.
    pub async fn copy(&self) -> Self {
        self.frozen().copy().await
    }

    /// This world as it was frozen.
    pub fn frozen(&self) -> Frozen {
        let number = self.parts.number.load(Ordering::Relaxed);
        Frozen { template: Template::of(&self.parts.database), now: self.now(), number }
    }

    /// An id as SQL of the engine.
    pub fn sql_id(&self, id: uuid::Uuid) -> String {
        match self.engine {
            Engine::Sqlite => format!("x'{}'", id.simple()),
            Engine::Postgres => format!("'{id}'"),
        }
    }

    /// The same database, served as another role of PostgreSQL.
    pub async fn as_role(&self, role: &str) -> Self {
        Self::start(self.parts.database.as_role(role).await, rules()).await
    }

    /// The same database, where the roles of staff count only after a log-in with a second factor.
    pub async fn requiring_second_factor(&self) -> Self {
        let database = self.parts.database.within(Limits::PATIENT).await;
        Self::start_with(database, rules(), |services| services.requiring(StaffFactor::Second)).await
    }

    /// The same database, where passkeys are not set up.
    pub async fn without_passkeys(&self) -> Self {
        let database = self.parts.database.within(Limits::PATIENT).await;
        Self::start_with(database, rules(), |services| services.with_passkeys(None)).await
    }

    /// The same database, where the numbers of invented people are refused, as they are unless a setting accepts them.
    pub async fn refusing_synthetic_ids(&self) -> Self {
        let database = self.parts.database.within(Limits::PATIENT).await;
        let refusing = |services: Services| services.with_synthetic_ids(SyntheticIds::default());
        let strict = Self::start_with(database, rules(), refusing).await;
        strict.clock.advance(self.clock.now() - strict.clock.now());
        strict
    }

    /// The same database, served with these limits.
    pub async fn within(&self, limits: Limits) -> Self {
        Self::start(self.parts.database.within(limits).await, rules()).await
    }

    /// The same database, reached through another port of this machine. PostgreSQL only.
    pub async fn through(&self, port: u16, limits: Limits) -> Self {
        let (url, _) = self.parts.database.place();
        let options: PgConnectOptions = url.parse().expect("an address");
        let url = options.port(port).to_url_lossy().to_string();
        Self::start(self.parts.database.at(&url, limits).await, rules()).await
    }
    /// A person of the world that this one is a copy of.
    pub fn same(&self, user: &User) -> User {
        User::new(user.id, user.name.clone(), user.username.clone(), self.anonymous(), self.door())
    }

    pub(crate) async fn finish(&self) {
        self.parts.server.stop(false).await;
        self.parts.database.finish().await;
    }

    /// Moves the clock. Users automatically get another session if their access token has expired.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }

    /// The day this many days from today, as the API writes it.
    pub fn in_days(&self, days: i64) -> String {
        (self.today() + TimeDelta::days(days)).to_string()
    }

    /// A client that is not logged in.
    pub fn anonymous(&self) -> Anonymous {
        Anonymous::new(self.parts.http.clone(), &self.parts.base)
    }

    pub(super) fn door(&self) -> Arc<Door> {
        self.parts.door.clone()
    }

    /// A number not used before in this world.
    pub(super) fn number(&self) -> u32 {
        self.parts.number.fetch_add(1, Ordering::Relaxed)
    }
}

impl Beginning for World {
    async fn on(engine: Engine) -> Option<Self> {
        Some(Self::start(Database::create(engine).await?, rules()).await)
    }

    async fn finish(&self) {
        self.finish().await;
    }
}

impl Frozen {
    /// Another world that is the same to the last id.
    pub async fn copy(&self) -> World {
        let copy = World::start(self.template.copy().await, rules()).await;
        copy.clock.advance(self.now - copy.now());
        copy.parts.number.store(self.number, Ordering::Relaxed);
        copy
    }
}

/// Shows faults of the service; more with `STAFETT_LOG=info`. Everything it logs at that level or above is kept for
/// [`logged`].
fn start_logging() {
    use tracing_subscriber::{
        EnvFilter, Layer, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
    };
    let shown = EnvFilter::try_from_env("STAFETT_LOG")
        .unwrap_or_else(|_| EnvFilter::new("error,webauthn_rs_core=off"));
    let shown = fmt::layer().with_writer(std::io::stderr).with_filter(shown);
    let kept = fmt::layer()
        .with_ansi(false)
        .with_writer(|| Kept)
        .with_filter(EnvFilter::new("info,webauthn_rs_core=off"));
    let _started_before = registry().with(shown).with(kept).try_init();
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Everything the services of all worlds have logged.
pub fn logged() -> String {
    String::from_utf8_lossy(&LOG.lock().expect("the log")).into_owned()
}

struct Kept;

impl std::io::Write for Kept {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOG.lock().expect("the log").extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
