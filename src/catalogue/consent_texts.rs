//! Consent texts. A published version is never changed.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    files::TextEntry,
    imported::{Changes, ImportError},
};
use crate::{
    db::{DbError, Tx},
    execute, fetch_all, fetch_one,
};

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

/// Publishes texts. One that was published before must be the same.
pub(super) async fn publish(
    tx: &mut Tx,
    municipality: &str,
    texts: &[TextEntry],
) -> Result<Changes, ImportError> {
    let mut changes = Changes { total: texts.len(), ..Changes::default() };
    for TextEntry { version, language, body } in texts {
        let rows = execute!(tx, PUT, municipality, &**version, &**language, &**body)?;
        changes.added += usize::from(rows > 0);
        let (published,) = fetch_one!(tx, (String,), BODY, municipality, &**version, &**language)?;
        if published != **body {
            let (version, language) = (version.to_string(), language.to_string());
            return Err(ImportError::ChangedText { version, language });
        }
    }
    Ok(changes)
}

/// Lists all texts of a municipality, newest version first.
pub(super) async fn list(tx: &mut Tx, municipality: &str) -> Result<Vec<ConsentTextOut>, DbError> {
    fetch_all!(tx, ConsentTextOut, LIST, municipality)
}
