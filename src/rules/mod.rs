//! The rules of confidentiality, for people to read: over the API, on the terminal and in `docs/confidentiality.md`;
//! and why they let someone in or keep them out.

mod dto;
mod routes;

pub use routes::configure;

use crate::access::{Age, Consenting, Kinds, MunicipalAge, Policies, joined};

const HEAD: &str = "\
# Who may see what, and why

Made by `stafett policies --markdown` from the rules in `policies/`; a test fails when it is stale. What no rule allows is
refused. Each rule is a careful reading of the law it names, not the law's own words; `data/laws.toml` tells which wording was read.

";

/// The rules as a page of Markdown.
#[must_use]
pub fn markdown(policies: &Policies) -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "| rule | who may what | hvem kan hva | legal basis | operations |\n|---|---|---|---|---|\n",
    );
    for rule in policies.rules() {
        let row = [
            format!("`{}`", rule.id),
            rule.summary.clone(),
            rule.summary_no.clone(),
            joined(&rule.legal_basis),
            rule.actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(" "),
        ];
        page.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    page.push_str(&kinds());
    page
}

const KINDS_HEAD: &str = "
## Kinds of information

From `data/kinds.toml`. *Own* is the age the municipality has set for the record itself, 15 or 16. A kind passes between units only
where everyone who must has consented to that kind; an entry that says nothing is of the strictest kind that its sector writes.

| kind | what | hva | guardians see it | the child sees it | who consents | one guardian is enough by | legal basis |
|---|---|---|---|---|---|---|---|
";

/// The kinds of information as tables of Markdown.
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
            (Consenting::Family, Some(from)) => format!("guardians; the child from {}", age(from)),
            _ => "guardians, whatever the age".to_owned(),
        };
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
        "\nNever in the record:\n\n| kind | what | hva | instead | legal basis |\n|---|---|---|---|---|\n",
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

/// The rules as lines for a terminal.
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
        assert!(kept == made, "stale: cargo run -q -- policies --markdown > docs/confidentiality.md");
    }
}
