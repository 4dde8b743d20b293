//! Rules for the unit, audience and kind of a note.

use chrono::NaiveDate;

use super::dto::{HowHeard, NoteAudience, NoteIn, NoteOut};
use crate::{
    access::{CaseFacts, Kinds},
    identity::HeldRole,
    kernel::{Id, ids::Person, vocabulary::InformationKind},
    problem::{Problem, Result},
    withholdings::{Owned, check_ground, check_letter_delay},
};

/// The audience of a note, and the membership that it is written from; none for the family.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written<'a> {
    pub audience: NoteAudience,
    pub seat: Option<&'a HeldRole>,
}

/// A note that may be written: who it is for, and what it is about.
#[derive(Debug)]
pub(super) struct Addressed<'a> {
    pub written: Written<'a>,
    pub kind: InformationKind,
    pub about: Option<Id<Person>>,
    pub heard: Option<Heard<'a>>,
    /// The readers in the family that the family chose.
    pub readers: Vec<Id<Person>>,
}

/// Returns the note that an input describes, if it may be written. `is_own` recognises the writer.
pub(super) fn addressed<'a>(
    case: &'a CaseFacts,
    input: &'a NoteIn,
    is_own: impl Fn(Id<Person>) -> bool,
) -> Result<Addressed<'a>> {
    let written = written(case, input)?;
    let kind = kind(input, written.seat)?;
    let (about, heard) = (about(case, input, kind)?, heard(input, kind)?);
    may_be_kept(input, &written)?;
    withheld_from(case, input, &written)?;
    let readers = shown_to(case, "", &input.shown_to, is_own)?;
    Ok(Addressed { written, kind, about, heard, readers })
}

/// Returns the audience of a note, and the membership that it is written from.
fn written<'a>(case: &'a CaseFacts, input: &NoteIn) -> Result<Written<'a>> {
    let seats = case.relation.seats.as_slice();
    if seats.is_empty() {
        return by_family(input);
    }
    let audience = match input.audience {
        None => return Err(Problem::field("/audience", "is required")),
        Some(NoteAudience::ContactPerson) => {
            return Err(Problem::field(
                "/audience",
                "must be team, sector or unit: only the family writes for the contact person",
            ));
        }
        Some(audience) => audience,
    };
    let seat = match (seats, input.unit_id) {
        (seats, Some(unit)) => seats.iter().find(|seat| seat.unit_id == unit).ok_or_else(|| {
            Problem::field("/unit_id", "must be a unit through which you are a team member")
        })?,
        ([seat], None) => seat,
        (_, None) => {
            return Err(Problem::field(
                "/unit_id",
                "is required: you are a team member through several units",
            ));
        }
    };
    if !input.shown_to.is_empty() {
        return Err(Problem::field("/shown_to", "is allowed only for notes by the family"));
    }
    Ok(Written { audience, seat: Some(seat) })
}

/// A note of the family is for the contact person unless the writer chooses more (fvl § 13: the affairs of one parent
/// are confidential towards the other).
fn by_family(input: &NoteIn) -> Result<Written<'static>> {
    if input.unit_id.is_some() {
        return Err(Problem::field("/unit_id", "must be left out: the family does not write from a unit"));
    }
    Ok(Written { audience: family_audience("", input.audience)?, seat: None })
}

/// Returns the audience that a member of the family chose.
pub(super) fn family_audience(at: &str, chosen: Option<NoteAudience>) -> Result<NoteAudience> {
    match chosen.unwrap_or(NoteAudience::ContactPerson) {
        audience @ (NoteAudience::ContactPerson | NoteAudience::Team) => Ok(audience),
        NoteAudience::Sector | NoteAudience::Unit => Err(Problem::field(
            format!("{at}/audience"),
            "must be contact_person or team when the family writes",
        )),
    }
}

/// Returns the readers in the family that the writer chose, each named once and able to see the case. `at` is the place of the
/// list in the input.
pub(super) fn shown_to(
    case: &CaseFacts,
    at: &str,
    chosen: &[Id<Person>],
    is_own: impl Fn(Id<Person>) -> bool,
) -> Result<Vec<Id<Person>>> {
    let family = &case.ground.family;
    let mut readers = Vec::new();
    for (number, named) in chosen.iter().enumerate() {
        let refuse = |why: &str| Err(Problem::field(format!("{at}/shown_to/{number}"), why));
        let is_child = named.uuid() == case.child.uuid() || *named == case.child_person;
        let reader = if is_child { case.child_person } else { *named };
        if is_child && family.child_age < family.own_record_age {
            return refuse("must be old enough to see the case");
        }
        if !is_child && !case.guardians.contains(&reader) {
            return refuse("must be a guardian with parental responsibility, or the child");
        }
        if is_own(reader) {
            return refuse("must be someone else: the writer sees the note");
        }
        if readers.contains(&reader) {
            return refuse("is listed twice");
        }
        readers.push(reader);
    }
    Ok(readers)
}

