//! Operations for auditors to verify the access log against what was signed. `docs/access-log.md` is the specification.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::store;
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{Action, ProveLogConsistency, ProveLogEntry, ReadLogCheckpoint, ReadLogTile},
        children_of_other_reviewers,
        objects::{Desk, reviews_of_looks_by},
    },
    kernel::ids::LookId,
    log_tree::{self, Opened, Proof, SealError},
    problem::{Problem, Result, docs::ReadProblems},
    shown,
};

/// A number of entries, at least one.
#[derive(Debug, Clone, Copy)]
pub struct Size(u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let size = text.parse().ok().filter(|size: &u64| *size > 0 && size.to_string() == text);
        size.map(Self).ok_or_else(|| serde::de::Error::custom("must be a whole number from 1"))
    }
}

/// The log, and the size to read it at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TreeQuery {
    /// The number of the municipality. It may be left out by an auditor of a single municipality.
    #[serde(default)]
    pub municipality: Option<String>,
    /// The newest checkpoint with at most this many entries; the newest of all if left out.
    #[param(value_type = Option<u64>, minimum = 1)]
    #[serde(default)]
    pub size: Option<Size>,
}

/// The range of a consistency proof.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GrowthQuery {
    /// The number of the municipality. It may be left out by an auditor of a single municipality.
    #[serde(default)]
    pub municipality: Option<String>,
    /// The number of entries in the earlier checkpoint.
    #[param(value_type = u64, minimum = 1)]
    pub from: Size,
    /// The newest checkpoint with at most this many entries; the newest of all if left out.
    #[param(value_type = Option<u64>, minimum = 1)]
    #[serde(default)]
    pub size: Option<Size>,
}

/// A proof that an entry is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryProofOut {
    /// The position of the entry, from 0.
    pub position: u64,
    /// The leaf data that is hashed.
    pub leaf: String,
    /// The stored fields, each with the opening of its digest in the leaf. Rows shown by lists across cases are left out.
    /// Empty once the personal fields are erased.
    pub opened: BTreeMap<String, Opened>,
    /// The proof as a file (C2SP tlog-proof), with the checkpoint.
    pub tlog_proof: String,
}

shown!(EntryProofOut { position, leaf, opened, tlog_proof });

/// A proof that a log has only been appended to.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrowthProofOut {
    /// The number of entries in the earlier checkpoint.
    pub from: u64,
    /// The number of entries in the later checkpoint.
    pub size: u64,
    /// The hashes of the proof in base64 (RFC 9162, 2.1.4).
    pub hashes: Vec<String>,
    /// The later checkpoint.
    pub checkpoint: String,
}

shown!(GrowthProofOut { from, size, hashes, checkpoint });

/// Returns the newest signed tree head (C2SP tlog-checkpoint). Store it out of reach of those who operate the database.
#[utoipa::path(
    operation_id = "read_log_checkpoint", tag = "access log", params(TreeQuery),
    responses((status = 200, body = String, content_type = "text/plain", description = "The signed note"), ReadProblems),
)]
#[get("/access-log/checkpoint")]
pub(super) async fn read_log_checkpoint(mut permit: Permit<ReadLogCheckpoint>) -> Result<HttpResponse> {
    let query: TreeQuery = permit.query()?;
    let (_, (_, note)) = head(&mut permit, query.municipality, query.size).await?;
    permit.show_bytes("text/plain; charset=utf-8", note.into())
}

/// Proves that an entry is in the log (RFC 9162, 2.1.3).
#[utoipa::path(
    operation_id = "prove_log_entry", tag = "access log", params(("entry_id" = Uuid, Path), TreeQuery),
    responses((status = 200, body = EntryProofOut, description = "The proof, without content"), ReadProblems),
)]
#[get("/access-log/entries/{entry_id}/proof")]
pub(super) async fn prove_log_entry(mut permit: Permit<ProveLogEntry>) -> Result<HttpResponse> {
    let query: TreeQuery = permit.query()?;
    let entry: LookId = permit.path_id("entry_id")?;
    let (municipality, head) = head(&mut permit, query.municipality, query.size).await?;
    let Parts { caller, tx, moment, .. } = permit.parts();
    let own = children_of_other_reviewers(tx, caller, moment.now).await?;
    let own_looks = reviews_of_looks_by(tx, caller).await?;
    let told = store::told(permit.tx(), &municipality, entry, &own, &own_looks).await?;
    let told = told.ok_or_else(Problem::not_found)?;
    let proofs =
        log_tree::inclusions(permit.tx(), &municipality, &[entry.uuid()], &head, |_| told.clone()).await;
    let proof = proofs.map_err(broken)?.remove(&entry.uuid()).ok_or_else(Problem::not_found)?;
    permit.note_shown([entry]);
    let tlog_proof = proof.file();
    let Proof { position, leaf, opened, .. } = proof;
    permit.show(&EntryProofOut { position, leaf, opened, tlog_proof }.whole())
}

