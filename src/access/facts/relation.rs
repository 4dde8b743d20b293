//! A caller's relation to a case: a pure function of the state of the case and the caller.
//!
//! A person meets a case in one capacity. Guardians who see it, and the child, meet it as family, and the facts of their work
//! are not collected. Everyone else meets it as staff, also when they are disqualified or hold a role that excludes content.
//! The rules forbid those what they would otherwise do (`policies/17-disqualification.cedar`,
//! `policies/18-roles-without-content.cedar`, decision 21).

use super::{CaseState, emergency::emergency_role};
use crate::{
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Person, Unit},
    },
};

/// A caller's relation to a case. The policies read it as `context.relation`.
#[derive(Debug, Clone, Default)]
pub struct Relation {
    /// The person that the record knows the caller as; none if it does not know them.
    pub acts_as: Option<Id<Person>>,
    /// The caller is disqualified (inhabil, fvl § 6), or is stated to be close to the child and does not help it.
    pub disqualified: bool,
    /// The caller is the child, a guardian who sees the record, or disqualified: what they do about the child is not their work.
    pub is_private: bool,
    /// The caller's seats on the team that rest on a ground in force, with the role behind each. None for the family.
    pub seats: Vec<HeldRole>,
    /// The caller is the contact person, and has a seat in the unit through which they hold the baton.
    pub is_contact_person: bool,
    /// The caller leads the unit that is responsible for the case.
    pub leads_contact_unit: bool,
    /// The baton is offered to the caller, who has a seat on the team and has not answered.
    pub offered_baton: bool,
    /// The caller's role in the unit that is to keep the record, if everyone who must agrees to the move: as its leader, or as the person who
    /// is asked to be the contact person.
    pub receives_record: Option<HeldRole>,
    /// The caller has the next step, and a seat in the unit that they have it through.
    pub has_next_step: bool,
    /// The caller has parental responsibility for the child, who is under 18, and the case is not withheld from them.
    pub is_guardian: bool,
    /// The caller is the child, of any age.
    pub is_child: bool,
    /// The caller is the child, and has reached the age that the municipality has set.
    pub is_young_person: bool,
    /// The caller is the child, and a note for the team is about a health contact that the child keeps from the guardians.
    pub own_health_contact: bool,
    /// The caller is the child, and is invited to a meeting about the case.
    pub has_invitation: bool,
    /// The role in which the caller has opened the case in an emergency. It counts only when the case itself is requested, not in
    /// lists of cases or of what is due.
    pub emergency: Option<HeldRole>,
    /// The caller's role in child welfare in which they decide for the child, by a care order in force.
    pub child_welfare_seat: Option<HeldRole>,
    /// The caller may not know where the child is: the address is protected or a care order is in force, and the caller is
    /// neither the child, a guardian who still sees the case, nor staff who help the child.
    pub kept_away: bool,
    /// The caller is a foster parent under a care order in force. They have the daily care, and child welfare consents.
    pub foster_parent: bool,
}

/// Returns the relation of `caller` to a case that is requested by its id.
#[must_use]
pub fn relation(state: &CaseState, caller: &Caller) -> Relation {
    let mut relation = relation_in_list(state, caller);
    relation.emergency = emergency_role(state, caller, &relation);
    if relation.emergency.is_some() && !relation.is_contact_person {
        relation.acts_as = caller.among(state.emergencies.iter().map(|open| open.person));
    }
    relation
}

/// Returns the relation of `caller` to a case in a list, where emergency access does not count.
#[must_use]
pub fn relation_in_list(state: &CaseState, caller: &Caller) -> Relation {
    let is_among = |people: &[Id<Person>]| people.iter().any(|person| caller.is(*person));
    let custody = &state.custody;
    let opens = caller.is_family_in(&state.municipality);
    let is_child = opens && caller.is(state.child_person);
    let guardian = caller.among(custody.guardians.iter().copied()).filter(|_| opens);
    let is_kept_out = state.withheld.iter().any(|(person, entry)| entry.is_none() && caller.is(*person));
    let (has_custody, is_guardian) = (guardian.is_some(), guardian.is_some() && !is_kept_out);
    let as_staff = !is_guardian && !is_child;
    let seats = if as_staff { seats(state, caller) } else { Vec::new() };
    let child_welfare_seat = custody.child_welfare_seat(caller).filter(|_| as_staff);
    let holding_unit = state.holding_unit();
    let holds_from_seat = seats.iter().any(|seat| seat.unit_id == state.contact_unit);
    let helps = !seats.is_empty() || child_welfare_seat.is_some();
    let disqualified = is_among(&state.disqualified) || (is_among(&state.stated_close) && !helps);
    let is_contact_person = caller.is(state.contact_person);
    let leads = caller.leads().find(|held| held.unit_id == holding_unit).filter(|_| as_staff);
    let receives = receives(state, caller).filter(|_| as_staff);
    let family = is_child.then_some(state.child_person).or(guardian);
    let seated = || state.members.iter().map(|member| member.person).find(|person| caller.is(*person));
    let at_work = seated()
        .filter(|_| !seats.is_empty())
        .or(is_contact_person.then_some(state.contact_person))
        .or(child_welfare_seat.as_ref().map(|held| held.person))
        .or(leads.map(|held| held.person))
        .or(receives.map(|held| held.person));
    let acts_as = if as_staff { at_work.or(family) } else { family };
    let may_help = !disqualified && !caller.is_kept_from_content();
    let may_know_where = has_custody || is_child || (helps && may_help);
    Relation {
        acts_as,
        disqualified,
        is_private: is_child || has_custody || is_among(&state.disqualified),
        is_contact_person: is_contact_person && holds_from_seat,
        leads_contact_unit: leads.is_some(),
        offered_baton: state.offered_to.is_some_and(|person| caller.is(person)) && !seats.is_empty(),
        has_next_step: state
            .next_step_with
            .is_some_and(|(person, unit)| caller.is(person) && has_seat(&seats, unit)),
        receives_record: receives.cloned(),
        is_guardian,
        is_child,
        is_young_person: is_child && state.child_age >= state.ground.family.own_record_age,
        own_health_contact: is_child && state.has_health_contact,
        has_invitation: is_child && state.child_is_invited,
        emergency: None,
        kept_away: custody.is_closed && !may_know_where,
        foster_parent: has_custody && !is_among(&custody.consenters),
        seats,
        child_welfare_seat,
    }
}

/// Returns the caller's role in which they may accept the record.
fn receives<'a>(state: &CaseState, caller: &'a Caller) -> Option<&'a HeldRole> {
    let planned = state.planned_move().filter(|planned| state.is_agreed(planned))?;
    let is_asked = planned.to_person.is_some_and(|person| caller.is(person));
    let asked = caller.works_in().filter(|_| is_asked);
    asked.chain(caller.leads()).find(|held| held.unit_id == planned.to_unit)
}

/// Returns the caller's seats on the team, one for each unit that is covered and where the caller still works.
fn seats(state: &CaseState, caller: &Caller) -> Vec<HeldRole> {
    let mut seats: Vec<HeldRole> = Vec::new();
    for member in state.members.iter().filter(|member| caller.is(member.person)) {
        if state.ground.covers(member.unit) && !has_seat(&seats, member.unit) {
            seats.extend(caller.works_in().find(|held| held.unit_id == member.unit).cloned());
        }
    }
    seats
}

fn has_seat(seats: &[HeldRole], unit: Id<Unit>) -> bool {
    seats.iter().any(|seat| seat.unit_id == unit)
}
