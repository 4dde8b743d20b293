//! Second factors of a log-in, and one of them: time-based codes (TOTP, RFC 6238) of an app, and recovery codes for the day the phone is lost.
//!
//! Each code works once. The secret is sealed in the database, and recovery codes are keyed hashes.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use uuid::Uuid;

use super::{PrintedCode, has_passkey};
use crate::{
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_optional,
    kernel::{
        Id,
        ids::{Person, Session},
        vocabulary::SecondFactorKind,
    },
    vault::{Content, KeyName},
};

const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
/// Steps before and after the current one whose codes are accepted: the clock of a phone is not exact (RFC 6238 § 5.2).
const SKEW: u16 = 1;
/// The bytes of a secret (RFC 4226 § 4).
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;

const FIND: &str = "SELECT secret, confirmed_at FROM second_factor WHERE person_id = $1";
const FORGET_CODES: &str = "DELETE FROM recovery_code WHERE person_id = $1";
const FORGET: &str = "DELETE FROM second_factor WHERE person_id = $1";
const INSERT: &str = "
    INSERT INTO second_factor (person_id, municipality, secret, created_at, last_step) VALUES ($1, $2, $3, $4, 0)";
const CONFIRM: &str =
    "UPDATE second_factor SET confirmed_at = $2 WHERE person_id = $1 AND confirmed_at IS NULL";
const USE_STEP: &str = "UPDATE second_factor SET last_step = $2 WHERE person_id = $1 AND last_step < $2";
const INSERT_CODE: &str = "INSERT INTO recovery_code (person_id, code_hash, created_at) VALUES ($1, $2, $3)";
const USE_CODE: &str = "
    UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL";
const FIND_CODE: &str = "SELECT person_id FROM recovery_code WHERE person_id = $1 AND code_hash = $2";
const PROVEN: &str = "SELECT second_factor_at IS NOT NULL FROM session WHERE id = $1 AND ended_at IS NULL";
const MARK: &str = "UPDATE session SET second_factor_at = $2 WHERE id = $1";

/// The second factor of an account.
#[derive(Debug, sqlx::FromRow)]
pub struct SecondFactor {
    secret: Content,
    confirmed_at: Option<DateTime<Utc>>,
}

impl SecondFactor {
    /// Returns whether log-ins need it. Until a code has confirmed it, they do not.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }
}

/// The result of entering a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeUse {
    /// It was right, and is used up now.
    Accepted,
    /// It was right, and it or a later one was used before.
    Used,
    /// It was wrong.
    Wrong,
}

/// Finds the second factor of a person, confirmed or not.
///
/// # Errors
/// If the database query fails.
pub async fn find_second_factor(tx: &mut Tx, person: Id<Person>) -> Result<Option<SecondFactor>, DbError> {
    fetch_optional!(tx, SecondFactor, FIND, person)
}

/// Makes a secret for a person who has no confirmed one, and returns it in base 32.
///
/// # Errors
/// If the write to the database fails.
pub async fn enrol(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
    now: DateTime<Utc>,
) -> Result<SecretString, DbError> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
    let secret = Secret::from(bytes).to_base32();
    let sealed = tx.vault().seal(&KeyName::people(municipality), &secret)?;
    execute!(tx, FORGET, person)?;
    expect_one(execute!(tx, INSERT, person, municipality, sealed, now)?)?;
    Ok(secret.into())
}

/// Confirms a second factor, and returns its recovery codes.
///
/// # Errors
/// If the write to the database fails.
pub async fn confirm(
    tx: &mut Tx,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Vec<PrintedCode>, DbError> {
    expect_one(execute!(tx, CONFIRM, person, now)?)?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = PrintedCode::random()?;
        let hash = recovery_hash(tx, person, &code)?;
        expect_one(execute!(tx, INSERT_CODE, person, hash, now)?)?;
        codes.push(code);
    }
    Ok(codes)
}

