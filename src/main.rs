//! The command `stafett`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use rustix::{fs::Mode, process::umask};
use stafett::cli::{Cli, Failure, finish, run, status_of};

/// The allocator of the C library gives each thread a heap of its own, and returns little of what was freed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    if cfg!(feature = "unlogged-benchmark") {
        let _unread =
            writeln!(io::stderr(), "stafett: this binary was built for benchmarks and does not run");
        return ExitCode::FAILURE;
    }
    // Only the owner reads what this program creates: the database, keys, backups.
    umask(Mode::RWXG | Mode::RWXO);
    let ended = run(Cli::parse()).await;
    match ended.and_then(|status| finish().map(|()| status)) {
        Ok(status) => status.into(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Failure) -> ExitCode {
    let _unread = writeln!(io::stderr(), "stafett: {error}");
    status_of(error).into()
}
