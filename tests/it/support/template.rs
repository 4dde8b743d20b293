//! Templates for the databases of tests. Each is created once per process.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use stafett::{
    catalogue::{self, MunicipalityFiles},
    db::Db,
    vault::{MasterKey, Vault},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{
    engine::{Database, Engine, Keeper},
    log_key,
};

pub(super) const CONNECTIONS: u32 = 6;
/// Databases on the server are named `PREFIX_PROCESS_NUMBER`.
const PREFIX: &str = "stafett_test";
const SQLITE_FILE: &str = "stafett.sqlite";

/// A database without connections, to be copied.
#[derive(Debug)]
pub struct Template {
    engine: Engine,
    /// The keys and, on SQLite, the database. They are kept in memory, because nothing would remove a folder of the process.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The server, and the database on it.
    server: Option<(PgConnectOptions, String)>,
}

impl Template {
    /// A database with the schema and the municipalities; none if the engine is not available.
    pub async fn base(engine: Engine) -> Option<&'static Self> {
        static SQLITE: OnceCell<Template> = OnceCell::const_new();
        static POSTGRES: OnceCell<Option<Template>> = OnceCell::const_new();
        match engine {
            Engine::Sqlite => Some(SQLITE.get_or_init(sqlite).await),
            Engine::Postgres => POSTGRES.get_or_init(postgres).await.as_ref(),
        }
    }

    /// Creates a template of a database that has no connections any more.
    pub fn of(database: &Database) -> Self {
        let (_, folder) = database.place();
        let server = match &database.keeper {
            Keeper::Folder { .. } => None,
            Keeper::Server { admin, name, .. } => Some((admin.as_ref().clone(), name.clone())),
        };
        Self { engine: database.engine, files: files_in(folder), server }
    }

    /// Creates a database with the same content.
    pub async fn copy(&self) -> Database {
        let folder = TempDir::new().expect("a folder");
        for (file, bytes) in &self.files {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, bytes).expect("a copy of a file");
        }
        let vault = vault(folder.path());
        let (url, keeper) = match &self.server {
            None => (sqlite_url(folder.path()), Keeper::Folder { folder }),
            Some((admin, template)) => {
                let name = new_name();
                create(admin, &name, template).await;
                let url = admin.clone().database(&name).to_url_lossy().to_string();
                (url, Keeper::Server { admin: Box::new(admin.clone()), name, keys: folder })
            }
        };
        let db = Db::connect(&url, CONNECTIONS, vault).await.expect("the database opens");
        let db = db.check(&*log_key()).await.expect("its keys are the right ones");
        Database { db, engine: self.engine, keeper }
    }
}

async fn sqlite() -> Template {
    let folder = TempDir::new().expect("a folder");
    fill(&sqlite_url(folder.path()), folder.path()).await;
    Template { engine: Engine::Sqlite, files: files_in(folder.path()), server: None }
}

async fn postgres() -> Option<Template> {
    let Ok(url) = std::env::var("STAFETT_TEST_POSTGRES_URL") else {
        assert!(
            std::env::var_os("STAFETT_TEST_REQUIRE_POSTGRES").is_none(),
            "STAFETT_TEST_POSTGRES_URL is not set, and PostgreSQL is required"
        );
        eprintln!("skipped: STAFETT_TEST_POSTGRES_URL is not set");
        return None;
    };
    let admin = PgConnectOptions::from_str(&url).expect("STAFETT_TEST_POSTGRES_URL is an address");
    sweep(&admin).await;
    let name = new_name();
    create(&admin, &name, "template1").await;
    let folder = TempDir::new().expect("a folder");
    fill(admin.clone().database(&name).to_url_lossy().as_str(), folder.path()).await;
    let files = files_in(folder.path());
    Some(Template { engine: Engine::Postgres, files, server: Some((admin, name)) })
}

/// The address of the SQLite database in a folder.
pub(super) fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join(SQLITE_FILE).display())
}

/// The name of a new database on the server.
fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("{PREFIX}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The files in a folder and its subfolders, by relative path.
fn files_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = PathBuf::from(entry.file_name());
        if entry.path().is_dir() {
            let inner = files_in(&entry.path()).into_iter();
            files.extend(inner.map(|(file, bytes)| (name.join(file), bytes)));
        } else {
            files.push((name, std::fs::read(entry.path()).expect("a file")));
        }
    }
    files
}

/// A vault of keys in the folder `keys` of a folder.
fn vault(folder: &Path) -> Arc<Vault> {
    Vault::open(&folder.join("keys"), master_key()).expect("a vault")
}

/// The master key of every world.
pub fn master_key() -> MasterKey {
    MasterKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").expect("a key")
}

/// Gives a new database its schema and its municipalities, and disconnects from it.
async fn fill(url: &str, folder: &Path) {
    let db = Db::connect_or_create(url, 1, vault(folder)).await.expect("the template opens");
    let db = db.migrate(&*log_key()).await.expect("the template is migrated");
    let municipalities = MunicipalityFiles::all_included();
    catalogue::import(&db, &municipalities).await.expect("the municipalities are imported");
    db.close().await;
}

async fn connect(admin: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(admin).await.expect("the PostgreSQL server answers")
}

/// PostgreSQL can make several copies of a template at once, if nobody is connected to it.
async fn create(admin: &PgConnectOptions, name: &str, template: &str) {
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    connect(admin).await.execute(AssertSqlSafe(create)).await.expect("a database is created");
}

/// Drops a database and closes the connections to it.
pub(super) async fn drop_database(admin: &PgConnectOptions, name: &str) {
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    connect(admin).await.execute(AssertSqlSafe(drop)).await.expect("the database is dropped");
}

/// Drops the databases of processes that have ended.
async fn sweep(admin: &PgConnectOptions) {
    let mut server = connect(admin).await;
    let names: Vec<(String,)> = sqlx::query_as("SELECT datname::text FROM pg_database WHERE datname LIKE $1")
        .bind(format!("{PREFIX}\\_%"))
        .fetch_all(&mut server)
        .await
        .expect("the databases are listed");
    for (name,) in names {
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').nth(1));
        let gone = process.is_some_and(|id| !Path::new("/proc").join(id).exists());
        if gone {
            // Another process may be sweeping too.
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _swept = server.execute(AssertSqlSafe(drop)).await;
        }
    }
}
