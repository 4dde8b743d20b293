//! `stafett access-log`: exports and verifies the access log.

use std::{
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use chrono::Months;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{DatabaseArgs, note, open, settings};
use crate::{
    access::Entry,
    config::Settings,
    db::Db,
    kernel::Clock,
    log_tree::{EvidenceLine, LogKey, LogVerifier, Report, Verifier, erase_before, evidence_of},
    terminal::Failure,
};

/// Operations on the access log.
#[derive(Debug, Subcommand)]
pub(super) enum AccessLogCommand {
    /// Print the public key of a municipality's log, which verifiers need.
    PublicKey {
        /// The number of the municipality.
        #[arg(long)]
        municipality: String,
    },
    /// Export the evidence of a municipality's log as lines of JSON, so that it can be verified without the database. The log
    /// records the export.
    Export {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long)]
        municipality: String,
    },
    /// Erase the personal fields of old entries. On PostgreSQL only the owner of the tables can, not the service.
    Erase {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long)]
        municipality: String,
        /// The age in years of the entries to erase; by default as in `data/access_log_retention.toml`.
        #[arg(long)]
        years: Option<u32>,
    },
    /// Verify a municipality's log, and report the first entry that was changed, removed, inserted or reordered.
    Verify(VerifyArgs),
}

/// The log to verify, and what to verify it against.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The number of the municipality.
    #[arg(long)]
    municipality: String,
    /// The public key of the log, as printed by `stafett access-log public-key`.
    #[arg(long, value_name = "KEY")]
    public_key: String,
    /// A file with an earlier checkpoint. The log must be an extension of it.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// A file with exported evidence, to use instead of the database.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
}

/// How long entries keep personal fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    years: u32,
    least_years: u32,
}

impl Retention {
    fn load() -> Result<Self, Failure> {
        Ok(toml::from_str(include_str!("../../data/access_log_retention.toml"))?)
    }

    fn years(&self, asked: Option<u32>) -> Result<u32, Failure> {
        match asked {
            None => Ok(self.years),
            Some(years) if years >= self.least_years => Ok(years),
            Some(_) => Err(format!(
                "entries must keep their personal fields for at least {} years",
                self.least_years
            )
            .into()),
        }
    }
}

/// The maximum number of findings to print.
const SHOWN: usize = 20;

pub(super) async fn run(config: Option<&Path>, command: AccessLogCommand) -> Result<u8, Failure> {
    match command {
        AccessLogCommand::PublicKey { municipality } => {
            let settings = Settings::load(config)?;
            let key = LogKey::from_pem(&settings.access_log_key()?, &settings.access_log_origin)?;
            println!("{}", key.public_key(&municipality));
        }
        AccessLogCommand::Export { database, municipality } => {
            let db = open(&settings(config, &database)?).await?;
            note(&db, [Entry::of_operator_in(&municipality, "export_evidence", Clock::System.now())]).await?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            let write = |line: EvidenceLine| -> Result<(), Failure> {
                serde_json::to_writer(&mut out, &line)?;
                Ok(out.write_all(b"\n")?)
            };
            evidence_of(&db, &municipality, write).await?;
            out.flush()?;
            db.close().await;
        }
        AccessLogCommand::Erase { database, municipality, years } => {
            let years = Retention::load()?.years(years)?;
            let db = open(&settings(config, &database)?).await?;
            let now = Clock::System.now();
            let before = now.checked_sub_months(Months::new(years * 12)).ok_or("the age is too high")?;
            note(&db, [Entry::of_operator_in(&municipality, "erase_old_entries", now)]).await?;
            let erased = erase_before(&db, &municipality, before).await?;
            db.close().await;
            println!("erased the personal fields of {erased} entries from before {before}");
        }
        AccessLogCommand::Verify(args) => return verify(config, args).await,
    }
    Ok(0)
}

async fn verify(config: Option<&Path>, args: VerifyArgs) -> Result<u8, Failure> {
    let kept = args.checkpoint.as_deref().map(std::fs::read_to_string).transpose()?;
    let key = LogVerifier::new(&args.public_key)?;
    let mut verifier = Verifier::new(&args.municipality, key, kept.as_deref())?;
    match &args.evidence {
        Some(file) => {
            for line in BufReader::new(std::fs::File::open(file)?).lines() {
                verifier.hear(serde_json::from_str(&line?)?)?;
            }
        }
        None => {
            let db = unopened(config, &args.database).await?;
            evidence_of(&db, &args.municipality, |line| verifier.hear(line)).await?;
            db.close().await;
        }
    }
    Ok(print(&verifier.report()))
}

fn print(report: &Report) -> u8 {
    println!("{} entries, {} checkpoints", report.entries, report.checkpoints);
    if let Some(until) = report.erased_until {
        println!("the personal fields of {} entries are erased, up to {until}", report.erased);
    }
    for finding in report.findings.iter().take(SHOWN) {
        println!("{finding}");
    }
    if report.findings.len() > SHOWN {
        println!("and {} more", report.findings.len() - SHOWN);
    }
    if report.findings.is_empty() {
        println!("the log is whole");
    }
    u8::from(!report.findings.is_empty())
}

/// Opens the database without keys: encrypted fields are verified as stored.
async fn unopened(config: Option<&Path>, database: &DatabaseArgs) -> Result<Db, Failure> {
    let url = settings(config, database)?.database_url()?;
    Ok(Db::without_keys(url.expose_secret(), 2).await?)
}
