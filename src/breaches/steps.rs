//! The steps, with their times and laws: `data/breaches.toml`.

use std::sync::LazyLock;

use chrono::TimeDelta;
use serde::Deserialize;

use super::dto::BreachStep;
use crate::access::Law;

/// A step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRule {
    /// The step.
    pub key: BreachStep,
    hours: i64,
    /// Whether a reason can take the place of the notification.
    pub can_be_left_out: bool,
    law: Vec<Law>,
    /// The laws that require it as well in health.
    #[serde(default)]
    law_in_health: Vec<Law>,
}

impl StepRule {
    /// Returns how long after the verdict it is due.
    pub(super) const fn time(&self) -> TimeDelta {
        TimeDelta::hours(self.hours)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    step: Vec<StepRule>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and tests read it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/breaches.toml")).expect("data/breaches.toml"));

/// Returns the steps, in the order of the file.
pub(super) fn steps() -> &'static [StepRule] {
    &FILE.step
}

/// Returns whether a reason can take the place of a step.
pub(super) fn can_be_left_out(step: BreachStep) -> bool {
    steps().iter().any(|rule| rule.key == step && rule.can_be_left_out)
}

/// Returns the laws that require a step, in health or elsewhere.
pub(super) fn laws_of(step: BreachStep, in_health: bool) -> Vec<Law> {
    let Some(rule) = steps().iter().find(|rule| rule.key == step) else { return Vec::new() };
    let of_health = rule.law_in_health.iter().filter(|_| in_health);
    of_health.chain(&rule.law).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::vocabulary::Words;

    #[test]
    fn each_step_has_a_time_and_the_authority_is_told_within_72_hours() {
        for step in BreachStep::ALL {
            let rules: Vec<_> = steps().iter().filter(|rule| rule.key == *step).collect();
            assert!(matches!(rules[..], [rule] if !rule.law.is_empty() && rule.hours > 0), "{step}");
        }
        let authority = steps().iter().find(|rule| rule.key == BreachStep::DataProtectionAuthority);
        assert_eq!(authority.map(StepRule::time), Some(TimeDelta::hours(72)));
    }
}
