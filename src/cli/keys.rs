//! `stafett keys`: manages the keys that encrypt the texts in the database.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Subcommand;

use super::{
    DatabaseArgs, connect, connect_with, explained, log_key, master_key, note, open, settings, vault,
};
use crate::{
    access::Entry,
    config::Settings,
    db::{Db, prune, reseal},
    housekeeping,
    kernel::Clock,
    terminal::{Failure, Usage, in_words, output::say, read_file, values},
    vault::{KeyClass, KeyName, MasterKey, Vault, write_new},
};

/// Operations on keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Create a master key in a new file, which only its owner can read. Keep it apart from the database and the data keys.
    #[command(after_help = "Example:\n  stafett keys create-master --to new_master_key")]
    CreateMaster {
        /// The file to write. It must not exist.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// List the data keys: municipality, purpose and number of generations. Fails if the database records keys that are missing, and
    /// names them. The key 0000-people finds people by keyed hashes. It has one generation.
    #[command(after_help = "Example:\n  stafett keys list")]
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Create a new generation of each data key, and encrypt all texts again with it. The lookup key 0000-people stays: it encrypts no
    /// text, and without it nobody is found.
    #[command(after_help = "Example:\n  stafett keys rotate --new-master-key-file new_master_key")]
    Rotate {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Then wrap the data keys with the master key in this file. Put it in the file of the master key afterwards.
        #[arg(long, value_name = "FILE")]
        new_master_key_file: Option<PathBuf>,
    },
    /// Erase superseded generations of data keys that encrypt no texts. Do it after each rotation: a thief of such a key and of an old
    /// copy of the database could read the copy. Texts and logs remain readable and can be verified; earlier backups have their own keys.
    #[command(after_help = "Example:\n  stafett keys prune")]
    Prune {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Erase all generations of a data key. Everything it encrypts becomes unreadable forever, in every copy of the database.
    #[command(after_help = "Example:\n  stafett keys erase --municipality 4014 --sector health --yes")]
    Erase {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long, value_parser = values::municipality)]
        municipality: String,
        /// The sector whose texts are erased, or `people` for all names and numbers.
        #[arg(long, value_parser = values::key_class)]
        sector: KeyClass,
        /// Give up this generation alone, which is missing and in no backup. The other generations stay.
        #[arg(long, value_name = "N", value_parser = values::whole::<1, 1_000_000>)]
        generation: Option<u64>,
        /// Confirm the erasure, which cannot be undone.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(config: Option<&Path>, command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::CreateMaster { to } => create_master(&to)?,
        KeysCommand::List { database } => list(&settings(config, &database)?).await?,
        KeysCommand::Rotate { database, new_master_key_file } => {
            rotate(config, &database, new_master_key_file.as_deref()).await?;
        }
        KeysCommand::Prune { database } => {
            let db = open(&settings(config, &database)?).await?;
            note_for_all(&db, "prune_keys").await?;
            // A server that does not know of a new key yet still encrypts with the old one.
            let erased = prune(&db, housekeeping::INTERVAL * 2).await?;
            db.close().await;
            say!(
                "erased {erased} superseded keys; one that was replaced in the last ten minutes, or that a text uses, is kept"
            );
        }
        KeysCommand::Erase { database, municipality, sector, generation, yes } => {
            let (name, settings) = (KeyName { municipality, class: sector }, settings(config, &database)?);
            match generation {
                None => erase(&settings, name, yes).await?,
                Some(generation) => give_up(&settings, name, u32::try_from(generation)?, yes).await?,
            }
        }
    }
    Ok(())
}

/// Creates a master key. An existing file may have the only copy of another one, so it is never replaced.
fn create_master(file: &Path) -> Result<(), Failure> {
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Usage::of("--to", file.display(), "exists: name a new file"),
        _ => Usage::of("--to", file.display(), in_words(&error)),
    };
    write_new(file, &MasterKey::random()?.to_text()).map_err(wrong)?;
    say!("created a master key in {}", file.display());
    Ok(())
}

