//! `stafett catalogue`: imports the data of municipalities, and lists their units.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde::Serialize;

use super::{DatabaseArgs, known_municipality, open, settings};
use crate::{
    access::{Entry, insert_entries},
    catalogue::{self, Changes, INCLUDED, Imported, MunicipalityFiles},
    fetch_all,
    kernel::{Clock, vocabulary::Sector},
    terminal::{Failure, Usage, output::say, values},
};

/// Operations on the catalogue.
#[derive(Debug, Subcommand)]
pub(super) enum CatalogueCommand {
    /// Import municipalities, all or none. The database then says what the files say: what is new is added, what is gone is ended.
    #[command(
        after_help = "Examples:\n  stafett catalogue import --included kragero\n  stafett catalogue import my/municipality"
    )]
    Import(ImportArgs),
    /// List the units of a municipality with their keys, which `stafett user create --role` needs.
    #[command(after_help = "Example:\n  stafett catalogue units --municipality 4014")]
    Units {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long, value_parser = values::municipality)]
        municipality: String,
        /// Print JSON, for another program.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// A municipality whose files are inside the program. Can be repeated.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(INCLUDED))]
    included: Vec<String>,
    /// A folder with the files of a municipality, such as `data/municipalities/kragero` in the source.
    #[arg(value_name = "FOLDER", required_unless_present = "included")]
    folders: Vec<PathBuf>,
    /// Print JSON, for another program.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: Option<&Path>, command: CatalogueCommand) -> Result<(), Failure> {
    match command {
        CatalogueCommand::Import(args) => import(config, args).await,
        CatalogueCommand::Units { database, municipality, json } => {
            units(config, &database, &municipality, json).await
        }
    }
}

async fn import(config: Option<&Path>, args: ImportArgs) -> Result<(), Failure> {
    let mut files: Vec<MunicipalityFiles> =
        args.included.iter().filter_map(|name| MunicipalityFiles::included(name)).collect();
    for folder in &args.folders {
        files.push(MunicipalityFiles::in_folder(folder).map_err(|error| Usage(error.to_string()))?);
    }
    let db = open(&settings(config, &args.database)?).await?;
    let mut tx = db.write().await?;
    let now = Clock::System.now();
    let done = catalogue::import_in(&mut tx, &files, now).await?;
    let entries = done.iter().map(|it| Entry::of_operator_in(&it.number, "import_catalogue", now));
    insert_entries(&mut tx, &entries.collect::<Vec<_>>()).await?;
    tx.commit().await?;
    db.close().await;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&done)?);
    } else {
        done.iter().flat_map(lines).for_each(|line| say!("{line}"));
    }
    Ok(())
}

/// The changes of an import, in words.
fn lines(done: &Imported) -> Vec<String> {
    let Imported { number, name, units, arenas, guide_levels, measures, consent_texts } = done;
    let kinds = [
        ("units", units),
        ("arenas", arenas),
        ("guide levels", guide_levels),
        ("measures", measures),
        ("consent texts", consent_texts),
    ];
    let kinds = kinds.map(|(kind, changes)| {
        let Changes { total, added, changed, ended } = changes;
        format!("  {total} {kind}: {added} added, {changed} changed, {ended} ended")
    });
    std::iter::once(format!("{number} {name}")).chain(kinds).collect()
}

/// A unit, as it is listed.
#[derive(Debug, Serialize, sqlx::FromRow)]
struct UnitLine {
    key: String,
    name: String,
    sector: Sector,
}

async fn units(
    config: Option<&Path>,
    database: &DatabaseArgs,
    municipality: &str,
    json: bool,
) -> Result<(), Failure> {
    const UNITS: &str = "SELECT key, name, sector FROM unit WHERE municipality = $1 ORDER BY key";
    let db = open(&settings(config, database)?).await?;
    let mut tx = db.read().await?;
    known_municipality(&mut tx, municipality).await?;
    let units = fetch_all!(&mut tx, UnitLine, UNITS, municipality)?;
    tx.rollback().await?;
    db.close().await;
    if json {
        say!("{}", serde_json::to_string_pretty(&units)?);
        return Ok(());
    }
    let width = units.iter().map(|unit| unit.key.chars().count()).max().unwrap_or_default().max(3);
    say!("{:width$}  name (sector)", "key");
    for UnitLine { key, name, sector } in &units {
        say!("{key:width$}  {name} ({sector})");
    }
    Ok(())
}
