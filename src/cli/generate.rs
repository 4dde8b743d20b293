//! `stafett generate`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use secrecy::ExposeSecret;

use super::{DatabaseArgs, connect_or_create, explained, log_key, secrets::in_file, settings};
use crate::{
    generate::{Plan, Progress, Summary, USERNAMES, generate},
    identity::Password,
    kernel::Clock,
    log_tree::Sealer,
    terminal::{
        Failure, Usage,
        output::{aside, say},
        values,
    },
};

/// The options of `stafett generate`.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// How many cases.
    #[arg(long, value_name = "N", value_parser = values::whole::<1, 2_000_000>)]
    cases: u64,
    /// The seed of all random choices. The same seed gives the same data on the same day.
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = values::whole::<0, { u64::MAX }>)]
    seed: u64,
    /// Looks in the access log for each case.
    #[arg(long, value_name = "LOOKS", default_value_t = 4, value_parser = values::whole::<0, 1_000>)]
    looks: u64,
    /// A file with the password of all accounts. Without it, a random password is made and shown.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Generates data in the database of the settings, and shows how to log in.
pub(super) async fn run(config: Option<&Path>, args: GenerateArgs) -> Result<(), Failure> {
    let settings = settings(config, &args.database)?;
    let password = match &args.password_file {
        Some(path) => in_file("--password-file", path)?,
        None => random_password()?.into(),
    };
    let parsed = Password::parse(password.expose_secret());
    let plan = Plan {
        cases: usize::try_from(args.cases)?,
        seed: args.seed,
        looks: usize::try_from(args.looks)?,
        password: parsed.map_err(|error| Usage(format!("the password in --password-file {error}")))?,
    };
    let log_key = Arc::new(log_key(&settings)?);
    let migrated = connect_or_create(&settings).await?.migrate(&*log_key).await;
    let db = migrated.map_err(|error| explained(&settings, error))?;
    let checkpoints = settings.checkpoints()?;
    let sealer = Sealer::new(db.clone(), Clock::System, log_key, checkpoints);
    let summary = generate(&db, &Clock::System, &sealer, &plan, show_progress(&plan)).await?;
    aside(format_args!("\n"));
    db.close().await;
    show(&summary, &plan, password.expose_secret());
    Ok(())
}

/// Shows on one line of the terminal how far it has come.
fn show_progress(plan: &Plan) -> impl FnMut(Progress) + use<> {
    let (cases, looks) = (plan.cases, plan.cases * plan.looks);
    move |progress| match progress {
        Progress::Cases(done) => aside(format_args!("\r{done} of {cases} cases")),
        Progress::Looks(done) => aside(format_args!("\r{cases} cases, {done} of {looks} looks")),
    }
}

fn show(summary: &Summary, plan: &Plan, password: &str) {
    for (what, rows) in &summary.rows {
        say!("{rows:>12} {what}");
    }
    let per_minute = |took: Duration| plan.cases as f64 / took.as_secs_f64().max(0.001) * 60.0;
    let all = summary.cases_took + summary.looks_took;
    say!(
        "{:.0} cases a minute without looks ({:.1} s), {:.0} with them ({:.1} s)",
        per_minute(summary.cases_took),
        summary.cases_took.as_secs_f64(),
        per_minute(all),
        all.as_secs_f64(),
    );
    say!("All accounts have the password {password}");
    for (username, who) in USERNAMES {
        say!("{username:>18}  {who}");
    }
}

/// A password that nobody has chosen.
fn random_password() -> Result<String, Failure> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).map_err(|_| "the machine has no randomness")?;
    Ok(bytes.chunks(2).map(|pair| format!("{:02x}{:02x}", pair[0], pair[1])).collect::<Vec<_>>().join("-"))
}
