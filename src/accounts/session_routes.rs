//! Logging in and out.

use actix_web::{HttpResponse, post};
use secrecy::ExposeSecret;
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
    identity::{NewTokens, Refreshed, end_session, forgive, open_session, refresh, register_attempt},
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
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The username or the password is wrong"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        LogInProblems,
    ),
)]
#[post("/auth/login")]
async fn log_in(public: Public<LogIn>) -> Result<HttpResponse> {
    let LogInIn { username, password } = public.input()?;
    // An invalid username belongs to nobody, but is still looked up so that the answer takes the same time.
    let username = Username::parse(&username.trim().to_lowercase())
        .map_or_else(|_| "?".to_owned(), |name| name.as_str().to_owned());
    let now = public.now();

    let mut tx = public.write().await?;
    let throttled = register_attempt(&mut tx, &username, &public.client_address(), now).await?;
    let account = store::find_login(&mut tx, &username).await?;
    tx.commit().await?;
    let known = account.as_ref().map(|account| (account.person_id, account.municipality.clone()));
    if let Some(throttled) = throttled {
        public.note_refused(known);
        return Err(Problem::too_many_attempts(throttled.retry_after_seconds));
    }

    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let fits = public.passwords().verify(password, hash).await?;
    let account = account.filter(|account| fits && account.disabled_at.is_none());
    let Some(account) = account else {
        public.note_refused(known);
        return Err(Problem::new(Code::LoginFailed));
    };

    let mut tx = public.write().await?;
    forgive(&mut tx, &username, &public.client_address()).await?;
    let tokens = open_session(&mut tx, public.tokens(), account.person_id, now).await?;
    public.commit(tx, account.person_id, account.municipality).await?;
    public.show(&tokens_out(&tokens))
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
    let mut tx = public.write().await?;
    match refresh(&mut tx, public.tokens(), refresh_token.expose_secret(), public.now()).await? {
        Refreshed::Renewed(tokens) => {
            let municipality = store::municipality_of(&mut tx, tokens.person).await?;
            public.commit(tx, tokens.person, municipality).await?;
            public.show(&tokens_out(&tokens))
        }
        Refreshed::Reused(person) => {
            let municipality = store::municipality_of(&mut tx, person).await?;
            tx.commit().await?;
            public.note_refused(Some((person, municipality)));
            Err(Problem::new(Code::RefreshFailed))
        }
        Refreshed::Refused => {
            public.note_refused(None);
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

fn tokens_out(tokens: &NewTokens) -> TokensOut {
    TokensOut {
        access_token: tokens.access.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_in: tokens.expires_in,
        refresh_token: tokens.refresh.expose_secret().to_owned(),
    }
}
