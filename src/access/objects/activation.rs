//! Codes with which people activate their accounts.

use std::sync::Arc;

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::policies::{Fact, Policies, reference},
    administers_sql,
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
    /// Whether they are an administrator of the municipality still.
    pub by_administrator: bool,
}

const FIND: &str = concat!(
    "SELECT x.municipality, x.id, x.person_id, x.asked_by, ",
    administers_sql!("x.asked_by", "x.municipality", "$3"),
    " AS by_administrator
     FROM activation x WHERE x.municipality = $1 AND x.id = $2 AND x.asked_by IS NOT NULL"
);

impl Object for ActivationObject {
    const TYPE: &'static str = "Activation";
    const PATH: &'static [&'static str] = &["municipality", "activation_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Activation>("activation_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let municipality = lookup.text("municipality").unwrap_or_default();
        let found = fetch_optional!(tx, Self, FIND, municipality, id, lookup.moment.today)?;
        match &found {
            // Their role does not end before this commits.
            Some(found) if lookup.for_write => dialect::rely_on(tx, found.asked_by.uuid()).await?,
            _ => return Ok(found),
        };
        fetch_optional!(tx, Self, FIND, municipality, id, lookup.moment.today)
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
            ("by_administrator", Fact::Flag(self.by_administrator)),
        ]
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, caller: &Caller) -> bool {
        caller.administers().any(|number| number == self.municipality)
    }
}
