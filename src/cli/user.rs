//! `stafett user`: creates the first accounts on the server, and unlocks accounts.

use std::path::Path;

use clap::{Args, Subcommand};

use super::{DatabaseArgs, known_municipality, open, secrets::NationalIdArgs, settings};
use crate::{
    access::{Entry, insert_entries, objects::UnitObject},
    accounts::{self, ChosenUsername, NewAccount, OperatorCode, TypedUsername, Username},
    children::identify,
    db::Tx,
    fetch_optional,
    identity::{find_person, unlock},
    kernel::{
        Clock, Id,
        ids::{Person, Unit},
        text::Line,
    },
    organisation,
    terminal::{
        Failure, Usage,
        output::say,
        values::{self, RoleIn},
    },
};

const EXAMPLE: &str = "\
Example:
  stafett user create --municipality 4014 --name 'Arne Lie' --username arne --role oppvekst:administrator";

/// Operations on accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create an account, and print the two halves of the code with which the person chooses a password.
    ///
    /// The national identity number is never an argument, because others could see it. On a terminal, the command asks for it.
    /// Otherwise it is a line of standard input, or a file.
    #[command(after_help = EXAMPLE)]
    Create(CreateArgs),
    /// Make a new code for a person who cannot log in: it replaces the password and removes the second factor.
    ///
    /// Administrators do this over the API. This is for a municipality that has none who can. The person is found by their national
    /// identity number, which is read as in `create`. The username can be a new one.
    #[command(after_help = "Example:\n  stafett user reset --municipality 4014 --username arne")]
    Reset(ResetArgs),
    /// Grant a role for a year, or extend it to a year from now.
    #[command(
        after_help = "Example:\n  stafett user grant --municipality 4014 --username arne --role oppvekst:administrator"
    )]
    Grant {
        #[command(flatten)]
        account: AccountArgs,
        /// A role in a unit, as `UNIT_KEY:ROLE`. Can be repeated.
        #[arg(long = "role", value_name = "UNIT_KEY:ROLE", value_parser = values::role, required = true)]
        roles: Vec<RoleIn>,
    },
    /// Unlock an account that must wait after failed log-ins.
    #[command(after_help = "Example:\n  stafett user unlock --municipality 4014 --username arne")]
    Unlock(AccountArgs),
}

/// A person with an account.
#[derive(Debug, Args)]
pub(super) struct ResetArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The number of the municipality that manages the account.
    #[arg(long, value_parser = values::municipality)]
    municipality: String,
    /// The name that the account gets, or has. The service adds `@` and the number of the municipality.
    #[arg(long, value_parser = values::new_username)]
    username: ChosenUsername,
    #[command(flatten)]
    national_id: NationalIdArgs,
}

/// An account that exists.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The number of the municipality that manages the account.
    #[arg(long, value_parser = values::municipality)]
    municipality: String,
    /// The username of the account, such as `arne@4014`. Without its municipality it is one of `--municipality`.
    #[arg(long, value_parser = values::username)]
    username: TypedUsername,
}

/// The account.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The number of the municipality that manages the account.
    #[arg(long, value_parser = values::municipality)]
    municipality: String,
    /// The person's name.
    #[arg(long, value_parser = values::name)]
    name: Line,
    /// The name to log in with. The service adds `@` and the number of the municipality.
    #[arg(long, value_parser = values::new_username)]
    username: ChosenUsername,
    /// A role in a unit, as `UNIT_KEY:ROLE`. Can be repeated. Roles: worker, unit_leader, administrator, auditor, analyst. The keys:
    /// `stafett catalogue units`.
    #[arg(long = "role", value_name = "UNIT_KEY:ROLE", value_parser = values::role)]
    roles: Vec<RoleIn>,
    #[command(flatten)]
    national_id: NationalIdArgs,
}

const FIND_UNIT: &str = "SELECT id FROM unit WHERE municipality = $1 AND key = $2";

pub(super) async fn run(config: Option<&Path>, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create(args) => create(config, args).await,
        UserCommand::Reset(args) => reset(config, args).await,
        UserCommand::Grant { account, roles } => grant(config, account, roles).await,
        UserCommand::Unlock(args) => unlock_account(config, args).await,
    }
}

/// Returns the person of an account that is not disabled.
async fn find_open(tx: &mut Tx, municipality: &str, username: &TypedUsername) -> Result<Id<Person>, Failure> {
    if let Some(person) = accounts::find_person_within(tx, username, municipality).await?
        && accounts::is_open(tx, person, municipality).await?
    {
        return Ok(person);
    }
    Err(format!("municipality {municipality} has no open account {}", username.as_str()).into())
}

/// Returns the whole username.
fn within(chosen: &ChosenUsername, municipality: &str) -> Result<Username, Failure> {
    let whole = chosen.within(municipality);
    Ok(whole.map_err(|why| Usage::of("--username", chosen.name(), why))?)
}

async fn reset(config: Option<&Path>, args: ResetArgs) -> Result<(), Failure> {
    let ResetArgs { database, municipality, username, national_id } = args;
    let username = within(&username, &municipality)?;
    let settings = settings(config, &database)?;
    let number = national_id.read(settings.synthetic_ids())?;
    let db = open(&settings).await?;
    let mut tx = db.write().await?;
    let found = find_person(&mut tx, &municipality, &number).await?;
    let human = found.ok_or_else(|| no_account(&municipality))?;
    let open = accounts::find_open_of(&mut tx, human, &municipality, username.as_str()).await?;
    let person = open.ok_or_else(|| no_account(&municipality))?;
    let (code, entry) = make_code(&mut tx, person, &municipality, &username).await?;
    insert_entries(&mut tx, &[entry]).await?;
    tx.commit().await?;
    db.close().await;
    print_code(person, &username, &code);
    Ok(())
}

