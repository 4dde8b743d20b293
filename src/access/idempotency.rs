//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a POST that is repeated with the same key within a day
//! takes effect once, and gets the first answer again.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::etag::etag_in;
use crate::{
    db::{Db, DbError, Tx, dialect, expect_one},
    execute, fetch_optional,
    kernel::{Id, ids::Person},
    problem::{Code, Problem},
};

const HEADER: &str = "Idempotency-Key";
const FIND: &str = "
    SELECT fingerprint, status, headers, body FROM idempotency WHERE person_id = $1 AND key_index = $2";
const INSERT: &str = "
    INSERT INTO idempotency (person_id, key_index, fingerprint, status, headers, body, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const FORGET: &str = "DELETE FROM idempotency WHERE created_at < $1";

/// How long a key is remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// Deletes keys older than a day, and the answers stored with them.
///
/// # Errors
/// If the database does not answer.
pub async fn forget_old_keys(db: &Db, now: DateTime<Utc>) -> Result<u64, DbError> {
    let mut tx = db.write().await?;
    let forgotten = execute!(&mut tx, FORGET, now - REMEMBERED)?;
    tx.commit().await?;
    Ok(forgotten)
}

/// The key of a request, and the request it was sent with. Only a hash of the key is stored. The answer is sealed with the
/// key itself, so nobody can open it with the database and its encryption keys alone.
#[derive(Clone)]
pub(super) struct IdempotencyKey {
    key: String,
    /// The path and the body.
    sent: Vec<u8>,
}

/// The first answer, as it is stored.
#[derive(Debug, sqlx::FromRow)]
struct Stored {
    fingerprint: String,
    status: i64,
    headers: String,
    body: String,
}

/// The first answer.
#[derive(Debug)]
pub(super) struct FirstAnswer {
    status: StatusCode,
    headers: Vec<(String, String)>,
    /// JSON.
    pub(super) body: String,
}

impl FirstAnswer {
    /// Returns the path of the created object.
    pub(super) fn location(&self) -> Option<&str> {
        let location = |(name, _): &&(String, String)| header::LOCATION == name.as_str();
        self.headers.iter().find(location).map(|(_, path)| path.as_str())
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in self.headers {
            // The caller may see less of the version than the first answer showed.
            let is_tag = header::ETAG == name.as_str();
            let value = if is_tag { etag_in(&value, self.body.as_bytes()) } else { value };
            response.insert_header((name, value));
        }
        response.insert_header((header::CONTENT_TYPE, "application/json"));
        response.body(self.body)
    }
}

/// The form of `Idempotency-Key`: 1 to 100 characters, in quotes or not.
pub const PATTERN: &str = r#"^([ !#-~]{1,100}|"[ !#-~]{1,100}")$"#;

fn is_key(key: &str) -> bool {
    (1..=100).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"')
}

/// Headers of the first answer that a repeated request gets too.
const KEPT: [header::HeaderName; 2] = [header::LOCATION, header::ETAG];

impl IdempotencyKey {
    /// Returns the key of a POST, if it has one.
    pub(super) fn of(request: &HttpRequest, body: &[u8]) -> Result<Option<Self>, Problem> {
        if request.method() != Method::POST {
            return Ok(None);
        }
        let Some(value) = request.headers().get(HEADER) else { return Ok(None) };
        let value = value.to_str().unwrap_or_default();
        let quoted = value.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        let key = quoted.unwrap_or(value);
        if !is_key(key) {
            let detail = "must be 1 to 100 visible ASCII characters and spaces, without quotes inside";
            return Err(Problem::header(Code::BadRequest, HEADER, detail));
        }
        let mut sent = request.path().as_bytes().to_vec();
        sent.push(0);
        sent.extend_from_slice(body);
        Ok(Some(Self { key: key.to_owned(), sent }))
    }

    /// Returns the first answer, if the request is a repeat.
    pub(super) async fn replay(
        &self,
        tx: &mut Tx,
        person: Id<Person>,
    ) -> Result<Option<FirstAnswer>, Problem> {
        // A concurrent repeat waits for the answer to the first request.
        dialect::lock(tx, Uuid::new_v5(&person.uuid(), self.key.as_bytes())).await?;
        let secret = self.secret(person);
        let index = tx.vault().index(&secret)?;
        let Some(stored) = fetch_optional!(tx, Stored, FIND, person, index)? else { return Ok(None) };
        if stored.fingerprint != self.fingerprint(tx)? {
            let detail = "was sent with another request in the last 24 hours";
            return Err(Problem::header(Code::IdempotencyKeyReused, HEADER, detail));
        }
        let status = u16::try_from(stored.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let headers = tx.vault().open_with(&secret, &stored.headers)?;
        Ok(Some(FirstAnswer {
            status: status.unwrap_or(StatusCode::OK),
            headers: serde_json::from_str(&headers).map_err(Problem::internal)?,
            body: tx.vault().open_with(&secret, &stored.body)?,
        }))
    }

    /// Stores the answer, in the transaction of its effect.
    pub(super) async fn keep(
        &self,
        tx: &mut Tx,
        person: Id<Person>,
        response: &HttpResponse,
        body: &str,
        now: DateTime<Utc>,
    ) -> Result<(), DbError> {
        let headers: Vec<(String, String)> = KEPT
            .iter()
            .filter_map(|name| {
                Some((name.to_string(), response.headers().get(name)?.to_str().ok()?.to_owned()))
            })
            .collect();
        let headers = serde_json::to_string(&headers).unwrap_or_default();
        let status = i64::from(response.status().as_u16());
        let secret = self.secret(person);
        let (index, fingerprint) = (tx.vault().index(&secret)?, self.fingerprint(tx)?);
        let (headers, body) =
            (tx.vault().seal_with(&secret, &headers)?, tx.vault().seal_with(&secret, body)?);
        expect_one(execute!(tx, INSERT, person, index, fingerprint, status, headers, body, now)?)
    }

    /// The secret that seals the answer.
    fn secret(&self, person: Id<Person>) -> String {
        format!("answer to {person}: {}", self.key)
    }

    fn fingerprint(&self, tx: &Tx) -> Result<String, DbError> {
        Ok(tx.vault().index_of(&[b"request: ", self.sent.as_slice()].concat())?)
    }
}
