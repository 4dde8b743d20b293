//! Parsers of the values of arguments. Each error says what is expected, with an example; clap adds the argument and what was given.

use std::{collections::BTreeMap, net::SocketAddr};

use chrono::NaiveDate;
use clap::{
    Arg, Command,
    builder::{StringValueParser, TypedValueParser},
    error::ErrorKind,
};

use crate::{
    accounts::{ChosenUsername, TypedUsername},
    kernel::{
        clock::day_in_norway,
        day::{parse_day, parse_time},
        text::Line,
        vocabulary::{Role, Words},
    },
    log_tree::{LogKey, LogVerifier},
    vault::KeyClass,
};

type Parsed<T> = Result<T, String>;

/// Parses the number of a municipality.
pub(crate) fn municipality(text: &str) -> Parsed<String> {
    if text.len() == 4 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err("must be the 4 digits of a municipality, such as 4014".to_owned())
}

/// Parses a day, or the day of a time in Norway.
pub(crate) fn day(text: &str) -> Parsed<NaiveDate> {
    parse_day(text).or_else(|_| parse_time(text).map(day_in_norway)).map_err(|_| {
        "must be a day, such as 2027-01-31, or a time with its zone, such as 2027-01-31T12:00:00Z".to_owned()
    })
}

/// Parses an address to listen on.
pub(crate) fn listen(text: &str) -> Parsed<SocketAddr> {
    let expected = "must be an IP address and a port, such as 127.0.0.1:8080";
    text.parse().map_err(|_| expected.to_owned())
}

/// Parses the address of a service.
pub(crate) fn service(text: &str) -> Parsed<String> {
    let known = ["http", "https"];
    match reqwest::Url::parse(text) {
        Ok(url) if known.contains(&url.scheme()) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("must be an address, such as http://127.0.0.1:8080".to_owned()),
    }
}

/// Parses a whole number between two others.
pub(crate) fn whole<const LEAST: u64, const MOST: u64>(text: &str) -> Parsed<u64> {
    match text.parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from {LEAST} to {MOST}, such as {}", LEAST.max(1))),
    }
}

/// A role in a unit.
#[derive(Debug, Clone)]
pub(crate) struct RoleIn {
    pub unit: String,
    pub role: Role,
}

/// Parses `UNIT_KEY:ROLE`.
pub(crate) fn role(text: &str) -> Parsed<RoleIn> {
    let parsed = text.split_once(':').and_then(|(unit, role)| {
        let role = Role::try_from(role.to_owned()).ok()?;
        (!unit.is_empty()).then(|| RoleIn { unit: unit.to_owned(), role })
    });
    parsed.ok_or_else(|| {
        let roles = Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
        format!("must be UNIT_KEY:ROLE, such as oppvekst:administrator; the roles are {roles}")
    })
}

/// The ids that name an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resource(pub BTreeMap<String, String>);

/// Parses `NAME=ID,NAME=ID`.
pub(crate) fn resource(text: &str) -> Parsed<Resource> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, id) = pair.split_once('=').filter(|(name, id)| !name.is_empty() && !id.is_empty())?;
        Some((name.trim().to_owned(), id.trim().to_owned()))
    };
    pairs.map(pair).collect::<Option<_>>().map(Resource).ok_or_else(|| {
        "must be NAME=ID, such as case_id=019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071; put commas between several"
            .to_owned()
    })
}

/// Parses the name of a person.
pub(crate) fn name(text: &str) -> Parsed<Line> {
    Line::parse(text).map_err(|error| format!("{error}: the name of a person, such as 'Kari Nordmann'"))
}

/// Parses one line of text.
pub(crate) fn line(text: &str) -> Parsed<Line> {
    Line::parse(text).map_err(|error| format!("{error}: one line of text, such as 'Kragerø kommune'"))
}

/// Parses the name that a new account gets.
pub(crate) fn new_username(text: &str) -> Parsed<ChosenUsername> {
    ChosenUsername::parse(text).map_err(|error| format!("{error}, such as kari.nordmann"))
}

/// Parses the name of an account that exists.
pub(crate) fn username(text: &str) -> Parsed<TypedUsername> {
    TypedUsername::parse(text).map_err(|error| format!("{error}, such as kari.nordmann"))
}

/// Parses the name of an access log.
pub(crate) fn origin(text: &str) -> Parsed<String> {
    let parsed = LogKey::random(text).map(|_| text.to_owned());
    parsed.map_err(|error| format!("{error}, such as stafett.example.no/access-log"))
}

/// Parses the public key of an access log.
pub(crate) fn public_key(text: &str) -> Parsed<String> {
    LogVerifier::new(text).map(|_| text.to_owned()).map_err(|_| {
        "must be the public key of an access log, such as `stafett access-log public-key` prints: NAME+ID+KEY"
            .to_owned()
    })
}

/// Parses the name of a class of keys.
pub(crate) fn key_class(text: &str) -> Parsed<KeyClass> {
    let expected = "must be a sector (school, ppt, health, child_welfare, nav, other) or people";
    KeyClass::named(text).ok_or_else(|| expected.to_owned())
}

/// Parses the name of a role of PostgreSQL.
pub(crate) fn database_role(text: &str) -> Parsed<String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !text.is_empty() && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err("must be a role of lower-case letters, digits and _, such as stafett".to_owned())
}

/// Parses the address of a database. It may not contain a password, because all users of the machine see the command line of a process.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseAddress;

impl TypedValueParser for DatabaseAddress {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, argument, value)?;
        let is_known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|start| text.starts_with(start));
        if is_known && !has_password(&text) {
            return Ok(text);
        }
        // The value may contain a password, so it is not printed.
        let name = argument.map(ToString::to_string).unwrap_or_default();
        let wrong = if is_known {
            "must not contain a password, which others on this machine could read: set STAFETT_DATABASE_URL or \
             STAFETT_DATABASE_URL_FILE instead, or PGPASSWORD beside it"
        } else {
            "must begin with sqlite: or postgres:, such as sqlite:stafett.db"
        };
        Err(clap::Error::raw(ErrorKind::ValueValidation, format!("{name} {wrong}\n")).with_cmd(command))
    }
}

fn has_password(url: &str) -> bool {
    let in_query = url.split(['?', '&']).skip(1).any(|pair| pair.starts_with("password="));
    in_query || reqwest::Url::parse(url).is_ok_and(|url| url.password().is_some())
}
