//! The commands that come after `init` and `restore`.

use std::path::Path;

use crate::{db::sqlite_file, terminal::output::say};

/// Prints how to serve an installation. On PostgreSQL the service never has the role of the owner.
pub(super) fn say_how_to_serve(config: &Path, database_url: &str) {
    let config = quoted(config);
    if sqlite_file(database_url).is_some() {
        say!("  stafett serve --config {config}");
        return;
    }
    say!(
        "  stafett migrate --grant-to ROLE --config {config}    # ROLE: the database role of the service, never the owner"
    );
    say!("  stafett serve --config {config} --database-url {}", service_url(database_url));
}

/// A path as an argument in a shell.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The address with the role of the service in place of the owner, and without a password.
fn service_url(owner: &str) -> String {
    let with_role = reqwest::Url::parse(owner).ok().and_then(|mut url| {
        url.set_password(None).ok()?;
        url.set_username("ROLE").ok()?;
        Some(url.to_string())
    });
    with_role.unwrap_or_else(|| "postgres://ROLE@…".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_argument_of_a_shell() {
        for (path, argument) in [
            ("/srv/stafett/stafett.toml", "/srv/stafett/stafett.toml"),
            ("å b", "'å b'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), argument);
        }
    }

    #[test]
    fn the_service_never_has_the_role_of_the_owner() {
        for (owner, service) in [
            ("postgres://stafett_owner@localhost/stafett", "postgres://ROLE@localhost/stafett"),
            (
                "postgres://owner:secret@db:5433/x?sslmode=require",
                "postgres://ROLE@db:5433/x?sslmode=require",
            ),
            ("postgres:///stafett?host=/run/postgresql&user=owner", "postgres://ROLE@…"),
        ] {
            assert_eq!(service_url(owner), service);
        }
    }
}
