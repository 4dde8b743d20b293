//! Finds what would change an answer: it changes facts one by one and in pairs, and evaluates the rules again.
//!
//! The rules themselves thus show what they require, so a new rule needs no code here.

use cedar_policy::{Context, Entity};
use serde_json::{Value, json};

use crate::{
    access::{
        Decision, Policies,
        objects::Object,
        policies::{AskError, Inquiry},
    },
    identity::Caller,
};

/// The id of nobody and of no unit, for when any id will do.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// A change to one fact.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// The name of the fact: a flag of the `relation`, a right of the person, the person's part in the object, or a seat.
    pub fact: String,
    /// The value it would have.
    pub becomes: bool,
    /// The unit it is about, if only one will do.
    pub unit: Option<String>,
    /// The sector it is about, if only one will do.
    pub sector: Option<String>,
    /// The weaker fact that this one implies. If the weaker fact is enough, this one is left out of the answer.
    more_than: Option<&'static str>,
    edits: Vec<(String, Value)>,
}

impl Change {
    /// Returns whether the text of the rules mentions a fact that it changes.
    fn bears_on(&self, rules: &str) -> bool {
        let names = self.edits.iter().filter_map(|(place, _)| place.rsplit('/').next());
        names.into_iter().any(|name| rules.contains(name))
    }
}

/// Facts that together change the answer, and the answer then.
#[derive(Debug)]
pub(super) struct WhatIf {
    pub changes: Vec<Change>,
    pub decision: Decision,
}

/// Returns all that would change the answer: single facts, and pairs where neither fact is enough alone.
pub(super) fn what_if<O: Object>(
    policies: &Policies,
    caller: &Caller,
    action: &str,
    object: &O,
) -> Result<Vec<WhatIf>, AskError> {
    let inquiry = Inquiry::of(caller, action, object)?;
    let now = policies.answer(inquiry.clone())?.allowed;
    let world = World::of(&inquiry)?;
    let rules = policies.text_about(action);
    let mut changes = world.changes(&object.subject().municipality);
    changes.retain(|change| change.bears_on(&rules));
    let mut found: Vec<WhatIf> = Vec::new();
    let singles = changes.iter().map(|one| vec![one]);
    let pairs = changes.iter().enumerate().flat_map(|(at, one)| {
        changes.iter().skip(at + 1).filter(|other| other.fact != one.fact).map(move |other| vec![one, other])
    });
    // For an action that is allowed, only the single facts that would end it are of interest.
    let pairs = pairs.filter(|_| !now);
    for together in singles.chain(pairs) {
        if found.iter().any(|less| is_in(less, &together)) {
            continue;
        }
        let decision = policies.answer(world.with(&inquiry, &together)?)?;
        if decision.allowed != now {
            found.push(WhatIf { changes: together.into_iter().cloned().collect(), decision });
        }
    }
    if !now {
        // A change that lifts a forbidding rule shows the reason, so it comes first.
        found.sort_by_key(|way| way.changes.iter().any(|change| change.becomes));
    }
    Ok(found)
}

/// Returns whether all changes of one way are among these changes.
fn is_in(less: &WhatIf, more: &[&Change]) -> bool {
    let has = |fact: &str| more.iter().any(|change| change.fact == fact || change.more_than == Some(fact));
    less.changes.iter().all(|change| has(&change.fact))
}

/// An inquiry as JSON, which can be changed.
struct World(Value);

impl World {
    fn of(inquiry: &Inquiry) -> Result<Self, AskError> {
        Ok(Self(json!({
            "principal": inquiry.principal.to_json_value()?,
            "resource": inquiry.resource.to_json_value()?,
            "context": inquiry.context.to_json_value()?,
        })))
    }

    /// Returns the same inquiry with some facts changed.
    fn with(&self, inquiry: &Inquiry, changes: &[&Change]) -> Result<Inquiry, AskError> {
        let mut world = self.0.clone();
        for (place, value) in changes.iter().flat_map(|change| &change.edits) {
            if let Some(there) = world.pointer_mut(place) {
                *there = value.clone();
            }
        }
        Ok(Inquiry {
            principal: Entity::from_json_value(world["principal"].take(), None)?,
            action: inquiry.action.clone(),
            resource: Entity::from_json_value(world["resource"].take(), None)?,
            context: Context::from_json_value(world["context"].take(), None)?,
        })
    }

    /// Returns the possible changes, each to one fact.
    fn changes(&self, municipality: &str) -> Vec<Change> {
        let mut all = self.seats();
        all.extend(self.flags());
        all.extend(self.rights(municipality));
        all.extend(self.parts());
        all
    }

    fn at(&self, place: &str) -> &Value {
        self.0.pointer(place).unwrap_or(&Value::Null)
    }

    fn members(&self, place: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.at(place).as_object().into_iter().flatten()
    }

    /// Returns the list at a place with one more value.
    fn plus(&self, place: &str, one: Value) -> (String, Value) {
        let mut list = self.at(place).as_array().cloned().unwrap_or_default();
        list.push(one);
        (place.to_owned(), list.into())
    }

    /// Returns changes to the boolean facts of the context.
    fn flags(&self) -> Vec<Change> {
        let places = ["/context", "/context/relation"];
        let flags = places.into_iter().flat_map(|place| self.members(place).map(move |it| (place, it)));
        let flags = flags
            .filter_map(|(place, (name, flag))| Some((format!("{place}/{name}"), name, flag.as_bool()?)));
        flags.map(|(place, name, flag)| change(name, !flag, [(place, json!(!flag))])).collect()
    }

