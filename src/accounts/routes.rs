//! The caller's own account, and the accounts that administrators manage.

use std::cmp::Reverse;

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    activation_routes, activations,
    dto::{AccountIn, AccountOut, ActivationOut, MeOut, OwnRole, PasswordChange},
    listing, names, passkey_routes, second_factor_routes, store,
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{ChangePassword, CreateAccount, DisableAccount, EnableAccount, ReadMe, UnlockAccount},
    },
    children::identify,
    db::dialect,
    handovers, identities,
    identity::{end_sessions_of, factors_of, forget_devices_of, passkeys_of, unlock_for_administrator},
    kernel::{Id, ids::Person},
    organisation,
    problem::{
        Code, Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    activation_routes::configure(config);
    listing::configure(config);
    names::configure(config);
    passkey_routes::configure(config);
    second_factor_routes::configure(config);
    config
        .service(read_me)
        .service(change_password)
        .service(create_account)
        .service(disable_account)
        .service(enable_account)
        .service(unlock_account);
}

/// Returns the caller's identity and current roles.
#[utoipa::path(
    operation_id = "read_me", tag = "accounts",
    responses((status = 200, body = MeOut, description = "The caller"), ReadProblems),
)]
#[get("/me")]
async fn read_me(mut permit: Permit<ReadMe>) -> Result<HttpResponse> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let (mut activations, mut added_numbers, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for person in caller.persons() {
        activations.extend(activations::list_of(tx, person, moment.now).await?);
        added_numbers.extend(identities::added_to(tx, person).await?);
        names.extend(names::list_of(tx, person).await?);
    }
    activations.sort_by_key(|code| Reverse(code.asked_at));
    added_numbers.sort_by_key(|number| Reverse(number.added_at));
    names.sort_by_key(|name| Reverse(name.corrected_at));
    let has_second_factor = !factors_of(tx, caller.account).await?.is_empty();
    let passkeys = passkeys_of(tx, caller.account).await?;
    let roles = caller.roles.iter().map(|seat| OwnRole {
        unit_id: seat.unit_id,
        unit_name: seat.unit_name.clone(),
        sector: seat.sector,
        municipality: seat.municipality.clone(),
        role: seat.role,
    });
    let me = MeOut {
        person_id: caller.account,
        name: caller.name.clone(),
        municipality: caller.municipality.clone(),
        roles: roles.collect(),
        activations,
        added_numbers,
        name_corrections: names,
        has_second_factor,
        passkeys: passkeys.into_iter().map(Into::into).collect(),
        lacks_second_factor: caller.lacks_second_factor,
    };
    permit.show(&me.whole())
}

/// Changes the caller's password and ends all their sessions, including this one.
#[utoipa::path(
    operation_id = "change_password", tag = "accounts", request_body = PasswordChange,
    responses(
        (status = 204, description = "The password is changed; log in again"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many attempts; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/me/password")]
async fn change_password(mut permit: Permit<ChangePassword>) -> Result<HttpResponse, actix_web::Error> {
    let PasswordChange { current_password, new_password } = permit.input()?;
    let person = permit.caller().account;
    let before = store::find_hash(permit.tx(), person).await.map_err(Problem::from)?;
    let permit = permit.ask_password(current_password, before.clone(), "/current_password").await?;
    let (mut permit, hash) = permit.hash_password(new_password).await?;
    if store::find_hash(permit.tx(), person).await.map_err(Problem::from)? != before {
        return Err(Problem::conflict("the password was changed by another request").into());
    }
    let now = permit.moment().now;
    store::set_hash(permit.tx(), person, &hash, now).await.map_err(Problem::from)?;
    activations::end_of(permit.tx(), person, now).await.map_err(Problem::from)?;
    end_sessions_of(permit.tx(), person, "password_changed", now).await.map_err(Problem::from)?;
    forget_devices_of(permit.tx(), person).await.map_err(Problem::from)?;
    Ok(permit.done().await?)
}

/// Creates an account for a staff member, a guardian or a young person, and asks for the code with which the person activates it.
///
/// Nobody but the person ever knows the password. The code has two halves: the answer has the first, and another administrator must
/// approve the code and gets the second. A person who has an account, disabled or not, gets no other. The answer does not reveal whether the person is registered as a guardian or a child.
#[utoipa::path(
    operation_id = "create_account", tag = "accounts", params(("municipality" = String, Path, example = "4014")),
    request_body = AccountIn,
    responses((status = 201, body = AccountOut, description = "The account"), WriteProblems),
)]
#[post("/municipalities/{municipality}/accounts")]
async fn create_account(mut permit: Permit<CreateAccount>) -> Result<HttpResponse> {
    let AccountIn { national_id, name, username } = permit.input()?;
    let Parts { object, caller, tx, moment } = permit.parts();
    let (now, born) = (moment.now, national_id.birth_date());
    let username = username.within(&object.number).map_err(|why| Problem::field("/username", why))?;
    let person = identify(tx, &object.number, Some(&national_id), &name, born, now).await?;
    if caller.is(person) {
        return Err(Problem::conflict("you have an account"));
    }
    let account = store::NewAccount { person, name: &name, username: &username, password_hash: None };
    let known = || Problem::conflict("the person already has an account");
    let taken = || Problem::field("/username", "is taken in this municipality");
    if store::has_account(tx, person).await? {
        return Err(known());
    }
    if !store::insert(tx, account, now).await? {
        // Another request may have made the account meanwhile.
        return Err(if store::has_account(tx, person).await? { known() } else { taken() });
    }
    let made = activations::ask(tx, person, &object.number, &username, Some(caller.person), now).await?;
    let made = made.ok_or_else(taken)?;
    let activation = ActivationOut::of(&made, person, &name, &username);
    permit.note_shown([person.to_string(), made.id.to_string()]);
    let username = username.as_str().to_owned();
    let out = AccountOut { person_id: person, username, created_at: now, activation };
    permit.added(1, &out.whole()).await
}