fn no_account(municipality: &str) -> Failure {
    format!("municipality {municipality} has no open account of a person with this number").into()
}

async fn grant(config: Option<&Path>, account: AccountArgs, roles: Vec<RoleIn>) -> Result<(), Failure> {
    let AccountArgs { database, municipality, username } = account;
    let db = open(&settings(config, &database)?).await?;
    let mut tx = db.write().await?;
    let person = find_open(&mut tx, &municipality, &username).await?;
    let entries = grant_all(&mut tx, person, &municipality, roles).await?;
    insert_entries(&mut tx, &entries).await?;
    tx.commit().await?;
    db.close().await;
    say!("person: {person}");
    Ok(())
}

/// Grants roles for a year, and returns their entries for the access log.
async fn grant_all(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
    roles: Vec<RoleIn>,
) -> Result<Vec<Entry>, Failure> {
    let (now, ends_on) = (Clock::System.now(), organisation::latest_end(Clock::System.today()));
    let mut entries = Vec::new();
    for RoleIn { unit: key, role } in roles {
        let unit = find_unit(tx, municipality, &key).await?;
        let granted = organisation::grant_or_extend(tx, person, &unit, role, ends_on, now).await?;
        granted.map_err(|why| Usage::of("--role", format!("{key}:{role}"), why))?;
        let mut granted = Entry::of_operator_in(municipality, "grant_role", now);
        granted.shown = vec![person.to_string(), unit.id.to_string(), role.to_string()];
        entries.push(granted);
    }
    Ok(entries)
}

/// Makes a code for an account, with its entry for the access log.
async fn make_code(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
    username: &Username,
) -> Result<(OperatorCode, Entry), Failure> {
    let now = Clock::System.now();
    let made = accounts::make_for_operator(tx, person, municipality, username, now).await?;
    let code = made.ok_or_else(|| Usage::of("--username", username.as_str(), "is taken"))?;
    let mut entry = Entry::of_operator_in(municipality, "create_activation", now);
    entry.shown = vec![person.to_string(), code.id.to_string()];
    Ok((code, entry))
}

fn print_code(person: Id<Person>, username: &Username, code: &OperatorCode) {
    let [first, second] = &code.halves;
    say!("person: {person}");
    say!("username: {}", username.as_str());
    say!("first half: {first}");
    say!("second half: {second}");
    say!("valid until: {}", code.expires_at.format("%Y-%m-%dT%H:%M:%SZ"));
}

async fn unlock_account(config: Option<&Path>, args: AccountArgs) -> Result<(), Failure> {
    let AccountArgs { database, municipality, username } = args;
    let db = open(&settings(config, &database)?).await?;
    let mut tx = db.write().await?;
    let person = find_open(&mut tx, &municipality, &username).await?;
    unlock(&mut tx, person).await?;
    let mut entry = Entry::of_operator_in(&municipality, "unlock_account", Clock::System.now());
    entry.shown = vec![person.to_string()];
    insert_entries(&mut tx, &[entry]).await?;
    tx.commit().await?;
    db.close().await;
    say!("person: {person}");
    Ok(())
}

async fn create(config: Option<&Path>, args: CreateArgs) -> Result<(), Failure> {
    let CreateArgs { database, municipality, name, username, roles, national_id } = args;
    let username = within(&username, &municipality)?;
    let settings = settings(config, &database)?;
    let national_id = national_id.read(settings.synthetic_ids())?;

    let db = open(&settings).await?;
    let now = Clock::System.now();
    let mut tx = db.write().await?;
    known_municipality(&mut tx, &municipality).await?;
    let born = national_id.birth_date();
    let person = identify(&mut tx, &municipality, Some(&national_id), &name, born, now).await?;
    let account = NewAccount { person, name: &name, username: &username, password_hash: None };
    if !accounts::insert(&mut tx, account, now).await? {
        let taken = "is taken, or the person already has an account";
        return Err(Usage::of("--username", username.as_str(), taken).into());
    }
    let mut account = Entry::of_operator_in(&municipality, "create_account", now);
    account.shown = vec![person.to_string()];
    let (code, made) = make_code(&mut tx, person, &municipality, &username).await?;
    let mut entries = vec![account, made];
    entries.extend(grant_all(&mut tx, person, &municipality, roles).await?);
    insert_entries(&mut tx, &entries).await?;
    tx.commit().await?;
    db.close().await;
    print_code(person, &username, &code);
    Ok(())
}

async fn find_unit(tx: &mut Tx, municipality: &str, key: &str) -> Result<UnitObject, Failure> {
    let found = fetch_optional!(tx, (Id<Unit>,), FIND_UNIT, municipality, key)?;
    let wrong = format!(
        "municipality {municipality} has no unit with this key; `stafett catalogue units --municipality {municipality}` lists them"
    );
    let (unit,) = found.ok_or_else(|| Usage::of("--role", key, wrong))?;
    let unit = UnitObject::of_id(tx, unit).await?;
    unit.ok_or_else(|| "the unit was removed meanwhile".into())
}
