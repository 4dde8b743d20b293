//! Activating accounts: two administrators make a code, and the person chooses a password with it.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    activations::{self, Open, Pending},
    code::{self, Half},
    dto::{ActivationIn, ActivationOut, ApprovalIn, ApprovalOut, NewActivationIn, TokensOut},
    session_routes::{standing, tokens_out},
    store,
    username::Username,
};
use crate::{
    access::{
        Parts, Permit, Public, Whole,
        actions::{ApproveActivation, CreateActivation},
        public::ActivateAccount,
    },
    db::Tx,
    identity::{
        Attempt, Checked, Visitor, are_same, check_attempt, end_sessions_of, find_person, forget_devices_of,
        hold_devices_of, open_session, record_attempt, remember_device, remove_passkeys_of,
        remove_second_factor, unlock,
    },
    kernel::ids::Person,
    problem::{
        Code, Problem, Result,
        docs::{LogInProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(create_activation).service(approve_activation).service(activate_account);
}

/// Asks for a new code for an account, with which the person chooses a new password. An earlier code ends.
///
/// Another administrator must approve it. Until it is used, nothing changes for the person, who sees it in `GET /v1/me`.
#[utoipa::path(
    operation_id = "create_activation", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("person_id" = Uuid, Path)), request_body = NewActivationIn,
    responses((status = 201, body = ActivationOut, description = "The first half of the code"), WriteProblems),
)]
#[post("/municipalities/{municipality}/accounts/{person_id}/activations")]
async fn create_activation(mut permit: Permit<CreateActivation>) -> Result<HttpResponse> {
    let NewActivationIn { username } = permit.input()?;
    let person = permit.path_id::<Person>("person_id")?;
    let Parts { object, caller, tx, moment } = permit.parts();
    let username = username.within(&object.number).map_err(|why| Problem::field("/username", why))?;
    let account = store::find_account(tx, person, &object.number).await?;
    let account = account.ok_or_else(Problem::not_found)?;
    if caller.is(person) {
        return Err(Problem::conflict("another administrator must ask for a code for your account"));
    }
    if account.disabled_at.is_some() {
        return Err(Problem::conflict("the account is disabled: enable it first"));
    }
    let made =
        activations::ask(tx, person, &object.number, &username, Some(caller.person), moment.now).await?;
    let made = made.ok_or_else(|| Problem::field("/username", "is taken in this municipality"))?;
    let out = ActivationOut::of(&made, person, &account.name, &username);
    permit.note_shown([person.to_string(), made.id.to_string()]);
    permit.added(1, &out.whole()).await
}

