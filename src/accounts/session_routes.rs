//! Logging in and out.

use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{LogInIn, RefreshIn, TokensOut},
    passkey_log_in, store,
    username::Username,
};
use crate::{
    access::{
        Parts, Permit, Public,
        actions::LogOut,
        public::{LogIn, LogInOperation, RefreshSession},
    },
    db::Tx,
    identity::{
        Attempt, Checked, CodeUse, KnownDevice, NewTokens, Refreshed, SecondFactor, Standing, Throttled,
        Visitor, check_attempt, end_session, factors_of, find_device, find_second_factor, hold_devices_of,
        is_issued, mark_session, open_session, record_attempt, refresh, remember_device, use_code,
    },
    kernel::{Id, ids::Person, vocabulary::SecondFactorKind},
    problem::{
        Code, Problem, Result,
        docs::{LogInProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    passkey_log_in::configure(config);
    config.service(log_in).service(refresh_session).service(log_out);
}

/// Logs in with username and password.
///
/// An unknown user, a wrong password and a disabled account get the same answer in the same time.
#[utoipa::path(
    operation_id = "log_in", tag = "sessions", request_body = LogInIn,
    responses(
        (status = 200, body = TokensOut, description = "Tokens"),
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The username or the password is wrong, or a second factor is missing (`second-factor-required`, with those that the account has in `second_factors`), or the code was used before (`second-factor-used`) or is wrong"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        LogInProblems,
    ),
)]
#[post("/auth/login")]
async fn log_in(public: Public<LogIn>) -> Result<HttpResponse> {
    let LogInIn { username, password, device_token, code } = public.input()?;
    let tried = try_account(&public, Username::entered(&username), device_token).await?;
    let fits = tried.verify(&public, password).await?;
    record(&public, tried, code, fits).await
}

/// An attempt that need not wait.
pub(super) struct Tried {
    username: String,
    account: Option<store::LogIn>,
    device: Option<KnownDevice>,
    pub(super) attempt: Attempt,
    visitor: Visitor,
}

impl Tried {
    pub(super) fn person(&self) -> Option<(Id<Person>, String)> {
        self.account.as_ref().map(|account| (account.person_id, account.municipality.clone()))
    }

    /// Returns whether this is the password. It takes the same time if there is no account.
    pub(super) async fn verify<O: LogInOperation>(
        &self,
        public: &Public<O>,
        password: SecretString,
    ) -> Result<bool> {
        let hash = self.account.as_ref().and_then(|account| account.password_hash.clone());
        Ok(public.passwords().verify(password, hash, &self.visitor).await?)
    }

    /// Finds the account again, if the password was right and still is. It may have been closed, or have another password, while this
    /// attempt waited.
    pub(super) async fn find_again(&self, tx: &mut Tx, fits: bool) -> Result<Option<store::LogIn>> {
        let Some(account) = self.account.as_ref().filter(|_| fits) else { return Ok(None) };
        hold_devices_of(tx, account.person_id).await?;
        let still = |found: &store::LogIn| {
            found.password_hash == account.password_hash && found.disabled_at.is_none()
        };
        Ok(store::find_login(tx, &self.username).await?.filter(still))
    }
}

/// Finds the account, and checks that it may be tried.
pub(super) async fn try_account<O: LogInOperation>(
    public: &Public<O>,
    username: String,
    device_token: Option<SecretString>,
) -> Result<Tried> {
    let (address, now) = (public.client_address(), public.now());
    let mut tx = public.read().await?;
    let account = store::find_login(&mut tx, &username).await?;
    let person = account.as_ref().map(|account| account.person_id);
    let device = find_device(&mut tx, device_token, person, now).await?;
    let attempt = Attempt::to_log_in(&tx, &username, address, device.as_ref().map(KnownDevice::hash))?;
    let Checked { waits, site_is_failing } = check_attempt(&mut tx, &attempt, now).await?;
    tx.rollback().await?;
    let visitor = Visitor { address, standing: standing(device.is_some(), site_is_failing) };
    let tried = Tried { username, account, device, attempt, visitor };
    if let Some(waits) = waits {
        public.note_counted(tried.person());
        return Err(Problem::too_many_attempts(waits.retry_after_seconds));
    }
    Ok(tried)
}

/// Records the result, and opens a session if the password was right and still is.
async fn record(
    public: &Public<LogIn>,
    tried: Tried,
    code: Option<SecretString>,
    fits: bool,
) -> Result<HttpResponse> {
    let person = tried.person();
    let (mut tx, now) = (public.write().await?, public.now());
    let account = tried.find_again(&mut tx, fits).await?;
    let proof = match &account {
        Some(account) => prove(&mut tx, account.person_id, code.as_ref(), now).await?,
        None => Proof::NotNeeded,
    };
    if let Proof::Missing(factors) = proof {
        // The password was right, so this is no failure, and no success that forgives failures. Others may have failed meanwhile.
        let waits = check_attempt(&mut tx, &tried.attempt, now).await?.waits;
        return Err(refuse(public, tx, person, waits, Problem::second_factor_required(factors)).await?);
    }
    let account = account.filter(|_| matches!(proof, Proof::NotNeeded | Proof::Given));
    let waits = record_attempt(&mut tx, &tried.attempt, account.is_some(), now).await?;
    let Some(account) = account.filter(|_| waits.is_none()) else {
        let wrong = if proof == Proof::Used { used_before() } else { Problem::new(Code::LoginFailed) };
        return Err(refuse(public, tx, person, waits, wrong).await?);
    };
    let store::LogIn { person_id, municipality, .. } = account;
    let by_second_factor = proof == Proof::Given;
    LoggedIn { person_id, municipality, device: tried.device, by_second_factor }.enter(public, tx).await
}

