//! `stafett keys`: the keys that the texts of the database are sealed with.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use secrecy::ExposeSecret;

use super::{DatabaseArgs, Failure, note, open, settings, vault};
use crate::{
    access::Entry,
    config::Settings,
    db::{Db, migrate, prune, reseal},
    housekeeping,
    kernel::Clock,
    vault::{KeyClass, KeyName, MasterKey, Vault},
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
        #[command(flatten)]
        database: DatabaseArgs,
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
            note_for_all(&db, "prune_keys").await?;
            // A server that has not yet heard of a new key still seals with the old one.
            let erased = prune(&db, housekeeping::INTERVAL * 2).await?;
            db.close().await;
            println!("{erased} superseded keys were erased");
        }
        KeysCommand::Erase { database, municipality, sector, yes } => {
            erase(config, &database, KeyName { municipality, class: sector }, yes).await?;
        }
    }
    Ok(())
}

async fn rotate(
    config: Option<&Path>,
    database: &DatabaseArgs,
    master: Option<&Path>,
) -> Result<(), Failure> {
    let settings = settings(config, database)?;
    let master = master.map(read_master).transpose()?;
    let is_new = master.is_some();
    let url = settings.database_url()?;
    let old = MasterKey::parse(settings.master_key()?.expose_secret())?;
    let vault = Vault::open_either(settings.keys_folder()?, old, master)?;
    let db = Db::open(url.expose_secret(), settings.connections, vault).await?;
    migrate(&db).await?;
    note_for_all(&db, "rotate_keys").await?;
    let renewed = db.vault().renew()?;
    let resealed = reseal(&db).await?;
    println!("{renewed} new keys; {} texts were sealed anew", resealed.texts);
    if resealed.erased > 0 {
        println!("{} texts cannot be opened: their keys have been erased", resealed.erased);
    }
    if is_new {
        let wrapped = db.vault().rewrap()?;
        println!("{wrapped} keys are wrapped by the new master key; start the servers anew with it");
    }
    db.close().await;
    Ok(())
}

fn read_master(path: &Path) -> Result<MasterKey, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(MasterKey::parse(&text)?)
}

async fn erase(
    config: Option<&Path>,
    database: &DatabaseArgs,
    name: KeyName,
    yes: bool,
) -> Result<(), Failure> {
    let db = open(&settings(config, database)?).await?;
    if !db.vault().list().iter().any(|(known, _)| *known == name) {
        return Err(format!("there is no key {name}").into());
    }
    if !yes {
        return Err(format!(
            "all that {name} has sealed would be unreadable for ever, here and in every backup of the database; stop the \
             servers, and say --yes to do it"
        )
        .into());
    }
    let mut entry = Entry::of_operator_in(&name.municipality, "erase_key", Clock::System.now());
    entry.shown = vec![name.class.to_string()];
    note(&db, [entry]).await?;
    let erased = db.vault().erase_all(&name)?;
    db.close().await;
    println!("{name}: {erased} generations were erased; erase them from the backups of the keys too");
    Ok(())
}

/// What is done to all keys is in the log of each municipality that has any.
async fn note_for_all(db: &Db, action: &'static str) -> Result<(), Failure> {
    let now = Clock::System.now();
    let mut municipalities: Vec<String> =
        db.vault().list().into_iter().map(|(name, _)| name.municipality).collect();
    municipalities.dedup();
    note(db, municipalities.iter().map(|municipality| Entry::of_operator_in(municipality, action, now))).await
}

fn class(name: &str) -> Result<KeyClass, String> {
    KeyClass::named(name).ok_or_else(|| {
        "must be a sector (school, ppt, health, child_welfare, nav, other) or people".to_owned()
    })
}
