//! The command `stafett`.

use std::process::ExitCode;

use clap::Parser;
use stafett::cli::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(status) => status.into(),
        Err(error) => {
            eprintln!("stafett: {error}");
            ExitCode::FAILURE
        }
    }
}
