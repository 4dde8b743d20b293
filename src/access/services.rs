//! The services that every request needs, assembled once at start.

use std::{net::IpAddr, sync::Arc};

use actix_web::{HttpRequest, http::header};

use super::{LogWriter, Policies, PolicyError};
use crate::{
    db::Db,
    identity::{Passwords, TokenKeys},
    kernel::Clock,
    log_tree::LogKey,
};

/// How much of the user agent is logged, in characters.
const AGENT: usize = 120;

/// The services that requests use. Handlers reach the database only through a [`Permit`](super::Permit) or a
/// [`Public`](super::Public).
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
    /// Assembles the services and starts the writer of the access log.
    ///
    /// # Errors
    /// If the rules are not valid, or a law that they rest on is not in force.
    pub fn new(
        db: Db,
        clock: Clock,
        tokens: TokenKeys,
        log_key: Arc<LogKey>,
        trusted_proxies: Vec<IpAddr>,
    ) -> Result<Self, PolicyError> {
        Self::with_policies(Policies::load()?, db, clock, tokens, log_key, trusted_proxies)
    }

    /// Assembles the services with rules that are already loaded.
    ///
    /// # Errors
    /// If a law that they rest on is not in force.
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

    /// Returns the same services without an access log, to measure its cost. It is compiled only with this feature.
    #[cfg(feature = "unlogged-benchmark")]
    #[must_use]
    pub fn unlogged(self) -> Self {
        Self { log: LogWriter::forgetting(), ..self }
    }

    /// Returns the writer of the access log.
    #[must_use]
    pub fn log(&self) -> &LogWriter {
        &self.log
    }

    /// Returns the rules.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Checks that the database can be read and written, and that no key is missing.
    ///
    /// # Errors
    /// If it cannot.
    pub async fn check(&self) -> Result<(), crate::db::DbError> {
        self.db.write().await?.rollback().await?;
        crate::db::schema_state(&self.db).await.map(|_| ())
    }

    /// Returns the client of a request: its address, a space, and its user agent.
    #[must_use]
    pub(super) fn client(&self, request: &HttpRequest) -> Option<String> {
        let address = self.client_address(request)?;
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent: String = agent.unwrap_or_default().trim().chars().take(AGENT).collect();
        Some(if agent.is_empty() { address } else { format!("{address} {agent}") })
    }

    /// Returns the address of the client. `X-Forwarded-For` is used only if a trusted proxy sent it.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> Option<String> {
        let peer = request.peer_addr()?.ip();
        if !self.trusted_proxies.contains(&peer) {
            return Some(peer.to_string());
        }
        // The proxy itself saw the last address; the client may have forged those before it.
        let forwarded =
            request.headers().get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
        let nearest = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
        Some(nearest.and_then(|text| text.parse::<IpAddr>().ok()).unwrap_or(peer).to_string())
    }
}