/// Disables an account. Its sessions end at once, and the unit leader becomes contact person of its cases until it is enabled.
///
/// Roles and seats on teams are kept, but count for nothing until the account is enabled. If the person has several accounts in the
/// municipality, since it found out that two people are one, all of them are disabled.
#[utoipa::path(
    operation_id = "disable_account", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("person_id" = Uuid, Path)),
    responses((status = 204, description = "Closed"), WriteProblems),
)]
#[post("/municipalities/{municipality}/accounts/{person_id}/disable")]
async fn disable_account(mut permit: Permit<DisableAccount>) -> Result<HttpResponse> {
    let person = permit.path_id::<Person>("person_id")?;
    let municipality = permit.object().number.clone();
    if permit.caller().is(person) {
        return Err(Problem::conflict(
            "you cannot disable your own account: another administrator must do it",
        ));
    }
    let accounts = store::open_accounts_of(permit.tx(), person, &municipality).await?;
    if !accounts.contains(&person) {
        return Err(Problem::new(Code::NotFound));
    }
    for account in &accounts {
        close(&mut permit, &municipality, *account).await?;
    }
    permit.note_shown(accounts);
    permit.done().await
}

async fn close(permit: &mut Permit<DisableAccount>, municipality: &str, person: Id<Person>) -> Result<()> {
    let (caller, moment) = (permit.caller().person, permit.moment());
    let tx = permit.tx();
    // Log-ins and codes of the person finish before this, or see it.
    dialect::lock(tx, person.uuid()).await?;
    if !store::disable(tx, person, municipality, moment.now).await? {
        return Err(Problem::new(Code::NotFound));
    }
    end_sessions_of(tx, person, "account_disabled", moment.now).await?;
    forget_devices_of(tx, person).await?;
    activations::end_of(tx, person, moment.now).await?;
    Ok(organisation::pass_on_batons_of(tx, person, caller, moment).await?)
}

/// Enables a disabled account. Its roles and seats count again, and its password works again.
///
/// The person gets the batons back that were passed on when the account was disabled, if nobody has handed them over since and the person
/// may still hold them. If someone else may know the password, ask for a new code.
#[utoipa::path(
    operation_id = "enable_account", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("person_id" = Uuid, Path)),
    responses((status = 204, description = "Enabled"), WriteProblems),
)]
#[post("/municipalities/{municipality}/accounts/{person_id}/enable")]
async fn enable_account(mut permit: Permit<EnableAccount>) -> Result<HttpResponse> {
    let person = permit.path_id::<Person>("person_id")?;
    let municipality = permit.object().number.clone();
    let account = store::find_account(permit.tx(), person, &municipality).await?;
    let disabled_at = account.ok_or_else(Problem::not_found)?.disabled_at;
    let (true, Some(since)) = (store::enable(permit.tx(), person).await?, disabled_at) else {
        return Err(Problem::conflict("the account is not disabled"));
    };
    let (caller, moment) = (permit.caller().person, permit.moment());
    handovers::give_back(permit.tx(), person, since, caller, moment).await?;
    permit.note_shown([person]);
    permit.done().await
}

/// Unlocks an account that must wait after failed log-ins. Its failures are forgotten, at every address.
///
/// The account can be tried again at once. If strangers go on trying it, they lock it again for devices that it does not know.
/// An account can be unlocked three times in a day.
#[utoipa::path(
    operation_id = "unlock_account", tag = "accounts",
    params(("municipality" = String, Path, example = "4014"), ("person_id" = Uuid, Path)),
    responses(
        (status = 204, description = "Unlocked"),
        (status = 429, body = crate::problem::ProblemDocument, content_type = "application/problem+json", description = "The account was unlocked too often; wait the number of seconds in `Retry-After`"),
        WriteProblems,
    ),
)]
#[post("/municipalities/{municipality}/accounts/{person_id}/unlock")]
async fn unlock_account(mut permit: Permit<UnlockAccount>) -> Result<HttpResponse> {
    let person = permit.path_id::<Person>("person_id")?;
    let municipality = permit.object().number.clone();
    if !store::is_open(permit.tx(), person, &municipality).await? {
        return Err(Problem::new(Code::NotFound));
    }
    let now = permit.moment().now;
    if let Some(waits) = unlock_for_administrator(permit.tx(), person, now).await? {
        return Err(Problem::too_many_attempts(waits.retry_after_seconds));
    }
    permit.note_shown([person]);
    permit.done().await
}
