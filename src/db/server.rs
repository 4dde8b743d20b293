//! Whether PostgreSQL answers. While it does not, requests are refused at once instead of each waiting for a connection.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction, postgres::PgConnectOptions};
use tokio::{runtime::Handle, sync::watch};

use super::{DbError, error::words};

/// A connection that takes longer than this is a reason to look whether the server answers.
const SLOW: Duration = Duration::from_millis(250);
/// How long a server that answers may take to accept a connection.
const ANSWERS: Duration = Duration::from_secs(2);
/// The interval between looks while the server does not answer.
const AGAIN: Duration = Duration::from_millis(250);
/// How long the first connection may take.
const FIRST: Duration = Duration::from_secs(5);

/// The server, as the last look found it.
#[derive(Debug)]
pub struct Server {
    options: PgConnectOptions,
    /// Connections belong to the runtime in which they were opened, and break when it ends. The threads that serve requests have
    /// runtimes of their own, so all connections are opened here.
    runtime: Handle,
    is_down: watch::Sender<bool>,
    looks: AtomicBool,
}

impl Server {
    /// Connects once, to learn early and in clear words why it fails.
    pub(super) async fn reach(options: PgConnectOptions) -> Result<Arc<Self>, DbError> {
        let refused = |why: String| DbError::Unreachable { place: place(&options), why };
        let connection = match tokio::time::timeout(FIRST, PgConnection::connect_with(&options)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(refused(words(&error))),
            Err(_) => return Err(refused(format!("no answer within {} seconds", FIRST.as_secs()))),
        };
        connection.close().await?;
        let is_down = watch::Sender::new(false);
        Ok(Arc::new(Self { options, runtime: Handle::current(), is_down, looks: AtomicBool::new(false) }))
    }

    /// Begins a transaction. The beginning is never cancelled halfway: that would leave a connection in a transaction that nobody
    /// ends. If the caller is gone, the transaction is rolled back.
    pub(super) async fn begin(
        self: &Arc<Self>,
        pool: &PgPool,
        begin: &'static str,
    ) -> Result<Transaction<'static, Postgres>, DbError> {
        let pool = pool.clone();
        let begun = self.runtime.spawn(async move { begin_on_live(&pool, begin).await });
        self.while_up(async { begun.await.unwrap_or(Err(sqlx::Error::PoolClosed)) }).await
    }

    /// Waits for work that needs a connection, for as long as the server answers.
    ///
    /// # Errors
    /// If the server does not answer, or the work fails.
    pub async fn while_up<T>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, DbError> {
        let mut is_down = self.is_down.subscribe();
        if *is_down.borrow() {
            return Err(DbError::Down);
        }
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done.map_err(DbError::from),
            () = tokio::time::sleep(SLOW) => self.look(),
        }
        tokio::select! {
            biased;
            done = &mut work => done.map_err(DbError::from),
            _ = is_down.wait_for(|is_down| *is_down) => Err(DbError::Down),
        }
    }

    /// Looks whether the server accepts a connection, and goes on until it does. One look at a time.
    fn look(self: &Arc<Self>) {
        if self.looks.swap(true, Ordering::AcqRel) {
            return;
        }
        let server = self.clone();
        self.runtime.spawn(async move {
            while !server.answers().await {
                if !server.is_down.send_replace(true) {
                    tracing::warn!("PostgreSQL does not answer");
                }
                tokio::time::sleep(AGAIN).await;
            }
            if server.is_down.send_replace(false) {
                tracing::info!("PostgreSQL answers again");
            }
            server.looks.store(false, Ordering::Release);
        });
    }

    async fn answers(&self) -> bool {
        const TOO_MANY_CONNECTIONS: &str = "53300";
        match tokio::time::timeout(ANSWERS, PgConnection::connect_with(&self.options)).await {
            Ok(Ok(connection)) => {
                let _already_closed = connection.close().await;
                true
            }
            Ok(Err(sqlx::Error::Database(error))) => error.code().as_deref() == Some(TOO_MANY_CONNECTIONS),
            Ok(Err(_)) | Err(_) => false,
        }
    }
}

/// Runs a statement that is a transaction of its own, again on another connection if the server has closed this one.
///
/// # Errors
/// Those of the statement.
pub async fn run_on_live<T, F: Future<Output = Result<T, sqlx::Error>>>(
    pool: &PgPool,
    run: impl Fn() -> F,
) -> Result<T, sqlx::Error> {
    for _ in 0..pool.options().get_max_connections() {
        match run().await {
            Err(error) if was_closed(&error) => {}
            done => return done,
        }
    }
    run().await
}

/// A server that was restarted has closed the idle connections. Each of them fails once, before anything was done.
async fn begin_on_live(
    pool: &PgPool,
    begin: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    run_on_live(pool, || pool.begin_with(begin)).await
}

fn was_closed(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // admin_shutdown, crash_shutdown, idle_session_timeout
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| matches!(&*code, "57P01" | "57P02" | "57P05"))
        }
        _ => false,
    }
}

/// The server in an error: never the user or the password.
fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => format!("PostgreSQL at {}", socket.display()),
        None => format!("PostgreSQL at {}:{}", options.get_host(), options.get_port()),
    }
}
