//! `stafett explain`: explains on the server why a person may or may not do something.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use clap::Args;

use super::{DatabaseArgs, connect, log_key, settings};
use crate::{
    access::{Explanation, Policies, Question, Way, explain_to_operator, insert_entries},
    accounts,
    db::Tx,
    kernel::{Clock, Id, clock::day_in_norway, ids::Person},
    terminal::Failure,
};

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
    #[arg(long, value_name = "NAME=ID,…", default_value = "")]
    resource: String,
    /// A time whose date counts as today for ages and consent periods, such as 2027-01-31T12:00:00Z; not before today.
    /// Everything else is as it is now.
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<Utc>>,
}

/// Prints the answer. The access log records the question, as asked from the command line.
pub(super) async fn explain(config: Option<&Path>, args: ExplainArgs) -> Result<(), Failure> {
    let settings = settings(config, &args.database)?;
    let policies = Arc::new(match &settings.local_policies {
        Some(folder) => Policies::load_local(folder)?,
        None => Policies::load()?,
    });
    let ids = ids(&args.resource)?;
    let db = connect(&settings).await?.check(&log_key(&settings)?).await?;
    let now = Clock::System.now();
    let mut tx = db.write().await?;
    let person = person(&mut tx, &args.user).await?;
    let day = day_in_norway(args.at.unwrap_or(now));
    let question = Question { person, action: args.action, ids, day };
    let (explanation, entry) = explain_to_operator(&mut tx, &policies, question, now).await?;
    insert_entries(&mut tx, &[entry]).await?;
    tx.commit().await?;
    db.close().await;
    print!("{}", page(&explanation));
    Ok(())
}

/// Parses `name=value,name=value`.
fn ids(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, id) =
            pair.split_once('=').ok_or_else(|| format!("--resource {pair}: the format is NAME=ID"))?;
        Ok((name.trim().to_owned(), id.trim().to_owned()))
    };
    pairs.map(pair).collect()
}

async fn person(tx: &mut Tx, user: &str) -> Result<Id<Person>, Failure> {
    if let Ok(id) = user.parse() {
        return Ok(id);
    }
    let found = accounts::find_person(tx, &user.to_lowercase()).await?;
    found.ok_or_else(|| "no account has this username".into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_named_by_its_ids() {
        let read = ids("case_id=1, note_id=2").expect("ids");
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            [("case_id".to_owned(), "1".to_owned()), ("note_id".to_owned(), "2".to_owned()),]
        );
        assert!(ids("").is_ok_and(|none| none.is_empty()));
        assert!(ids("case:1").is_err());
    }
}