    /// Returns changes to the seats on the team: a seat from any unit, from the sector of the object, or from its unit.
    fn seats(&self) -> Vec<Change> {
        const UNITS: &str = "/context/relation/seat_units";
        const SECTORS: &str = "/context/relation/seat_sectors";
        let Some(units) = self.at(UNITS).as_array() else { return Vec::new() };
        if !units.is_empty() {
            let none = [(UNITS.to_owned(), json!([])), (SECTORS.to_owned(), json!([]))];
            let mut all = vec![change("seat", false, none)];
            all.extend(self.seats_of_the_thing(UNITS, SECTORS));
            return all;
        }
        let any = [self.plus(UNITS, entity("Unit", NIL)), self.plus(SECTORS, json!(""))];
        let mut all = vec![change("seat", true, any)];
        all.extend(self.seats_of_the_thing(UNITS, SECTORS));
        all
    }

    fn seats_of_the_thing(&self, units: &str, sectors: &str) -> Vec<Change> {
        let mut all = Vec::new();
        if let Some(sector) = self.at("/resource/attrs/sector").as_str() {
            let edits = [self.plus(units, entity("Unit", NIL)), self.plus(sectors, json!(sector))];
            let more = change("seat_in_sector", true, edits);
            all.push(Change { sector: Some(sector.to_owned()), more_than: Some("seat"), ..more });
        }
        if let Some(unit) = id_of("Unit", self.at("/resource/attrs/unit")) {
            let more = change("seat_in_unit", true, [self.plus(units, entity("Unit", unit))]);
            all.push(Change { unit: Some(unit.to_owned()), more_than: Some("seat"), ..more });
        }
        all
    }

    /// Returns changes to the person's own rights, in the unit or municipality of the object.
    fn rights(&self, municipality: &str) -> Vec<Change> {
        let at = |right: &str| format!("/principal/attrs/{right}");
        let mut all = Vec::new();
        // Roles can exclude content. Their units and municipalities are facts of their own.
        for right in ["roles", "works_in", "leads", "administers", "audits", "audits_units"] {
            if self.at(&at(right)).as_array().is_some_and(|list| !list.is_empty()) {
                all.push(change(right, false, [(at(right), json!([]))]));
            }
        }
        if let Some(unit) = self.id_of_the_thing("Unit", "unit") {
            let one = entity("Unit", unit);
            let works = change("works_in", true, [self.plus(&at("works_in"), one.clone())]);
            let both = [self.plus(&at("works_in"), one.clone()), self.plus(&at("leads"), one)];
            let leads = Change { more_than: Some("works_in"), ..change("leads", true, both) };
            let audits = change("audits_units", true, [self.plus(&at("audits_units"), entity("Unit", unit))]);
            all.extend([works, leads, audits].map(|right| Change { unit: Some(unit.to_owned()), ..right }));
        }
        let number = self.id_of_the_thing("Municipality", "municipality").unwrap_or(municipality);
        for right in ["administers", "audits"] {
            all.push(change(right, true, [self.plus(&at(right), entity("Municipality", number))]));
        }
        all
    }

    /// Returns changes to the person's part in the object: they wrote it, gave it, are responsible for it or are invited to it.
    fn parts(&self) -> Vec<Change> {
        let own = self.at("/principal/uid/id").as_str().unwrap_or_default();
        let mut all = Vec::new();
        for (name, value) in self.members("/resource/attrs") {
            let place = format!("/resource/attrs/{name}");
            if let Some(person) = id_of("Person", value) {
                let becomes = person != own;
                let other = if becomes { own } else { NIL };
                all.push(change(name, becomes, [(place, entity("Person", other))]));
            } else if let Some(list) = value.as_array()
                && list.iter().all(|one| id_of("Person", one).is_some())
            {
                let without: Vec<&Value> =
                    list.iter().filter(|one| id_of("Person", one) != Some(own)).collect();
                let becomes = without.len() == list.len();
                let edit =
                    if becomes { self.plus(&place, entity("Person", own)) } else { (place, json!(without)) };
                all.push(change(name, becomes, [edit]));
            }
        }
        all
    }

    /// Returns the id of the object itself if it is of this kind, or of the entity of this kind that it names.
    fn id_of_the_thing(&self, kind: &str, name: &str) -> Option<&str> {
        let uid = self.at("/resource/uid");
        if uid["type"] == format!("Stafett::{kind}") {
            return uid["id"].as_str();
        }
        id_of(kind, self.at(&format!("/resource/attrs/{name}")))
    }
}

fn change(fact: &str, becomes: bool, edits: impl Into<Vec<(String, Value)>>) -> Change {
    Change { fact: fact.to_owned(), becomes, unit: None, sector: None, more_than: None, edits: edits.into() }
}

fn entity(kind: &str, id: &str) -> Value {
    json!({"__entity": {"type": format!("Stafett::{kind}"), "id": id}})
}

fn id_of<'a>(kind: &str, value: &'a Value) -> Option<&'a str> {
    let entity = value.get("__entity")?;
    if entity["type"] == format!("Stafett::{kind}") { entity["id"].as_str() } else { None }
}
