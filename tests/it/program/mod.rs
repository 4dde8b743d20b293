//! The program as its users meet it: run as a process, in an empty folder, without settings.

mod demonstration;
mod import;

mod keys;
mod levels;
mod output;
mod readme;
mod secrets;
mod settings;
mod verify;
mod wrong_input;
pub mod wrong_place;

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The output of a command, and its exit status.
pub struct Done {
    pub status: i32,
    pub out: String,
    pub errors: String,
}

/// An empty folder to run the program in.
pub struct Place(TempDir);

impl Place {
    pub fn empty() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program, without any setting of this process.
    pub fn program(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_stafett"))
    }

    /// A command in the folder, without any setting of this process.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let settings = std::env::vars_os().map(|(name, _)| name);
        for name in settings.filter(|name| name.to_string_lossy().starts_with("STAFETT_")) {
            command.env_remove(name);
        }
        command.current_dir(self.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        done(self.program().args(arguments), "")
    }

    /// The names of the files and folders in it.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Runs a command with this standard input.
pub fn done(command: &mut Command, input: impl AsRef<[u8]>) -> Done {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = piped.spawn().expect("the program runs");
    // A program that fails early does not read its input.
    let _unread = running.stdin.take().expect("its input").write_all(input.as_ref());
    let ended = running.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Done { status: ended.status.code().unwrap_or(-1), out: text(ended.stdout), errors: text(ended.stderr) }
}

impl Done {
    /// The output of a command that must have succeeded, and printed nothing to standard error.
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!((self.status, self.errors.as_str()), (0, ""), "{}", self.out);
        self.out
    }
}
