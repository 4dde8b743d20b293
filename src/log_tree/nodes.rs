//! The hashes of the tree in the database. The algorithms are those of `tlog_tiles`, which requests hashes by number.

use std::{cell::RefCell, collections::HashMap};

use tlog_tiles::tlog::{Error, Hash, HashReader};

use super::SealError;
use crate::{
    db::{DbError, Tx},
    on_engine,
};

/// The number of hashes per statement.
const ROWS: usize = 1000;

/// Hashes that were read, and the numbers of requested hashes that were missing.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) hashes: HashMap<u64, Hash>,
    missing: RefCell<Vec<u64>>,
}

impl HashReader for Nodes {
    fn read_hashes(&self, numbers: &[u64]) -> Result<Vec<Hash>, Error> {
        let found: Option<Vec<Hash>> =
            numbers.iter().map(|number| self.hashes.get(number).copied()).collect();
        found.ok_or_else(|| {
            self.missing.borrow_mut().extend(numbers);
            Error::IndexesNotInTree
        })
    }
}

/// Runs code that needs hashes of a municipality's tree: first to learn which hashes it needs, then with the hashes.
pub(super) async fn with_nodes<T>(
    tx: &mut Tx,
    municipality: &str,
    work: impl Fn(&Nodes) -> Result<T, Error>,
) -> Result<T, SealError> {
    let mut nodes = Nodes::default();
    if let Ok(done) = work(&nodes) {
        return Ok(done);
    }
    let missing = nodes.missing.take();
    nodes.read(tx, municipality, &missing).await?;
    work(&nodes).map_err(|error| SealError::Tree(error.to_string()))
}

#[derive(sqlx::FromRow)]
struct NodeRow {
    number: i64,
    hash: Vec<u8>,
}

impl Nodes {
    /// Reads hashes.
    pub(super) async fn read(
        &mut self,
        tx: &mut Tx,
        municipality: &str,
        numbers: &[u64],
    ) -> Result<(), SealError> {
        for some in numbers.chunks(ROWS) {
            let rows = on_engine!(tx, |conn| {
                let sql = "SELECT number, hash FROM access_log_node WHERE municipality = ";
                let mut query = sqlx::QueryBuilder::new(sql);
                query.push_bind(municipality.to_owned()).push(" AND number IN (");
                let mut list = query.separated(", ");
                for number in some {
                    list.push_bind(number.cast_signed());
                }
                query.push(")");
                query.build_query_as::<NodeRow>().persistent(false).fetch_all(conn).await
            })?;
            for row in rows {
                self.hashes.insert(row.number.cast_unsigned(), hash(&row.hash)?);
            }
        }
        Ok(())
    }
}

/// Converts a stored hash.
pub(super) fn hash(bytes: &[u8]) -> Result<Hash, SealError> {
    bytes.try_into().map(Hash).map_err(|_| SealError::Tree("a hash is not of 32 bytes".to_owned()))
}

/// Stores new hashes.
pub(super) async fn insert(tx: &mut Tx, municipality: &str, nodes: &[(u64, Hash)]) -> Result<(), DbError> {
    for some in nodes.chunks(ROWS) {
        on_engine!(tx, |conn| {
            let mut query =
                sqlx::QueryBuilder::new("INSERT INTO access_log_node (municipality, number, hash) ");
            query.push_values(some, |mut row, (number, hash)| {
                row.push_bind(municipality.to_owned())
                    .push_bind(number.cast_signed())
                    .push_bind(hash.0.to_vec());
            });
            query.build().persistent(false).execute(conn).await.map(|_| ())
        })?;
    }
    Ok(())
}
