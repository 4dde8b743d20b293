//! The laws that the rules rest on, as data with days of validity: `data/laws.toml`. Rules, data and code refer to a law by its
//! key. The API and the log show its citation on the day. If an act is renumbered, only that file changes.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    PolicyError,
    grounds::{ByConsent, Giver, Party},
};

const SOURCE: &str = include_str!("../../data/laws.toml");

#[expect(clippy::expect_used, reason = "the file is part of the program, and tests read it")]
static LAWS: LazyLock<Laws> = LazyLock::new(|| Laws::parse(SOURCE).expect("data/laws.toml"));

/// The legal basis for processing data in the record. A consent or another exemption from secrecy is no such basis.
pub const PROCESSING: [&str; 6] = [
    "personvernforordningen.oppgave-i-allmennhetens-interesse",
    "personvernforordningen.særlige-kategorier-allmenn-interesse",
    "opplæringslova.samarbeid",
    "barnehageloven.behandling-av-personopplysninger",
    "barnevernsloven.behandling-av-personopplysninger",
    "sosialtjenesteloven.behandling-av-personopplysninger",
];

/// A law, independent of its citation. A citation depends on the day.
#[derive(Clone, Copy)]
pub struct Law(&'static LawEntry);

/// The wording of a law on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// The citation.
    pub citation: &'static str,
    /// Its first day.
    pub valid_from: NaiveDate,
    /// Whether it is in force on the day that was asked about.
    pub in_force: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LawEntry {
    key: String,
    #[serde(rename = "title")]
    _title: String,
    /// Whose look it can be a ground for; anyone's if left out.
    ground_for: Option<Vec<Party>>,
    /// Whose consent it is about; both if left out.
    consent_by: Option<Giver>,
    /// Whether it is a ground only with consents, or only without.
    consent: Option<ByConsent>,
    /// The wordings from the oldest to the newest; never empty.
    wording: Vec<WordingEntry>,
}

/// One wording of a law.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordingEntry {
    citation: String,
    #[serde(rename = "act")]
    _act: String,
    #[serde(deserialize_with = "date")]
    valid_from: NaiveDate,
    #[serde(default, deserialize_with = "optional_date")]
    valid_to: Option<NaiveDate>,
    #[serde(rename = "reading")]
    _reading: Reading,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// How the wording is known.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reading {
    /// The text was read.
    Statute,
    /// From general knowledge.
    General,
}

/// All laws that rules may cite.
#[derive(Debug)]
pub struct Laws {
    law: Vec<LawEntry>,
}

impl Laws {
    /// Returns the laws of `data/laws.toml`.
    #[must_use]
    pub fn current() -> &'static Self {
        &LAWS
    }

    /// Parses laws from another text in the same format.
    ///
    /// # Errors
    /// If the text cannot be read, a law has no wording, or its wordings are not in order of their days.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            law: Vec<LawEntry>,
        }
        let File { law } = toml::from_str(text)?;
        match law.iter().find(|law| !law.is_in_order()) {
            Some(law) => Err(PolicyError::Law(format!("the wordings of {}", law.key))),
            None => Ok(Self { law }),
        }
    }

    /// Returns the law with this key. Local rules may use one of the citations of the law instead.
    #[must_use]
    pub fn find(&'static self, name: &str) -> Option<Law> {
        let by_key = self.law.iter().find(|law| law.key == name);
        by_key.or_else(|| self.law.iter().find(|law| law.is_cited_as(name))).map(Law)
    }
}

impl LawEntry {
    fn is_in_order(&self) -> bool {
        let ends_before = |pair: &[WordingEntry]| match pair {
            [one, next] => one.valid_to.is_some_and(|to| to < next.valid_from),
            _ => true,
        };
        !self.wording.is_empty() && self.wording.windows(2).all(ends_before)
    }

    fn is_cited_as(&self, citation: &str) -> bool {
        self.wording.iter().any(|wording| wording.citation == citation)
    }
}

