//! The two engines, and a database on one of them for each test.

use std::{path::Path, sync::Arc};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use stafett::{
    access::Policies,
    db::{Db, Limits},
};
use tempfile::TempDir;

use super::{
    World, log_key,
    template::{CONNECTIONS, Template, drop_database, sqlite_url},
};

/// One of the two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The parameter of a test: a world, or a stage in one.
pub trait Beginning: Clone {
    /// Creates one on an engine; none if the engine is not available.
    fn on(engine: Engine) -> impl Future<Output = Option<Self>>;

    /// Stops it and drops its database.
    fn finish(&self) -> impl Future<Output = ()>;
}

impl Engine {
    /// Runs one test on this engine; skips it if the engine is not available.
    pub async fn tell<B: Beginning, F: Future<Output = ()>>(self, told: impl FnOnce(B) -> F) {
        if let Some(beginning) = B::on(self).await {
            told(beginning.clone()).await;
            beginning.finish().await;
        }
    }

    /// Runs it in a world with these rules. Returns its result, or none if the engine is not available.
    pub async fn tell_by<T, F: Future<Output = T>>(
        self,
        policies: impl Into<Arc<Policies>>,
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
    pub(super) keeper: Keeper,
}

#[derive(Debug)]
pub(super) enum Keeper {
    /// The folder is deleted with the test.
    Folder { folder: TempDir },
    /// The database on this server is dropped if the test succeeds. Others are swept later.
    Server { admin: Box<PgConnectOptions>, name: String, keys: TempDir },
}

impl Database {
    /// Creates a database with the schema and the municipalities; none if the engine is not available.
    pub async fn create(engine: Engine) -> Option<Self> {
        Some(Template::base(engine).await?.copy().await)
    }

    /// The address of the database, and the folder of its keys.
    pub fn place(&self) -> (String, &Path) {
        match &self.keeper {
            Keeper::Folder { folder } => (sqlite_url(folder.path()), folder.path()),
            Keeper::Server { admin, name, keys } => {
                (admin.as_ref().clone().database(name).to_url_lossy().to_string(), keys.path())
            }
        }
    }

    /// The same database, for another role of PostgreSQL. It is not dropped afterwards.
    pub async fn as_role(&self, role: &str) -> Self {
        let Keeper::Server { admin, name, .. } = &self.keeper else { panic!("there are no roles on SQLite") };
        let url = admin.as_ref().clone().username(role).database(name).to_url_lossy();
        let db = Db::connect(url.as_str(), CONNECTIONS, self.db.vault().clone()).await;
        let db = db.expect("PostgreSQL opens").check(&*log_key()).await.expect("its keys are the right ones");
        Self { db, engine: self.engine, keeper: Keeper::Folder { folder: TempDir::new().expect("a folder") } }
    }

    /// The same database, with these limits. It is not dropped afterwards.
    pub async fn within(&self, limits: Limits) -> Self {
        self.at(&self.place().0, limits).await
    }

    /// The same database at another address. It is not dropped afterwards.
    pub async fn at(&self, url: &str, limits: Limits) -> Self {
        let vault = self.db.vault().clone();
        let db = Db::connect_within(url, CONNECTIONS, limits, vault).await.expect("the database opens");
        let db = db.check(&*log_key()).await.expect("its keys are the right ones");
        Self { db, engine: self.engine, keeper: Keeper::Folder { folder: TempDir::new().expect("a folder") } }
    }

    pub async fn finish(&self) {
        self.db.close().await;
        if let Keeper::Server { admin, name, .. } = &self.keeper {
            drop_database(admin, name).await;
        }
    }
}
