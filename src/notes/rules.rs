//! Rules for the unit, audience and kind of a note.

use super::dto::{NoteAudience, NoteIn};
use crate::{
    access::{CaseFacts, Kinds},
    identity::HeldRole,
    kernel::{Id, ids::Unit, vocabulary::InformationKind},
    problem::{Problem, Result},
};

/// Returns the membership that a note is written from; none for the family, who write for everyone.
pub(super) fn written_from(
    case: &CaseFacts,
    audience: NoteAudience,
    unit: Option<Id<Unit>>,
) -> Result<Option<&HeldRole>> {
    match (case.relation.seats.as_slice(), unit) {
        ([], _) if audience != NoteAudience::Team => {
            Err(Problem::field("/audience", "must be team: the family writes for everyone on the case"))
        }
        ([], Some(_)) => {
            Err(Problem::field("/unit_id", "must be left out: the family does not write from a unit"))
        }
        ([], None) => Ok(None),
        (seats, Some(unit)) => match seats.iter().find(|seat| seat.unit_id == unit) {
            Some(seat) => Ok(Some(seat)),
            None => Err(Problem::field("/unit_id", "must be a unit through which you are a team member")),
        },
        ([seat], None) => Ok(Some(seat)),
        (_, None) => {
            Err(Problem::field("/unit_id", "is required: you are a team member through several units"))
        }
    }
}

/// Returns the kind of a note: the one in the input, or otherwise the strictest that the unit's sector writes.
pub(super) fn kind(input: &NoteIn, seat: Option<&HeldRole>) -> Result<InformationKind> {
    let Some(seat) = seat else {
        return match input.kind {
            None | Some(InformationKind::Agreed) => Ok(InformationKind::Agreed),
            Some(_) => {
                Err(Problem::field("/kind", "must be left out: the family writes for everyone on the case"))
            }
        };
    };
    let kind = input.kind.unwrap_or_else(|| Kinds::strictest(seat.sector));
    match Kinds::rule(kind) {
        Err(refused) => Err(Problem::field("/kind", &refused.instead)),
        Ok(rule) if !rule.written_by.contains(&seat.sector) => {
            Err(Problem::field("/kind", "must be a kind that units of this sector write"))
        }
        Ok(_) if input.child_agrees && kind != InformationKind::ChildStatement => {
            Err(Problem::field("/child_agrees", "is allowed only with kind child_statement"))
        }
        Ok(_) => Ok(kind),
    }
}

/// Requires `contains` when staff share a note beyond their own unit.
pub(super) fn may_be_kept(input: &NoteIn, seat: Option<&HeldRole>) -> Result<()> {
    let is_asked = seat.is_some() && input.audience != NoteAudience::Unit;
    match &input.contains {
        None if !is_asked => Ok(()),
        contains => Kinds::may_be_kept("", contains.as_deref()),
    }
}

/// Checks that the note is withheld only from guardians of the child, each listed once, and that guardians would see it.
pub(super) fn withheld_from(case: &CaseFacts, input: &NoteIn, seat: Option<&HeldRole>) -> Result<()> {
    if !input.withheld_from.is_empty() && (seat.is_none() || input.audience != NoteAudience::Team) {
        return Err(Problem::field("/withheld_from", "is allowed only for notes by staff to the team"));
    }
    for (at, withholding) in input.withheld_from.iter().enumerate() {
        let pointer = format!("/withheld_from/{at}/guardian_id");
        let guardian = withholding.guardian_id;
        if !case.guardians.contains(&guardian) {
            return Err(Problem::field(pointer, "must be a guardian with parental responsibility"));
        }
        if input.withheld_from[..at].iter().any(|earlier| earlier.guardian_id == guardian) {
            return Err(Problem::field(pointer, "is listed twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Relation,
        kernel::vocabulary::{Role, Sector},
    };

    fn case(units: &[Id<Unit>]) -> CaseFacts {
        let seat = |unit: &Id<Unit>| HeldRole {
            person: Id::of_new_person(),
            unit_id: *unit,
            unit_name: "a unit".into(),
            sector: Sector::Health,
            municipality: "4014".into(),
            controller: crate::kernel::vocabulary::ControllerKind::Municipality,
            role: Role::Worker,
            started_at: chrono::DateTime::UNIX_EPOCH,
            ends_on: chrono::NaiveDate::MAX,
        };
        let seats: Vec<HeldRole> = units.iter().map(seat).collect();
        let relation = Relation { is_guardian: seats.is_empty(), seats, ..Relation::default() };
        CaseFacts { relation: relation.into(), ..CaseFacts::sample(9) }
    }

    #[test]
    fn staff_write_from_a_seat_of_their_own() {
        let [school, clinic, elsewhere] = [Id::new(), Id::new(), Id::new()];
        for audience in [NoteAudience::Team, NoteAudience::Sector, NoteAudience::Unit] {
            let from = |units: &[_], unit| {
                written_from(&case(units), audience, unit).map(|seat| seat.map(|seat| seat.unit_id))
            };
            assert_eq!(from(&[school], None).ok(), Some(Some(school)));
            assert_eq!(from(&[school, clinic], Some(clinic)).ok(), Some(Some(clinic)));
            assert!(from(&[school, clinic], None).is_err(), "which of the two?");
            assert!(from(&[school], Some(elsewhere)).is_err(), "no seat there");
        }
    }

    #[test]
    fn the_family_writes_for_the_team_and_from_no_unit() {
        let family = case(&[]);
        assert_eq!(written_from(&family, NoteAudience::Team, None).ok(), Some(None::<&HeldRole>));
        assert!(written_from(&family, NoteAudience::Team, Some(Id::new())).is_err());
        assert!(written_from(&family, NoteAudience::Sector, None).is_err());
        assert!(written_from(&family, NoteAudience::Unit, Some(Id::new())).is_err());
    }
}
