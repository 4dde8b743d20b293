//! What is given to those who verify: signed tree heads, proofs and tiles.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use tlog_tiles::{
    tile::Tile,
    tlog::{Hash, prove_record, prove_tree},
};
use uuid::Uuid;

use super::{SealError, evidence::sealed_entry, nodes::with_nodes};
use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_optional,
};

/// Levels of the tree in one tile (C2SP tlog-tiles).
const TILE_HEIGHT: u8 = 8;

/// That an entry is in the tree of a checkpoint.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Its place, from 0.
    pub position: u64,
    /// The text of its leaf.
    pub leaf: String,
    /// Fields that are shown: each with the value, and what opens its digest in base64. Empty once personal fields are erased.
    pub opened: BTreeMap<String, (Value, String)>,
    /// The hashes from the leaf to the root (RFC 9162, 2.1.3).
    pub hashes: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: String,
}

/// The newest checkpoint of a municipality's log, or the one of a size.
///
/// # Errors
/// If the database does not answer.
pub async fn checkpoint(
    tx: &mut Tx,
    municipality: &str,
    size: Option<u64>,
) -> Result<Option<(u64, String)>, DbError> {
    const NEWEST: &str = "SELECT size, note FROM access_log_checkpoint WHERE municipality = $1
        AND ($2 IS NULL OR size = $2) ORDER BY size DESC LIMIT 1";
    let size = size.map(u64::cast_signed);
    let found = fetch_optional!(tx, (i64, String), NEWEST, municipality, size)?;
    Ok(found.map(|(size, note)| (size.cast_unsigned(), note)))
}

/// Checkpoints that are kept, newest first, of fewer entries than `below`.
///
/// # Errors
/// If the database does not answer.
pub async fn kept_checkpoints(
    tx: &mut Tx,
    municipality: &str,
    below: u64,
    limit: i64,
) -> Result<Vec<(i64, String)>, DbError> {
    const KEPT: &str = "SELECT size, note FROM access_log_checkpoint WHERE municipality = $1 AND size < $2
        ORDER BY size DESC LIMIT $3";
    fetch_all!(
        tx,
        (i64, String),
        KEPT,
        municipality,
        below.min(i64::MAX.cast_unsigned()).cast_signed(),
        limit
    )
}

/// Proves that an entry is in the tree of a checkpoint, and shows some of its fields. None where it is not sealed yet, or
/// came after that checkpoint.
///
/// # Errors
/// If the database does not answer, or the tree is damaged.
pub async fn inclusion(
    tx: &mut Tx,
    municipality: &str,
    entry: Uuid,
    head: &(u64, String),
    fields: &[&str],
) -> Result<Option<Proof>, SealError> {
    let Some((position, count, entry)) = sealed_entry(tx, municipality, entry).await? else {
        return Ok(None);
    };
    let (size, position) = (head.0, position.cast_unsigned());
    if position >= size {
        return Ok(None);
    }
    let hashes = with_nodes(tx, municipality, |nodes| prove_record(size, position, nodes)).await?;
    let opened = fields.iter().filter_map(|field| {
        let (opening, value) = entry.open(field)?;
        Some(((*field).to_owned(), (value, STANDARD.encode(opening))))
    });
    Ok(Some(Proof {
        position,
        leaf: entry.leaf(count)?.text(),
        opened: opened.collect(),
        hashes,
        checkpoint: head.1.clone(),
    }))
}

/// Proves that the tree of `size` entries begins with that of `old` (RFC 9162, 2.1.4).
///
/// # Errors
/// If the database does not answer, or the tree is damaged or smaller.
pub async fn consistency(
    tx: &mut Tx,
    municipality: &str,
    old: u64,
    size: u64,
) -> Result<Vec<Hash>, SealError> {
    with_nodes(tx, municipality, |nodes| prove_tree(size, old, nodes)).await
}

/// The hashes of a tile, of 32 bytes each; none if there is no such tile in a tree of this size.
///
/// # Errors
/// If the database does not answer, or the tree is damaged.
pub async fn tile(
    tx: &mut Tx,
    municipality: &str,
    path: &str,
    size: u64,
) -> Result<Option<Vec<u8>>, SealError> {
    let Ok(tile) = Tile::from_path(path) else { return Ok(None) };
    let level = u32::from(tile.level()) * u32::from(TILE_HEIGHT);
    let last = tile
        .level_index()
        .checked_mul(1 << TILE_HEIGHT)
        .and_then(|first| first.checked_add(tile.width().into()));
    let there = last
        .and_then(|last| 1_u64.checked_shl(level)?.checked_mul(last))
        .is_some_and(|needed| needed <= size);
    if tile.is_data() || !there {
        return Ok(None);
    }
    with_nodes(tx, municipality, |nodes| tile.read_data(nodes)).await.map(Some)
}

impl Proof {
    /// The proof as a file (C2SP tlog-proof).
    #[must_use]
    pub fn file(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| format!("{hash}\n")).collect();
        format!("c2sp.org/tlog-proof@v1\nindex {}\n{hashes}\n{}", self.position, self.checkpoint)
    }
}
