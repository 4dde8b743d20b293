//! The codes of an app that are a second factor of the caller's own account.

use actix_web::{HttpResponse, post};
use reqwest::Url;
use secrecy::ExposeSecret;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{FactorCodeIn, FactorEndIn, FactorIn, FactorOut, RecoveryCodesOut},
    passkey_routes::hold_factors,
    store,
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{ConfirmSecondFactor, EndSecondFactor, EnrolSecondFactor},
    },
    db::Tx,
    identity::{
        Attempt, CodeUse, confirm, end_other_sessions, enrol, find_second_factor, forget_devices_of,
        mark_session, remove_second_factor, use_app_code, use_code,
    },
    kernel::{Id, ids::Person},
    problem::{Problem, Result, docs::WriteProblems},
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(enrol_second_factor).service(confirm_second_factor).service(end_second_factor);
}

/// Makes a secret for an app that shows codes (TOTP, RFC 6238). Log-ins need it once a code has confirmed it.
#[utoipa::path(
    operation_id = "enrol_second_factor", tag = "accounts", request_body = FactorIn,
    responses(
        (status = 201, body = FactorOut, description = "The secret, which is shown only here"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/second-factor")]
async fn enrol_second_factor(
    mut permit: Permit<EnrolSecondFactor>,
) -> Result<HttpResponse, actix_web::Error> {
    let FactorIn { current_password } = permit.input()?;
    let person = permit.caller().account;
    let hash = store::find_hash(permit.tx(), person).await.map_err(Problem::from)?;
    let permit = permit.ask_password(current_password, hash, "/current_password").await?;
    Ok(add_factor(permit).await?)
}

async fn add_factor(mut permit: Permit<EnrolSecondFactor>) -> Result<HttpResponse> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    hold_factors(tx, caller).await?;
    if find_second_factor(tx, caller.account).await?.is_some_and(|factor| factor.is_confirmed()) {
        return Err(Problem::conflict("the account has a second factor: end it first"));
    }
    let secret = enrol(tx, caller.account, &caller.municipality, moment.now).await?;
    let secret = secret.expose_secret().to_owned();
    let url = key_uri(&caller.name, &secret).ok_or_else(|| Problem::internal("the address of an app"))?;
    permit.added(1, &FactorOut { secret, url }.whole()).await
}

/// Returns the address with which an app takes the secret over. The app shows the issuer and the name: the username is not stored.
fn key_uri(name: &str, secret: &str) -> Option<String> {
    let mut uri = Url::parse("otpauth://totp").ok()?;
    uri.path_segments_mut().ok()?.push(&format!("Stafett:{name}"));
    let fields =
        [("secret", secret), ("issuer", "Stafett"), ("algorithm", "SHA1"), ("digits", "6"), ("period", "30")];
    uri.query_pairs_mut().extend_pairs(fields);
    Some(uri.into())
}

/// Confirms the second factor with a code of the app. Log-ins need a second factor from now on, and all other sessions end.
#[utoipa::path(
    operation_id = "confirm_second_factor", tag = "accounts", request_body = FactorCodeIn,
    responses(
        (status = 201, body = RecoveryCodesOut, description = "Recovery codes, which are shown only here"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/second-factor/confirm")]
async fn confirm_second_factor(
    mut permit: Permit<ConfirmSecondFactor>,
) -> Result<HttpResponse, actix_web::Error> {
    let FactorCodeIn { code } = permit.input()?;
    let person = permit.caller().account;
    unconfirmed(permit.tx(), person).await?;
    let attempt = Attempt::at_own_code(permit.tx(), person).map_err(Problem::from)?;
    let check = async |tx: &mut Tx, now| match find_second_factor(tx, person).await? {
        Some(factor) if !factor.is_confirmed() => {
            Ok(use_app_code(tx, person, &factor, &code, now).await? == CodeUse::Accepted)
        }
        _ => Ok(false),
    };
    let wrong = Problem::field("/code", "is not the code that the app shows now");
    let permit = permit.ask_secret(attempt, check, wrong).await?;
    Ok(require_from_now_on(permit).await?)
}

async fn unconfirmed(tx: &mut Tx, person: Id<Person>) -> Result<()> {
    let factor = find_second_factor(tx, person).await?.filter(|factor| !factor.is_confirmed());
    factor.map(drop).ok_or_else(|| Problem::conflict("there is no second factor to confirm"))
}

/// Sessions that began with the password alone may be those of a thief.
async fn require_from_now_on(mut permit: Permit<ConfirmSecondFactor>) -> Result<HttpResponse> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    hold_factors(tx, caller).await?;
    unconfirmed(tx, caller.account).await?;
    let codes = confirm(tx, caller.account, moment.now).await?;
    if let Some(session) = caller.session {
        mark_session(tx, session, moment.now).await?;
        end_other_sessions(tx, caller.account, session, "password_changed", moment.now).await?;
        forget_devices_of(tx, caller.account).await?;
    }
    let recovery_codes = codes.iter().map(|code| code.printed()).collect();
    permit.added(1, &RecoveryCodesOut { recovery_codes }.whole()).await
}

/// Ends the codes. Without a passkey, log-ins need only the password from now on. Only a session that has proven a second factor can end them.
#[utoipa::path(
    operation_id = "end_second_factor", tag = "accounts", request_body = FactorEndIn,
    responses(
        (status = 204, description = "Ended"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/second-factor/end")]
async fn end_second_factor(mut permit: Permit<EndSecondFactor>) -> Result<HttpResponse, actix_web::Error> {
    let FactorEndIn { current_password, code } = permit.input()?;
    let person = permit.caller().account;
    let hash = store::find_hash(permit.tx(), person).await.map_err(Problem::from)?;
    let mut permit = permit.ask_password(current_password, hash, "/current_password").await?;
    require_factor(&mut permit).await?;
    let attempt = Attempt::at_own_code(permit.tx(), person).map_err(Problem::from)?;
    let check = async |tx: &mut Tx, now| match find_second_factor(tx, person).await? {
        Some(factor) if factor.is_confirmed() => {
            Ok(use_code(tx, person, &factor, &code, now).await? == CodeUse::Accepted)
        }
        factor => Ok(factor.is_some()),
    };
    let wrong = "is not a code of the app, or a recovery code, that is valid now; each works once";
    let wrong = Problem::field("/code", wrong);
    let mut permit = permit.ask_secret(attempt, check, wrong).await?;
    require_factor(&mut permit).await?;
    remove_second_factor(permit.tx(), person).await.map_err(Problem::from)?;
    Ok(permit.done().await?)
}

/// A second factor that the session has proven, or one that nobody has confirmed yet.
async fn require_factor(permit: &mut Permit<EndSecondFactor>) -> Result<()> {
    let Parts { caller, tx, .. } = permit.parts();
    hold_factors(tx, caller).await?;
    let factor = find_second_factor(tx, caller.account).await?;
    factor.map(drop).ok_or_else(|| Problem::conflict("the account has no second factor of codes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_shows_the_issuer_and_whose_account_it_is() {
        let uri = key_uri("Åse Moe/Ås?", "GEZDGNBV").expect("an address");
        let rest = "?secret=GEZDGNBV&issuer=Stafett&algorithm=SHA1&digits=6&period=30";
        assert_eq!(uri, format!("otpauth://totp/Stafett:%C3%85se%20Moe%2F%C3%85s%3F{rest}"));
    }
}
