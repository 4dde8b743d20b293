//! `stafett user`: creates the first accounts on the server, and unlocks accounts.

use std::{io::Read, path::Path};

use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};

use super::{DatabaseArgs, open, settings};
use crate::{
    access::{Entry, insert_entries},
    accounts::{self, NewAccount, Username},
    children::identify,
    db::Tx,
    fetch_optional,
    identity::{Password, Passwords, unlock},
    kernel::{Clock, Id, NationalId, ids::Unit, text::Line, vocabulary::Role},
    organisation,
    terminal::Failure,
};

/// Operations on accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create an account. The password is read from standard input.
    Create(CreateArgs),
    /// Unlock an account that must wait after failed log-ins.
    Unlock {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality that manages the account.
        #[arg(long)]
        municipality: String,
        /// The username of the account.
        #[arg(long)]
        username: String,
    },
}

/// An account to create.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The number of the municipality that manages the account.
    #[arg(long)]
    municipality: String,
    /// The person's national identity number.
    #[arg(long)]
    national_id: String,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// The username to log in with.
    #[arg(long)]
    username: String,
    /// A role in a unit, as `UNIT_KEY:ROLE`. Can be repeated. Roles: worker, unit_leader,
    /// administrator, auditor, analyst.
    #[arg(long = "role", value_name = "UNIT_KEY:ROLE")]
    roles: Vec<String>,
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
    username: &str,
) -> Result<(), Failure> {
    let username =
        Username::parse(&username.to_lowercase()).map_err(|error| format!("--username {error}"))?;
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
    println!("{person}");
    Ok(())
}

async fn create(config: Option<&Path>, args: CreateArgs) -> Result<(), Failure> {
    let CreateArgs { database, municipality, national_id, name, username, roles } = args;
    let national_id = NationalId::parse(&national_id).map_err(|error| format!("--national-id {error}"))?;
    let name = Line::parse(&name).map_err(|error| format!("--name {error}"))?;
    let username = Username::parse(&username).map_err(|error| format!("--username {error}"))?;
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let password = SecretString::from(password.trim_end_matches(['\r', '\n']));
    let password =
        Password::parse(password.expose_secret()).map_err(|error| format!("the password {error}"))?;
    let hash = Passwords::default().hash(password).await?;

    let db = open(&settings(config, &database)?).await?;
    let now = Clock::System.now();
    let mut tx = db.write().await?;
    let born = national_id.birth_date();
    let person = identify(&mut tx, &municipality, Some(&national_id), &name, born, now).await?;
    let account = NewAccount { person, name: &name, username: &username, password_hash: &hash };
    if !accounts::insert(&mut tx, account, now).await? {
        return Err("the person already has an account, or the username is taken".into());
    }
    let mut account = Entry::of_operator_in(&municipality, "create_account", now);
    account.shown = vec![person.to_string()];
    let mut entries = vec![account];
    for role in &roles {
        let (unit, role) =
            role.split_once(':').ok_or_else(|| format!("--role {role}: the format is UNIT_KEY:ROLE"))?;
        let unit = find_unit(&mut tx, &municipality, unit).await?;
        let role = Role::try_from(role.to_owned()).map_err(|_| format!("{role} is not a role"))?;
        organisation::grant(&mut tx, person, unit, role, now).await?;
        let mut granted = Entry::of_operator_in(&municipality, "grant_role", now);
        granted.shown = vec![person.to_string(), unit.to_string(), role.to_string()];
        entries.push(granted);
    }
    insert_entries(&mut tx, &entries).await?;
    tx.commit().await?;
    db.close().await;
    println!("{person}");
    Ok(())
}

async fn find_unit(tx: &mut Tx, municipality: &str, key: &str) -> Result<Id<Unit>, Failure> {
    let found = fetch_optional!(tx, (Id<Unit>,), FIND_UNIT, municipality, key)?;
    let (unit,) =
        found.ok_or_else(|| format!("municipality {municipality} has no unit with the key {key}"))?;
    Ok(unit)
}