/// Commits what was counted, and returns the answer: to wait, because too many failed, or the problem.
pub(super) async fn refuse<O: LogInOperation>(
    public: &Public<O>,
    tx: Tx,
    person: Option<(Id<Person>, String)>,
    waits: Option<Throttled>,
    problem: Problem,
) -> Result<Problem> {
    tx.commit().await?;
    if let Some(waits) = waits {
        public.note_counted(person);
        return Ok(Problem::too_many_attempts(waits.retry_after_seconds));
    }
    public.note_refused(person);
    Ok(problem)
}

/// A person who has proven all that their account needs.
pub(super) struct LoggedIn {
    pub(super) person_id: Id<Person>,
    pub(super) municipality: String,
    pub(super) device: Option<KnownDevice>,
    pub(super) by_second_factor: bool,
}

impl LoggedIn {
    /// Opens a session, and commits it with its entry in the access log.
    pub(super) async fn enter<O: LogInOperation>(
        self,
        public: &Public<O>,
        mut tx: Tx,
    ) -> Result<HttpResponse> {
        let (Self { person_id, municipality, device, by_second_factor }, now) = (self, public.now());
        let device = remember_device(&mut tx, person_id, device, now).await?;
        let tokens = open_session(&mut tx, public.tokens(), person_id, now).await?;
        if by_second_factor {
            mark_session(&mut tx, tokens.session, now).await?;
        }
        public.commit(tx, person_id, municipality).await?;
        public.show(&tokens_out(&tokens, Some(&device)))
    }
}

/// The proof of the second factor in a log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Proof {
    NotNeeded,
    Given,
    /// The account has these.
    Missing(Vec<SecondFactorKind>),
    Used,
    Wrong,
}

/// Only who has the password and a code of the app or a recovery code gets this answer. It counts as a failure, as a wrong code does.
fn used_before() -> Problem {
    let next = "each code works once: wait for the next code of the app, or enter another recovery code";
    Problem::explained(Code::SecondFactorUsed, next)
}

/// Uses up the code of the second factor, if the account has one.
async fn prove(
    tx: &mut Tx,
    person: Id<Person>,
    code: Option<&SecretString>,
    now: DateTime<Utc>,
) -> Result<Proof> {
    let factors = factors_of(tx, person).await?;
    if factors.is_empty() {
        return Ok(Proof::NotNeeded);
    }
    let Some(code) = code else { return Ok(Proof::Missing(factors)) };
    // A code is wrong for an account that has only passkeys.
    let factor = find_second_factor(tx, person).await?.filter(SecondFactor::is_confirmed);
    let Some(factor) = factor else { return Ok(Proof::Wrong) };
    Ok(match use_code(tx, person, &factor, code, now).await? {
        CodeUse::Accepted => Proof::Given,
        CodeUse::Used => Proof::Used,
        CodeUse::Wrong => Proof::Wrong,
    })
}

pub(super) fn standing(device_is_known: bool, site_is_failing: bool) -> Standing {
    match (device_is_known, site_is_failing) {
        (true, _) => Standing::Known,
        (false, false) => Standing::Stranger,
        (false, true) => Standing::Failing,
    }
}

/// Exchanges a refresh token for new tokens.
///
/// A refresh token works once. If it is used a second time, it may be stolen, and the whole session ends.
#[utoipa::path(
    operation_id = "refresh_session", tag = "sessions", request_body = RefreshIn,
    responses(
        (status = 200, body = TokensOut, description = "New tokens"),
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The refresh token is not valid; log in again"),
        LogInProblems,
    ),
)]
#[post("/auth/refresh")]
async fn refresh_session(public: Public<RefreshSession>) -> Result<HttpResponse> {
    let RefreshIn { refresh_token } = public.input()?;
    let mut reading = public.read().await?;
    let is_issued = is_issued(&mut reading, refresh_token.expose_secret()).await?;
    reading.rollback().await?;
    if !is_issued {
        public.note_counted(None);
        return Err(Problem::new(Code::RefreshFailed));
    }
    let mut tx = public.write().await?;
    match refresh(&mut tx, public.tokens(), refresh_token.expose_secret(), public.now()).await? {
        Refreshed::Renewed(tokens) => {
            let municipality = store::municipality_of(&mut tx, tokens.person).await?;
            public.commit(tx, tokens.person, municipality).await?;
            public.show(&tokens_out(&tokens, None))
        }
        Refreshed::Reused(person) => {
            let municipality = store::municipality_of(&mut tx, person).await?;
            tx.commit().await?;
            public.note_reused(person, municipality);
            Err(Problem::new(Code::RefreshFailed))
        }
        Refreshed::Refused => {
            public.note_counted(None);
            Err(Problem::new(Code::RefreshFailed))
        }
    }
}

/// Logs out: the session and all its tokens end at once.
#[utoipa::path(
    operation_id = "log_out", tag = "sessions",
    responses((status = 204, description = "Logged out"), WriteProblems),
)]
#[post("/auth/logout")]
async fn log_out(mut permit: Permit<LogOut>) -> Result<HttpResponse> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    if let Some(session) = caller.session {
        end_session(tx, session, "logout", moment.now).await?;
    }
    permit.done().await
}

pub(super) fn tokens_out(tokens: &NewTokens, device: Option<&SecretString>) -> TokensOut {
    TokensOut {
        access_token: tokens.access.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_in: tokens.expires_in,
        refresh_token: tokens.refresh.expose_secret().to_owned(),
        device_token: device.map(|token| token.expose_secret().to_owned()),
    }
}
