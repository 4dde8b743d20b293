//! `stafett user`: creates the first accounts on the server, and unlocks accounts.

use std::path::Path;

use clap::{Args, Subcommand};

use super::{
    DatabaseArgs, known_municipality, open,
    secrets::{NationalIdArgs, PasswordArgs},
    settings,
};
use crate::{
    access::{Entry, insert_entries},
    accounts::{self, NewAccount, Username},
    children::identify,
    db::Tx,
    fetch_optional,
    identity::{Passwords, unlock},
    kernel::{Clock, Id, ids::Unit, text::Line},
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
    /// Create an account. The national identity number and the password are never arguments, because others could see them.
    ///
    /// On a terminal, the command asks for both. Otherwise they are two lines of standard input, or files.
    #[command(after_help = EXAMPLE)]
    Create(CreateArgs),
    /// Unlock an account that must wait after failed log-ins.
    #[command(after_help = "Example:\n  stafett user unlock --municipality 4014 --username arne")]
    Unlock {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality that manages the account.
        #[arg(long, value_parser = values::municipality)]
        municipality: String,
        /// The username of the account.
        #[arg(long, value_parser = values::username)]
        username: Username,
    },
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
    /// The username to log in with.
    #[arg(long, value_parser = values::username)]
    username: Username,
    /// A role in a unit, as `UNIT_KEY:ROLE`. Can be repeated. Roles: worker, unit_leader, administrator, auditor, analyst. The keys:
    /// `stafett catalogue units`.
    #[arg(long = "role", value_name = "UNIT_KEY:ROLE", value_parser = values::role)]
    roles: Vec<RoleIn>,
    #[command(flatten)]
    national_id: NationalIdArgs,
    #[command(flatten)]
    password: PasswordArgs,
}

const FIND_UNIT: &str = "SELECT id FROM unit WHERE municipality = $1 AND key = $2";

pub(super) async fn run(config: Option<&Path>, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create(args) => create(config, args).await,
        UserCommand::Unlock { database, municipality, username } => {
            unlock_account(config, &database, &municipality, &username).await
        }
    }
}

async fn unlock_account(
    config: Option<&Path>,
    database: &DatabaseArgs,
    municipality: &str,
    username: &Username,
) -> Result<(), Failure> {
    let db = open(&settings(config, database)?).await?;
    let mut tx = db.write().await?;
    let found = accounts::find_person(&mut tx, username.as_str()).await?;
    let person = found.ok_or_else(|| format!("there is no account {}", username.as_str()))?;
    if !accounts::is_open(&mut tx, person, municipality).await? {
        return Err(format!("municipality {municipality} has no open account {}", username.as_str()).into());
    }
    unlock(&mut tx, person).await?;
    let mut entry = Entry::of_operator_in(municipality, "unlock_account", Clock::System.now());
    entry.shown = vec![person.to_string()];
    insert_entries(&mut tx, &[entry]).await?;
    tx.commit().await?;
    db.close().await;
    say!("{person}");
    Ok(())
}

async fn create(config: Option<&Path>, args: CreateArgs) -> Result<(), Failure> {
    let CreateArgs { database, municipality, name, username, roles, national_id, password } = args;
    let settings = settings(config, &database)?;
    let national_id = national_id.read()?;
    let password = password.read()?;
    let hash = Passwords::default().hash(password).await?;

    let db = open(&settings).await?;
    let now = Clock::System.now();
    let ends_on = organisation::latest_end(Clock::System.today());
    let mut tx = db.write().await?;
    known_municipality(&mut tx, &municipality).await?;
    let born = national_id.birth_date();
    let person = identify(&mut tx, &municipality, Some(&national_id), &name, born, now).await?;
    let account = NewAccount { person, name: &name, username: &username, password_hash: Some(&hash) };
    if !accounts::insert(&mut tx, account, now).await? {
        let taken = "is taken, or the person already has an account";
        return Err(Usage::of("--username", username.as_str(), taken).into());
    }
    let mut account = Entry::of_operator_in(&municipality, "create_account", now);
    account.shown = vec![person.to_string()];
    let mut entries = vec![account];
    for RoleIn { unit: key, role } in roles {
        let unit = find_unit(&mut tx, &municipality, &key).await?;
        let granted = organisation::grant(&mut tx, person, unit, role, ends_on, now).await?;
        granted.map_err(|why| Usage::of("--role", format!("{key}:{role}"), why))?;
        let mut granted = Entry::of_operator_in(&municipality, "grant_role", now);
        granted.shown = vec![person.to_string(), unit.to_string(), role.to_string()];
        entries.push(granted);
    }
    insert_entries(&mut tx, &entries).await?;
    tx.commit().await?;
    db.close().await;
    say!("{person}");
    Ok(())
}

async fn find_unit(tx: &mut Tx, municipality: &str, key: &str) -> Result<Id<Unit>, Failure> {
    let found = fetch_optional!(tx, (Id<Unit>,), FIND_UNIT, municipality, key)?;
    let wrong = format!(
        "municipality {municipality} has no unit with this key; `stafett catalogue units --municipality {municipality}` lists them"
    );
    let (unit,) = found.ok_or_else(|| Usage::of("--role", key, wrong))?;
    Ok(unit)
}
