//! The confidentiality rules for people to read: in the API, in the terminal and in `docs/confidentiality.md`. It also
//! explains why they allow or refuse access.

mod dto;
mod routes;

pub use routes::configure;

use crate::access::{Age, Consenting, Kinds, MunicipalAge, Policies, Rule, joined};

const HEAD: &str = "\
# Who may see what, and why

Generated from the rules in `policies/`, one topic for each file. `.ci/docs` generates it again, and a test fails when it is out of
date. Anything that no rule allows is refused. Each rule is a careful interpretation of the law it names, not the wording of the law.
`data/laws.toml` records which version of the law was interpreted.
";

/// Returns the rules as a Markdown page.
#[must_use]
pub fn markdown(policies: &Policies) -> String {
    let mut page = HEAD.to_owned();
    for (file, rules) in policies.by_file() {
        page.push_str(&topic(file, &rules));
    }
    page.push_str(&kinds());
    page
}

/// Returns the rules of one file as a Markdown table.
fn topic(file: &str, rules: &[&Rule]) -> String {
    let name = file.trim_end_matches(".cedar").trim_start_matches(|first: char| !first.is_alphabetic());
    let mut text = format!("\n## Rules: {}\n\n", name.replace('-', " "));
    text.push_str(
        "| hvem kan hva | who may do what | legal basis | rule and operations |\n|---|---|---|---|\n",
    );
    for rule in rules {
        let actions: Vec<_> = rule.actions.iter().map(|action| format!("`{action}`")).collect();
        let row = [
            rule.summary_no.clone(),
            rule.summary.clone(),
            joined(&rule.legal_basis),
            format!("**{}**: {}", rule.id, actions.join(" ")),
        ];
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

const KINDS_HEAD: &str = "
## Kinds of information

Generated from `data/kinds.toml`. *Own* is the age that the municipality has set for the record itself, 15 or 16. A kind is shared
between units only if everyone who must has consented to it.

| kind | meaning | betydning | guardians may see it | the child may see it | who consents | one guardian is enough under | legal basis |
|---|---|---|---|---|---|---|---|
";

/// Returns the kinds of information as Markdown tables.
fn kinds() -> String {
    let age = |age: Age| match age {
        Age::Years(years) => years.to_string(),
        Age::Municipal(MunicipalAge::OwnRecord) => "own".to_owned(),
    };
    let mut page = KINDS_HEAD.to_owned();
    for rule in Kinds::rules() {
        let guardians = match rule.guardians_until {
            0 => "never".to_owned(),
            until => format!("until {until}"),
        };
        let consents = match (rule.consent, rule.consent_age) {
            (Consenting::Family, Some(from)) => format!("guardians; the child alone from {}", age(from)),
            (Consenting::Together, Some(from)) => {
                format!("guardians; and the child as well from {}", age(from))
            }
            _ => "the guardian that it is about, alone".to_owned(),
        };
        let alone = Kinds::child_alone(rule).map(|alone| {
            let to: Vec<&str> = alone.to.iter().map(|sector| sector.as_str()).collect();
            format!("; the child alone from {} for {}", alone.from, to.join(" and "))
        });
        let consents: String = std::iter::once(consents).chain(alone).collect();
        let row = [
            format!("`{}`", rule.key),
            rule.name.clone(),
            rule.name_no.clone(),
            guardians,
            rule.child_from.map_or("no".to_owned(), |from| format!("from {}", age(from))),
            consents,
            joined(&rule.one_guardian),
            joined(&rule.legal_basis),
        ];
        page.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    page.push_str(
        "\nProhibited in the record:\n\n| kind | meaning | betydning | do this instead | legal basis |\n|---|---|---|---|---|\n",
    );
    for kind in Kinds::refused() {
        let row = [
            format!("`{}`", kind.key),
            kind.name.clone(),
            kind.name_no.clone(),
            kind.instead.clone(),
            joined(&kind.legal_basis),
        ];
        page.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    page
}

/// Returns the rules as text for a terminal.
#[must_use]
pub fn table(policies: &Policies) -> String {
    let lines = policies.rules().map(|rule| {
        let effect = if rule.forbids { "forbids" } else { "allows" };
        format!(
            "{} ({effect}; {})\n  {}\n  {}\n  {}\n",
            rule.id,
            joined(&rule.legal_basis),
            rule.summary,
            rule.summary_no,
            rule.actions.join(", ")
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_rules_is_what_the_rules_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/confidentiality.md");
        let kept = std::fs::read_to_string(path).expect("docs/confidentiality.md");
        let made = markdown(&Policies::load().expect("rules"));
        // The matrix follows, which a test makes of the answers of the running service.
        assert!(kept.starts_with(&made), "out of date: run .ci/docs");
    }
}
