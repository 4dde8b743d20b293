//! Passwords under a permit. Hashing and verifying are slow, so no transaction is open meanwhile.

use secrecy::SecretString;

use super::{Permit, actions::Action};
use crate::{
    identity::{Password, forgive, register_attempt},
    problem::Problem,
};

impl<A: Action> Permit<A> {
    /// Hashes a password.
    ///
    /// # Errors
    /// 503 if too many wait; or as the permit itself, which is decided again.
    pub async fn hash_password(self, password: Password) -> Result<(Self, String), actix_web::Error> {
        let passwords = self.services.passwords.clone();
        self.outside(async move { Ok(passwords.hash(password).await?) }).await
    }

    /// Verifies the caller's own password. The number of attempts is limited as at log-in.
    ///
    /// # Errors
    /// 422 at `pointer` if the password is wrong, 429 after too many attempts; or as the permit itself, which is decided
    /// again.
    pub async fn ask_password(
        self,
        password: SecretString,
        hash: Option<String>,
        pointer: &str,
    ) -> Result<Self, actix_web::Error> {
        let services = self.services.clone();
        let name = format!("own password of {}", self.caller().person);
        let address = services.client_address(&self.request).unwrap_or_default();
        let asked = async {
            let now = services.clock.now();
            let mut tx = services.db.write().await?;
            let throttled = register_attempt(&mut tx, &name, &address, now).await?;
            tx.commit().await?;
            if let Some(throttled) = throttled {
                return Err(Problem::too_many_attempts(throttled.retry_after_seconds));
            }
            if !services.passwords.verify(password, hash).await? {
                return Err(Problem::field(pointer, "is not the current password"));
            }
            let mut tx = services.db.write().await?;
            forgive(&mut tx, &name, &address).await?;
            Ok(tx.commit().await?)
        };
        Ok(self.outside(asked).await?.0)
    }
}
