//! The unit that opens a case for a newborn child.

use crate::{
    db::{DbError, Tx},
    fetch_one,
    kernel::{Id, ids::Unit, vocabulary::Sector},
};

const OPENING_UNIT: &str = "
    SELECT u.sector, u.kind, EXISTS (SELECT 1 FROM unit_serves s WHERE s.unit_id = u.id AND s.municipality = $2) AS serves
    FROM unit u WHERE u.id = $1";

/// A unit that is about to open a case.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct OpeningUnit {
    pub sector: Sector,
    pub kind: String,
    /// Whether it serves the municipality where the child lives.
    pub serves: bool,
}

pub(super) async fn opening_unit(
    tx: &mut Tx,
    unit: Id<Unit>,
    municipality: &str,
) -> Result<OpeningUnit, DbError> {
    fetch_one!(tx, OpeningUnit, OPENING_UNIT, unit, municipality)
}
