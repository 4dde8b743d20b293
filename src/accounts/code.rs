//! The halves of an activation code, and the letters that bring them to the person.

use chrono::{DateTime, Datelike, Utc};

use crate::{
    db::{DbError, Tx},
    identity::PrintedCode,
    kernel::{Id, Moment, ids::Activation},
};

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
pub(super) type Half = PrintedCode;

/// Returns the keyed hash of a half, which is the same only for the same code and part.
pub(super) fn hash(tx: &Tx, half: &Half, code: Id<Activation>, part: Part) -> Result<String, DbError> {
    Ok(tx.vault().index(&format!("{part:?} half of {code}: {}", half.text()))?)
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
    fn a_letter_names_the_last_whole_day() {
        let half = Half::typed(&"K7QM2X9RT4".to_owned().into());
        let until = "2026-12-06T09:30:00Z".parse().expect("a time");
        let letter = first_letter("Alma Fjellheim", "alma", &half, until);
        assert!(letter.contains("Første del av koden: K7QM2-X9RT4\n"), "{letter}");
        assert!(letter.contains("til og med 5. desember 2026."), "{letter}");
        assert!(!second_letter("Alma Fjellheim", &half, until).contains("Brukernavn:"));
    }
}
