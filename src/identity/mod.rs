//! Authentication: passwords, tokens, sessions, throttling, and the caller's current rights in the database.

mod caller;
mod known_as;
mod password;
mod session;
mod throttle;
mod token;

pub use caller::{Caller, HeldRole, as_caller, authenticate, still};
pub use known_as::{counterpart, known_as};
pub use password::{HashError, Password, PasswordError, Passwords};
pub use session::{NewTokens, Refreshed, end_session, end_sessions_of, open_session, refresh};
pub use throttle::{Throttled, forgive, register_attempt};
pub use token::{TokenKeys, TokenKeysError, VerifiedToken};

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of some bytes in hex. Secrets and names are stored this way if only equality matters.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
