//! From where a note may be written, and for whom.

use super::dto::NoteAudience;
use crate::{
    access::CaseFacts,
    kernel::{Id, ids::Unit},
    problem::{Problem, Result},
    vault::KeyName,
};

/// The unit a note is written from: one where the caller has a seat; none for the family, who write for all.
pub(super) fn written_from(
    case: &CaseFacts,
    audience: NoteAudience,
    unit: Option<Id<Unit>>,
) -> Result<Option<Id<Unit>>> {
    match (case.seats.as_slice(), unit) {
        ([], _) if audience != NoteAudience::Team => {
            Err(Problem::field("/audience", "must be team: the family writes for all on the case"))
        }
        ([], Some(_)) => Err(Problem::field("/unit_id", "must be left out: the family writes from no unit")),
        ([], None) => Ok(None),
        (seats, Some(unit)) if seats.iter().any(|seat| seat.unit_id == unit) => Ok(Some(unit)),
        (_, Some(_)) => Err(Problem::field("/unit_id", "must be a unit from which you sit on the team")),
        ([seat], None) => Ok(Some(seat.unit_id)),
        (_, None) => Err(Problem::field("/unit_id", "is required: you sit on the team from several units")),
    }
}

/// A note is sealed with the key of the sector it is written from; the family's with that of the case.
pub(super) fn key(case: &CaseFacts, unit: Option<Id<Unit>>) -> KeyName {
    let seat = case.seats.iter().find(|seat| Some(seat.unit_id) == unit);
    seat.map_or_else(|| case.key(), |seat| KeyName::sector(&case.municipality, seat.sector))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Ground,
        identity::Seat,
        kernel::{
            ids::Case,
            vocabulary::{Role, Sector},
        },
    };

    fn case(units: &[Id<Unit>]) -> CaseFacts {
        let seat = |unit: &Id<Unit>| Seat {
            unit_id: *unit,
            unit_name: "a unit".into(),
            sector: Sector::Health,
            municipality: "4014".into(),
            role: Role::Worker,
        };
        CaseFacts {
            municipality: "4014".into(),
            sector: Sector::School,
            id: Id::<Case>::new(),
            child: Id::new(),
            child_person: Id::new(),
            open: true,
            contact_person: Id::new(),
            contact_unit: Id::new(),
            child_age: 9,
            ground: Ground { owner_unit: Id::new(), consenters: Vec::new(), in_force: Vec::new() },
            guardians: Vec::new(),
            seats: units.iter().map(seat).collect(),
            is_contact_person: false,
            leads_contact_unit: false,
            offered_baton: false,
            is_guardian: units.is_empty(),
            is_young_person: false,
        }
    }

    #[test]
    fn staff_write_from_a_seat_of_their_own() {
        let [school, clinic, elsewhere] = [Id::new(), Id::new(), Id::new()];
        for audience in [NoteAudience::Team, NoteAudience::Sector, NoteAudience::Unit] {
            let from = |units: &[_], unit| written_from(&case(units), audience, unit);
            assert_eq!(from(&[school], None).ok(), Some(Some(school)));
            assert_eq!(from(&[school, clinic], Some(clinic)).ok(), Some(Some(clinic)));
            assert!(from(&[school, clinic], None).is_err(), "which of the two?");
            assert!(from(&[school], Some(elsewhere)).is_err(), "no seat there");
        }
    }

    #[test]
    fn the_family_writes_for_the_team_and_from_no_unit() {
        let family = case(&[]);
        assert_eq!(written_from(&family, NoteAudience::Team, None).ok(), Some(None));
        assert!(written_from(&family, NoteAudience::Team, Some(Id::new())).is_err());
        assert!(written_from(&family, NoteAudience::Sector, None).is_err());
        assert!(written_from(&family, NoteAudience::Unit, Some(Id::new())).is_err());
    }
}
