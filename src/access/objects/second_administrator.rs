//! Things that wait for a second administrator: a code for an account, a role that decides over others, and another number for a person.
//!
//! One administrator asks for it, and another finishes it. The second must know that the first is an administrator still.

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
        ids::{Activation, NumberProposal, Person, RoleProposal},
    },
};

/// A code with which a person activates their account.
pub type ActivationObject = ForSecond<Activation>;
/// A proposal that a person gets a role.
pub type RoleProposalObject = ForSecond<RoleProposal>;
/// A proposal to add a national identity number to a person.
pub type NumberProposalObject = ForSecond<NumberProposal>;

/// Something that an administrator has asked for and another must finish.
#[derive(Debug)]
pub struct ForSecond<K> {
    /// The municipality.
    pub municipality: String,
    /// Its id.
    pub id: Id<K>,
    /// The person it is for.
    pub for_person: Id<Person>,
    /// The administrator who asked for it.
    pub asked_by: Id<Person>,
    /// Whether they are an administrator of the municipality still.
    pub by_administrator: bool,
}

/// A kind of thing that waits for a second administrator.
pub trait Kind: Sized + 'static {
    /// Its entity type in the schema.
    const TYPE: &'static str;
    /// The names of the ids in the path that it is found by.
    const PATH: &'static [&'static str; 2];
    /// Finds the columns of [`ForSecond`] by municipality and id, on a day.
    const FIND: &'static str;
}

/// The statement that finds a row of a table, in which a column names who asked for it.
macro_rules! find {
    ($table:literal, $asked_by:literal) => {
        concat!(
            "SELECT x.municipality, x.id, x.person_id, ",
            $asked_by,
            ", ",
            administers_sql!($asked_by, "x.municipality", "$3"),
            " FROM ",
            $table,
            " x WHERE x.municipality = $1 AND x.id = $2 AND ",
            $asked_by,
            " IS NOT NULL"
        )
    };
}

impl Kind for Activation {
    const TYPE: &'static str = "Activation";
    const PATH: &'static [&'static str; 2] = &["municipality", "activation_id"];
    const FIND: &'static str = find!("activation", "x.asked_by");
}

impl Kind for RoleProposal {
    const TYPE: &'static str = "RoleProposal";
    const PATH: &'static [&'static str; 2] = &["municipality", "proposal_id"];
    const FIND: &'static str = find!("role_proposal", "x.proposed_by");
}

impl Kind for NumberProposal {
    const TYPE: &'static str = "NumberProposal";
    const PATH: &'static [&'static str; 2] = &["municipality", "number_proposal_id"];
    const FIND: &'static str = find!("number_proposal", "x.proposed_by");
}

impl<K: Kind> ForSecond<K> {
    async fn read(tx: &mut Tx, lookup: &Lookup<'_>, id: Id<K>) -> Result<Option<Self>, DbError> {
        type Row<K> = (String, Id<K>, Id<Person>, Id<Person>, bool);
        let [municipality, _] = K::PATH;
        let municipality = lookup.text(municipality).unwrap_or_default();
        let row = fetch_optional!(tx, Row<K>, K::FIND, municipality, id, lookup.moment.today)?;
        Ok(row.map(|(municipality, id, for_person, asked_by, by_administrator)| Self {
            municipality,
            id,
            for_person,
            asked_by,
            by_administrator,
        }))
    }
}

impl<K: Kind> Object for ForSecond<K> {
    const TYPE: &'static str = K::TYPE;
    const PATH: &'static [&'static str] = K::PATH;

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let [_, id] = K::PATH;
        let Some(id) = lookup.id::<K>(id) else { return Ok(None) };
        if !lookup.for_write {
            return Self::read(tx, lookup, id).await;
        }
        dialect::lock(tx, id.uuid()).await?;
        let Some(found) = Self::read(tx, lookup, id).await? else { return Ok(None) };
        // The role of who asked for it does not end before this commits.
        dialect::rely_on(tx, found.asked_by.uuid()).await?;
        Self::read(tx, lookup, id).await
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
            ("for_person", reference("Person", self.for_person)),
            ("asked_by", reference("Person", self.asked_by)),
            ("by_administrator", Fact::Flag(self.by_administrator)),
        ]
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, caller: &Caller) -> bool {
        caller.administers().any(|number| number == self.municipality)
    }
}
