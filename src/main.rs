//! The command `stafett`.

use std::process::ExitCode;

use clap::Parser;
use stafett::cli::{Cli, run, status_of};

/// The allocator of the C library gives each thread a heap of its own, and returns little of what was freed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    if cfg!(feature = "unlogged-benchmark") {
        eprintln!("stafett: this binary was built for benchmarks and does not run");
        return ExitCode::FAILURE;
    }
    match run(Cli::parse()).await {
        Ok(status) => status.into(),
        Err(error) => {
            eprintln!("stafett: {error}");
            status_of(&error).into()
        }
    }
}
