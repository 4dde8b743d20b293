//! `stafett access-log`: exports and verifies the access log.

use std::{
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Months, Utc};
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{DatabaseArgs, explained, known_municipality, log_key, note, open, settings, unopened};
use crate::{
    access::{Entry, Law, NO_MUNICIPALITY},
    config::Settings,
    db::{Db, can_change_log},
    kernel::Clock,
    log_tree::{Erasure, EvidenceLine, LogVerifier, Report, Verifier, erase_before, evidence_of},
    terminal::{
        FAILED, Failure, Usage, in_words,
        output::{is_unread, say},
        read_file, values,
    },
};

/// Operations on the access log.
#[derive(Debug, Subcommand)]
pub(super) enum AccessLogCommand {
    /// Print the public key of a municipality's log, which verifiers need.
    #[command(after_help = "Example:\n  stafett access-log public-key --municipality 4014")]
    PublicKey {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long, value_parser = values::municipality)]
        municipality: String,
    },
    /// Export the evidence of a municipality's log as lines of JSON, so that it can be verified without the database. The log
    /// records the export.
    #[command(after_help = "Example:\n  stafett access-log export --municipality 4014")]
    Export {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long, value_parser = values::municipality)]
        municipality: String,
    },
    /// Erase the personal fields of old entries. Entries about a child whose record is kept are spared, whatever their age (pjl § 25).
    /// On PostgreSQL only the owner of the tables can erase, not the service.
    #[command(after_help = "Example:\n  stafett access-log erase --municipality 4014 --years 10")]
    Erase {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The number of the municipality.
        #[arg(long, value_parser = values::municipality)]
        municipality: String,
        /// The age in years of the entries to erase; by default as in `data/access_log_retention.toml`.
        #[arg(long, value_parser = values::whole::<1, 1_000>)]
        years: Option<u64>,
    },
    /// Verify a municipality's log, and report what was changed, removed, inserted or reordered, in the order of the log. Prints the
    /// first twenty findings.
    #[command(after_help = VERIFY_EXAMPLE)]
    Verify(VerifyArgs),
}

const VERIFY_EXAMPLE: &str = "\
Example:
  stafett access-log verify --municipality 4014 --public-key PUBLIC_KEY --checkpoint kept.checkpoint

Exit status: 0 if the log is whole; 1 if it is not, or nothing in it is sealed.";

/// The log to verify, and what to verify it against.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The number of the municipality.
    #[arg(long, value_parser = values::municipality)]
    municipality: String,
    /// The public key of the log, as printed by `stafett access-log public-key`.
    #[arg(long, value_name = "KEY", value_parser = values::public_key)]
    public_key: String,
    /// A file with an earlier checkpoint. The log must be an extension of it.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// A file with exported evidence, to use instead of the database.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Print JSON, for another program.
    #[arg(long)]
    json: bool,
}

const NOT_OWNER: &str = "this role of the database may not erase anything in the access log: name the role that owns the tables in \
                         database_url, or with --database-url";

/// How long entries keep personal fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    /// By which law the entries about a record are kept as long as the record.
    kept_with_the_record: Law,
    years: u32,
    least_years: u32,
}

impl Retention {
    fn load() -> Result<Self, Failure> {
        Ok(toml::from_str(include_str!("../../data/access_log_retention.toml"))?)
    }

    fn years(&self, asked: Option<u64>) -> Result<u32, Failure> {
        match asked {
            None => Ok(self.years),
            Some(years) if years >= u64::from(self.least_years) => Ok(u32::try_from(years)?),
            Some(years) => {
                let least = self.least_years;
                let wrong = format!("entries must keep their personal fields for at least {least} years");
                Err(Usage::of("--years", years, wrong).into())
            }
        }
    }
}

/// The maximum number of findings to print.
const SHOWN: usize = 20;

pub(super) async fn run(config: Option<&Path>, command: AccessLogCommand) -> Result<u8, Failure> {
    match command {
        AccessLogCommand::PublicKey { database, municipality } => {
            let settings = settings(config, &database)?;
            let key = log_key(&settings)?;
            let db = without_keys(&settings, &municipality).await?;
            // The key of another log would call an honest log forged.
            db.require_signer(&key).await.map_err(|error| explained(&settings, error))?;
            db.close().await;
            say!("{}", key.public_key(&municipality));
        }
        AccessLogCommand::Export { database, municipality } => {
            let db = open_with(config, &database, &municipality).await?;
            note(&db, [Entry::of_operator_in(&municipality, "export_evidence", Clock::System.now())]).await?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            let write = |line: EvidenceLine| -> Result<(), Failure> {
                let mut text = serde_json::to_vec(&line)?;
                text.push(b'\n');
                Ok(out.write_all(&text)?)
            };
            let exported = evidence_of(&db, &municipality, write).await;
            db.close().await;
            match exported.and_then(|()| Ok(out.flush()?)) {
                Err(error) if is_unread(&error) => {}
                exported => exported.map_err(|error| in_words_of(&error))?,
            }
        }
        AccessLogCommand::Erase { database, municipality, years } => {
            let retention = Retention::load()?;
            let years = retention.years(years)?;
            let db = open_with(config, &database, &municipality).await?;
            if !can_change_log(&db).await? {
                return Err(NOT_OWNER.into());
            }
            let now = Clock::System.now();
            let before = now.checked_sub_months(Months::new(years * 12)).ok_or("the age is too high")?;
            note(&db, [Entry::of_operator_in(&municipality, "erase_old_entries", now)]).await?;
            let Erasure { erased, kept } = erase_before(&db, &municipality, before).await?;
            db.close().await;
            say!("erased the personal fields of {erased} entries from before {before}");
            if kept > 0 {
                let law = retention.kept_with_the_record.on(Clock::System.today());
                say!(
                    "kept those of {kept} entries, because the records that they are about are kept ({law})"
                );
            }
        }
        AccessLogCommand::Verify(args) => return verify(config, args).await,
    }
    Ok(0)
}

