//! The passkeys of the caller's own account.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;
use webauthn_rs::prelude::Passkey as Credential;

use super::{
    dto::FactorIn,
    passkey_dto::{NewPasskeyOut, PasskeyEndIn, PasskeyIn, PasskeyOut},
    store,
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{BeginPasskey, CreatePasskey, EndPasskey},
    },
    db::Tx,
    identity::{
        Attempt, Caller, MOST_PASSKEYS, Proven, RelyingParty, add_passkey, begin_new_passkey,
        end_other_sessions, factors_of, find_challenge, forget_devices_of, has_proven, hold_factors_of,
        mark_session, passkeys_of, prove_new_passkey, remove_passkey,
    },
    kernel::{
        Id,
        ids::{Passkey, Person, Session},
        text::Line,
        vocabulary::SecondFactorKind,
    },
    problem::{Code, Problem, Result, docs::WriteProblems},
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(begin_passkey).service(create_passkey).service(end_passkey);
}

/// Begins to add a passkey (WebAuthn), and returns a challenge for the authenticator.
#[utoipa::path(
    operation_id = "begin_passkey", tag = "accounts", request_body = FactorIn,
    responses(
        (status = 201, body = NewPasskeyOut, description = "The challenge, which this session can answer for 5 minutes"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/passkeys/begin")]
async fn begin_passkey(mut permit: Permit<BeginPasskey>) -> Result<HttpResponse, actix_web::Error> {
    let FactorIn { current_password } = permit.input()?;
    let (party, person) = (permit.relying_party()?, permit.caller().account);
    let hash = store::find_hash(permit.tx(), person).await.map_err(Problem::from)?;
    let permit = permit.ask_password(current_password, hash.clone(), "/current_password").await?;
    Ok(challenge(permit, &party, &hash.unwrap_or_default()).await?)
}

async fn challenge(
    mut permit: Permit<BeginPasskey>,
    party: &RelyingParty,
    password_hash: &str,
) -> Result<HttpResponse> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    hold_factors(tx, caller).await?;
    require_room(tx, caller.account).await?;
    let by = Proven { person: caller.account, municipality: &caller.municipality, password_hash };
    let new = begin_new_passkey(tx, party, by, (session_of(caller)?, &caller.name), moment.now).await?;
    permit.added(1, &NewPasskeyOut::try_from(new)?.whole()).await
}

/// Adds a passkey by the answer of the authenticator. Log-ins need a second factor from now on. If it is the first, all other sessions end.
///
/// The person must have unlocked the authenticator, by a PIN or a fingerprint (user verification). No attestation is asked for.
#[utoipa::path(
    operation_id = "create_passkey", tag = "accounts", request_body = PasskeyIn,
    responses(
        (status = 201, body = PasskeyOut, description = "The passkey"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/passkeys")]
async fn create_passkey(mut permit: Permit<CreatePasskey>) -> Result<HttpResponse, actix_web::Error> {
    let PasskeyIn { token, name, credential: answer } = permit.input()?;
    let (party, person) = (permit.relying_party()?, permit.caller().account);
    let session = session_of(permit.caller())?;
    let attempt = Attempt::at_own_code(permit.tx(), person).map_err(Problem::from)?;
    let mut credential = None;
    let check = async |tx: &mut Tx, now| {
        if let Some(challenge) = find_challenge(tx, &token, Some(session), now).await? {
            credential = prove_new_passkey(tx, &party, &challenge, &answer).await?;
        }
        Ok(credential.is_some())
    };
    let wrong = "does not answer a challenge of this session that is open: begin again";
    let permit = permit.ask_secret(attempt, check, Problem::field("/credential", wrong)).await?;
    let credential = credential.ok_or_else(|| Problem::internal("a passkey that was proven"))?;
    Ok(add(permit, &name, &credential).await?)
}

/// Sessions that began with the password alone may be those of a thief.
async fn add(
    mut permit: Permit<CreatePasskey>,
    name: &Line,
    credential: &Credential,
) -> Result<HttpResponse> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let (person, session, now) = (caller.account, session_of(caller)?, moment.now);
    let is_first = hold_factors(tx, caller).await?.is_empty();
    require_room(tx, person).await?;
    let added = add_passkey(tx, (person, &caller.municipality), name, credential, now).await?;
    let id = added.ok_or_else(|| Problem::conflict("the passkey is registered already"))?;
    if is_first {
        mark_session(tx, session, now).await?;
        end_other_sessions(tx, person, session, "password_changed", now).await?;
        forget_devices_of(tx, person).await?;
    }
    let own = passkeys_of(tx, person).await?.into_iter().find(|own| own.id == id);
    let out = PasskeyOut::from(own.ok_or_else(Problem::not_found)?);
    permit.note_shown([id]);
    permit.added(1, &out.whole()).await
}

/// Removes a passkey. Only a session that has proven a second factor can do it. Without another, log-ins need only the password.
#[utoipa::path(
    operation_id = "end_passkey", tag = "accounts", request_body = PasskeyEndIn,
    responses(
        (status = 204, description = "Removed"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/passkeys/end")]
async fn end_passkey(mut permit: Permit<EndPasskey>) -> Result<HttpResponse, actix_web::Error> {
    let PasskeyEndIn { passkey_id, current_password } = permit.input()?;
    let person = permit.caller().account;
    let hash = store::find_hash(permit.tx(), person).await.map_err(Problem::from)?;
    let permit = permit.ask_password(current_password, hash, "/current_password").await?;
    Ok(remove(permit, passkey_id).await?)
}

async fn remove(mut permit: Permit<EndPasskey>, id: Id<Passkey>) -> Result<HttpResponse> {
    let Parts { caller, tx, .. } = permit.parts();
    hold_factors(tx, caller).await?;
    if !remove_passkey(tx, caller.account, id).await? {
        return Err(Problem::field("/passkey_id", "is not a passkey of yours"));
    }
    permit.note_shown([id]);
    permit.done().await
}

/// Holds the second factors of the caller until the transaction ends, and returns them. Only a session that has proven one can change them:
/// a thief of the password could otherwise add one of their own.
pub(super) async fn hold_factors(tx: &mut Tx, caller: &Caller) -> Result<Vec<SecondFactorKind>> {
    hold_factors_of(tx, caller.account).await?;
    let is_proven = has_proven(tx, session_of(caller)?).await?;
    // It may have ended while this request waited.
    let is_proven = is_proven.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let factors = factors_of(tx, caller.account).await?;
    if is_proven || factors.is_empty() {
        return Ok(factors);
    }
    Err(Problem::conflict("this session has not proven the second factor: log in with it"))
}

fn session_of(caller: &Caller) -> Result<Id<Session>> {
    caller.session.ok_or_else(|| Problem::new(Code::Unauthenticated))
}

async fn require_room(tx: &mut Tx, person: Id<Person>) -> Result<()> {
    if passkeys_of(tx, person).await?.len() < MOST_PASSKEYS {
        return Ok(());
    }
    Err(Problem::conflict(format!("the account has {MOST_PASSKEYS} passkeys: remove one first")))
}
