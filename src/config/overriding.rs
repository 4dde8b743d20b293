//! Variables of the environment that override the settings file, often those of another installation.

use figment::{Figment, providers::Env};

use super::{Settings, error::variable};

/// The variables that give a setting another value than the file.
pub(super) fn variables(environment: &Env, of_file: &Figment, figment: &Figment) -> Vec<String> {
    let names = environment.iter().map(|(name, _)| name.to_string());
    let overriding = names.filter(|name| {
        let in_file = of_file.find_value(name).ok();
        in_file.is_some() && in_file != figment.find_value(name).ok()
    });
    let mut variables: Vec<String> = overriding.map(|name| variable(&name)).collect();
    variables.sort();
    variables
}

impl Settings {
    /// Returns in one sentence which variables of the environment override the settings file; none if none does.
    #[must_use]
    pub fn overridden(&self) -> Option<String> {
        let file = self.file.as_ref().filter(|_| !self.overriding.is_empty())?;
        let variables = self.overriding.join(", ");
        let them = if self.overriding.len() == 1 { "it" } else { "them" };
        Some(format!(
            "The environment overrides {} with {variables}: unset {them} to use the file",
            file.display()
        ))
    }
}
