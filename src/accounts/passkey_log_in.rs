//! Logging in with a passkey: the password first, then the signature of a challenge that belongs to this log-in alone.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::TokensOut,
    passkey_dto::{PasskeyLogInIn, PasskeyLogInOut, PasskeyProofIn},
    session_routes::{LoggedIn, refuse, try_account},
    username::Username,
};
use crate::{
    access::{
        Public,
        public::{BeginPasskeyLogIn, FinishPasskeyLogIn},
    },
    identity::{
        Attempt, Challenge, KnownDevice, PasskeyUse, Proven, begin_passkey_proof, check_attempt,
        find_challenge, find_device, hold_devices_of, record_attempt, use_passkey,
    },
    problem::{Code, Problem, Result, docs::LogInProblems},
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(begin_passkey_log_in).service(finish_passkey_log_in);
}

/// Begins a log-in with username, password and a passkey, and returns a challenge for the authenticator.
///
/// An unknown user, a wrong password and a disabled account get the same answer in the same time, as in `log_in`.
#[utoipa::path(
    operation_id = "begin_passkey_log_in", tag = "sessions", request_body = PasskeyLogInIn,
    responses(
        (status = 200, body = PasskeyLogInOut, description = "The challenge, which can be answered for 5 minutes"),
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The username or the password is wrong"),
        (status = 409, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The service has no passkeys or, after the right password, the account has none"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        LogInProblems,
    ),
)]
#[post("/auth/passkey/begin")]
async fn begin_passkey_log_in(public: Public<BeginPasskeyLogIn>) -> Result<HttpResponse> {
    let PasskeyLogInIn { username, password, device_token } = public.input()?;
    let party = public.relying_party()?;
    let tried = try_account(&public, Username::entered(&username), device_token).await?;
    let fits = tried.verify(&public, password).await?;
    let (mut tx, now, person) = (public.write().await?, public.now(), tried.person());
    let account = tried.find_again(&mut tx, fits).await?;
    let waits = match account {
        // The right password alone is no success that forgives failures. Others may have failed meanwhile.
        Some(_) => check_attempt(&mut tx, &tried.attempt, now).await?.waits,
        None => record_attempt(&mut tx, &tried.attempt, false, now).await?,
    };
    let Some(account) = account.filter(|_| waits.is_none()) else {
        return Err(refuse(&public, tx, person, waits, Problem::new(Code::LoginFailed)).await?);
    };
    let by = Proven {
        person: account.person_id,
        municipality: &account.municipality,
        password_hash: account.password_hash.as_deref().unwrap_or_default(),
    };
    let begun = begin_passkey_proof(&mut tx, &party, by, now).await?;
    let Some(new) = begun else {
        let none = Problem::conflict("the account has no passkey: log in without one");
        return Err(refuse(&public, tx, person, None, none).await?);
    };
    public.commit(tx, account.person_id, account.municipality).await?;
    public.show(&PasskeyLogInOut::try_from(new)?)
}

/// Finishes a log-in with the answer of the passkey.
///
/// A challenge is used up by its first answer, whatever it is. A wrong answer counts as a wrong code does.
#[utoipa::path(
    operation_id = "finish_passkey_log_in", tag = "sessions", request_body = PasskeyProofIn,
    responses(
        (status = 200, body = TokensOut, description = "Tokens"),
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The challenge is not open, or the answer does not prove a passkey of the account; begin again"),
        (status = 409, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The service has no passkeys"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        LogInProblems,
    ),
)]
#[post("/auth/passkey/finish")]
async fn finish_passkey_log_in(public: Public<FinishPasskeyLogIn>) -> Result<HttpResponse> {
    let PasskeyProofIn { token, credential, device_token } = public.input()?;
    let party = public.relying_party()?;
    // It only reads, so strangers do not hold up writers.
    let (mut tx, now) = (public.read().await?, public.now());
    let Some(found) = find_challenge(&mut tx, &token, None, now).await? else {
        tx.rollback().await?;
        public.note_counted(None);
        return Err(Problem::new(Code::PasskeyFailed));
    };
    let Challenge { person_id, municipality, username_index, .. } = found;
    let person = Some((person_id, municipality.clone()));
    let device = find_device(&mut tx, device_token, Some(person_id), now).await?;
    let hash = device.as_ref().map(KnownDevice::hash);
    let attempt = Attempt::to_enter(&tx, username_index, public.client_address(), hash)?;
    let waits = check_attempt(&mut tx, &attempt, now).await?.waits;
    tx.rollback().await?;
    if let Some(waits) = waits {
        public.note_counted(person);
        return Err(Problem::too_many_attempts(waits.retry_after_seconds));
    }
    let (mut tx, now) = (public.write().await?, public.now());
    hold_devices_of(&mut tx, person_id).await?;
    // It may have been answered, or have ended, while this answer waited.
    let used = match find_challenge(&mut tx, &token, None, now).await? {
        Some(challenge) => use_passkey(&mut tx, &party, &challenge, &credential, now).await?,
        None => PasskeyUse::Wrong,
    };
    let waits = record_attempt(&mut tx, &attempt, used == PasskeyUse::Accepted, now).await?;
    if used == PasskeyUse::Accepted && waits.is_none() {
        return LoggedIn { person_id, municipality, device, by_second_factor: true }.enter(&public, tx).await;
    }
    let refused = refuse(&public, tx, person, waits, Problem::new(Code::PasskeyFailed)).await?;
    if used == PasskeyUse::Copied {
        tracing::warn!("refused a passkey whose counter did not grow: there may be a copy of it");
        public.note_reused(person_id, municipality);
    }
    Err(refused)
}
