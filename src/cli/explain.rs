//! `stafett explain`: explains on the server why a person may or may not do something.

use std::{path::Path, sync::Arc};

use chrono::NaiveDate;
use clap::Args;

use super::{DatabaseArgs, open, policies, settings};
use crate::{
    access::{Explanation, NoAnswer, Question, Way, explain_to_operator, insert_entries},
    accounts,
    db::Tx,
    kernel::{Clock, Id, clock::day_in_norway, ids::Person},
    terminal::{
        Failure, Usage,
        output::print,
        values::{self, Resource},
    },
};

pub(super) const EXAMPLE: &str = "\
Example:
  stafett explain --as nina@4014 --action read_case --resource case_id=019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

/// The person, the action and the object.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The person the question is about: a username or a person id.
    #[arg(long = "as", value_name = "USER")]
    user: String,
    /// The action: the name of an operation, such as `read_note`.
    #[arg(long)]
    action: String,
    /// The object: the ids in the path of the operation, as `case_id=UUID,note_id=UUID`. Leave it out if the path has none.
    #[arg(long, value_name = "NAME=ID,…", default_value = "", value_parser = values::resource)]
    resource: Resource,
    /// The day that counts as today for ages and consent periods, such as 2027-01-31; not before today. Everything else is as it is
    /// now.
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    at: Option<NaiveDate>,
}

/// Prints the answer. The access log records the question, as asked from the command line.
pub(super) async fn explain(config: Option<&Path>, args: ExplainArgs) -> Result<(), Failure> {
    let settings = settings(config, &args.database)?;
    let policies = Arc::new(policies(&settings)?);
    let Resource(ids) = args.resource;
    let db = open(&settings).await?;
    let now = Clock::System.now();
    let mut tx = db.write().await?;
    let person = person(&mut tx, &args.user).await?;
    let day = args.at.unwrap_or(day_in_norway(now));
    let question = Question { person, action: args.action.clone(), ids, day };
    let answer = explain_to_operator(&mut tx, &policies, settings.staff_factor(), question, now).await;
    let (explanation, entry) = answer.map_err(|error| in_arguments(error, &args.action, day))?;
    insert_entries(&mut tx, &[entry]).await?;
    tx.commit().await?;
    db.close().await;
    print(format_args!("{}", page(&explanation)));
    Ok(())
}

/// Names the argument that leaves the question without an answer.
fn in_arguments(error: NoAnswer, action: &str, day: NaiveDate) -> Failure {
    let usage = match error {
        NoAnswer::Action => Usage::of(
            "--action",
            action,
            "is not an operation of the API, such as read_case: see `stafett policies`",
        ),
        NoAnswer::Missing(name) => Usage(format!(
            "--resource needs {name}=ID for the action {action}, such as {name}=019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"
        )),
        NoAnswer::Past => {
            Usage::of("--at", day, "must not be before today: earlier decisions are in the access log")
        }
        NoAnswer::Refused | NoAnswer::Db(_) => return error.into(),
    };
    usage.into()
}

async fn person(tx: &mut Tx, user: &str) -> Result<Id<Person>, Failure> {
    if let Ok(id) = user.parse() {
        return Ok(id);
    }
    let found = accounts::find_person(tx, &user.to_lowercase()).await?;
    found.ok_or_else(|| {
        Usage::of("--as", user, "is not a username, such as tone@4014, or the id of a person").into()
    })
}

/// Formats the answer for a terminal.
fn page(explanation: &Explanation) -> String {
    let Explanation { action, person_id, day, decision, known, rules, would_change } = explanation;
    let mut lines = vec![format!("{decision}: {person_id}, {action}, on {day}")];
    if !known {
        lines.push("The object or the person does not exist.".to_owned());
    }
    if *known && rules.is_empty() && decision.as_str() == "deny" {
        lines.push("No rule allows it.".to_owned());
    }
    for rule in rules {
        let effect = if rule.forbids { "forbidden by" } else { "allowed by" };
        lines.push(format!("{effect} {} ({})", rule.id, rule.legal_basis.join("; ")));
        lines.push(format!("  {}\n  {}", rule.summary, rule.summary_no));
    }
    if !would_change.is_empty() {
        lines.push("Each of these would change the answer:".to_owned());
    }
    lines.extend(would_change.iter().flat_map(way));
    lines.join("\n") + "\n"
}

fn way(way: &Way) -> Vec<String> {
    let conditions = way.conditions.iter().map(|it| match (it.unit_id, &it.sector) {
        (Some(unit), _) => format!("{} ({unit})", it.says),
        (None, Some(sector)) => format!("{} ({sector})", it.says),
        (None, None) => it.says.clone(),
    });
    let conditions = conditions.collect::<Vec<_>>().join(", and ");
    let by = if way.rules.is_empty() {
        String::new()
    } else {
        format!(": {} ({})", way.rules.join(", "), way.legal_basis.join("; "))
    };
    let first = if conditions.is_empty() { Vec::new() } else { vec![format!("- {conditions}{by}")] };
    let because = way.because.iter().map(|hint| format!("    {}", hint.says));
    first.into_iter().chain(because).collect()
}