/// Proves that the log has only been appended to since an earlier checkpoint (RFC 9162, 2.1.4).
#[utoipa::path(
    operation_id = "prove_log_consistency", tag = "access log", params(GrowthQuery),
    responses((status = 200, body = GrowthProofOut, description = "The proof"), ReadProblems),
)]
#[get("/access-log/consistency")]
pub(super) async fn prove_log_consistency(mut permit: Permit<ProveLogConsistency>) -> Result<HttpResponse> {
    let GrowthQuery { municipality, from, size } = permit.query()?;
    let (municipality, (size, checkpoint)) = head(&mut permit, municipality, size).await?;
    let from = from.0;
    if from > size {
        return Err(Problem::field(
            "?from",
            format!("must be from 1 to {size}, the number of signed entries"),
        ));
    }
    let hashes = log_tree::consistency(permit.tx(), &municipality, from, size).await.map_err(broken)?;
    let hashes = hashes.iter().map(ToString::to_string).collect();
    permit.show(&GrowthProofOut { from, size, hashes, checkpoint }.whole())
}

/// Returns hashes of the tree as tiles (C2SP tlog-tiles). Entry tiles are not served: a verifier may not see all entries.
#[utoipa::path(
    operation_id = "read_log_tile", tag = "access log",
    params(
        ("tile_level" = u8, Path, description = "The tile level: 0 contains the leaf hashes"),
        ("tile_index" = String, Path, example = "x001/067.p/8", description = "The tile index as in the standard, including slashes"),
        TreeQuery,
    ),
    responses(
        (status = 200, body = [u8], content_type = "application/octet-stream", description = "Hashes of 32 bytes each"),
        ReadProblems,
    ),
)]
#[get("/access-log/tile/{tile_level}/{tile_index:.*}")]
pub(super) async fn read_log_tile(mut permit: Permit<ReadLogTile>) -> Result<HttpResponse> {
    let query: TreeQuery = permit.query()?;
    let (municipality, (size, _)) = head(&mut permit, query.municipality, query.size).await?;
    let [level, index] = ["tile_level", "tile_index"].map(|part| permit.path_text(part).to_owned());
    let tile = log_tree::tile(permit.tx(), &municipality, (&level, &index), size).await.map_err(broken)?;
    permit.show_bytes("application/octet-stream", tile.ok_or_else(Problem::not_found)?.into())
}

/// The municipality whose log is requested, with its checkpoint.
async fn head<A: Action<Object = Desk>>(
    permit: &mut Permit<A>,
    municipality: Option<String>,
    size: Option<Size>,
) -> Result<(String, (u64, String))> {
    let audits: Vec<String> = permit.caller().audits().map(ToOwned::to_owned).collect();
    let municipality = match (municipality, audits.as_slice()) {
        (Some(asked), _) if audits.contains(&asked) => asked,
        (Some(_), _) => return Err(Problem::not_found()),
        (None, [only]) => only.clone(),
        (None, _) => {
            return Err(Problem::field("?municipality", "is required: you audit several municipalities"));
        }
    };
    let head = log_tree::checkpoint(permit.tx(), &municipality, size.map(|size| size.0)).await?;
    Ok((municipality, head.ok_or_else(Problem::not_found)?))
}

/// A broken tree is a fault in the service. `stafett access-log verify` finds it.
pub(super) fn broken(error: SealError) -> Problem {
    match error {
        SealError::Database(error) => error.into(),
        other => Problem::internal(other),
    }
}
