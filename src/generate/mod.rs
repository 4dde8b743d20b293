//! `stafett generate`: believable synthetic data of any size, for benchmarks and trials.
//!
//! The capabilities write the rows, sealed and indexed as in the service, many rows in a statement. The seed and the day decide
//! all names, texts, days and ids. Keys, nonces and salts are random each time. The ids of what a municipality imports (its units,
//! arenas and measures of the catalogue) are random as well. The time in the id of a row is that of the opening of its case.

mod batch;
mod family;
mod looks;
mod names;
mod organisation;
mod people;
mod placing;
mod random;
mod staff;
mod story;
mod texts;

use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};

use self::{
    batch::Batch,
    looks::{Looks, Trace},
    organisation::Organisation,
    people::Numbers,
    placing::Placing,
    story::{NoNumberLeft, Source},
};
use crate::{
    access::{Entry, PolicyError, insert_entries},
    cases,
    catalogue::ImportError,
    db::{Db, DbError, dialect},
    identity::{HashError, Password, Passwords},
    kernel::{Clock, Moment},
    log_tree::{SealError, Sealer},
};

/// Cases that are written in one transaction.
const BATCH: usize = 250;
/// The municipalities, by the names of their included files.
const MUNICIPALITIES: [(&str, &str); 3] = [("kragero", "4014"), ("porsgrunn", "4001"), ("orland", "5057")];

/// The size and the seed of the data, and where they come from.
#[derive(Debug)]
pub struct Plan {
    /// How many cases.
    pub cases: usize,
    /// Decides everything that varies.
    pub seed: u64,
    /// Entries in the access log for each case.
    pub looks: usize,
    /// The password of everyone who has an account.
    pub password: Password,
}

/// Usernames that every run creates, and their owners.
pub const USERNAMES: [(&str, &str); 4] = [
    ("kontaktperson@4014", "contact person of exactly 31 cases, where there are 1,000 or more"),
    ("leder@4014", "leader of her unit, which has opened 600 cases, and on the team of none"),
    ("foresatt@4014", "guardian of a child in the first of those 31 cases"),
    ("revisor@4014", "auditor of municipality 4014"),
];

/// Data cannot be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The database has cases.
    #[error("the database has cases: generate data in a database without cases")]
    HasCases,
    /// The database has a row with the same name or number.
    #[error("the database has some of these {0}: generate data in a new database")]
    Taken(&'static str),
    /// There are more people than synthetic numbers.
    #[error("there are too few synthetic national identity numbers: generate fewer cases")]
    NoNumberLeft,
    /// A municipality cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The rules cannot be asked.
    #[error(transparent)]
    Policies(#[from] PolicyError),
    /// The access log cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database does not take it.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<NoNumberLeft> for GenerateError {
    fn from(_: NoNumberLeft) -> Self {
        Self::NoNumberLeft
    }
}

/// The progress so far.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// The number of cases that are stored.
    Cases(usize),
    /// The number of entries of the access log that are stored and sealed.
    Looks(usize),
}

/// The result.
#[derive(Debug, Default)]
pub struct Summary {
    /// The number of rows of each kind.
    pub rows: Vec<(&'static str, usize)>,
    /// The time for cases, people and units.
    pub cases_took: Duration,
    /// The time for the entries of the access log and their sealing.
    pub looks_took: Duration,
}

impl Summary {
    fn add(&mut self, what: &'static str, count: usize) {
        match self.rows.iter_mut().find(|(known, _)| *known == what) {
            Some((_, sum)) => *sum += count,
            None => self.rows.push((what, count)),
        }
    }
}

/// Generates data in a database whose schema is up to date. The sealer seals the entries of the access log.
///
/// # Errors
/// If the database has cases, or a statement fails. The batches that are committed remain.
pub async fn generate(
    db: &Db,
    clock: &Clock,
    sealer: &Sealer,
    plan: &Plan,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, GenerateError> {
    let (began, mut summary) = (Instant::now(), Summary::default());
    if cases::rows::is_any(&mut db.read().await?).await? {
        return Err(GenerateError::HasCases);
    }
    dialect::prepare_for_many_rows(db).await?;
    let organisation = staff::found(db, clock, plan).await?;
    let hash = Passwords::default().hash(plan.password.clone()).await?;
    let mut numbers = Numbers::new(clock.today());
    staff::write(db, &organisation, &mut numbers, &hash, clock.today(), &mut summary).await?;
    let source = Source {
        families: organisation.zones.iter().map(|_| None).collect(),
        organisation: &organisation,
        numbers,
        has_guardian: false,
        password_hash: &hash,
        today: clock.today(),
        seed: plan.seed,
        cases: plan.cases,
    };
    let traces = write_cases(db, source, &mut summary, &mut progress).await?;
    summary.cases_took = began.elapsed();
    let count = plan.looks * plan.cases;
    let mut looks = Looks::of(db, &organisation, &traces, count, (plan.seed, Moment::of(clock))).await?;
    write_looks(db, sealer, &mut looks, &mut progress).await?;
    summary.add("looks in the access log", looks.written());
    summary.looks_took = began.elapsed() - summary.cases_took;
    note(db, clock, &organisation).await?;
    while sealer.seal().await? > 0 {}
    Ok(summary)
}

async fn write_cases(
    db: &Db,
    mut source: Source<'_>,
    summary: &mut Summary,
    progress: &mut impl FnMut(Progress),
) -> Result<Vec<Trace>, GenerateError> {
    let (cases, placing) = (source.cases, Placing::of(source.cases));
    let mut traces = Vec::with_capacity(cases);
    while traces.len() < cases {
        let mut batch = Batch::default();
        let first = traces.len();
        for number in first..(first + BATCH).min(cases) {
            traces.push(story::make(&mut source, &mut batch, number, placing.home(number))?);
        }
        let mut tx = db.write().await?;
        batch.write(&mut tx).await?;
        tx.commit().await?;
        for (what, count) in batch.count() {
            summary.add(what, count);
        }
        progress(Progress::Cases(traces.len()));
    }
    Ok(traces)
}

async fn write_looks(
    db: &Db,
    sealer: &Sealer,
    looks: &mut Looks<'_>,
    progress: &mut impl FnMut(Progress),
) -> Result<(), GenerateError> {
    loop {
        let mut tx = db.write().await?;
        let more = looks.write(&mut tx).await?;
        tx.commit().await?;
        while sealer.seal().await? > 0 {}
        progress(Progress::Looks(looks.written()));
        if !more {
            return Ok(());
        }
    }
}

/// Logs the run in each municipality, like other acts at the command line.
async fn note(db: &Db, clock: &Clock, organisation: &Organisation) -> Result<(), GenerateError> {
    let numbers = organisation.municipalities.iter().map(|municipality| municipality.number.as_str());
    let entries = numbers.map(|number| Entry::of_operator_in(number, "generate_data", clock.now()));
    let mut tx = db.write().await?;
    insert_entries(&mut tx, &entries.collect::<Vec<_>>()).await?;
    Ok(tx.commit().await?)
}

/// The day on which the staff began, before the first case.
fn founded(today: NaiveDate) -> NaiveDate {
    today - TimeDelta::days(story::SPAN + 700)
}
