//! Faults of files, in words.

use std::io;

/// Returns what is wrong with a file or a folder, in words that need no manual.
#[must_use]
pub fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "this account may not use it".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder, not a file".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        io::ErrorKind::InvalidData => "is not text in UTF-8".to_owned(),
        io::ErrorKind::AlreadyExists => "is there already".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have this address".to_owned(),
        io::ErrorKind::ConnectionRefused => "no program listens there".to_owned(),
        io::ErrorKind::TimedOut => "there was no answer in time".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "the network does not reach it".to_owned()
        }
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota of the disk is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk can only be read".to_owned(),
        io::ErrorKind::FileTooLarge => "the file would be larger than this account may write".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_owned()
        }
    }
}

/// Returns what is wrong with a text in TOML, in one line that begins with the number of the line.
#[must_use]
pub fn toml_in_words(text: &str, error: &toml::de::Error) -> String {
    let before = text.get(..error.span().unwrap_or_default().start).unwrap_or_default();
    let why = error.message().lines().collect::<Vec<_>>().join(", ");
    format!("line {}: {why}", before.matches('\n').count() + 1)
}
