//! The services that every request needs, assembled once at start.

use std::{num::NonZeroUsize, sync::Arc};

use actix_web::{HttpRequest, http::header};
use chrono::{DateTime, Utc};

use super::{
    LogWriter, PendingLook, Policies, PolicyError, TrustedProxies,
    log::{LogUnavailable, Recorded},
    readiness::Readiness,
    strangers::Strangers,
};
use crate::{
    db::Db,
    identity::{ClientAddress, Passwords, RelyingParty, StaffFactor, TokenKeys},
    kernel::{Clock, SyntheticIds, clock::day_in_norway},
    log_tree::LogKey,
    problem::{Circumstances, Problem},
};

/// How much of the user agent is logged, in characters.
const AGENT: usize = 120;

/// Marks a request whose caller has authenticated.
#[derive(Debug, Clone, Copy)]
pub struct KnownCaller;

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
    pub(super) staff_factor: StaffFactor,
    relying_party: Option<Arc<RelyingParty>>,
    synthetic_ids: SyntheticIds,
    pub(super) log_key: Arc<LogKey>,
    strangers: Strangers,
    trusted_proxies: TrustedProxies,
    pub(super) readiness: Readiness,
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
        trusted_proxies: TrustedProxies,
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
        trusted_proxies: TrustedProxies,
    ) -> Result<Self, PolicyError> {
        let policies = policies.into();
        policies.require_in_force(clock.today())?;
        for law in policies.law_that_ends_soon(clock.today()) {
            tracing::warn!("{law}");
        }
        Ok(Self {
            policies,
            log: LogWriter::start(db.clone()),
            passwords: Passwords::default(),
            staff_factor: StaffFactor::Password,
            relying_party: None,
            synthetic_ids: SyntheticIds::default(),
            strangers: Strangers::default(),
            db,
            clock,
            tokens,
            log_key,
            trusted_proxies,
            readiness: Readiness::default(),
        })
    }

    /// Returns the same services, which hash passwords on this number of threads.
    #[must_use]
    pub fn hashing_on(self, threads: NonZeroUsize) -> Self {
        Self { passwords: Passwords::on(threads), ..self }
    }

    /// Returns the same services, in which roles count after such log-ins.
    #[must_use]
    pub fn requiring(self, staff_factor: StaffFactor) -> Self {
        Self { staff_factor, ..self }
    }

    /// Returns the same services, with passkeys if there is a relying party.
    #[must_use]
    pub fn with_passkeys(self, relying_party: Option<RelyingParty>) -> Self {
        Self { relying_party: relying_party.map(Arc::new), ..self }
    }

    /// Returns the relying party of passkeys.
    ///
    /// # Errors
    /// 409 if passkeys are not set up.
    pub(super) fn relying_party(&self) -> Result<Arc<RelyingParty>, Problem> {
        self.relying_party.clone().ok_or_else(|| {
            Problem::conflict("this service has no passkeys: its operator has not set passkey_rp_id")
        })
    }

    /// Returns the same services, which accept the numbers of invented people or refuse them.
    #[must_use]
    pub fn with_synthetic_ids(self, synthetic_ids: SyntheticIds) -> Self {
        Self { synthetic_ids, ..self }
    }

    /// Returns what the input of a request at a moment is checked by.
    pub(super) fn circumstances(&self, now: DateTime<Utc>) -> Circumstances {
        Circumstances { today: day_in_norway(now), synthetic_ids: self.synthetic_ids }
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

    /// Records a request in the log. Entries of its own are durable afterwards; strangers are counted.
    ///
    /// # Errors
    /// If the entries cannot be written. The request must not be answered then.
    pub async fn record(
        &self,
        request: &HttpRequest,
        look: &PendingLook,
        status: u16,
    ) -> Result<(), LogUnavailable> {
        let mut entries = look.take();
        entries.iter_mut().for_each(|entry| entry.status = status);
        let is_counted = match look.recorded() {
            Recorded::Alone => false,
            Recorded::WhileThereIsRoom => !self.strangers.may_have_own_entry(),
            Recorded::Counted => true,
        };
        if is_counted {
            let site = self.client_address(request).site();
            entries.iter().for_each(|entry| self.strangers.count(entry, site));
            return Ok(());
        }
        if entries.is_empty() { Ok(()) } else { self.log.append(entries).await }
    }

    /// Writes the entries about what strangers have tried. It is called once a minute, and at the end.
    ///
    /// # Errors
    /// If they cannot be written. They are counted on.
    pub async fn write_strangers(&self) -> Result<(), LogUnavailable> {
        self.strangers.write(&self.log).await
    }

    /// Returns the client of a request: its address, a space, and its user agent.
    #[must_use]
    pub(super) fn client(&self, request: &HttpRequest) -> Option<String> {
        let address = self.client_address(request);
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent: String = agent.unwrap_or_default().trim().chars().take(AGENT).collect();
        Some(if agent.is_empty() { address.to_string() } else { format!("{address} {agent}") })
    }

    /// Returns the address of the client. A forwarding header is used only if a trusted proxy sent it.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> ClientAddress {
        let Some(peer) = request.peer_addr() else { return ClientAddress::NONE };
        self.trusted_proxies.client(peer.ip(), request.headers(), self.clock.now())
    }
}
