//! Codes with which people activate their accounts.

use std::sync::Arc;

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::policies::{Policies, reference},
    db::{DbError, Tx, dialect},
    fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Activation, Person},
    },
};

/// A code for an account, which an administrator has asked for.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ActivationObject {
    /// The municipality that manages the account.
    pub municipality: String,
    /// The code.
    pub id: Id<Activation>,
    /// The person whose account it is.
    pub person_id: Id<Person>,
    /// The administrator who asked for it.
    pub asked_by: Id<Person>,
}

const FIND: &str = "
    SELECT municipality, id, person_id, asked_by FROM activation
    WHERE municipality = $1 AND id = $2 AND asked_by IS NOT NULL";

impl Object for ActivationObject {
    const TYPE: &'static str = "Activation";
    const PATH: &'static [&'static str] = &["municipality", "activation_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Activation>("activation_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        fetch_optional!(tx, Self, FIND, lookup.text("municipality").unwrap_or_default(), id)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), ..Subject::default() }
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("municipality", reference("Municipality", &self.municipality)),
            ("account_of", reference("Person", self.person_id)),
            ("asked_by", reference("Person", self.asked_by)),
        ]
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, caller: &Caller) -> bool {
        caller.administers().any(|number| number == self.municipality)
    }
}
