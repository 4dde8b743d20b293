//! `stafett keys`: the keys that the texts of the database are sealed with.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{DatabaseArgs, Failure, open, settings, vault};
use crate::{
    config::Settings,
    db::{prune, reseal},
    housekeeping,
    vault::{KeyClass, KeyName, MasterKey},
};

/// What can be done to keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Print a new master key, to be kept in a file that only the service reads, apart from the database and the data keys.
    CreateMaster,
    /// List the data keys: of which municipality, for what, in how many generations.
    List,
    /// Make a new generation of each data key, and seal every text anew with it.
    Rotate {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Then wrap the data keys by the master key in this file; servers are started anew with it.
        #[arg(long, value_name = "FILE")]
        new_master_key_file: Option<PathBuf>,
    },
    /// Erase generations of data keys that are superseded and that no text is sealed with.
    Prune {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Erase all generations of a data key: what it has sealed is unreadable for ever, in every copy of the database.
    Erase {
        /// The number of the municipality.
        #[arg(long)]
        municipality: String,
        /// The sector whose texts are erased, or `people` for all names and numbers.
        #[arg(long, value_parser = class)]
        sector: KeyClass,
        /// Do it: it cannot be undone.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(config: Option<&Path>, command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::CreateMaster => println!("{}", MasterKey::random()?.to_text()),
        KeysCommand::List => {
            for (name, generations) in vault(&Settings::load(config)?)?.list() {
                println!("{name}: {generations}");
            }
        }
        KeysCommand::Rotate { database, new_master_key_file } => {
            rotate(config, &database, new_master_key_file.as_deref()).await?;
        }
        KeysCommand::Prune { database } => {
            let db = open(&settings(config, &database)?).await?;
            // A server that has not yet heard of a new key still seals with the old one.
            let erased = prune(&db, housekeeping::INTERVAL * 2).await?;
            db.close().await;
            println!("{erased} superseded keys were erased");
        }
        KeysCommand::Erase { municipality, sector, yes } => {
            let vault = vault(&Settings::load(config)?)?;
            let name = KeyName { municipality, class: sector };
            if !vault.list().iter().any(|(known, _)| *known == name) {
                return Err(format!("there is no key {name}").into());
            }
            if !yes {
                return Err(format!(
                    "all that {name} has sealed would be unreadable for ever, here and in every backup of the \
                     database; stop the servers, and say --yes to do it"
                )
                .into());
            }
            let erased = vault.erase_all(&name)?;
            println!("{name}: {erased} generations were erased; erase them from the backups of the keys too");
        }
    }
    Ok(())
}

async fn rotate(
    config: Option<&Path>,
    database: &DatabaseArgs,
    master: Option<&Path>,
) -> Result<(), Failure> {
    // Read before anything is done: a file that cannot be used changes nothing.
    let master = match master {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Some(MasterKey::parse(&text)?)
        }
        None => None,
    };
    let db = open(&settings(config, database)?).await?;
    let renewed = db.vault().renew()?;
    let resealed = reseal(&db).await?;
    println!("{renewed} new keys; {} texts were sealed anew", resealed.texts);
    if resealed.erased > 0 {
        println!("{} texts cannot be opened: their keys have been erased", resealed.erased);
    }
    if let Some(master) = master {
        let wrapped = db.vault().rewrap(&master)?;
        println!("{wrapped} keys are wrapped by the new master key; start the servers anew with it");
    }
    db.close().await;
    Ok(())
}

fn class(name: &str) -> Result<KeyClass, String> {
    KeyClass::named(name).ok_or_else(|| {
        "must be a sector (school, ppt, health, child_welfare, nav, other) or people".to_owned()
    })
}
