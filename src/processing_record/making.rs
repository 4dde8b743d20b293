//! Makes the parts of the record.

use super::{
    CategoryOfData, Citing, Disclosure, KeptData, KindOfInformation, PurposeOfProcessing, RefusedInformation,
    UnitAndLaw, retention,
    words::{self, Words},
};
use crate::{
    access::{
        Age, Consenting, KindRule, Kinds, Law, MunicipalAge, PROCESSING, Policies, Purpose, RefusedKind, laws,
    },
    child_welfare_reports::duties,
    db::SEALED,
    disclosures::{Basis, DisclosureBasis, bases},
    kernel::vocabulary::{InformationKind, Sector},
};

/// Returns the purposes, with the laws that their rules rest on.
pub(super) fn purposes(policies: &Policies, citing: Citing) -> Vec<PurposeOfProcessing> {
    let of = |words: &words::PurposeWords| {
        let rules: Vec<_> = policies.rules().filter(|rule| rule.purpose == Some(words.key)).collect();
        let laws: Vec<Law> = rules.iter().flat_map(|rule| rule.legal_basis.iter().copied()).collect();
        PurposeOfProcessing {
            key: words.key,
            name: words.name.clone(),
            text: words.text.clone(),
            processing: citing.cite(&processing(words.key)),
            laws: citing.cite(&laws),
            rules: rules.iter().map(|rule| rule.id.clone()).collect(),
        }
    };
    Words::get().purpose.iter().map(of).collect()
}

/// Returns the basis for processing data for a purpose. An exemption from the duty of secrecy is no such basis.
fn processing(purpose: Purpose) -> Vec<Law> {
    let of = |fits: fn(&Basis) -> bool| {
        bases()
            .iter()
            .filter(|basis| fits(basis))
            .flat_map(|basis| basis.processing.iter().copied())
            .collect()
    };
    match purpose {
        Purpose::Coordination | Purpose::OwnCase | Purpose::UnitWork => laws(&PROCESSING),
        Purpose::Emergency => of(|basis| basis.name == DisclosureBasis::DangerToLifeOrHealth),
        Purpose::LegalDuty => of(|_| true),
        // GDPR art. 32 and pjl § 22 oblige the controller to control access, and art. 15 to answer the person.
        Purpose::Audit | Purpose::Administration | Purpose::OwnDesk => {
            laws(&["personvernforordningen.rettslig-forpliktelse"])
        }
    }
}

/// Returns the categories of data.
pub(super) fn data() -> Vec<CategoryOfData> {
    let words = Words::get();
    let of = |data: &words::DataWords| {
        let is_sealed = |table: &String| SEALED.iter().any(|sealed| sealed.name == table);
        let kept = retention::kept().iter().find(|kept| kept.key == data.kept);
        CategoryOfData {
            name: data.name.clone(),
            about: data.subjects.iter().map(|key| words.subject(key)).collect(),
            has_sealed_text: data.tables.iter().any(is_sealed),
            kept: kept.map(|kept| kept.how_long_no.clone()).unwrap_or_default(),
            tables: data.tables.clone(),
        }
    };
    words.data.iter().map(of).collect()
}

/// Returns the kinds of information that may be in the record.
pub(super) fn kinds(citing: Citing) -> Vec<KindOfInformation> {
    Kinds::rules().map(|rule| kind(rule, citing)).collect()
}

fn kind(rule: &KindRule, citing: Citing) -> KindOfInformation {
    let years = |age: Age| match age {
        Age::Years(years) => format!("{years} år"),
        Age::Municipal(MunicipalAge::OwnRecord) => "kommunens aldersgrense (15 eller 16 år)".to_owned(),
    };
    let guardians = match rule.guardians_until {
        0 if rule.consent == Consenting::AboutPerson => "bare den det gjelder".to_owned(),
        0 => "ser det ikke".to_owned(),
        until => format!("til barnet er {until} år"),
    };
    let mut consent = match (rule.consent, rule.consent_age) {
        (Consenting::Family, Some(from)) => {
            format!("alle med foreldreansvar; barnet alene fra {}", years(from))
        }
        (Consenting::Together, Some(from)) => {
            format!("alle med foreldreansvar; også barnet fra {}", years(from))
        }
        (Consenting::AboutPerson | Consenting::Family | Consenting::Together, _) => {
            "den foresatte opplysningen gjelder, alene".to_owned()
        }
    };
    for alone in Kinds::child_alone(rule) {
        let to: Vec<_> = alone.to.iter().map(|sector| Words::get().units(*sector, None)).collect();
        consent.push_str(&format!("; barnet alene fra {} år til {}", alone.from, to.join(" og ")));
    }
    if !rule.one_guardian.is_empty() {
        consent
            .push_str(&format!("; én forelder alene etter {}", citing.cite(&rule.one_guardian).join(", ")));
    }
    KindOfInformation {
        key: rule.key,
        name: rule.name_no.clone(),
        written_by: rule.written_by.iter().map(|sector| Words::get().units(*sector, None)).collect(),
        guardians,
        child: rule.child_from.map_or("ser det ikke".to_owned(), |from| format!("fra {}", years(from))),
        consent,
        laws: citing.cite(&rule.legal_basis),
    }
}

/// Returns the kinds of information that must not be in the record.
pub(super) fn refused(citing: Citing) -> Vec<RefusedInformation> {
    let of = |kind: &RefusedKind| RefusedInformation {
        key: kind.key,
        name: kind.name_no.clone(),
        laws: citing.cite(&kind.legal_basis),
    };
    Kinds::refused().map(of).collect()
}

