//! Hashing of passwords with argon2id.
//!
//! The parameters are one of the equivalent options in the OWASP Password Storage Cheat Sheet: 9 MiB, 4 passes, 1 lane.

use std::{num::NonZeroUsize, sync::Arc};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    ClientAddress,
    password::{MAX_CHARS, Password},
    turns::{Full, Standing, Turn, Turns, Visitor},
};
use crate::problem::{Code, Problem};

/// Cost of a hash: memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (9 * 1024, 4, 1);
/// Verified if there is no such user, so that the answer takes the same time. It is the hash of nothing.
const DECOY: &str =
    "$argon2id$v=19$m=9216,t=4,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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

impl From<Full> for HashError {
    fn from(_: Full) -> Self {
        Self::Busy
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::new(Code::Unavailable),
            HashError::Failed => Self::internal(error),
        }
    }
}

/// Hashes and verifies passwords outside the request threads, a few at a time in the same memories. An allocator would otherwise
/// keep that memory for every thread that ever hashed.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Turns<Memory>>);

impl Default for Passwords {
    fn default() -> Self {
        Self::on(NonZeroUsize::MIN)
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
    /// Hashes on this number of threads.
    #[must_use]
    pub fn on(threads: NonZeroUsize) -> Self {
        Self(Turns::new((0..threads.get()).map(|_| Memory::default()).collect()))
    }

    /// Returns the hash of a password that is set on the machine, as a PHC string.
    ///
    /// # Errors
    /// As [`Passwords::hash_for`].
    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        self.hash_for(password, &Visitor { address: ClientAddress::NONE, standing: Standing::Known }).await
    }

    /// Returns the hash of a password that a visitor sets, as a PHC string.
    ///
    /// # Errors
    /// If too many are waiting, the system provides no random numbers, or the work was interrupted.
    pub async fn hash_for(&self, password: Password, visitor: &Visitor) -> Result<String, HashError> {
        self.work(visitor, move |memory| memory.hash(password.bytes())).await?.ok_or(HashError::Failed)
    }

    /// Returns whether the password matches the hash. Without a hash the answer is no, in the same time.
    ///
    /// # Errors
    /// If too many are waiting.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
        visitor: &Visitor,
    ) -> Result<bool, HashError> {
        // No account has a longer one, and it would take room while it waits.
        let password = Some(password).filter(|password| password.expose_secret().len() <= 4 * MAX_CHARS);
        let can_fit = hash.is_some() && password.is_some();
        let (password, hash) = (password.unwrap_or_default(), hash.unwrap_or_else(|| DECOY.to_owned()));
        let fits =
            self.work(visitor, move |memory| memory.fits(password.expose_secret().as_bytes(), &hash)).await?;
        Ok(can_fit && fits.unwrap_or(false))
    }

    async fn work<T: Send + 'static>(
        &self,
        visitor: &Visitor,
        work: impl FnOnce(&mut Memory) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, HashError> {
        let mut turn = self.0.take(visitor).await?;
        let done = tokio::task::spawn_blocking(move || Turn::memory(&mut turn).and_then(work)).await;
        Ok(done.ok().flatten())
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

    #[tokio::test]
    async fn the_hash_is_argon2id_with_the_recommended_cost_and_fits_only_its_password() {
        let passwords = Passwords::default();
        let hash =
            passwords.hash(Password::parse("fire blå ender over isen").expect("good")).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=9216,t=4,p=1$"), "{hash}");
        let visitor = Visitor { address: ClientAddress::NONE, standing: Standing::Stranger };
        let verify = async |password: &str, hash: Option<&String>| {
            passwords.verify(password.into(), hash.cloned(), &visitor).await.expect("a turn")
        };
        assert!(verify("fire blå ender over isen", Some(&hash)).await);
        assert!(!verify("fem blå ender over isen", Some(&hash)).await);
        assert!(!verify("fire blå ender over isen", None).await);
        let nothing = Memory::default().hash(b"").expect("a hash");
        assert!(!verify(&"æ".repeat(300), Some(&nothing)).await, "a password that is too long fits nothing");
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
