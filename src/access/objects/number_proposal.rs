//! Proposals of national identity numbers.

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
        ids::{NumberProposal, Person},
    },
};

/// A proposal to add a national identity number to a person.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct NumberProposalObject {
    /// The municipality.
    pub municipality: String,
    /// The proposal.
    pub id: Id<NumberProposal>,
    /// The person who would get the number.
    pub person_id: Id<Person>,
    /// The administrator who proposed it.
    pub proposed_by: Id<Person>,
    /// Whether they are an administrator of the municipality still.
    pub by_administrator: bool,
}

const FIND: &str = concat!(
    "SELECT x.municipality, x.id, x.person_id, x.proposed_by, ",
    administers_sql!("x.proposed_by", "x.municipality", "$3"),
    " AS by_administrator
     FROM number_proposal x WHERE x.municipality = $1 AND x.id = $2"
);

impl Object for NumberProposalObject {
    const TYPE: &'static str = "NumberProposal";
    const PATH: &'static [&'static str] = &["municipality", "number_proposal_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<NumberProposal>("number_proposal_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let municipality = lookup.text("municipality").unwrap_or_default();
        let found = fetch_optional!(tx, Self, FIND, municipality, id, lookup.moment.today)?;
        match &found {
            // Their role does not end before this commits.
            Some(found) if lookup.for_write => dialect::rely_on(tx, found.proposed_by.uuid()).await?,
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
            ("number_of", reference("Person", self.person_id)),
            ("proposed_by", reference("Person", self.proposed_by)),
            ("by_administrator", Fact::Flag(self.by_administrator)),
        ]
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, caller: &Caller) -> bool {
        caller.administers().any(|number| number == self.municipality)
    }
}
