//! Truth values in JSON from the database.

use serde::{Deserialize, Deserializer};

/// Reads a truth value: `true` from PostgreSQL, `1` from SQLite.
pub(super) fn flag<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Word(bool),
        Number(u8),
    }
    Ok(match Flag::deserialize(value)? {
        Flag::Word(word) => word,
        Flag::Number(number) => number != 0,
    })
}

/// Reads a truth value that can be absent.
pub(super) fn optional_flag<'de, D: Deserializer<'de>>(value: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    struct Present(#[serde(deserialize_with = "flag")] bool);
    Ok(Option::<Present>::deserialize(value)?.map(|Present(flag)| flag))
}