/// Approves a code that another administrator asked for, and returns its second half.
///
/// Approve only after you have seen the person's identity document, or send your half to their registered address. The national identity
/// number must be that of the account. Hand over your half yourself: the other administrator must not see it.
#[utoipa::path(
    operation_id = "approve_activation", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("activation_id" = Uuid, Path)), request_body = ApprovalIn,
    responses(
        (status = 201, body = ApprovalOut, description = "The second half of the code"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many wrong numbers; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/municipalities/{municipality}/activations/{activation_id}/approve")]
async fn approve_activation(mut permit: Permit<ApproveActivation>) -> Result<HttpResponse, actix_web::Error> {
    let ApprovalIn { national_id } = permit.input()?;
    pending(&mut permit).await?;
    let (municipality, person) = (permit.object().municipality.clone(), permit.object().for_person);
    let id = permit.object().id;
    let attempt = Attempt::at_approval(permit.tx(), id).map_err(Problem::from)?;
    let check = async |tx: &mut Tx, _| {
        Ok(match find_person(tx, &municipality, &national_id).await? {
            Some(known) => are_same(tx, known, person).await?,
            None => false,
        })
    };
    let wrong = Problem::field("/national_id", "is not that of the person whose account it is");
    let permit = permit.ask_secret(attempt, check, wrong).await?;
    Ok(approve(permit).await?)
}

async fn pending(permit: &mut Permit<ApproveActivation>) -> Result<Pending> {
    let Parts { object, tx, moment, .. } = permit.parts();
    let pending = activations::pending(tx, object.id, moment.now).await?;
    pending.ok_or_else(|| {
        Problem::conflict("the code is approved already, has ended, or its account is disabled")
    })
}

async fn approve(mut permit: Permit<ApproveActivation>) -> Result<HttpResponse> {
    let pending = pending(&mut permit).await?;
    let Parts { object, caller, tx, moment } = permit.parts();
    let half = activations::approve(tx, object.id, Some(caller.person), moment.now).await?;
    let (id, person) = (object.id, object.for_person);
    let out = ApprovalOut {
        id,
        person_id: person,
        second_half: half.printed(),
        expires_at: pending.expires_at,
        letter: code::second_letter(&pending.name, &half, pending.expires_at),
    };
    permit.note_shown([person.to_string(), id.to_string()]);
    permit.added(1, &out.whole()).await
}

/// Activates an account: the person chooses a password with the two halves of a code, and is logged in.
///
/// All earlier sessions end, and all devices are forgotten. A wrong username and a wrong code get the same answer in the same time.
#[utoipa::path(
    operation_id = "activate_account", tag = "sessions", request_body = ActivationIn,
    responses(
        (status = 200, body = TokensOut, description = "Tokens"),
        (status = 401, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The username or the code is wrong, or the code is no longer valid"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        LogInProblems,
    ),
)]
#[post("/activations")]
async fn activate_account(public: Public<ActivateAccount>) -> Result<HttpResponse> {
    let ActivationIn { username, first_half, second_half, new_password } = public.input()?;
    let username = Username::entered(&username);
    let (first, second) = (Half::typed(&first_half), Half::typed(&second_half));
    let (address, now) = (public.client_address(), public.now());
    let mut tx = public.read().await?;
    let open = activations::find_open(&mut tx, &username, now).await?;
    let attempt = Attempt::to_activate(&tx, &username, address)?;
    let Checked { waits, site_is_failing } = check_attempt(&mut tx, &attempt, now).await?;
    let is_right = match &open {
        Some(open) => open.is(&tx, &first, &second)?,
        None => false,
    };
    tx.rollback().await?;
    let person = open.as_ref().map(|open| (open.person_id, open.municipality.clone()));
    if let Some(waits) = waits {
        public.note_counted(person);
        return Err(Problem::too_many_attempts(waits.retry_after_seconds));
    }
    // The password is hashed whatever the code is, so that every attempt takes the same time, and a failure costs its sender as much.
    let visitor = Visitor { address, standing: standing(false, site_is_failing) };
    let hash = public.passwords().hash_for(new_password, &visitor).await?;
    let (mut tx, now) = (public.write().await?, public.now());
    let open = match open.filter(|_| is_right) {
        Some(open) => {
            hold_devices_of(&mut tx, open.person_id).await?;
            // It may have been used, or have ended, while this request waited.
            activations::find_open(&mut tx, &username, now).await?.filter(|now| now.id == open.id)
        }
        None => None,
    };
    let waits = record_attempt(&mut tx, &attempt, open.is_some(), now).await?;
    match open.filter(|_| waits.is_none()) {
        Some(open) => activate(&public, tx, &open, &username, &hash).await,
        None => {
            tx.commit().await?;
            if let Some(waits) = waits {
                public.note_counted(person);
                return Err(Problem::too_many_attempts(waits.retry_after_seconds));
            }
            public.note_refused(person);
            Err(Problem::new(Code::ActivationFailed))
        }
    }
}

/// Sets the password, ends what others may have of the account, and logs the person in.
async fn activate(
    public: &Public<ActivateAccount>,
    mut tx: Tx,
    open: &Open,
    username: &str,
    hash: &str,
) -> Result<HttpResponse> {
    let (person, now) = (open.person_id, public.now());
    if !activations::use_up(&mut tx, open, username, now).await? {
        return Err(Problem::new(Code::ActivationFailed));
    }
    store::set_hash(&mut tx, person, hash, now).await?;
    end_sessions_of(&mut tx, person, "password_changed", now).await?;
    forget_devices_of(&mut tx, person).await?;
    // A person who needs a code has often lost the phone too.
    remove_second_factor(&mut tx, person).await?;
    remove_passkeys_of(&mut tx, person).await?;
    unlock(&mut tx, person).await?;
    let device = remember_device(&mut tx, person, None, now).await?;
    let tokens = open_session(&mut tx, public.tokens(), person, now).await?;
    let by = [open.asked_by, open.approved_by].into_iter().flatten().map(|by| by.to_string());
    let about = std::iter::once(open.id.to_string()).chain(by).collect();
    public.commit_about(tx, person, open.municipality.clone(), about).await?;
    public.show(&tokens_out(&tokens, Some(&device)))
}