async fn list(settings: &Settings) -> Result<(), Failure> {
    let vault = vault(settings)?;
    if !vault.folder().is_dir() {
        let missing = "there is no such folder: mount it, or restore it from a backup";
        return Err(format!("keys_folder {}: {missing}", vault.folder().display()).into());
    }
    let (database, log_key) = (connect_with(settings, vault.clone()).await?, log_key(settings)?);
    for (name, generations) in vault.list() {
        let ending = if generations == 1 { "" } else { "s" };
        let use_of = if name == Vault::index_name() { ", the lookup key: it is never renewed" } else { "" };
        say!("{name}: {generations} generation{ending}{use_of}");
    }
    let checked = database.check(&log_key).await;
    for file in vault.missing() {
        say!("missing: {file}");
    }
    checked.map_err(|error| explained(settings, error))?.close().await;
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
    let vault = Vault::open_either(settings.keys_folder()?, master_key(&settings)?, master);
    let vault = vault.map_err(|error| explained(&settings, format!("keys_folder: {error}")))?;
    let checked = connect_with(&settings, vault).await?.check(&log_key(&settings)?).await;
    let db = checked.map_err(|error| explained(&settings, error))?;
    note_for_all(&db, "rotate_keys").await?;
    let renewed = db.vault().renew()?;
    db.record_keys().await?;
    let resealed = reseal(&db).await?;
    say!(
        "created {renewed} keys and encrypted {} texts again; the lookup key 0000-people stays",
        resealed.texts
    );
    if resealed.erased > 0 {
        say!("could not decrypt {} texts: their keys have been erased", resealed.erased);
    }
    if is_new {
        let wrapped = db.vault().rewrap()?;
        say!(
            "wrapped {wrapped} keys with the new master key: put it in the file of the master key now, and the servers go on with it"
        );
    }
    db.close().await;
    Ok(())
}

fn read_master(path: &Path) -> Result<MasterKey, Failure> {
    let text = read_file("--new-master-key-file", path)?;
    let parsed = MasterKey::parse(&text);
    Ok(parsed.map_err(|error| Usage::of("--new-master-key-file", path.display(), error))?)
}

/// Erases a key whose generations are all there. A key that is lost might be in a backup, so a missing one is never erased with others.
async fn erase(settings: &Settings, name: KeyName, yes: bool) -> Result<(), Failure> {
    if !yes {
        return Err(format!(
            "everything encrypted with {name} would become unreadable forever, here and in every copy of the database; \
             stop the servers, and confirm with --yes"
        )
        .into());
    }
    let db = open(settings).await?;
    if !db.knows_key(&name).await? {
        return Err(format!("the key {name} does not exist: `stafett keys list` shows those that do").into());
    }
    note_erasure(&db, &name, None).await?;
    let erased = db.erase_keys(&name).await?;
    db.close().await;
    match erased {
        0 => say!("nothing was left to erase: {name} was erased before"),
        _ => {
            say!(
                "erased {erased} generations of {name}; a backup from before still has them: erase them again after a restore"
            );
            say!(
                "A server that still runs forgets the key within seconds: restart it to be sure. Texts that it wrote meanwhile are lost."
            );
        }
    }
    Ok(())
}

/// Gives up one generation that is lost.
async fn give_up(settings: &Settings, name: KeyName, generation: u32, yes: bool) -> Result<(), Failure> {
    let checked = connect(settings).await?.to_give_up().check(&log_key(settings)?).await;
    let db = checked.map_err(|error| explained(settings, error))?;
    let lost = db.vault().require_lost(&name, generation);
    lost.map_err(|error| Usage::of("--generation", generation, error))?;
    if !yes {
        return Err(format!(
            "everything encrypted with generation {generation} of {name} would be unreadable forever: restore its file from a \
             backup; if no backup has it, confirm with --yes"
        )
        .into());
    }
    note_erasure(&db, &name, Some(generation)).await?;
    db.give_up_key(&name, generation).await?;
    db.close().await;
    say!("gave up generation {generation} of {name}; its other generations are as before");
    Ok(())
}

/// The log of the municipality records an erasure before it happens.
async fn note_erasure(db: &Db, name: &KeyName, generation: Option<u32>) -> Result<(), Failure> {
    let mut entry = Entry::of_operator_in(&name.municipality, "erase_key", Clock::System.now());
    entry.shown = vec![name.class.to_string()];
    entry.shown.extend(generation.map(|generation| format!("generation {generation}")));
    note(db, [entry]).await
}

/// The log of each municipality that has a key records what is done to all keys.
pub(super) async fn note_for_all(db: &Db, action: &'static str) -> Result<(), Failure> {
    let now = Clock::System.now();
    let mut municipalities: Vec<String> =
        db.vault().list().into_iter().map(|(name, _)| name.municipality).collect();
    municipalities.dedup();
    note(db, municipalities.iter().map(|municipality| Entry::of_operator_in(municipality, action, now))).await
}
