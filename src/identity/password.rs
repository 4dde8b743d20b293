//! Passwords: accepted according to NIST SP 800-63B-4 and stored with argon2id.
//!
//! Length matters (15 characters if the password is the only factor), composition does not. A password that is easy to
//! guess is refused. The parameters of the hash are one of the equivalent options in the OWASP Password Storage Cheat
//! Sheet: 9 MiB, 4 passes, 1 lane.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use tokio::sync::{Mutex, Semaphore};

use crate::problem::{Code, Problem};

const MIN_CHARS: usize = 15;
const MAX_CHARS: usize = 128;
/// The number of guesses that a password must withstand, as a power of ten.
const MIN_GUESSES_LOG10: f64 = 10.0;
/// Cost of a hash: memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (9 * 1024, 4, 1);

/// A new password that satisfies the rules.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The reason a password was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Too short.
    #[error("must be at least {MIN_CHARS} characters; a sentence is a good password")]
    TooShort,
    /// It is too long to hash.
    #[error("must be at most {MAX_CHARS} characters")]
    TooLong,
    /// It is a common password, or consists of common words.
    #[error("is too easily guessed: choose something less common")]
    Common,
}

impl Password {
    /// Validates a new password.
    ///
    /// # Errors
    /// If it is too short, too long or easy to guess.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let length = text.chars().count();
        if length < MIN_CHARS {
            return Err(PasswordError::TooShort);
        }
        if length > MAX_CHARS {
            return Err(PasswordError::TooLong);
        }
        if zxcvbn::zxcvbn(text, &["stafett", "kommune"]).guesses_log10() < MIN_GUESSES_LOG10 {
            return Err(PasswordError::Common);
        }
        Ok(Self(text.to_owned().into()))
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Password {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, SchemaFormat, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("new-password".to_owned())))
            .description(Some("A new password, which must not be easy to guess."))
            .min_length(Some(MIN_CHARS))
            .max_length(Some(MAX_CHARS))
            .into()
    }
}
impl utoipa::ToSchema for Password {
    fn name() -> std::borrow::Cow<'static, str> {
        "Password".into()
    }
}

/// Verified if there is no such user, so that the answer takes the same time. It is the hash of nothing.
const DECOY: &str =
    "$argon2id$v=19$m=9216,t=4,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The number of passwords that may wait. Further requests are refused.
const QUEUE: usize = 64;

/// An error when hashing a password.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// The system provides no random numbers, or the work was interrupted.
    #[error("the password could not be hashed")]
    Failed,
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::new(Code::Unavailable),
            HashError::Failed => Self::internal(error),
        }
    }
}

/// Hashes and verifies passwords outside the request threads, one at a time in the same memory. An allocator would otherwise
/// keep that memory for every thread that ever hashed.
#[derive(Clone, Debug)]
pub struct Passwords {
    memory: Arc<Mutex<Memory>>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { memory: Arc::default(), queue: Arc::new(Semaphore::new(QUEUE)) }
    }
}

#[derive(Default)]
struct Memory(Vec<Block>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Passwords {
    /// Returns the hash of a password, as a PHC string.
    ///
    /// # Errors
    /// If too many are waiting, the system provides no random numbers, or the work was interrupted.
    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        let _place = self.queue.try_acquire().map_err(|_| HashError::Busy)?;
        let mut memory = self.memory.clone().lock_owned().await;
        tokio::task::spawn_blocking(move || memory.hash(password.0.expose_secret().as_bytes()))
            .await
            .ok()
            .flatten()
            .ok_or(HashError::Failed)
    }

    /// Returns whether the password matches the hash. Without a hash the answer is no, in the same time.
    ///
    /// # Errors
    /// If too many are waiting.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, HashError> {
        let _place = self.queue.try_acquire().map_err(|_| HashError::Busy)?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| DECOY.to_owned());
        let mut memory = self.memory.clone().lock_owned().await;
        let fits =
            tokio::task::spawn_blocking(move || memory.fits(password.expose_secret().as_bytes(), &hash));
        let fits = fits.await.ok().flatten().unwrap_or(false);
        Ok(known && fits)
    }
}

impl Memory {
    fn hash(&mut self, password: &[u8]) -> Option<String> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None).ok()?;
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).ok()?;
        let output = self.compute(password, &salt, &params)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).ok()?,
            salt: Some(Salt::new(&salt).ok()?),
            hash: Some(output),
        };
        Some(hash.to_string())
    }

    fn fits(&mut self, password: &[u8], hash: &str) -> Option<bool> {
        let known =
            PasswordHash::new(hash).ok().filter(|hash| hash.algorithm == Algorithm::Argon2id.ident())?;
        let params = Params::try_from(&known).ok()?;
        let output = self.compute(password, known.salt?.as_ref(), &params)?;
        // The comparison takes constant time.
        Some(Some(output) == known.hash)
    }

    fn compute(&mut self, password: &[u8], salt: &[u8], params: &Params) -> Option<Output> {
        let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
        self.0.resize(params.block_count(), Block::new());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_into_with_memory(password, salt, &mut output, &mut self.0)
            .ok()?;
        Output::new(&output).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_is_a_password_and_a_common_word_is_not() {
        assert!(Password::parse("fire blå ender over isen").is_ok());
        assert_eq!(Password::parse("Kort1!").err(), Some(PasswordError::TooShort));
        assert_eq!(Password::parse(&"æ".repeat(129)).err(), Some(PasswordError::TooLong));
        for common in ["passwordpassword", "111111111111111", "qwertyuiopasdfgh", "stafettstafettstafett"] {
            assert_eq!(Password::parse(common).err(), Some(PasswordError::Common), "{common}");
        }
    }

    #[tokio::test]
    async fn the_hash_is_argon2id_with_the_recommended_cost_and_fits_only_its_password() {
        let passwords = Passwords::default();
        let hash =
            passwords.hash(Password::parse("fire blå ender over isen").expect("good")).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=9216,t=4,p=1$"), "{hash}");
        assert!(
            passwords.verify("fire blå ender over isen".into(), Some(hash.clone())).await.expect("a turn")
        );
        assert!(!passwords.verify("fem blå ender over isen".into(), Some(hash)).await.expect("a turn"));
        assert!(!passwords.verify("fire blå ender over isen".into(), None).await.expect("a turn"));
    }

    #[test]
    fn the_decoy_costs_what_a_real_hash_costs() {
        let decoy = PasswordHash::new(DECOY).expect("a hash");
        let real = Memory::default().hash("fire blå ender over isen".as_bytes()).expect("a hash");
        let real = PasswordHash::new(&real).expect("a hash");
        assert_eq!(decoy.params, real.params);
        assert_eq!(decoy.hash.map(|hash| hash.len()), real.hash.map(|hash| hash.len()));
        assert_eq!(decoy.salt.map(|salt| salt.len()), real.salt.map(|salt| salt.len()));
    }
}
