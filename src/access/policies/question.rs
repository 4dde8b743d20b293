//! A question to the rules, assembled from the facts about a caller and an object.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    str::FromStr,
    sync::{Arc, LazyLock},
};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema,
};

use super::{Decision, Policies};
use crate::{
    access::objects::{Attributes, Object},
    identity::Caller,
};

/// An error while the rules are evaluated.
pub(in crate::access) type AskError = Box<dyn std::error::Error>;

/// A question to the rules: the caller, the action, the object and the context, with the facts about both.
#[derive(Debug, Clone)]
pub struct PolicyQuestion {
    /// The caller, the action, the object and the context.
    pub request: Request,
    /// The facts about the caller and the object.
    pub entities: Entities,
}

/// A caller and an object with the facts about both, ready for a question about any action.
pub struct About<O> {
    policies: Arc<Policies>,
    /// None if the facts could not be assembled; then everything is refused.
    facts: Option<Facts>,
    object: PhantomData<fn(O)>,
}

struct Facts {
    principal: EntityUid,
    resource: EntityUid,
    context: Context,
    entities: Entities,
}

impl<O> std::fmt::Debug for About<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("About")
    }
}

impl<O: Object> About<O> {
    pub(super) fn of(policies: Arc<Policies>, caller: &Caller, object: &O) -> Self {
        let facts = Facts::of(caller, object).map_err(|error| {
            tracing::error!(%error, object = O::TYPE, "the facts could not be given to the rules");
        });
        Self { policies, facts: facts.ok(), object: PhantomData }
    }

    /// Decides whether the caller may do `action` to the object. If anything fails, the decision is a refusal.
    #[must_use]
    pub fn decide(&self, action: &str) -> Decision {
        let Some(facts) = &self.facts else { return Decision::default() };
        facts.ask(&self.policies, action).unwrap_or_else(|error| {
            tracing::error!(%error, action, "the rules could not be asked");
            Decision::default()
        })
    }
}

impl Facts {
    fn of<O: Object>(caller: &Caller, object: &O) -> Result<Self, AskError> {
        let Inquiry { principal, resource, context, .. } = Inquiry::of(caller, "", object)?;
        let (asks, asked) = (principal.uid(), resource.uid());
        Ok(Self { principal: asks, resource: asked, context, entities: entities(principal, resource)? })
    }

    fn ask(&self, policies: &Policies, action: &str) -> Result<Decision, AskError> {
        let (principal, resource) = (self.principal.clone(), self.resource.clone());
        let (action, context) = (uid("Action", action), self.context.clone());
        let request = Request::new(principal, action, resource, context, Some(&policies.schema))?;
        let question = PolicyQuestion { request, entities: self.entities.clone() };
        let decision = policies.answer_to(&question)?;
        if let Some(listener) = &policies.listener {
            listener(&question, &decision);
        }
        Ok(decision)
    }
}

/// An inquiry to the rules that can still be changed: the caller, the action, the object, and the context.
#[derive(Debug, Clone)]
pub(in crate::access) struct Inquiry {
    pub principal: Entity,
    pub action: EntityUid,
    pub resource: Entity,
    pub context: Context,
}

impl Inquiry {
    /// Assembles the inquiry whether `caller` may do `action` to `object`.
    pub fn of<O: Object>(caller: &Caller, action: &str, object: &O) -> Result<Self, AskError> {
        let context = object.context(caller).into_iter().map(|(k, v)| (k.to_owned(), v));
        Ok(Self {
            principal: entity(uid("Person", &caller.person.to_string()), principal_attributes(caller))?,
            action: uid("Action", action),
            resource: entity(uid(O::TYPE, &object.id()), object.attributes())?,
            context: Context::from_pairs(context)?,
        })
    }

    pub(super) fn question(self, schema: &Schema) -> Result<PolicyQuestion, AskError> {
        let Self { principal, action, resource, context } = self;
        let request = Request::new(principal.uid(), action, resource.uid(), context, Some(schema))?;
        Ok(PolicyQuestion { request, entities: entities(principal, resource)? })
    }
}

fn entities(principal: Entity, resource: Entity) -> Result<Entities, AskError> {
    let is_own = principal.uid() == resource.uid();
    let entities = if is_own { vec![principal] } else { vec![principal, resource] };
    Ok(Entities::from_entities(entities, None)?)
}

/// The name of an object in the rules. `kind` is an entity type of the schema.
fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name(kind), EntityId::new(id))
}

/// Returns the parsed name of an entity type. The names in `KINDS` are parsed once.
fn type_name(kind: &str) -> EntityTypeName {
    const KINDS: [&str; 18] = [
        "Action",
        "Person",
        "Unit",
        "Municipality",
        "Case",
        "Child",
        "Concern",
        "Consent",
        "Handover",
        "Helper",
        "Measure",
        "Meeting",
        "Note",
        "Objection",
        "Disclosure",
        "ChildWelfareReport",
        "EmergencyAccess",
        "LogReview",
    ];
    static NAMES: LazyLock<HashMap<&'static str, EntityTypeName>> =
        LazyLock::new(|| KINDS.into_iter().map(|kind| (kind, parsed(kind))).collect());
    NAMES.get(kind).cloned().unwrap_or_else(|| parsed(kind))
}

fn parsed(kind: &str) -> EntityTypeName {
    let kind = EntityTypeName::from_str(&format!("Stafett::{kind}"));
    #[expect(clippy::expect_used, reason = "the kinds are constants of this crate, covered by tests")]
    kind.expect("a kind of the schema")
}

/// A reference to an object, for an attribute.
pub(in crate::access) fn reference(kind: &str, id: impl ToString) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid(kind, &id.to_string()))
}

/// References to several objects.
pub(in crate::access) fn references<T: ToString>(
    kind: &str,
    ids: impl IntoIterator<Item = T>,
) -> RestrictedExpression {
    RestrictedExpression::new_set(ids.into_iter().map(|id| reference(kind, id)))
}

fn entity(uid: EntityUid, attributes: Attributes) -> Result<Entity, AskError> {
    let attributes: HashMap<_, _> = attributes.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    Ok(Entity::new(uid, attributes, HashSet::new())?)
}

fn principal_attributes(caller: &Caller) -> Attributes {
    vec![
        ("works_in", references("Unit", caller.works_in().map(|held| held.unit_id))),
        ("leads", references("Unit", caller.leads().map(|held| held.unit_id))),
        ("administers", references("Municipality", caller.administers())),
        ("audits", references("Municipality", caller.audits())),
    ]
}
