//! The effect of withdrawing a consent in whole: the state of the case with the consent, and without it.
//!
//! The contact person sees what the case loses. The person who gave the consent sees what follows from their own consents alone, because another
//! person's consent is not theirs to know.

use std::collections::BTreeSet;

use super::{
    CaseState, Given,
    calendar::rights,
    rows::{CaseRows, case_rows},
};
use crate::{
    access::kinds::Kinds,
    db::{DbError, Tx},
    identity::Caller,
    kernel::{
        Id, Moment,
        ids::{Case, Consent, Unit},
        vocabulary::{InformationKind, Sector},
    },
};

/// A case with a consent, and without it.
#[derive(Debug)]
pub struct WithoutConsent {
    consent: Id<Consent>,
    /// The units in the consent that it is not withdrawn from.
    units: BTreeSet<(Id<Unit>, Sector)>,
    before: CaseState,
    after: CaseState,
}

/// Returns a case with a consent and without it; none if there is no such case.
///
/// # Errors
/// If the database query fails.
pub async fn without_consent(
    tx: &mut Tx,
    case: Id<Case>,
    consent: Id<Consent>,
    moment: Moment,
) -> Result<Option<WithoutConsent>, DbError> {
    let rows = case_rows(tx, &[case], moment.now).await?.pop();
    Ok(rows.map(|rows| WithoutConsent::of(rows, consent, moment)))
}

impl WithoutConsent {
    fn of(rows: CaseRows, consent: Id<Consent>, moment: Moment) -> Self {
        let mut without = rows.clone();
        let own = without.consents.extract_if(.., |row| row.id == consent);
        let units = own.map(|row| (row.unit, row.sector)).collect();
        Self { consent, units, before: rows.on(moment), after: without.on(moment) }
    }

    /// Returns the kinds that pass to and from each unit no more.
    #[must_use]
    pub fn lost(&self, caller: &Caller, keeps: bool) -> BTreeSet<(Id<Unit>, InformationKind)> {
        if !keeps {
            return self.lost_of_giver(caller);
        }
        let after = rights(&self.after.ground);
        let lost = rights(&self.before.ground).into_iter().filter(|right| !after.contains(right));
        lost.map(|(unit, kind, _)| (unit, kind)).collect()
    }

    fn lost_of_giver(&self, caller: &Caller) -> BTreeSet<(Id<Unit>, InformationKind)> {
        let ground = &self.before.ground;
        let given = ground.in_force.iter().filter(|given| given.id == self.consent);
        let lost = given.filter(|given| {
            let (unit, kind) = (given.unit, given.kind);
            self.is_asked(caller, unit, given.sector, kind) && !self.still_gives(caller, unit, kind)
        });
        lost.map(|given| (given.unit, given.kind)).collect()
    }

    /// Returns the units whose seats end: those in the consent that take part no more, or did not before.
    #[must_use]
    pub fn leave(&self, caller: &Caller, keeps: bool) -> BTreeSet<Id<Unit>> {
        let leaves = |unit, sector| match keeps {
            true => !self.after.ground.covers(unit),
            false => {
                self.is_asked(caller, unit, sector, InformationKind::Agreed)
                    && !self.still_gives(caller, unit, InformationKind::Agreed)
            }
        };
        self.units.iter().filter(|(unit, sector)| leaves(*unit, *sector)).map(|(unit, _)| *unit).collect()
    }

    /// Returns whether the contact person loses the case, if these units leave.
    #[must_use]
    pub fn contact_person_leaves(&self, leave: &BTreeSet<Id<Unit>>, keeps: bool) -> bool {
        let unit = self.before.contact_unit;
        leave.contains(&unit) || (keeps && !self.after.ground.covers(unit))
    }

    /// Returns whether a kind passes to a unit only with the caller's consent. About their own affairs, each decides alone, also later. The unit that
    /// keeps the record needs no consent to take part.
    fn is_asked(&self, caller: &Caller, unit: Id<Unit>, sector: Sector, kind: InformationKind) -> bool {
        let ground = &self.before.ground;
        (unit, kind) != (ground.owner_unit, InformationKind::Agreed)
            && (Kinds::is_about_a_person(kind)
                || caller.among(ground.family.consenters(kind, sector)).is_some())
    }

    /// Returns whether another consent of the caller gives the same. One that is enough alone is replaced only by another that is.
    fn still_gives(&self, caller: &Caller, unit: Id<Unit>, kind: InformationKind) -> bool {
        let is_same = |given: &&Given| (given.unit, given.kind) == (unit, kind) && caller.is(given.person);
        let withdrawn =
            self.before.ground.in_force.iter().filter(is_same).find(|given| given.id == self.consent);
        let is_alone = withdrawn.is_some_and(|given| given.alone.is_some());
        let mut others = self.after.ground.in_force.iter().filter(is_same);
        others.any(|other| !is_alone || other.alone.is_some())
    }
}
