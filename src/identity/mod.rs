//! Authentication: passwords, tokens, sessions, throttling, and the caller's current rights in the database.

mod address;
mod caller;
mod device;
mod fair_queue;
mod former_names;
mod hashing;
mod held;
mod human;
mod loading;
mod passkeys;
mod password;
mod printed_code;
mod relying_party;
mod second_factor;
mod session;
mod throttle;
mod token;
mod turns;

pub use address::{ClientAddress, site_name};
pub use caller::{Caller, HeldRole, KnownAs, StaffFactor};
pub use device::{
    KnownDevice, find_device, forget_devices_of, forget_expired_devices, hold_devices_of, remember_device,
};
pub use former_names::{FormerName, former_names, has_corrected_lately};
pub use hashing::{HashError, Passwords};
pub use human::{are_same, find_person, identity_of, known_in, person_in, persons_of, persons_there};
pub use loading::{Acquaintance, as_caller, authenticate, still};
pub use passkeys::{
    Challenge, MOST_PASSKEYS, NewChallenge, OwnPasskey, PasskeyUse, Proven, add_passkey, begin_new_passkey,
    begin_passkey_proof, find_challenge, forget_expired_challenges, has_passkey, passkeys_of,
    prove_new_passkey, remove_passkey, remove_passkeys_of, use_passkey,
};
pub use password::{Password, PasswordError};
pub use printed_code::PrintedCode;
pub use relying_party::{RelyingParty, RelyingPartyError};
pub use second_factor::{
    CodeUse, SecondFactor, confirm, enrol, factors_of, find_second_factor, has_proven, hold_factors_of,
    mark_session, remove_second_factor, use_app_code, use_code,
};
pub use session::{
    NewTokens, Refreshed, end_other_sessions, end_session, end_sessions_of, is_issued, open_session, refresh,
};
pub use throttle::{
    Attempt, Checked, Throttled, check_attempt, forget_failures, record_attempt, unlock,
    unlock_for_administrator,
};
pub use token::{TokenKeys, TokenKeysError, VerifiedToken};
pub use turns::{Standing, Visitor};

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of some bytes in hex. Secrets and names are stored this way if only equality matters.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
