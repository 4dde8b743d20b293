//! A migrated database for each test, copied from a template that each process creates once.

use std::{
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use stafett::{
    access::Policies,
    catalogue,
    db::{Db, migrate},
    vault::{MasterKey, Vault},
};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

use super::World;

/// One of the two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The folders of `data/municipalities` that every world starts with.
const MUNICIPALITIES: [&str; 3] = ["kragero", "porsgrunn", "orland"];
const CONNECTIONS: u32 = 6;
/// Databases on the server are named `PREFIX_PROCESS_NUMBER`.
const PREFIX: &str = "stafett_test";

impl Engine {
    /// Runs one test in a world on this engine; skips it if the engine is not available.
    pub async fn tell<F: Future<Output = ()>>(self, told: impl FnOnce(World) -> F) {
        self.tell_by(Policies::load().expect("valid rules"), told).await;
    }

    /// Runs it with these rules. Returns its result, or none if the engine is not available.
    pub async fn tell_by<T, F: Future<Output = T>>(
        self,
        policies: Policies,
        told: impl FnOnce(World) -> F,
    ) -> Option<T> {
        let database = Database::create(self).await?;
        let world = World::start(database, policies).await;
        let told = told(world.clone()).await;
        world.finish().await;
        Some(told)
    }
}

/// The database of one test.
#[derive(Debug)]
pub struct Database {
    pub db: Db,
    pub engine: Engine,
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    /// The folder is deleted with the test.
    Folder { folder: TempDir },
    /// The database on this server is dropped if the test succeeds. Others are swept later.
    Server { admin: Box<PgConnectOptions>, name: String, keys: TempDir },
}

impl Database {
    /// Creates a database with the schema and the municipalities; none if the engine is not available.
    pub async fn create(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(sqlite().await),
            Engine::Postgres => postgres().await,
        }
    }

    /// Creates a copy of this database. Nobody may be connected to it any more.
    pub async fn copy(&self) -> Self {
        let folder = TempDir::new().expect("a folder");
        match &self.keeper {
            Keeper::Folder { folder: own } => {
                copy_folder(own.path(), folder.path());
                let file = folder.path().join("stafett.sqlite");
                let url = format!("sqlite:{}", file.display());
                let db = Db::open(&url, CONNECTIONS, vault(folder.path())).await.expect("SQLite opens");
                Self { db, engine: self.engine, keeper: Keeper::Folder { folder } }
            }
            Keeper::Server { admin, name: own, keys } => {
                static NUMBER: AtomicU32 = AtomicU32::new(1);
                copy_folder(keys.path(), folder.path());
                let name = format!("{own}_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                create(admin, &name, own).await;
                let url = admin.as_ref().clone().database(&name).to_url_lossy();
                let db = Db::open(url.as_str(), CONNECTIONS, vault(folder.path())).await;
                let keeper = Keeper::Server { admin: admin.clone(), name, keys: folder };
                Self { db: db.expect("PostgreSQL opens"), engine: self.engine, keeper }
            }
        }
    }

    /// The address of the database, and the folder of its keys.
    pub fn place(&self) -> (String, &Path) {
        match &self.keeper {
            Keeper::Folder { folder } => {
                (format!("sqlite:{}", folder.path().join("stafett.sqlite").display()), folder.path())
            }
            Keeper::Server { admin, name, keys } => {
                (admin.as_ref().clone().database(name).to_url_lossy().to_string(), keys.path())
            }
        }
    }

    /// The same database, for another role of PostgreSQL. It is not dropped afterwards.
    pub async fn as_role(&self, role: &str) -> Self {
        let Keeper::Server { admin, name, .. } = &self.keeper else { panic!("there are no roles on SQLite") };
        let url = admin.as_ref().clone().username(role).database(name).to_url_lossy();
        let db =
            Db::open(url.as_str(), CONNECTIONS, self.db.vault().clone()).await.expect("PostgreSQL opens");
        Self { db, engine: self.engine, keeper: Keeper::Folder { folder: TempDir::new().expect("a folder") } }
    }

    pub async fn finish(&self) {
        self.db.close().await;
        if let Keeper::Server { admin, name, .. } = &self.keeper {
            let mut server = connect(admin).await;
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            server.execute(AssertSqlSafe(drop)).await.expect("the database is dropped");
        }
    }
}

async fn sqlite() -> Database {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(|| async {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("template.sqlite");
        fill(&format!("sqlite:{}", file.display())).await;
        std::fs::read(file).expect("the template")
    });
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("stafett.sqlite");
    std::fs::write(&file, template.await).expect("a copy of the template");
    let db = Db::open(&format!("sqlite:{}", file.display()), CONNECTIONS, vault(folder.path()))
        .await
        .expect("SQLite opens");
    Database { db, engine: Engine::Sqlite, keeper: Keeper::Folder { folder } }
}

async fn postgres() -> Option<Database> {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    /// A template cannot be copied twice at the same time.
    static COPYING: Mutex<()> = Mutex::const_new(());
    static NUMBER: AtomicU32 = AtomicU32::new(1);

    let Ok(url) = std::env::var("STAFETT_TEST_POSTGRES_URL") else {
        assert!(
            std::env::var_os("STAFETT_TEST_REQUIRE_POSTGRES").is_none(),
            "STAFETT_TEST_POSTGRES_URL is not set, and PostgreSQL is required"
        );
        eprintln!("skipped: STAFETT_TEST_POSTGRES_URL is not set");
        return None;
    };
    let admin = PgConnectOptions::from_str(&url).expect("STAFETT_TEST_POSTGRES_URL is an address");
    let process = std::process::id();
    let template = TEMPLATE.get_or_init(|| async {
        sweep(&admin).await;
        let name = format!("{PREFIX}_{process}_0");
        create(&admin, &name, "template1").await;
        fill(admin.clone().database(&name).to_url_lossy().as_str()).await;
        name
    });
    let template = template.await;
    let name = format!("{PREFIX}_{process}_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    {
        let _alone = COPYING.lock().await;
        create(&admin, &name, template).await;
    }
    let url = admin.clone().database(&name).to_url_lossy();
    let keys = TempDir::new().expect("a folder");
    let db = Db::open(url.as_str(), CONNECTIONS, vault(keys.path())).await.expect("PostgreSQL opens");
    let keeper = Keeper::Server { admin: Box::new(admin), name, keys };
    Some(Database { db, engine: Engine::Postgres, keeper })
}

/// Copies the files of a folder and its subfolders.
fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).expect("a folder");
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// A vault with its keys in the folder `keys` of a folder.
fn vault(folder: &Path) -> Arc<Vault> {
    Vault::open(&folder.join("keys"), master_key()).expect("a vault")
}

/// The master key of every world.
pub fn master_key() -> MasterKey {
    MasterKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").expect("a key")
}

/// Gives a new database its schema and its municipalities, and disconnects from it.
async fn fill(url: &str) {
    let keys = TempDir::new().expect("a folder");
    let db = Db::open(url, 1, vault(keys.path())).await.expect("the template opens");
    migrate(&db).await.expect("the template is migrated");
    for folder in MUNICIPALITIES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/municipalities").join(folder);
        catalogue::import(&db, &folder).await.expect("the municipality is imported");
    }
    db.close().await;
}

async fn connect(admin: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(admin).await.expect("the PostgreSQL server answers")
}

async fn create(admin: &PgConnectOptions, name: &str, template: &str) {
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    connect(admin).await.execute(AssertSqlSafe(create)).await.expect("a database is created");
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