impl Law {
    /// Returns the law with this key in `data/laws.toml`.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Laws::current().find(key)
    }

    /// Returns its stable name.
    #[must_use]
    pub fn key(self) -> &'static str {
        &self.0.key
    }

    /// Returns whether it can be the ground of a look by this party.
    #[must_use]
    pub fn is_ground_for(self, party: Party) -> bool {
        self.0.ground_for.as_ref().is_none_or(|parties| parties.contains(&party))
    }

    /// Returns whether a consent of this giver can rest on it.
    #[must_use]
    pub fn is_basis_for_consent_by(self, giver: Giver) -> bool {
        self.0.consent_by.is_none_or(|of| of == giver)
    }

    /// Returns whether it is a ground only with consents, or only without; none if either.
    #[must_use]
    pub fn by_consent(self) -> Option<ByConsent> {
        self.0.consent
    }

    /// Returns its wording on a day: the newest that has begun, or the first.
    #[must_use]
    pub fn wording(self, day: NaiveDate) -> Wording {
        let begun = self.0.wording.iter().rev().find(|wording| wording.valid_from <= day);
        let WordingEntry { citation, valid_from, valid_to, .. } = begun.unwrap_or(&self.0.wording[0]);
        let in_force = *valid_from <= day && valid_to.is_none_or(|to| day <= to);
        Wording { citation, valid_from: *valid_from, in_force }
    }

    /// Returns the last day on which it is in force, if an end is known: the end of its last wording.
    #[must_use]
    pub fn last_day(self) -> Option<NaiveDate> {
        self.0.wording.last().and_then(|wording| wording.valid_to)
    }

    /// Returns its citation on a day.
    #[must_use]
    pub fn on(self, day: NaiveDate) -> &'static str {
        self.wording(day).citation
    }

    /// Returns whether this is one of its citations, on any day.
    #[must_use]
    pub fn is_cited_as(self, citation: &str) -> bool {
        self.0.is_cited_as(citation)
    }
}

/// Returns the laws with these keys in `data/laws.toml`. An unknown key is left out; tests check that all are known.
#[must_use]
pub fn laws(keys: &[&str]) -> Vec<Law> {
    keys.iter().filter_map(|key| Law::of_key(key)).collect()
}

/// Returns the citations of laws on a day, each once.
#[must_use]
pub fn cited(laws: &[Law], day: NaiveDate) -> Vec<&'static str> {
    let mut citations = Vec::new();
    for citation in laws.iter().map(|law| law.on(day)) {
        if !citations.contains(&citation) {
            citations.push(citation);
        }
    }
    citations
}

/// Joins citations for a document that has no date, including future citations.
#[must_use]
pub fn joined(laws: &[Law]) -> String {
    laws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Writes every citation, with the first day of each that differs from the one before, for documents that have no date.
impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for WordingEntry { citation, valid_from, .. } in &self.0.wording {
            match before {
                None => f.write_str(citation)?,
                Some(earlier) if earlier == citation => {}
                Some(_) => write!(f, ", from {valid_from} {citation}")?,
            }
            before = Some(citation);
        }
        Ok(())
    }
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Law({})", self.0.key)
    }
}

impl PartialEq for Law {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Law {}

/// Reads a law from data by its key.
impl<'de> Deserialize<'de> for Law {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        let law = Self::of_key(&key).filter(|law| law.key() == key);
        law.ok_or_else(|| D::Error::custom(format!("{key} is no key in data/laws.toml")))
    }
}

/// Checks that laws are in force on a day. Each item is the name of what cites the law, and the law.
pub(super) fn require_in_force(
    cited: impl Iterator<Item = (String, Law)>,
    day: NaiveDate,
) -> Result<(), PolicyError> {
    let ended = cited.filter(|(_, law)| !law.wording(day).in_force);
    let bad: Vec<String> = ended.map(|(by, law)| format!("{} ({by})", law.on(day))).collect();
    if bad.is_empty() { Ok(()) } else { Err(PolicyError::Law(bad.join(", "))) }
}

/// Returns the laws in force on a day that end within some days after it, each once, with one sentence about each.
pub(super) fn ending_soon(
    cited: impl Iterator<Item = (String, Law)>,
    day: NaiveDate,
    within: Days,
) -> Vec<String> {
    let mut ending = BTreeMap::<_, Vec<String>>::new();
    for (by, law) in cited {
        if let Some(last) = law.last_day().filter(|last| day <= *last && *last <= day + within) {
            ending.entry((last, law.on(day))).or_default().push(by);
        }
    }
    let says = |((last, citation), by): ((NaiveDate, &str), Vec<String>)| {
        format!("{citation} ends on {last}, and no later wording is known: {}", by.join(", "))
    };
    ending.into_iter().map(says).collect()
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let value = toml::value::Datetime::deserialize(deserializer)?;
    let day = value
        .date
        .and_then(|date| NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()));
    day.ok_or_else(|| D::Error::custom(format!("{value} is no day")))
}

