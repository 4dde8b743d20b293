//! The command `stafett`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use rustix::{fs::Mode, process::umask};
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
    // Only the owner reads what this program creates: the database, keys, backups.
    umask(Mode::RWXG | Mode::RWXO);
    match run(Cli::parse()).await {
        Ok(status) => status.into(),
        Err(error) => {
            // Not `eprintln!`, which panics if nobody reads.
            let _unread = writeln!(io::stderr(), "stafett: {error}");
            status_of(&error).into()
        }
    }
}
