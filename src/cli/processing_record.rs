//! `stafett processing-record`: prints the record of processing activities (GDPR art. 30).

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, builder::PossibleValuesParser};

use crate::{
    access::Policies,
    catalogue::{INCLUDED, MunicipalityFiles, MunicipalityUnits},
    kernel::{Clock, clock::day_in_norway, text::Line},
    processing_record::{Citing, Controller, Record, markdown},
    terminal::{
        Failure, Usage,
        output::{print, say},
        values,
    },
};

/// The municipality and the day, and the facts that only the municipality knows.
#[derive(Debug, Args)]
pub(super) struct ProcessingRecordArgs {
    /// A municipality whose files are inside the program. Its units and their controllers are listed.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(INCLUDED), conflicts_with = "folder")]
    included: Option<String>,
    /// A folder with the files of a municipality, as for `stafett catalogue import`.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The name of the controller; by default the municipality in the files.
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    controller: Option<Line>,
    /// How the controller is reached.
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    contact: Option<Line>,
    /// How the data protection officer (personvernombud) is reached.
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    data_protection_officer: Option<Line>,
    /// The day whose law is cited; today if left out.
    #[arg(long, value_parser = values::day)]
    day: Option<NaiveDate>,
    /// Print JSON, for another program.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: ProcessingRecordArgs) -> Result<(), Failure> {
    let policies = Policies::load()?;
    let day = day_in_force(&policies, args.day)?;
    let files = match (args.included.as_deref(), &args.folder) {
        (Some(name), _) => MunicipalityFiles::included(name),
        (None, Some(folder)) => {
            Some(MunicipalityFiles::in_folder(folder).map_err(|error| Usage(error.to_string()))?)
        }
        (None, None) => None,
    };
    let municipality =
        files.map(|files| files.units()).transpose().map_err(|error| Usage(error.to_string()))?;
    let text = |line: Option<Line>| line.map(|line| line.to_string());
    let controller = Controller {
        name: text(args.controller).or_else(|| municipality.as_ref().map(named)),
        contact: text(args.contact),
        data_protection_officer: text(args.data_protection_officer),
    };
    let units = municipality.map(|municipality| municipality.units);
    let record = Record::new(&policies, Citing::On(day), controller, units);
    if args.json {
        say!("{}", serde_json::to_string_pretty(&record)?);
    } else {
        print(format_args!("{}", markdown(&record)));
    }
    Ok(())
}

/// Returns the day, on which all law that the rules rest on is in force. Today, the error names the law that is not.
fn day_in_force(policies: &Policies, asked: Option<NaiveDate>) -> Result<NaiveDate, Failure> {
    let Some(day) = asked else {
        let today = day_in_norway(Clock::System.now());
        policies.require_in_force(today)?;
        return Ok(today);
    };
    let wrong =
        "law that the rules rest on is not in force on that day; data/laws.toml has the days of each wording";
    policies.require_in_force(day).map_err(|_| Usage::of("--day", day, wrong))?;
    Ok(day)
}

fn named(municipality: &MunicipalityUnits) -> String {
    format!("{} kommune ({})", municipality.name, municipality.number)
}
