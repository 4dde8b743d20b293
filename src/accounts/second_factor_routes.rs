//! The second factor of the caller's own account.

use actix_web::{HttpResponse, post};
use secrecy::ExposeSecret;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{FactorCodeIn, FactorEndIn, FactorIn, FactorOut, RecoveryCodesOut},
    store,
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{ConfirmSecondFactor, EndSecondFactor, EnrolSecondFactor},
    },
    identity::{
        confirm, enrol, find_second_factor, mark_session, remove_second_factor, use_app_code, use_code,
    },
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
    if find_second_factor(tx, caller.account).await?.is_some_and(|factor| factor.is_confirmed()) {
        return Err(Problem::conflict("the account has a second factor: end it first"));
    }
    let secret = enrol(tx, caller.account, &caller.municipality, moment.now).await?;
    let secret = secret.expose_secret().to_owned();
    let url = format!(
        "otpauth://totp/Stafett:{}?secret={secret}&issuer=Stafett&algorithm=SHA1&digits=6&period=30",
        caller.municipality
    );
    permit.added(1, &FactorOut { secret, url }.whole()).await
}

/// Confirms the second factor with a code of the app. Log-ins need one from now on.
#[utoipa::path(
    operation_id = "confirm_second_factor", tag = "accounts", request_body = FactorCodeIn,
    responses((status = 201, body = RecoveryCodesOut, description = "Recovery codes, which are shown only here"), WriteProblems),
)]
#[post("/me/second-factor/confirm")]
async fn confirm_second_factor(mut permit: Permit<ConfirmSecondFactor>) -> Result<HttpResponse> {
    let FactorCodeIn { code } = permit.input()?;
    let Parts { caller, tx, moment, .. } = permit.parts();
    let factor = find_second_factor(tx, caller.account).await?.filter(|factor| !factor.is_confirmed());
    let factor = factor.ok_or_else(|| Problem::conflict("there is no second factor to confirm"))?;
    if !use_app_code(tx, caller.account, &factor, &code, moment.now).await? {
        return Err(Problem::field("/code", "is not the code that the app shows now"));
    }
    let codes = confirm(tx, caller.account, moment.now).await?;
    if let Some(session) = caller.session {
        mark_session(tx, session, moment.now).await?;
    }
    let recovery_codes = codes.iter().map(|code| code.printed()).collect();
    permit.added(1, &RecoveryCodesOut { recovery_codes }.whole()).await
}

/// Ends the second factor. Log-ins need only the password from now on.
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
    let now = permit.moment().now;
    let factor = find_second_factor(permit.tx(), person).await.map_err(Problem::from)?;
    let factor = factor.ok_or_else(|| Problem::conflict("the account has no second factor"))?;
    let is_proven = !factor.is_confirmed()
        || use_code(permit.tx(), person, &factor, &code, now).await.map_err(Problem::from)?;
    if !is_proven {
        return Err(Problem::field(
            "/code",
            "is not a code of the app, or a recovery code, that is valid now",
        )
        .into());
    }
    remove_second_factor(permit.tx(), person).await.map_err(Problem::from)?;
    Ok(permit.done().await?)
}
