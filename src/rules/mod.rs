//! The rules of confidentiality, for people to read: over the API, on the terminal and in `docs/confidentiality.md`;
//! and why they let someone in or keep them out.

mod dto;
mod routes;

pub use routes::configure;

use crate::access::Policies;

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
            rule.legal_basis.join("; "),
            rule.actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(" "),
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
            rule.legal_basis.join("; "),
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
