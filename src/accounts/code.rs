//! The halves of an activation code, and the letters that bring them to the person.

use chrono::{DateTime, Datelike, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    db::{DbError, Tx},
    kernel::{Id, Moment, ids::Activation},
};

/// Crockford's base 32: no letter is mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The characters of a half: 50 random bits.
const LENGTH: usize = 10;
const MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];

/// Which half of a code. Each has hashes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The half of the administrator who asks for the code.
    First,
    /// The half of the administrator who approves it.
    Second,
}

/// A half of a code.
#[derive(Debug)]
pub(super) struct Half(SecretString);

impl Half {
    /// Makes a half.
    pub fn random() -> Result<Self, DbError> {
        let mut bytes = [0_u8; LENGTH];
        getrandom::fill(&mut bytes)
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
        let text: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        Ok(Self(text.into()))
    }

    /// Reads a half as a person types it. Text that is no half matches none.
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

    /// Returns the half in groups, as it is printed.
    pub fn printed(&self) -> String {
        let (one, other) = self.0.expose_secret().split_at(LENGTH / 2);
        format!("{one}-{other}")
    }

    /// Returns its keyed hash, which is the same only for the same code and part.
    pub fn hash(&self, tx: &Tx, code: Id<Activation>, part: Part) -> Result<String, DbError> {
        Ok(tx.vault().index(&format!("{part:?} half of {code}: {}", self.0.expose_secret()))?)
    }
}

/// Returns the letter with the first half.
pub(super) fn first_letter(name: &str, username: &str, half: &Half, expires_at: DateTime<Utc>) -> String {
    format!(
        "Til {name}\n\n\
         Kommunen har gjort klar en kode til kontoen din i Stafett. Koden har to deler, som du får fra to ansatte i kommunen hver for \
         seg. Dette er den første.\n\n\
         Brukernavn: {username}\n\
         Første del av koden: {half}\n\
         Koden kan brukes til og med {until}.\n\n\
         {end}",
        half = half.printed(),
        until = last_day(expires_at),
        end = END,
    )
}

/// Returns the letter with the second half.
pub(super) fn second_letter(name: &str, half: &Half, expires_at: DateTime<Utc>) -> String {
    format!(
        "Til {name}\n\n\
         Dette er den andre delen av koden til kontoen din i Stafett. Brukernavnet og den første delen får du av en annen ansatt i \
         kommunen.\n\n\
         Andre del av koden: {half}\n\
         Koden kan brukes til og med {until}.\n\n\
         {end}",
        half = half.printed(),
        until = last_day(expires_at),
        end = END,
    )
}

const END: &str = "Med begge delene velger du et passord som bare du skal kjenne. Ingen i kommunen skal be om det, og ingen skal bruke \
                   koden for deg. Har du ikke ventet dette brevet, eller virker ikke koden, ta kontakt med kommunen.";

/// The last whole day on which a code is valid, in Norwegian.
fn last_day(expires_at: DateTime<Utc>) -> String {
    let day = Moment::at(expires_at).today.pred_opt().unwrap_or(Moment::at(expires_at).today);
    format!("{}. {} {}", day.day(), MONTHS[day.month0() as usize], day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_read_as_people_type_it() {
        let half = Half::random().expect("random numbers");
        let printed = half.printed();
        assert_eq!(printed.len(), LENGTH + 1);
        let typed = |text: &str| Half::typed(&text.to_owned().into()).0.expose_secret().to_owned();
        assert_eq!(typed(&format!(" {} ", printed.to_lowercase().replace('-', " "))), half.0.expose_secret());
        assert_eq!(typed("oil10-OIL1O"), "0111001110");
        assert_ne!(Half::random().expect("random numbers").printed(), printed);
    }

    #[test]
    fn a_letter_names_the_last_whole_day() {
        let half = Half::typed(&"K7QM2X9RT4".to_owned().into());
        let until = "2026-12-06T09:30:00Z".parse().expect("a time");
        let letter = first_letter("Alma Fjellheim", "alma", &half, until);
        assert!(letter.contains("Første del av koden: K7QM2-X9RT4\n"), "{letter}");
        assert!(letter.contains("til og med 5. desember 2026."), "{letter}");
        assert!(!second_letter("Alma Fjellheim", &half, until).contains("Brukernavn:"));
    }
}
