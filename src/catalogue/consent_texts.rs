//! Consent texts. A published version is never changed.

use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::import::{ImportError, read};
use crate::{
    db::{DbError, Tx},
    execute, fetch_all, fetch_one,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextsFile {
    text: Vec<TextEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextEntry {
    version: String,
    language: String,
    body: String,
}

/// A text that people are asked to consent to.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(super) struct ConsentTextOut {
    /// The version of the text.
    #[schema(example = "2026-1")]
    version: String,
    /// The language of the text.
    #[schema(example = "nb")]
    language: String,
    /// The text.
    text: String,
}

const PUT: &str = "
    INSERT INTO consent_text (municipality, version, language, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const BODY: &str = "SELECT body FROM consent_text WHERE municipality = $1 AND version = $2 AND language = $3";
const LIST: &str = "
    SELECT version, language, body AS text FROM consent_text WHERE municipality = $1 ORDER BY version DESC, language";

/// Publishes the texts in a folder.
pub(super) async fn import(tx: &mut Tx, municipality: &str, folder: &Path) -> Result<(), ImportError> {
    let TextsFile { text: texts } = read(&folder.join("consent_texts.toml"))?;
    for TextEntry { version, language, body } in texts {
        execute!(tx, PUT, municipality, &version, &language, body.trim())?;
        let (published,) = fetch_one!(tx, (String,), BODY, municipality, &version, &language)?;
        if published != body.trim() {
            return Err(ImportError::ChangedText { version, language });
        }
    }
    Ok(())
}

/// Lists all texts of a municipality, newest version first.
pub(super) async fn list(tx: &mut Tx, municipality: &str) -> Result<Vec<ConsentTextOut>, DbError> {
    fetch_all!(tx, ConsentTextOut, LIST, municipality)
}
