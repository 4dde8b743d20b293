//! The data that verifiers receive: signed tree heads, proofs and tiles.

use std::collections::{BTreeMap, HashMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;
use tlog_tiles::{
    tile::Tile,
    tlog::{Hash, prove_record, prove_tree},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    SealError,
    evidence::{SealedEntry, sealed_entries},
    nodes::with_nodes,
};
use crate::{
    db::{DbError, Tx},
    fetch_optional,
};

/// The number of tree levels in a tile (C2SP tlog-tiles).
const TILE_HEIGHT: u8 = 8;

/// A field that is shown with its opening.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OpenedField)]
pub struct Opened {
    /// The value of the field.
    #[schema(value_type = Value)]
    pub value: Value,
    /// The opening of its digest in the leaf, in base64.
    pub opening: String,
}

/// A proof that an entry is in the tree of a checkpoint.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The position of the entry, from 0.
    pub position: u64,
    /// The text of its leaf.
    pub leaf: String,
    /// The fields that are shown. Empty once personal fields are erased.
    pub opened: BTreeMap<String, Opened>,
    /// The hashes from the leaf to the root (RFC 9162, 2.1.3).
    pub hashes: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: String,
}

/// Returns the newest checkpoint of a municipality's log, or the newest with at most so many entries.
///
/// # Errors
/// If the database query fails.
pub async fn checkpoint(
    tx: &mut Tx,
    municipality: &str,
    size: Option<u64>,
) -> Result<Option<(u64, String)>, DbError> {
    const NEWEST: &str = "SELECT size, note FROM access_log_checkpoint WHERE municipality = $1 AND size <= $2
        ORDER BY size DESC LIMIT 1";
    let upto = i64::try_from(size.unwrap_or(u64::MAX)).unwrap_or(i64::MAX);
    let found = fetch_optional!(tx, (i64, String), NEWEST, municipality, upto)?;
    Ok(found.map(|(size, note)| (size.cast_unsigned(), note)))
}

/// Proves that entries are in the tree of a checkpoint, and shows the fields that `shows` names. Returns proofs by id.
/// Entries that are not yet sealed, or were sealed after that checkpoint, are left out.
///
/// # Errors
/// If the database query fails, or the tree is damaged.
pub async fn inclusions(
    tx: &mut Tx,
    municipality: &str,
    entries: &[Uuid],
    head: &(u64, String),
    shows: impl Fn(Uuid) -> Vec<&'static str>,
) -> Result<HashMap<Uuid, Proof>, SealError> {
    let mut sealed = sealed_entries(tx, municipality, entries).await?;
    sealed.retain(|sealed| sealed.position.cast_unsigned() < head.0);
    let positions: Vec<u64> = sealed.iter().map(|sealed| sealed.position.cast_unsigned()).collect();
    let paths = with_nodes(tx, municipality, |nodes| {
        // Each is requested even if an earlier one failed, so that all hashes are read together.
        let paths: Vec<_> = positions.iter().map(|position| prove_record(head.0, *position, nodes)).collect();
        paths.into_iter().collect::<Result<Vec<_>, _>>()
    });
    let mut proofs = HashMap::new();
    for (SealedEntry { position, count, entry }, hashes) in sealed.into_iter().zip(paths.await?) {
        let opened = shows(entry.id).into_iter().filter_map(|field| {
            let (opening, value) = entry.open(field)?;
            Some((field.to_owned(), Opened { value, opening: STANDARD.encode(opening) }))
        });
        let proof = Proof {
            position: position.cast_unsigned(),
            leaf: entry.leaf(count)?.text(),
            opened: opened.collect(),
            hashes,
            checkpoint: head.1.clone(),
        };
        proofs.insert(entry.id, proof);
    }
    Ok(proofs)
}

/// Proves that the tree of `size` entries starts with the tree of `old` entries (RFC 9162, 2.1.4).
///
/// # Errors
/// If the database query fails, or the tree is damaged or smaller.
pub async fn consistency(
    tx: &mut Tx,
    municipality: &str,
    old: u64,
    size: u64,
) -> Result<Vec<Hash>, SealError> {
    with_nodes(tx, municipality, |nodes| prove_tree(size, old, nodes)).await
}

/// Returns the hashes of a tile, 32 bytes each; none if a tree of this size has no such tile. The index has the format of
/// C2SP tlog-tiles: `x001/067.p/8`.
///
/// # Errors
/// If the database query fails, or the tree is damaged.
pub async fn tile(
    tx: &mut Tx,
    municipality: &str,
    (level, index): (&str, &str),
    size: u64,
) -> Result<Option<Vec<u8>>, SealError> {
    let Some(tile) = parsed(level, index) else { return Ok(None) };
    let below = u32::from(tile.level()) * u32::from(TILE_HEIGHT);
    let last = tile
        .level_index()
        .checked_mul(1 << TILE_HEIGHT)
        .and_then(|first| first.checked_add(tile.width().into()));
    let needed = last.and_then(|last| 1_u64.checked_shl(below)?.checked_mul(last));
    if needed.is_none_or(|needed| needed > size) {
        return Ok(None);
    }
    with_nodes(tx, municipality, |nodes| tile.read_data(nodes)).await.map(Some)
}

/// Parses the tile; none if it is impossible. The library panics on impossible levels and widths.
fn parsed(level: &str, index: &str) -> Option<Tile> {
    level.parse().ok().filter(|level: &u8| *level < 64)?;
    if let Some((_, width)) = index.rsplit_once(".p/") {
        width.parse().ok().filter(|width: &u32| *width > 0)?;
    }
    Tile::from_path(&format!("tile/{TILE_HEIGHT}/{level}/{index}")).ok()
}

impl Proof {
    /// Returns the proof as a file (C2SP tlog-proof).
    #[must_use]
    pub fn file(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| format!("{hash}\n")).collect();
        format!("c2sp.org/tlog-proof@v1\nindex {}\n{hashes}\n{}", self.position, self.checkpoint)
    }
}
