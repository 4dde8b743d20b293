//! Secrets and national identity numbers. They are never arguments, because every account of the machine sees the command line of a
//! process. They come from a file, from a prompt on a terminal, or as lines of standard input.

use std::{
    io::{BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    kernel::{NationalId, SyntheticIds, national_id::NationalIdError},
    terminal::{Failure, Usage, in_words, read_file},
};

const ALLOWING: &str = "STAFETT_SYNTHETIC_NATIONAL_IDS";

/// Where the national identity number is read from.
#[derive(Debug, Args)]
pub(super) struct NationalIdArgs {
    /// A file with the national identity number. Without it, the number is asked for on a terminal, or is the first line of
    /// standard input.
    #[arg(long, value_name = "FILE")]
    national_id_file: Option<PathBuf>,
}

impl NationalIdArgs {
    pub(super) fn read(&self, synthetic: SyntheticIds) -> Result<NationalId, Failure> {
        let (from, text) =
            secret("the national identity number", "--national-id-file", self.national_id_file.as_deref())?;
        let parsed = NationalId::parse_with(text.expose_secret().trim(), synthetic);
        Ok(parsed.map_err(|error| {
            Usage(match error {
                NationalIdError::Synthetic => {
                    format!("the national identity number ({from}) {error}: for a trial, set {ALLOWING}=true")
                }
                error => format!("the national identity number ({from}) {error}"),
            })
        })?)
    }
}

/// Reads the secret that is the first line of a file.
pub(super) fn in_file(argument: &str, path: &Path) -> Result<SecretString, Usage> {
    Ok(first_line(&read_file(argument, path)?))
}

/// Reads a secret, and says where from.
fn secret(what: &str, argument: &str, file: Option<&Path>) -> Result<(String, SecretString), Failure> {
    if let Some(path) = file {
        return Ok((format!("{argument} {}", path.display()), in_file(argument, path)?));
    }
    if std::io::stdin().is_terminal() {
        // It is not shown while it is typed.
        let text = rpassword::prompt_password(format!("{what}: "))
            .map_err(|error| format!("{what}: {}", in_words(&error)))?;
        return Ok(("as typed".to_owned(), text.into()));
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.map_err(|error| Usage(format!("{what} (from standard input) {}", in_words(&error))))? == 0 {
        return Err(Usage(format!(
            "{what} is missing: put it in a line of standard input, or in {argument}"
        ))
        .into());
    }
    Ok(("from standard input".to_owned(), first_line(&line)))
}

fn first_line(text: &str) -> SecretString {
    text.lines().next().unwrap_or_default().to_owned().into()
}