/// Returns the kind of a note, which staff state and the unit's sector must write.
fn kind(input: &NoteIn, seat: Option<&HeldRole>) -> Result<InformationKind> {
    let Some(seat) = seat else {
        return match input.kind {
            _ if input.guardians_need.is_some() => Err(Problem::field(
                "/guardians_need",
                "must be left out: only staff state what guardians need",
            )),
            None | Some(InformationKind::Agreed) => Ok(InformationKind::Agreed),
            Some(_) => {
                Err(Problem::field("/kind", "must be left out: only staff state the kind of information"))
            }
        };
    };
    let kind = input.kind.ok_or_else(|| {
        Problem::field("/kind", "is required: the kind of information decides who may read the note")
    })?;
    match Kinds::rule(kind) {
        Err(refused) => Err(Problem::field("/kind", &refused.instead)),
        Ok(rule) if !rule.written_by.contains(&seat.sector) => {
            Err(Problem::field("/kind", "must be a kind that units of this sector write"))
        }
        Ok(_) if input.child_agrees && kind != InformationKind::ChildStatement => {
            Err(Problem::field("/child_agrees", "is allowed only with kind child_statement"))
        }
        Ok(_) if input.guardians_need.is_some() && kind != InformationKind::Health => {
            Err(Problem::field("/guardians_need", "is allowed only with kind health"))
        }
        Ok(_) => Ok(kind),
    }
}

/// Returns the guardian that a note is about. The kinds that are about one guardian require it, and no other allows it.
fn about(case: &CaseFacts, input: &NoteIn, kind: InformationKind) -> Result<Option<Id<Person>>> {
    let refuse = |why: &str| Err(Problem::field("/about_person_id", why));
    match (Kinds::is_about_a_person(kind), input.about_person_id) {
        (false, None) => Ok(None),
        (false, Some(_)) => refuse("is allowed only with a kind that is about one guardian"),
        (true, None) => refuse("is required: the guardian that the note is about"),
        (true, Some(person)) if case.registered_guardians.contains(&person) => Ok(Some(person)),
        (true, Some(_)) => refuse("must be a guardian of the child"),
    }
}

/// When and how a child was heard, and the weight that its words were given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard<'a> {
    pub on: NaiveDate,
    pub how: HowHeard,
    pub weight: &'a str,
}

/// Returns how the child was heard. A statement of the child requires it, and no other kind allows it.
fn heard(input: &NoteIn, kind: InformationKind) -> Result<Option<Heard<'_>>> {
    const REQUIRED: &str =
        "is required: the child is heard before its words are shared (barnelova § 31, bvl § 1-4)";
    let NoteIn { heard_on, heard_how, heard_weight, .. } = input;
    let given = [heard_on.is_some(), heard_how.is_some(), heard_weight.is_some()];
    let is_asked = kind == InformationKind::ChildStatement;
    if let (true, Some(on), Some(how), Some(weight)) = (is_asked, *heard_on, *heard_how, heard_weight) {
        return Ok(Some(Heard { on, how, weight }));
    }
    let names = ["/heard_on", "/heard_how", "/heard_weight"];
    let wrong = names.into_iter().zip(given).filter(|(_, given)| *given != is_asked);
    let detail = if is_asked { REQUIRED } else { "is allowed only with kind child_statement" };
    let wrong: Vec<_> = wrong.map(|(pointer, _)| Problem::field(pointer, detail)).collect();
    if wrong.is_empty() { Ok(None) } else { Err(Problem::together(wrong)) }
}

/// Requires `contains` when staff share a note beyond their own unit, or the family beyond the contact person.
fn may_be_kept(input: &NoteIn, written: &Written<'_>) -> Result<()> {
    let contains = input.contains.as_deref();
    match written.seat {
        None => family_may_keep("", contains, written.audience, &input.shown_to),
        Some(_) if contains.is_none() && written.audience == NoteAudience::Unit => Ok(()),
        Some(_) => Kinds::may_be_kept("", contains),
    }
}

