//! Notes, as the rules see them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Attributes, CaseObject, NoteObject, in_case::known_before};
use crate::{
    access::{
        facts::{Kept, MAJORITY, TeamEntry, Written},
        kinds::Kinds,
        policies::{Fact, reference, references},
    },
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::InformationKind,
    },
};

impl NoteObject {
    fn written(&self) -> Written {
        Written { entry: self.id.uuid(), at: self.written_at }
    }

    /// Returns who kept the record when it was written.
    pub(super) fn kept(&self) -> Kept {
        let (facts, written) = (&self.case.facts, self.written());
        Kept { then_by: facts.kept_by_at(written.at), followed: facts.has_followed(written) }
    }

    /// Returns the units that read it, if it is a note by staff for the team.
    #[must_use]
    pub fn units_that_read(&self) -> Vec<Id<Unit>> {
        let Some((from, sector)) = self.unit_id.zip(self.sector) else { return Vec::new() };
        let Self { kind, about_person: about, .. } = *self;
        let entry = TeamEntry { written: self.written(), from, sector, kind, about };
        self.case.facts.units_that_read(entry)
    }

    /// Returns the note as if it were written for the team, with the same kind of information.
    #[must_use]
    pub fn for_the_team(self) -> Self {
        Self { audience: "team".to_owned(), ..self }
    }

    /// Returns the child's own statement in another entry for the team, as a note that the rules can decide on.
    #[must_use]
    pub fn child_statement(
        case: &CaseObject,
        entry: Uuid,
        author: Id<Person>,
        child_agrees: bool,
        written_at: DateTime<Utc>,
    ) -> Self {
        Self {
            case: case.clone(),
            id: entry.into(),
            author_id: author,
            audience: "team".to_owned(),
            unit_id: None,
            of_family: false,
            sector: None,
            kind: InformationKind::ChildStatement,
            child_agrees,
            about_person: None,
            needed_by_guardians: false,
            written_at,
            is_referral: false,
            followed_up_by: None,
        }
    }
}

pub(super) fn attributes_of_note(note: &NoteObject) -> Attributes {
    let facts = &note.case.facts;
    let own_record_age = facts.ground.family.own_record_age;
    // A kind that is prohibited in the record is not shared with other units, and the family cannot see it.
    let rule = Kinds::rule(note.kind).ok();
    let kept = note.kept();
    let from = note.unit_id.unwrap_or(kept.then_by);
    let guardians_until = match rule.map_or(0, |rule| rule.guardians_until) {
        // Guardians see the information that their responsibility needs as long as it lasts (pbrl § 3-4).
        _ if note.needed_by_guardians => MAJORITY,
        until => until,
    };
    let mut shared_with = match note.of_family {
        true => facts.ground.shared_by_family(note.kind, note.about_person, kept),
        false => facts.ground.shared_since(note.kind, from, note.about_person, kept),
    };
    // A note reveals that its unit helps, which may itself be secret.
    let known_to = note.sector.and_then(|sector| facts.known_to(from, sector));
    if let Some(known_to) = known_to.filter(|_| !facts.relation.is_contact_person) {
        shared_with.retain(|unit| known_to.contains(unit));
    }
    let mut attributes = vec![
        ("author", reference("Person", note.author_id)),
        ("audience", Fact::Word(note.audience.clone().into())),
        ("kind", Fact::Word(note.kind.as_str().into())),
        ("guardians_until", Fact::Number(guardians_until)),
        ("shared_with", references("Unit", shared_with)),
        ("child_agrees", Fact::Flag(note.child_agrees)),
        ("of_family", Fact::Flag(note.of_family)),
        ("chosen_readers", references("Person", facts.chosen_readers(note.id.uuid()))),
        ("withheld_from", references("Person", facts.withheld_from(note.id.uuid()))),
        (
            "kept_from_guardians",
            Fact::Flag(note.unit_id.is_some_and(|unit| facts.is_kept_from_guardians(unit))),
        ),
        ("is_referral", Fact::Flag(note.is_referral)),
    ];
    attributes.extend(note.followed_up_by.map(|person| ("followed_up_by", reference("Person", person))));
    let child_from = rule.and_then(|rule| rule.child_from).map(|age| age.years(own_record_age));
    attributes.extend(known_before(facts, note.written(), note.unit_id));
    attributes.extend(child_from.map(|age| ("child_from", Fact::Number(age))));
    attributes.extend(note.unit_id.map(|unit| ("unit", reference("Unit", unit))));
    attributes.extend(note.about_person.map(|person| ("about_person", reference("Person", person))));
    let sector = note.sector.map(|sector| Fact::Word(sector.as_str().into()));
    attributes.extend(sector.map(|sector| ("sector", sector)));
    attributes
}
