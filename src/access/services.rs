//! What every request needs, put together once at start.

use std::{net::IpAddr, sync::Arc};

use actix_web::HttpRequest;

use super::{LogWriter, Policies, PolicyError};
use crate::{
    db::Db,
    identity::{Passwords, TokenKeys},
    kernel::Clock,
};

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
        trusted_proxies: Vec<IpAddr>,
    ) -> Result<Self, PolicyError> {
        Self::with_policies(Policies::load()?, db, clock, tokens, trusted_proxies)
    }

    /// The same with rules that are loaded already.
    ///
    /// # Errors
    /// If the law that they rest on is not in force.
    pub fn with_policies(
        policies: Policies,
        db: Db,
        clock: Clock,
        tokens: TokenKeys,
        trusted_proxies: Vec<IpAddr>,
    ) -> Result<Self, PolicyError> {
        policies.require_in_force(clock.today())?;
        Ok(Self {
            policies: Arc::new(policies),
            log: LogWriter::start(db.clone()),
            passwords: Passwords::default(),
            db,
            clock,
            tokens,
            trusted_proxies,
        })
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
