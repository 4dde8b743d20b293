//! Logging in and out.

use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{LogInIn, RefreshIn, TokensOut, Username},
    store,
};
use crate::{
    access::{
        Parts, Permit, Public,
        actions::LogOut,
        public::{LogIn, RefreshSession},
    },
    db::Tx,
    identity::{
        Attempt, Checked, CodeUse, KnownDevice, NewTokens, Refreshed, SecondFactor, Standing, Visitor,
        check_attempt, end_session, find_device, find_second_factor, hold_devices_of, is_issued,
        mark_session, open_session, record_attempt, refresh, remember_device, use_code,
    },
    kernel::{Id, ids::Person},
    problem::{
        Code, Problem, Result,
        docs::{LogInProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(log_in).service(refresh_session).service(log_out);
}

/// Logs in with username and password.
///
/// An unknown user, a wrong password and a disabled account get the same answer in the same time.
#[utoipa::path(
    operation_id = "log_in", tag = "sessions", request_body = LogInIn,
    responses(
        (status = 200, body = TokensOut, description = "Tokens"),
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The username or the password is wrong, or the code of the second factor is missing (`second-factor-required`), was used before (`second-factor-used`) or is wrong"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        LogInProblems,
    ),
)]
#[post("/auth/login")]
async fn log_in(public: Public<LogIn>) -> Result<HttpResponse> {
    let LogInIn { username, password, device_token, code } = public.input()?;
    let username = Username::entered(&username);
    let tried = Tried { code, ..try_account(&public, username, device_token).await? };
    let hash = tried.account.as_ref().and_then(|account| account.password_hash.clone());
    let fits = public.passwords().verify(password, hash, &tried.visitor).await?;
    record(&public, tried, fits).await
}

/// An attempt that need not wait.
struct Tried {
    username: String,
    account: Option<store::LogIn>,
    device: Option<KnownDevice>,
    attempt: Attempt,
    visitor: Visitor,
    code: Option<SecretString>,
}

impl Tried {
    fn person(&self) -> Option<(Id<Person>, String)> {
        self.account.as_ref().map(|account| (account.person_id, account.municipality.clone()))
    }
}

/// Finds the account, and checks that it may be tried.
async fn try_account(
    public: &Public<LogIn>,
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
    let tried = Tried { username, account, device, attempt, visitor, code: None };
    if let Some(waits) = waits {
        public.note_counted(tried.person());
        return Err(Problem::too_many_attempts(waits.retry_after_seconds));
    }
    Ok(tried)
}

/// Records the result, and opens a session if the password was right and still is.
async fn record(public: &Public<LogIn>, tried: Tried, fits: bool) -> Result<HttpResponse> {
    let person = tried.person();
    let Tried { username, account, device, attempt, code, .. } = tried;
    let (mut tx, now) = (public.write().await?, public.now());
    let account = match account.filter(|_| fits) {
        Some(account) => {
            hold_devices_of(&mut tx, account.person_id).await?;
            // It may have been closed, or have another password, while this one waited.
            let still = |found: &store::LogIn| {
                found.password_hash == account.password_hash && found.disabled_at.is_none()
            };
            store::find_login(&mut tx, &username).await?.filter(still)
        }
        None => None,
    };
    let proof = match &account {
        Some(account) => prove(&mut tx, account.person_id, code.as_ref(), now).await?,
        None => Proof::NotNeeded,
    };
    if proof == Proof::Missing {
        // The password was right, so this is no failure, and no success that forgives failures. Others may have failed meanwhile.
        let waits = check_attempt(&mut tx, &attempt, now).await?.waits;
        tx.rollback().await?;
        if let Some(waits) = waits {
            public.note_counted(person);
            return Err(Problem::too_many_attempts(waits.retry_after_seconds));
        }
        public.note_refused(person);
        return Err(Problem::new(Code::SecondFactorRequired));
    }
    let account = account.filter(|_| matches!(proof, Proof::NotNeeded | Proof::Given));
    let waits = record_attempt(&mut tx, &attempt, account.is_some(), now).await?;
    let Some(account) = account.filter(|_| waits.is_none()) else {
        tx.commit().await?;
        if let Some(waits) = waits {
            public.note_counted(person);
            return Err(Problem::too_many_attempts(waits.retry_after_seconds));
        }
        public.note_refused(person);
        return Err(if proof == Proof::Used { used_before() } else { Problem::new(Code::LoginFailed) });
    };
    let device = remember_device(&mut tx, account.person_id, device, now).await?;
    let tokens = open_session(&mut tx, public.tokens(), account.person_id, now).await?;
    if proof == Proof::Given {
        mark_session(&mut tx, tokens.session, now).await?;
    }
    public.commit(tx, account.person_id, account.municipality).await?;
    public.show(&tokens_out(&tokens, Some(&device)))
}

/// The proof of the second factor in a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    NotNeeded,
    Given,
    Missing,
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
    let factor = find_second_factor(tx, person).await?.filter(SecondFactor::is_confirmed);
    Ok(match (factor, code) {
        (None, _) => Proof::NotNeeded,
        (Some(_), None) => Proof::Missing,
        (Some(factor), Some(code)) => match use_code(tx, person, &factor, code, now).await? {
            CodeUse::Accepted => Proof::Given,
            CodeUse::Used => Proof::Used,
            CodeUse::Wrong => Proof::Wrong,
        },
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
