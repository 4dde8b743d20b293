//! A question to the rules, assembled from the facts about a caller and an object.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
    marker::PhantomData,
    str::FromStr,
    sync::{Arc, LazyLock},
};

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, Schema};

use super::{
    Decision, Policies,
    basis::{Basis, Decisions},
    fact::{Attributes, expressions},
};
use crate::{access::objects::Object, identity::Caller};

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
    basis: Arc<Basis>,
    decisions: Arc<Decisions>,
    facts: OnceCell<Facts>,
    object: PhantomData<fn(O)>,
}

/// The facts in the form that the rules are evaluated on.
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
        let basis = Arc::new(Basis::of(caller, object));
        let decisions = policies.remembered.about(&basis);
        Self { policies, basis, decisions, facts: OnceCell::new(), object: PhantomData }
    }

    /// Decides whether the caller may do `action` to the object. If anything fails, the decision is a refusal.
    #[must_use]
    pub fn decide(&self, action: &str) -> Decision {
        let known = self.decisions.get(action);
        match (known, &self.policies.listener) {
            (Some(known), None) => known,
            // A listener receives each question, and the tables that listen thus check what is remembered.
            (known, _) => {
                let decision = self.evaluate(action);
                debug_assert!(known.is_none_or(|known| known == decision), "another decision on equal facts");
                decision
            }
        }
    }

    fn evaluate(&self, action: &str) -> Decision {
        match self.facts().and_then(|facts| facts.ask(&self.policies, action)) {
            Ok(decision) => {
                self.decisions.keep(action, &decision);
                decision
            }
            Err(error) => {
                tracing::error!(%error, action, object = O::TYPE, "the rules could not be asked");
                Decision::default()
            }
        }
    }

    fn facts(&self) -> Result<&Facts, AskError> {
        if let Some(facts) = self.facts.get() {
            return Ok(facts);
        }
        let facts = Facts::of(&self.basis)?;
        Ok(self.facts.get_or_init(|| facts))
    }
}

impl Facts {
    fn of(basis: &Basis) -> Result<Self, AskError> {
        let Inquiry { principal, resource, context, .. } = Inquiry::on(basis, "")?;
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
        Self::on(&Basis::of(caller, object), action)
    }

    fn on(basis: &Basis, action: &str) -> Result<Self, AskError> {
        Ok(Self {
            principal: entity(uid("Person", &basis.person.to_string()), &basis.rights)?,
            action: uid("Action", action),
            resource: entity(uid(basis.kind, &basis.object), &basis.attributes)?,
            context: Context::from_pairs(expressions(&basis.context)?)?,
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
pub(super) fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name(kind), EntityId::new(id))
}

/// Returns the parsed name of an entity type. The names in `KINDS` are parsed once.
fn type_name(kind: &str) -> EntityTypeName {
    const KINDS: [&str; 22] = [
        "Action",
        "Activation",
        "RoleProposal",
        "NumberProposal",
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
        "Breach",
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

fn entity(uid: EntityUid, attributes: &Attributes) -> Result<Entity, AskError> {
    Ok(Entity::new(uid, expressions(attributes)?.into_iter().collect(), HashSet::new())?)
}
