//! Absences of the staff of a unit.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Attributes, Listed, Lookup, Object, Subject};
use crate::{
    access::policies::{Fact, Policies, reference},
    db::{DbError, Tx, dialect},
    fetch_all, fetch_optional,
    identity::Caller,
    kernel::{
        Id, Slice,
        ids::{Absence, Person, Unit},
    },
};

/// An absence of a member of staff from a unit.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AbsenceObject {
    /// The absence.
    pub id: Id<Absence>,
    /// The unit.
    pub unit_id: Id<Unit>,
    /// The municipality that the unit belongs to.
    pub municipality: String,
    /// The person who is away.
    pub person_id: Id<Person>,
    /// Whether they are back, or the last day has passed.
    pub is_over: bool,
}

/// The absences of the unit `$1`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.unit_id, u.municipality, a.person_id,
                    a.over_at IS NOT NULL OR (a.to_on IS NOT NULL AND a.to_on < $2) AS is_over
             FROM absence a JOIN unit u ON u.id = a.unit_id WHERE a.unit_id = $1 AND ",
            $rest
        )
    };
}
const FIND: &str = select!("a.id = $3");
const LIST: &str = select!("a.id > $3 ORDER BY a.id LIMIT $4");

impl AbsenceObject {
    /// Returns the absences of a unit after a position, in order of id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn list(
        tx: &mut Tx,
        unit: Id<Unit>,
        today: NaiveDate,
        slice: Slice,
    ) -> Result<Vec<Self>, DbError> {
        fetch_all!(tx, Self, LIST, unit, today, slice.after, slice.sql_limit())
    }
}

impl Object for AbsenceObject {
    const TYPE: &'static str = "Absence";
    const PATH: &'static [&'static str] = &["unit_id", "absence_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let (Some(unit), Some(id)) = (lookup.id::<Unit>("unit_id"), lookup.id::<Absence>("absence_id"))
        else {
            return Ok(None);
        };
        if lookup.for_write {
            // All changes of absences from a unit wait for each other, since a stand-in must not be away.
            dialect::lock(tx, unit.uuid()).await?;
        }
        fetch_optional!(tx, Self, FIND, unit, lookup.moment.today, id)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), ..Subject::default() }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        caller.person_of_unit(self.unit_id).unwrap_or_else(|| caller.person_in(&self.municipality))
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("unit", reference("Unit", self.unit_id)),
            ("person", reference("Person", self.person_id)),
            ("over", Fact::Flag(self.is_over)),
        ]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_absence", self).allowed
    }
}

impl Listed for AbsenceObject {
    fn place(&self) -> uuid::Uuid {
        self.id.uuid()
    }
}
