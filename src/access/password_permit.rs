//! Secrets under a permit. Hashing and verifying are slow, so no transaction is open meanwhile.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Permit, actions::Action};
use crate::{
    db::{DbError, Tx},
    identity::{Attempt, Password, Standing, Visitor, check_attempt, record_attempt},
    problem::Problem,
};

impl<A: Action> Permit<A> {
    /// Hashes a password.
    ///
    /// # Errors
    /// 503 if too many wait; or as the permit itself, which is decided again.
    pub async fn hash_password(self, password: Password) -> Result<(Self, String), actix_web::Error> {
        let (passwords, visitor) = (self.services.passwords.clone(), self.visitor());
        self.outside(async move { Ok(passwords.hash_for(password, &visitor).await?) }).await
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
        let (services, visitor, person) = (self.services.clone(), self.visitor(), self.caller().account);
        let asked = async {
            let now = services.clock.now();
            let mut tx = services.db.read().await?;
            let attempt = Attempt::at_own_password(&tx, person)?;
            let waits = check_attempt(&mut tx, &attempt, now).await?.waits;
            tx.rollback().await?;
            if let Some(waits) = waits {
                return Err(Problem::too_many_attempts(waits.retry_after_seconds));
            }
            let is_right = services.passwords.verify(password, hash, &visitor).await?;
            let mut tx = services.db.write().await?;
            let waits = record_attempt(&mut tx, &attempt, is_right, services.clock.now()).await?;
            tx.commit().await?;
            match waits {
                Some(waits) => Err(Problem::too_many_attempts(waits.retry_after_seconds)),
                None if is_right => Ok(()),
                None => Err(Problem::field(pointer, "is not the current password")),
            }
        };
        Ok(self.outside(asked).await?.0)
    }

    /// Checks what the caller must know, with a limited number of attempts. A wrong attempt counts although the request is refused,
    /// so the check has a transaction of its own.
    ///
    /// # Errors
    /// `wrong` if it is wrong, 429 after too many attempts; or as the permit itself, which is decided again.
    pub async fn ask_secret(
        self,
        attempt: Attempt,
        check: impl AsyncFnOnce(&mut Tx, DateTime<Utc>) -> Result<bool, DbError>,
        wrong: Problem,
    ) -> Result<Self, actix_web::Error> {
        let services = self.services.clone();
        let asked = async {
            let now = services.clock.now();
            let mut tx = services.db.write().await?;
            let waits = check_attempt(&mut tx, &attempt, now).await?.waits;
            if let Some(waits) = waits {
                tx.rollback().await?;
                return Err(Problem::too_many_attempts(waits.retry_after_seconds));
            }
            let is_right = check(&mut tx, now).await?;
            let waits = record_attempt(&mut tx, &attempt, is_right, now).await?;
            tx.commit().await?;
            match waits {
                Some(waits) => Err(Problem::too_many_attempts(waits.retry_after_seconds)),
                None if is_right => Ok(()),
                None => Err(wrong),
            }
        };
        Ok(self.outside(asked).await?.0)
    }

    fn visitor(&self) -> Visitor {
        Visitor { address: self.services.client_address(&self.request), standing: Standing::Known }
    }
}
