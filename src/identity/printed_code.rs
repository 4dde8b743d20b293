//! Codes that people copy from paper.

use secrecy::{ExposeSecret, SecretString};

use crate::db::DbError;

/// Crockford's base 32: no letter is mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The characters of a code: 50 random bits.
const LENGTH: usize = 10;

/// A code that is printed, and typed again.
#[derive(Debug)]
pub struct PrintedCode(SecretString);

impl PrintedCode {
    /// Makes a code.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn random() -> Result<Self, DbError> {
        let mut bytes = [0_u8; LENGTH];
        getrandom::fill(&mut bytes)
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
        let text: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        Ok(Self(text.into()))
    }

    /// Reads a code as a person types it. Text that is no code matches none.
    #[must_use]
    pub fn typed(text: &SecretString) -> Self {
        let plain = text.expose_secret().chars().filter(|c| !c.is_whitespace() && *c != '-').take(2 * LENGTH);
        let read: String = plain
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        Self(read.into())
    }

    /// Returns the code in groups, as it is printed.
    #[must_use]
    pub fn printed(&self) -> String {
        let (one, other) = self.0.expose_secret().split_at(LENGTH / 2);
        format!("{one}-{other}")
    }

    /// Returns the code itself, to hash it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = PrintedCode::random().expect("random numbers");
        let printed = code.printed();
        assert_eq!(printed.len(), LENGTH + 1);
        let typed = |text: &str| PrintedCode::typed(&text.to_owned().into()).text().to_owned();
        assert_eq!(typed(&format!(" {} ", printed.to_lowercase().replace('-', " "))), code.text());
        assert_eq!(typed("oil10-OIL1O"), "0111001110");
        assert_ne!(PrintedCode::random().expect("random numbers").printed(), printed);
    }
}
