//! The destinations of signed checkpoints besides the database, out of reach of its operators.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Witness;
use crate::kernel::files::in_words;

/// Where each checkpoint is sent.
#[derive(Debug, Clone, Default)]
pub struct Checkpoints {
    /// A folder that receives a file per municipality, `4014.checkpoint`, and a growing file of all, `4014.checkpoints`.
    pub folder: Option<PathBuf>,
    /// An address that each checkpoint is posted to.
    pub witness: Option<Witness>,
}

impl Checkpoints {
    /// Sends a checkpoint to its destinations. After a failure, the next checkpoint is sent as usual.
    pub(super) fn hand_out(&self, municipality: &str, note: &str) {
        if let Some(folder) = &self.folder
            && let Err(error) = write_beside(folder, municipality, note)
        {
            let error = in_words(&error);
            tracing::error!(error, municipality, "writing the checkpoint to its folder failed");
        }
        if let Some(witness) = self.witness.clone() {
            let note = note.to_owned();
            tokio::spawn(async move {
                if let Err(error) = witness.post(note).await {
                    tracing::warn!(%error, "posting a checkpoint to the witness failed");
                }
            });
        }
    }
}

/// Writes a checkpoint over the previous one, and appends it to the file of all.
fn write_beside(folder: &Path, municipality: &str, note: &str) -> io::Result<()> {
    let all = folder.join(format!("{municipality}.checkpoints"));
    let mut all = fs::OpenOptions::new().create(true).append(true).open(all)?;
    all.write_all(format!("{note}\n").as_bytes())?;
    let new = folder.join(format!("{municipality}.checkpoint.new"));
    fs::write(&new, note)?;
    fs::rename(new, folder.join(format!("{municipality}.checkpoint")))
}