/// Returns the disclosures without consent.
pub(super) fn disclosures(citing: Citing) -> Vec<Disclosure> {
    bases().iter().map(|basis| disclosure(basis, citing)).collect()
}

/// Returns the duties to report to child welfare.
pub(super) fn reports(citing: Citing) -> Vec<UnitAndLaw> {
    let of = duties().iter();
    of.map(|duty| unit_and_law(duty.sector, duty.kind.as_deref(), &[duty.law], citing)).collect()
}

fn disclosure(basis: &Basis, citing: Citing) -> Disclosure {
    let words = Words::get();
    let name_of = |kind: &InformationKind| match Kinds::rule(*kind) {
        Ok(rule) => rule.name_no.clone(),
        Err(refused) => refused.name_no.clone(),
    };
    let from = basis.from.iter().map(|from| {
        // Both laws that a disclosure of this unit can rest on.
        let laws = basis.rests_on(&from.law, true);
        let mut unit = unit_and_law(from.sector, from.kind.as_deref(), &laws, citing);
        if from.receiver.is_some() {
            unit.unit.push_str(", til politi og brannvesen");
        }
        unit
    });
    Disclosure {
        key: basis.name,
        name: words.basis(basis.name),
        from: from.collect(),
        to: basis.to.iter().map(|to| words.units(to.sector, to.kind.as_deref())).collect(),
        kinds: basis.kinds.iter().flatten().map(name_of).collect(),
        outside: basis.outside,
        anywhere: basis.anywhere,
        unless_objected: basis.unless_objected,
        processing: citing.cite(&basis.processing),
    }
}

fn unit_and_law(sector: Sector, kind: Option<&str>, laws: &[Law], citing: Citing) -> UnitAndLaw {
    UnitAndLaw { unit: Words::get().units(sector, kind), laws: citing.cite(laws) }
}

/// Returns how long data is kept.
pub(super) fn kept() -> Vec<KeptData> {
    let of = |kept: &retention::Kept| KeptData {
        what: kept.what_no.clone(),
        how_long: kept.how_long_no.clone(),
        place: kept.place.clone(),
    };
    retention::kept().iter().map(of).collect()
}

impl Citing {
    /// Returns the citations in Norwegian, each once.
    fn cite(self, laws: &[Law]) -> Vec<String> {
        let mut citations = Vec::new();
        for law in laws {
            let citation = match self {
                Self::On(day) => law.on(day).to_owned(),
                Self::Always => law.to_string(),
            };
            let citation = norwegian(&citation);
            if !citations.contains(&citation) {
                citations.push(citation);
            }
        }
        citations
    }
}

/// Writes a citation as Norwegian jurists do: `GDPR art. 6(1)(e)` is `personvernforordningen art. 6 nr. 1 bokstav e`.
fn norwegian(citation: &str) -> String {
    let Some(article) = citation.strip_prefix("GDPR art. ") else {
        return citation.replace(" no. ", " nr. ").replace(", from ", ", fra ");
    };
    let parts = article.replace(['(', ')'], " ");
    let parts = parts.split_whitespace().enumerate().map(|(at, part)| match at {
        0 => format!("personvernforordningen art. {part}"),
        _ if part.chars().all(|c| c.is_ascii_digit()) => format!("nr. {part}"),
        _ => format!("bokstav {part}"),
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processing_record::{Controller, Record};

    #[test]
    fn citations_are_written_as_norwegian_jurists_do() {
        for (english, written) in [
            ("GDPR art. 6(1)(e)", "personvernforordningen art. 6 nr. 1 bokstav e"),
            ("GDPR art. 5 (1) d", "personvernforordningen art. 5 nr. 1 bokstav d"),
            ("GDPR art. 32", "personvernforordningen art. 32"),
            ("fvl § 13 b no. 7", "fvl § 13 b nr. 7"),
            ("hpl § 23 no. 4, from 2026-07-01 hpl § 23", "hpl § 23 nr. 4, fra 2026-07-01 hpl § 23"),
        ] {
            assert_eq!(norwegian(english), written);
        }
    }

    #[test]
    fn the_law_is_cited_as_in_force_on_the_day() {
        let policies = Policies::load().expect("rules");
        let health = |day: &str| {
            let citing = Citing::On(day.parse().expect("a day"));
            let record = Record::new(&policies, citing, Controller::default(), None);
            let basis =
                record.disclosures.into_iter().find(|own| own.key == DisclosureBasis::HealthPersonnel);
            basis.expect("a basis").from.into_iter().flat_map(|from| from.laws).collect::<Vec<_>>()
        };
        assert_eq!(health("2026-06-30"), ["hpl § 25", "hpl § 45"]);
        assert_eq!(health("2026-07-01"), ["hpl § 25", "hpl § 29"]);
    }

    #[test]
    fn every_purpose_rests_on_law_and_every_rule_that_allows_has_its_purpose() {
        let policies = Policies::load().expect("rules");
        let record = Record::new(&policies, Citing::Always, Controller::default(), None);
        for purpose in &record.purposes {
            assert!(!purpose.processing.is_empty() && !purpose.laws.is_empty(), "{}", purpose.name);
        }
        let named: usize = record.purposes.iter().map(|purpose| purpose.rules.len()).sum();
        assert_eq!(named, policies.rules().filter(|rule| !rule.forbids).count());
    }
}