fn optional_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    date(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RENUMBERED: &str = "
        [[law]]
        key = 'loven.emnet'
        title = 't'
        [[law.wording]]
        citation = 'x § 1'
        act = 'x'
        valid_from = 2020-01-01
        valid_to = 2026-12-31
        reading = 'statute'
        [[law.wording]]
        citation = 'x § 7'
        act = 'x'
        valid_from = 2027-01-01
        valid_to = 2030-12-31
        reading = 'statute'";

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn law() -> Law {
        let laws: &'static Laws = Box::leak(Box::new(Laws::parse(RENUMBERED).expect("laws")));
        laws.find("loven.emnet").expect("the law")
    }

    #[test]
    fn a_law_is_cited_as_on_the_day() {
        for (on, citation, in_force) in [
            ("2019-12-31", "x § 1", false),
            ("2020-01-01", "x § 1", true),
            ("2026-12-31", "x § 1", true),
            ("2027-01-01", "x § 7", true),
            ("2031-01-01", "x § 7", false),
        ] {
            let wording = law().wording(day(on));
            assert_eq!((wording.citation, wording.in_force), (citation, in_force), "{on}");
        }
        assert_eq!(law().wording(day("2028-01-01")).valid_from, day("2027-01-01"));
        assert!(law().is_cited_as("x § 1") && law().is_cited_as("x § 7") && !law().is_cited_as("x § 2"));
        assert_eq!(law().to_string(), "x § 1, from 2027-01-01 x § 7");
        assert_eq!(cited(&[law(), law()], day("2027-01-01")), ["x § 7"]);
    }

    #[test]
    fn what_rests_on_law_that_has_ended_is_named() {
        let rests = || std::iter::once(("rule a.rule".to_owned(), law()));
        assert!(require_in_force(rests(), day("2026-12-31")).is_ok());
        let ended = require_in_force(rests(), day("2031-01-01")).expect_err("ended").to_string();
        assert!(ended.contains("x § 7 (rule a.rule)"), "{ended}");
    }

    #[test]
    fn what_rests_on_law_that_ends_soon_is_named() {
        let rests = || std::iter::once(("rule a.rule".to_owned(), law()));
        let on = |text: &str| ending_soon(rests(), day(text), Days::new(90));
        assert!(on("2026-12-01").is_empty(), "a later wording is known");
        assert!(on("2030-10-01").is_empty());
        let named = on("2030-10-02").concat();
        assert!(named.contains("x § 7 ends on 2030-12-31") && named.contains("rule a.rule"), "{named}");
        assert!(on("2031-01-01").is_empty(), "it has ended");
    }

    #[test]
    fn a_new_wording_of_the_same_section_is_cited_once() {
        let text = RENUMBERED.replace("x § 7", "x § 1");
        let laws: &'static Laws = Box::leak(Box::new(Laws::parse(&text).expect("laws")));
        let law = laws.find("loven.emnet").expect("the law");
        assert_eq!(law.to_string(), "x § 1");
        assert_eq!(law.wording(day("2027-01-01")).valid_from, day("2027-01-01"));
    }

    #[test]
    fn wordings_that_overlap_or_are_none_are_refused() {
        assert!(Laws::parse(&RENUMBERED.replace("2026-12-31", "2027-01-01")).is_err());
        assert!(Laws::parse(&RENUMBERED.replace("valid_to = 2026-12-31", "")).is_err());
        assert!(Laws::parse("[[law]]\nkey = 'x'\ntitle = 't'\nwording = []").is_err());
    }

    #[test]
    fn the_laws_are_well_formed_and_have_what_code_cites() {
        let all = &Laws::current().law;
        for law in all {
            let of_key = all.iter().filter(|other| other.key == law.key).count();
            assert_eq!(of_key, 1, "{}", law.key);
            assert!(law.key.contains('.') && !law.key.contains(['§', ' ']), "{}", law.key);
        }
        assert_eq!(laws(&PROCESSING).len(), PROCESSING.len());
        assert!(Law::of_key("forvaltningsloven.finnes-ikke").is_none());
    }
}