/// Requires of a correction what is required of the note.
pub(super) fn correction_may_be_kept(note: &NoteOut, contains: Option<&[InformationKind]>) -> Result<()> {
    match note.unit_id {
        None => family_may_keep("", contains, note.audience, &note.shown_to),
        Some(_) if contains.is_none() && note.audience == NoteAudience::Unit => Ok(()),
        Some(_) => Kinds::may_be_kept("", contains),
    }
}

/// Checks that the words of a note are its author's to change.
pub(super) fn may_be_corrected(note: &NoteOut) -> Result<()> {
    if note.from_section.is_some() {
        return Err(Problem::conflict("the entry is from another record: strike it out, and bring it again"));
    }
    if note.kind == InformationKind::ChildStatement {
        return Err(Problem::conflict(
            "the child was heard about these words: strike the note out, and write a new one",
        ));
    }
    Ok(())
}

/// Requires `contains` when the family shares a note beyond the contact person.
pub(super) fn family_may_keep(
    at: &str,
    contains: Option<&[InformationKind]>,
    audience: NoteAudience,
    shown_to: &[Id<Person>],
) -> Result<()> {
    // The family may write everything to the contact person.
    if audience == NoteAudience::ContactPerson && shown_to.is_empty() {
        return Ok(());
    }
    match contains {
        Some(contains) if !contains.is_empty() => Err(Problem::field(
            format!("{at}/contains/0"),
            "is for the contact person alone: leave out the audience, and show the note to nobody else",
        )),
        contains => Kinds::may_be_kept(at, contains),
    }
}

/// Checks that the note is withheld only from guardians of the child, each listed once, and that guardians would see it.
fn withheld_from(case: &CaseFacts, input: &NoteIn, written: &Written<'_>) -> Result<()> {
    let is_for_guardians = written.seat.is_some() && written.audience == NoteAudience::Team;
    if !input.withheld_from.is_empty() && !is_for_guardians {
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
        if let Some(seat) = written.seat {
            let by = (&[seat.unit_id][..], case.relation.is_contact_person);
            let pointer = format!("/withheld_from/{at}/legal_basis");
            check_ground(withholding.legal_basis, Owned::By(seat.unit_id, seat.sector), by, &pointer)?;
            check_letter_delay(withholding.letter_delay.as_ref(), case.today)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Relation,
        kernel::{
            ids::Unit,
            vocabulary::{Role, Sector},
        },
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

    fn note(audience: Option<NoteAudience>, unit_id: Option<Id<Unit>>) -> NoteIn {
        let text = serde_json::json!({"text": "He slept well.", "audience": audience, "unit_id": unit_id});
        serde_json::from_value(text).expect("a note")
    }

    fn from(
        case: &CaseFacts,
        audience: Option<NoteAudience>,
        unit: Option<Id<Unit>>,
    ) -> Option<(NoteAudience, Option<Id<Unit>>)> {
        let written = written(case, &note(audience, unit)).ok()?;
        Some((written.audience, written.seat.map(|seat| seat.unit_id)))
    }

    #[test]
    fn staff_write_from_a_seat_of_their_own() {
        let [school, clinic, elsewhere] = [Id::new(), Id::new(), Id::new()];
        for audience in [NoteAudience::Team, NoteAudience::Sector, NoteAudience::Unit] {
            let some = Some(audience);
            assert_eq!(from(&case(&[school]), some, None), Some((audience, Some(school))));
            assert_eq!(from(&case(&[school, clinic]), some, Some(clinic)), Some((audience, Some(clinic))));
            assert_eq!(from(&case(&[school, clinic]), some, None), None, "which of the two?");
            assert_eq!(from(&case(&[school]), some, Some(elsewhere)), None, "no seat there");
        }
        assert_eq!(from(&case(&[school]), None, None), None, "staff state the audience");
        assert_eq!(from(&case(&[school]), Some(NoteAudience::ContactPerson), None), None);
    }

    #[test]
    fn the_family_writes_for_the_contact_person_unless_it_chooses_the_team() {
        let family = case(&[]);
        for audience in [NoteAudience::Team, NoteAudience::ContactPerson] {
            assert_eq!(from(&family, Some(audience), None), Some((audience, None)));
            assert_eq!(from(&family, Some(audience), Some(Id::new())), None, "the family has no unit");
        }
        assert_eq!(from(&family, None, None), Some((NoteAudience::ContactPerson, None)));
        assert_eq!(from(&family, Some(NoteAudience::Sector), None), None);
        assert_eq!(from(&family, Some(NoteAudience::Unit), None), None);
    }
}
