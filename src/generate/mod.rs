//! `stafett generate`: believable data about people who do not exist, of any size, for benchmarks and for anyone's trial.
//!
//! The rows are those that the service writes, sealed and indexed as it does, written by the stores, many to a statement.
//! All of it follows from the seed and the day: the same names, texts, days and ids. What the service takes from the machine's
//! randomness, or from an earlier import, is another each time: keys, nonces and salts, and the ids of municipalities' own units,
//! arenas and measures. The time in the id of a row is that of the opening of its case.

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

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

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
    kernel::Clock,
    log_tree::{SealError, Sealer},
};

/// Cases that are written in one transaction.
const BATCH: usize = 250;
/// The municipalities, by folder.
const MUNICIPALITIES: [(&str, &str); 3] = [("kragero", "4014"), ("porsgrunn", "4001"), ("orland", "5057")];

/// What is to be made.
#[derive(Debug)]
pub struct Plan {
    /// How many cases.
    pub cases: usize,
    /// What all chance is derived from.
    pub seed: u64,
    /// Looks in the access log for each case.
    pub looks: usize,
    /// The password of everyone who has an account.
    pub password: Password,
    /// Where the municipalities' data are.
    pub municipalities: PathBuf,
}

/// The usernames that are always there.
pub const USERNAMES: [(&str, &str); 4] = [
    ("kontaktperson", "contact person of exactly 31 cases, where there are 1,000 or more"),
    ("leder", "leader of her unit, which has opened 600 cases, and on the team of none"),
    ("foresatt", "guardian of a child in the first of those 31 cases"),
    ("revisor-4014", "auditor of municipality 4014"),
];

/// Data cannot be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// There are cases already.
    #[error("the database holds cases already: generate data in a database that has none")]
    HasCases,
    /// Something of the same name or number is there already.
    #[error("the database holds some of the {0} already: generate data in a new database")]
    Taken(&'static str),
    /// More people than there are numbers.
    #[error("there are not so many synthetic national identity numbers: ask for fewer cases")]
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

/// How far it has come.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// So many cases are written.
    Cases(usize),
    /// So many looks are written and sealed.
    Looks(usize),
}

/// What was made.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many rows, by what they are of.
    pub rows: Vec<(&'static str, usize)>,
    /// How long the cases took, with the people and units they are placed in.
    pub cases_took: Duration,
    /// How long the looks took, with their sealing.
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

/// Generates data in a database whose schema is up to date. The looks are sealed by the sealer.
///
/// # Errors
/// If the database holds cases, or does not take it; then what was written before remains.
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
    staff::write(db, &organisation, &mut numbers, &hash, clock, &mut summary).await?;
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
    let mut looks = Looks::of(db, &organisation, &traces, count, (plan.seed, clock.today())).await?;
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
            traces.push(story::tell(&mut source, &mut batch, number, placing.home(number))?);
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

/// That data was generated is in the log of each municipality, like all that is done from the command line.
async fn note(db: &Db, clock: &Clock, organisation: &Organisation) -> Result<(), GenerateError> {
    let numbers = organisation.municipalities.iter().map(|municipality| municipality.number.as_str());
    let entries = numbers.map(|number| Entry::of_operator_in(number, "generate_data", clock.now()));
    let mut tx = db.write().await?;
    insert_entries(&mut tx, &entries.collect::<Vec<_>>()).await?;
    Ok(tx.commit().await?)
}

/// A day before the first case, on which the staff began.
fn founded(today: NaiveDate) -> NaiveDate {
    today - TimeDelta::days(story::SPAN + 700)
}
