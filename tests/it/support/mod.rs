//! The basis of the tests: a database on each engine, a running service, its people and their requests.

use std::{fs::Permissions, io::Read, os::unix::fs::PermissionsExt, path::Path};

mod api;
mod client;
mod engine;
mod kept;
mod people;
mod probe;
mod promise;
mod security_key;
mod sql;
mod stage;
mod story;
mod template;
mod world;

pub use api::{Operation, document, rules};
pub use client::{Anonymous, Answer, Call, Client, User};
pub use engine::{Database, Engine};
pub use kept::kept;
pub use people::{Child, Family, Guardian, PASSWORD, Staff, Unit, Youth};
pub use probe::{answers, is_public_parameter, mark, traces};
pub use promise::validator;
pub use security_key::{PASSKEY_DOMAIN, PASSKEY_ORIGIN, SecurityKey};
pub use stafett::kernel::vocabulary::Role;
pub use stage::{Stage, uses_up};
pub use story::emergency;
pub use template::master_key;
pub use world::{World, log_key, logged, signing_key};

/// Writes a file that only its owner can read: the program takes no secret from another.
pub fn write_secret(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::write(path, text).expect("a file");
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).expect("its rights");
}

/// The files of an archive, by name.
pub fn files(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).expect("a ZIP archive");
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).expect("a file");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("text");
            (file.name().expect("a name").into_owned(), text)
        })
        .collect()
}

/// Turns each `async fn name(world: World)` into two tests, `name::sqlite` and `name::postgres`, each with a world of its
/// own. A test with the parameter `stage: Stage` gets a stage in a world of its own.
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($beginning:ident: $kind:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn told($beginning: $kind) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                crate::support::Engine::Sqlite.tell(told).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                crate::support::Engine::Postgres.tell(told).await;
            }
        }
    )+};
}
pub(crate) use both_engines;
