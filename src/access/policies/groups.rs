//! Groups of actions, as the schema declares them.
//!
//! A rule may name a group in place of its actions. The rule is expanded when it is loaded, so a decision needs no groups. An action
//! that is in no group is allowed to nobody, so a new action must state who is kept out of it.

use std::collections::HashSet;

use cedar_policy::{ActionConstraint, Entities, EntityUid, Policy, Schema};
use serde_json::{Value, json};

use super::PolicyError;

/// The actions of a schema and their groups.
#[derive(Debug)]
pub struct Groups {
    entities: Entities,
    groups: HashSet<EntityUid>,
    actions: Vec<EntityUid>,
}

impl Groups {
    /// Reads the groups of a schema.
    ///
    /// # Errors
    /// If the groups contain each other.
    pub fn of(schema: &Schema) -> Result<Self, PolicyError> {
        let entities = schema.action_entities().map_err(|error| PolicyError::Invalid(error.to_string()))?;
        let groups: HashSet<EntityUid> = schema.action_groups().cloned().collect();
        let mut actions: Vec<EntityUid> =
            schema.actions().filter(|action| !groups.contains(*action)).cloned().collect();
        actions.sort_by(|a, b| a.id().unescaped().cmp(b.id().unescaped()));
        Ok(Self { entities, groups, actions })
    }

    /// Returns the actions that are in a group.
    pub fn actions(&self) -> impl Iterator<Item = &EntityUid> {
        self.actions.iter().filter(|action| self.groups_of(action).next().is_some())
    }

    fn groups_of(&self, action: &EntityUid) -> impl Iterator<Item = &EntityUid> {
        self.entities.ancestors(action).into_iter().flatten()
    }

    /// Returns a rule with the actions of the groups that it names. A name that the schema does not have stays, and is found when the
    /// rule is validated.
    ///
    /// # Errors
    /// If the rule cannot be written as JSON.
    pub fn expand(&self, policy: &Policy) -> Result<Policy, PolicyError> {
        let named = match policy.action_constraint() {
            ActionConstraint::Any => return Ok(policy.clone()),
            ActionConstraint::Eq(one) => vec![one],
            ActionConstraint::In(several) => several,
        };
        if !named.iter().any(|name| self.groups.contains(name)) {
            return Ok(policy.clone());
        }
        let is_member = |action: &&EntityUid| {
            !named.contains(action) && self.groups_of(action).any(|group| named.contains(group))
        };
        let kept = named.iter().filter(|name| !self.groups.contains(*name));
        let entities: Vec<Value> = self.actions.iter().filter(is_member).chain(kept).map(name).collect();
        let failed = |error: &dyn std::fmt::Display| PolicyError::Invalid(error.to_string());
        let mut rule = policy.to_json().map_err(|error| failed(&error))?;
        rule["action"] = json!({ "op": "in", "entities": entities });
        Policy::from_json(Some(policy.id().clone()), rule).map_err(|error| failed(&error))
    }
}

fn name(action: &EntityUid) -> Value {
    json!({ "type": action.type_name().to_string(), "id": action.id().unescaped() })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use cedar_policy::PolicySet;

    use super::*;

    const SCHEMA: &str = "
        entity Person, Thing;
        action closed, open;
        action read, write in [closed] appliesTo { principal: Person, resource: Thing };
        action list in [open] appliesTo { principal: Person, resource: Thing };
        action forgotten appliesTo { principal: Person, resource: Thing };";

    fn groups() -> Groups {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("a schema");
        Groups::of(&schema).expect("groups")
    }

    fn expanded(action: &str) -> Vec<String> {
        let rule = format!("@id(\"a.rule\") forbid (principal, {action}, resource) when {{ true }};");
        let rule = PolicySet::from_str(&rule).expect("a rule").policies().next().expect("a rule").clone();
        let rule = groups().expand(&rule).expect("a rule");
        assert_eq!(rule.annotation("id"), Some("a.rule"));
        match rule.action_constraint() {
            ActionConstraint::In(all) => {
                all.iter().map(|action| action.id().unescaped().to_owned()).collect()
            }
            ActionConstraint::Eq(one) => vec![one.id().unescaped().to_owned()],
            ActionConstraint::Any => Vec::new(),
        }
    }

    #[test]
    fn a_rule_about_a_group_is_about_its_actions() {
        assert_eq!(expanded("action in Action::\"closed\""), ["read", "write"]);
        assert_eq!(expanded("action in [Action::\"closed\", Action::\"list\"]"), ["read", "write", "list"]);
        assert_eq!(expanded("action in [Action::\"closed\", Action::\"fly\"]"), ["read", "write", "fly"]);
        assert_eq!(expanded("action in [Action::\"fly\"]"), ["fly"]);
        assert_eq!(expanded("action == Action::\"read\""), ["read"]);
        assert!(expanded("action").is_empty());
    }

    #[test]
    fn every_action_of_the_rules_is_in_one_group() {
        let (schema, _) = Schema::from_cedarschema_str(super::super::SCHEMA).expect("the schema");
        let groups = Groups::of(&schema).expect("groups");
        for action in &groups.actions {
            assert_eq!(groups.groups_of(action).count(), 1, "{action}: state who is kept out of it");
        }
    }

    #[test]
    fn an_action_without_a_group_is_none_of_the_actions() {
        let groups = groups();
        let names: Vec<&str> = groups.actions().map(|action| action.id().unescaped()).collect();
        assert_eq!(names, ["list", "read", "write"]);
    }
}
