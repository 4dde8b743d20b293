//! What every request needs, put together once at start.

use std::{net::IpAddr, sync::Arc};

use actix_web::{HttpRequest, http::header};

use super::{LogWriter, Policies, PolicyError};
use crate::{
    db::Db,
    identity::{Passwords, TokenKeys},
    kernel::Clock,
    log_tree::LogKey,
};

/// How much is kept of what a client calls itself, in characters.
const AGENT: usize = 120;

/// The parts a request is served with. The database is out of reach but through a
/// [`Permit`](super::Permit) or a [`Public`](super::Public).
#[derive(Debug)]
pub struct Services {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) policies: Arc<Policies>,
    pub(super) log: LogWriter,
    pub(super) tokens: TokenKeys,
    pub(super) passwords: Passwords,
    pub(super) log_key: Arc<LogKey>,
    trusted_proxies: Vec<IpAddr>,
}

impl Services {
    /// Puts the parts together and starts the writer of the access log.
    ///
    /// # Errors
    /// If the rules are not valid.
    pub fn new(
        db: Db,
        clock: Clock,
        tokens: TokenKeys,
        log_key: Arc<LogKey>,
        trusted_proxies: Vec<IpAddr>,
    ) -> Result<Self, PolicyError> {
        Self::with_policies(Policies::load()?, db, clock, tokens, log_key, trusted_proxies)
    }

    /// The same with rules that are loaded already.
    ///
    /// # Errors
    /// If the law that they rest on is not in force.
    pub fn with_policies(
        policies: impl Into<Arc<Policies>>,
        db: Db,
        clock: Clock,
        tokens: TokenKeys,
        log_key: Arc<LogKey>,
        trusted_proxies: Vec<IpAddr>,
    ) -> Result<Self, PolicyError> {
        let policies = policies.into();
        policies.require_in_force(clock.today())?;
        Ok(Self {
            policies,
            log: LogWriter::start(db.clone()),
            passwords: Passwords::default(),
            db,
            clock,
            tokens,
            log_key,
            trusted_proxies,
        })
    }

    /// The same without an access log, to measure what the log costs. It is in no program that serves.
    #[cfg(feature = "unlogged-benchmark")]
    #[must_use]
    pub fn unlogged(self) -> Self {
        Self { log: LogWriter::forgetting(), ..self }
    }

    /// The writer of the access log.
    #[must_use]
    pub fn log(&self) -> &LogWriter {
        &self.log
    }

    /// The rules.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Is the database there to be read and written?
    ///
    /// # Errors
    /// If it is not.
    pub async fn check(&self) -> Result<(), crate::db::DbError> {
        self.db.write().await?.rollback().await?;
        crate::db::schema_state(&self.db).await.map(|_| ())
    }

    /// From where a request comes: the address, and after a space what the client calls itself.
    #[must_use]
    pub(super) fn client(&self, request: &HttpRequest) -> Option<String> {
        let address = self.client_address(request)?;
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent: String = agent.unwrap_or_default().trim().chars().take(AGENT).collect();
        Some(if agent.is_empty() { address } else { format!("{address} {agent}") })
    }

    /// The address of the client. What a proxy says of it is believed only of a trusted proxy.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> Option<String> {
        let peer = request.peer_addr()?.ip();
        if !self.trusted_proxies.contains(&peer) {
            return Some(peer.to_string());
        }
        // The last one is what the proxy itself saw; those before it are hearsay.
        let forwarded =
            request.headers().get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
        let nearest = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
        Some(nearest.and_then(|text| text.parse::<IpAddr>().ok()).unwrap_or(peer).to_string())
    }
}