/// Why an export stopped halfway.
fn in_words_of(error: &Failure) -> String {
    let why = error.downcast_ref().map_or_else(|| error.to_string(), in_words);
    format!("the evidence is not complete: {why}")
}

/// Opens the database, which must have the municipality.
async fn open_with(
    config: Option<&Path>,
    database: &DatabaseArgs,
    municipality: &str,
) -> Result<Db, Failure> {
    let db = open(&settings(config, database)?).await?;
    require_log(&db, municipality).await?;
    Ok(db)
}

/// Refuses a municipality that is not in the database.
async fn require_log(db: &Db, municipality: &str) -> Result<(), Failure> {
    if municipality == NO_MUNICIPALITY {
        return Ok(());
    }
    known_municipality(&mut db.read().await?, municipality).await
}

/// Refuses the key of another log, before that log is called forged.
fn require_key_of(key: &LogVerifier, args: &VerifyArgs) -> Result<(), Usage> {
    let VerifyArgs { municipality, public_key, .. } = args;
    if key.origin().rsplit('/').next() == Some(municipality) {
        return Ok(());
    }
    let wrong = format!(
        "is the key of the log {}, not of municipality {municipality}: `stafett access-log public-key --municipality {municipality}` \
         prints that",
        key.origin()
    );
    Err(Usage::of("--public-key", public_key, wrong))
}

async fn verify(config: Option<&Path>, args: VerifyArgs) -> Result<u8, Failure> {
    let kept = args.checkpoint.as_deref().map(|path| read_file("--checkpoint", path)).transpose()?;
    let key = LogVerifier::new(&args.public_key)?;
    require_key_of(&key, &args)?;
    let verifier = Verifier::new(&args.municipality, key, kept.as_deref());
    let mut verifier = verifier.map_err(|error| match &args.checkpoint {
        Some(path) => Usage::of("--checkpoint", path.display(), error).into(),
        None => Failure::from(error),
    })?;
    match &args.evidence {
        Some(path) => hear_file(path, &mut verifier)?,
        None => {
            let db = without_keys(&settings(config, &args.database)?, &args.municipality).await?;
            evidence_of(&db, &args.municipality, |line| verifier.hear(line)).await?;
            db.close().await;
        }
    }
    let result = Verified::of(&verifier.report());
    if args.json {
        say!("{}", serde_json::to_string_pretty(&result)?);
    } else {
        result.print();
    }
    Ok(if result.whole { 0 } else { FAILED })
}

/// Processes a file of evidence.
fn hear_file(path: &Path, verifier: &mut Verifier) -> Result<(), Failure> {
    let wrong = |wrong: String| Usage::of("--evidence", path.display(), wrong);
    let file = std::fs::File::open(path).map_err(|error| wrong(in_words(&error)))?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| wrong(in_words(&error)))?;
        let parsed = serde_json::from_str(&line).map_err(|_| {
            let number = number + 1;
            wrong(format!("line {number} is not evidence, as `stafett access-log export` writes it"))
        })?;
        verifier.hear(parsed)?;
    }
    Ok(())
}

/// The result of a verification.
#[derive(Debug, Serialize)]
struct Verified {
    /// The entries and checkpoints that were verified.
    entries: i64,
    checkpoints: u64,
    /// The entries that were not verified, because they are not sealed yet.
    not_yet_sealed: i64,
    erased: i64,
    erased_until: Option<DateTime<Utc>>,
    /// Whether something is sealed, and all of it is as it was.
    whole: bool,
    findings: Vec<String>,
}

impl Verified {
    fn of(report: &Report) -> Self {
        let Report { entries, checkpoints, waiting, erased, erased_until, findings } = report;
        Self {
            entries: *entries,
            checkpoints: *checkpoints,
            not_yet_sealed: *waiting,
            erased: *erased,
            erased_until: *erased_until,
            whole: *entries > 0 && findings.is_empty(),
            findings: findings.iter().map(ToString::to_string).collect(),
        }
    }

    fn print(&self) {
        let Self { entries, checkpoints, not_yet_sealed, erased, erased_until, whole, findings } = self;
        say!("{entries} entries, {checkpoints} checkpoints");
        if let Some(until) = erased_until {
            say!("the personal fields of {erased} entries are erased, up to {until}");
        }
        if *not_yet_sealed > 0 {
            say!("entries not yet sealed, and not verified: {not_yet_sealed} (a running service seals them)");
        }
        findings.iter().take(SHOWN).for_each(|finding| say!("{finding}"));
        if findings.len() > SHOWN {
            say!("and {} more", findings.len() - SHOWN);
        }
        match (whole, findings.is_empty()) {
            (true, _) => say!("the log is whole"),
            (false, true) => say!("nothing is sealed in this log, so there is nothing to verify"),
            (false, false) => {}
        }
    }
}

/// Opens the database without keys: encrypted fields are verified as stored.
async fn without_keys(settings: &Settings, municipality: &str) -> Result<Db, Failure> {
    let url = settings.database_url()?;
    let opened = Db::without_keys(url.expose_secret(), 2).await;
    let db = opened.map_err(|error| unopened(settings, error))?;
    require_log(&db, municipality).await?;
    Ok(db)
}