/// Uses a code of the app up.
///
/// # Errors
/// If the database query fails.
pub async fn use_app_code(
    tx: &mut Tx,
    person: Id<Person>,
    factor: &SecondFactor,
    code: &SecretString,
    now: DateTime<Utc>,
) -> Result<CodeUse, DbError> {
    let (Some(totp), Ok(seconds)) = (totp(&factor.secret), u64::try_from(now.timestamp())) else {
        return Ok(CodeUse::Wrong);
    };
    let Some(step) = totp.check(code.expose_secret().trim(), seconds) else { return Ok(CodeUse::Wrong) };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    Ok(if execute!(tx, USE_STEP, person, step)? == 1 { CodeUse::Accepted } else { CodeUse::Used })
}

/// Uses a code of the app or a recovery code up.
///
/// # Errors
/// If the database query fails.
pub async fn use_code(
    tx: &mut Tx,
    person: Id<Person>,
    factor: &SecondFactor,
    code: &SecretString,
    now: DateTime<Utc>,
) -> Result<CodeUse, DbError> {
    let of_app = use_app_code(tx, person, factor, code, now).await?;
    if of_app != CodeUse::Wrong {
        return Ok(of_app);
    }
    let hash = recovery_hash(tx, person, &PrintedCode::typed(code))?;
    if execute!(tx, USE_CODE, person, &hash, now)? == 1 {
        return Ok(CodeUse::Accepted);
    }
    let known = fetch_optional!(tx, (Id<Person>,), FIND_CODE, person, hash)?;
    Ok(if known.is_some() { CodeUse::Used } else { CodeUse::Wrong })
}

/// Removes the second factor of a person, with its recovery codes.
///
/// # Errors
/// If the database query fails.
pub async fn remove_second_factor(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    execute!(tx, FORGET_CODES, person)?;
    execute!(tx, FORGET, person)?;
    Ok(())
}

/// Notes that a session has proven the second factor.
///
/// # Errors
/// If the write to the database fails.
pub async fn mark_session(tx: &mut Tx, session: Id<Session>, now: DateTime<Utc>) -> Result<(), DbError> {
    expect_one(execute!(tx, MARK, session, now)?)
}

/// Returns whether a session has proven a second factor; none if it has ended.
///
/// # Errors
/// If the database query fails.
pub async fn has_proven(tx: &mut Tx, session: Id<Session>) -> Result<Option<bool>, DbError> {
    Ok(fetch_optional!(tx, (bool,), PROVEN, session)?.map(|(is_proven,)| is_proven))
}

/// Returns the second factors of a person. A log-in needs one of them.
///
/// # Errors
/// If the database query fails.
pub async fn factors_of(tx: &mut Tx, person: Id<Person>) -> Result<Vec<SecondFactorKind>, DbError> {
    let code = find_second_factor(tx, person).await?.is_some_and(|factor| factor.is_confirmed());
    let passkey = has_passkey(tx, person).await?;
    let all = [(code, SecondFactorKind::Code), (passkey, SecondFactorKind::Passkey)];
    Ok(all.into_iter().filter(|(has, _)| *has).map(|(_, kind)| kind).collect())
}

fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_skew(SKEW);
    builder.with_step_duration(STEP_SECONDS).with_secret(secret).build().ok()
}

fn recovery_hash(tx: &Tx, person: Id<Person>, code: &PrintedCode) -> Result<String, DbError> {
    Ok(tx.vault().index(&format!("recovery code of {person}: {}", code.text()))?)
}

/// Separates the lock on the factors of a person from the lock on their rights.
const FACTORS: u128 = 0x0066_6163_746f_7273;

/// Waits for other changes of a person's factors. Each write shares the lock on the rights of its caller already, and two that both made
/// it their own would wait for each other. A log-in, which takes that lock alone, waits for these changes too.
///
/// # Errors
/// If the database query fails.
pub async fn hold_factors_of(tx: &mut Tx, person: Id<Person>) -> Result<(), DbError> {
    dialect::lock(tx, Uuid::from_u128(person.uuid().as_u128() ^ FACTORS)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_that_of_rfc_6238() {
        // The secret and the times of appendix B; the codes are their last six digits.
        let totp = totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("a secret");
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            assert_eq!(totp.check(code, time), Some(time / STEP_SECONDS));
        }
        assert_eq!(totp.check("287082", 59 + 2 * STEP_SECONDS), None, "too old");
        assert_eq!(totp.check("287083", 59), None);
    }
}
