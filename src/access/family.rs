//! Own family is not own work (habilitet, fvl § 6): who is family, wherever the child is registered.

use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_one,
    kernel::{
        Id,
        ids::{Child, Person},
    },
};

/// SQL that tells whether a person is the child itself or one of its guardians now, in any registration of the
/// child; both arguments are SQL expressions for ids of persons.
#[macro_export]
macro_rules! is_family_sql {
    ($person:literal, $child_person:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM child fk
                     LEFT JOIN guardianship fg ON fg.municipality = fk.municipality AND fg.child_id = fk.id
                          AND fg.ended_at IS NULL
                     WHERE fk.person_id = ",
            $child_person,
            " AND (fk.person_id = ",
            $person,
            " OR fg.guardian_id = ",
            $person,
            "))"
        )
    };
}

const IS_FAMILY: &str = concat!(
    "SELECT COUNT(*) FROM child k WHERE k.municipality = $1 AND k.id = $2 AND ",
    is_family_sql!("$3", "k.person_id")
);
/// All registrations of the children of whose families a person is.
const OWN_CHILDREN: &str = "
    SELECT k.id FROM child k WHERE k.person_id = $1
    UNION
    SELECT s.id FROM guardianship g
    JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
    JOIN child s ON s.person_id = k.person_id
    WHERE g.guardian_id = $1 AND g.ended_at IS NULL";

/// Is this person the child itself, or one of its guardians?
///
/// # Errors
/// If the database does not answer.
pub async fn is_family(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    person: Id<Person>,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), IS_FAMILY, municipality, child, person)?;
    Ok(count > 0)
}

/// The children of whose families this person is, in every registration.
///
/// # Errors
/// If the database does not answer.
pub async fn own_children(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Id<Child>>, DbError> {
    let rows = fetch_all!(tx, (Id<Child>,), OWN_CHILDREN, person)?;
    Ok(rows.into_iter().map(|(child,)| child).collect())
}
