//! Consents with their units and kinds as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

pub(crate) use super::dto::ConsentForm;
use crate::{
    access::{CasePlace, Giver, Kinds, Law, PROCESSING, cited, laws},
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{Consent, Person, Unit},
        vocabulary::InformationKind,
    },
};

const INSERT: &str = "INSERT INTO consent (municipality, id, case_id, given_by, recorded_by, form, purpose, text_version, \
    secrecy_basis, processing_basis, valid_from, valid_until, given_at, language, document, alone_basis, alone_reason) ";
const INSERT_UNITS: &str =
    "INSERT INTO consent_unit (municipality, consent_id, unit_id, withdrawn_at, withdrawal_recorded_by) ";
const INSERT_KINDS: &str = "INSERT INTO consent_kind (municipality, consent_id, kind) ";

/// A consent to store.
pub(crate) struct ConsentRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Consent>,
    pub given_by: Id<Person>,
    pub giver: Giver,
    pub recorded_by: Id<Person>,
    pub form: ConsentForm,
    pub purpose: Cow<'a, str>,
    pub text_version: Cow<'a, str>,
    pub language: Cow<'a, str>,
    pub document: Option<Cow<'a, str>>,
    /// The law on which this consent is enough alone, and why.
    pub alone: Option<(Cow<'a, str>, Cow<'a, str>)>,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
    pub given_at: DateTime<Utc>,
    pub units: Vec<ConsentedUnitRow>,
    pub kinds: Cow<'a, [InformationKind]>,
}

/// A unit that a consent names, with the time and the recorder of a withdrawal.
pub(crate) struct ConsentedUnitRow {
    pub unit: Id<Unit>,
    pub withdrawn: Option<(DateTime<Utc>, Id<Person>)>,
}

/// Writes consents.
pub(crate) async fn insert(tx: &mut Tx, rows: &[ConsentRow<'_>]) -> Result<(), DbError> {
    let sealed = rows
        .iter()
        .map(|row| {
            let ConsentRow { place, purpose, document, alone, .. } = row;
            let (vault, key) = (tx.vault(), place.key());
            let reason = alone.as_ref().map(|(_, reason)| vault.seal(&key, reason)).transpose()?;
            Ok::<_, DbError>((
                row,
                vault.seal(&key, purpose)?,
                vault.seal_optional(&key, document.as_deref())?,
                reason,
            ))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 17, sealed, |values, (row, purpose, document, reason)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(row.given_by)
        .push_bind(row.recorded_by)
        .push_bind(row.form)
        .push_bind(purpose)
        .push_bind(&*row.text_version)
        .push_bind(secrecy_basis(&row.kinds, row.giver, day_in_norway(row.given_at)))
        .push_bind(cited(&laws(&PROCESSING), day_in_norway(row.given_at)).join("; "))
        .push_bind(row.valid_from)
        .push_bind(row.valid_until)
        .push_bind(row.given_at)
        .push_bind(&*row.language)
        .push_bind(document)
        .push_bind(row.alone.as_ref().map(|(law, _)| &**law))
        .push_bind(reason))?;
    let units: Vec<_> = rows
        .iter()
        .flat_map(|row| row.units.iter().map(move |unit| (row.place.municipality, row.id, unit)))
        .collect();
    insert_rows!(tx, INSERT_UNITS, 5, units, |values, (municipality, consent, named)| values
        .push_bind(*municipality)
        .push_bind(*consent)
        .push_bind(named.unit)
        .push_bind(named.withdrawn.map(|(at, _)| at))
        .push_bind(named.withdrawn.map(|(_, by)| by)))?;
    let kinds: Vec<_> = rows
        .iter()
        .flat_map(|row| row.kinds.iter().map(move |kind| (row.place.municipality, row.id, *kind)))
        .collect();
    insert_rows!(tx, INSERT_KINDS, 3, kinds, |values, (municipality, consent, kind)| values
        .push_bind(*municipality)
        .push_bind(*consent)
        .push_bind(*kind))?;
    Ok(())
}

/// Returns the exemption from the duty of secrecy that a consent of this giver to these kinds gives.
fn secrecy_basis(kinds: &[InformationKind], giver: Giver, day: NaiveDate) -> String {
    let rules = kinds.iter().filter_map(|kind| Kinds::rule(*kind).ok());
    let laws = rules.flat_map(|rule| rule.legal_basis.iter().copied());
    let laws: Vec<Law> = laws.filter(|law| law.is_basis_for_consent_by(giver)).collect();
    let mut citations = cited(&laws, day);
    citations.sort_unstable();
    format!("consent: {}", citations.join("; "))
}
