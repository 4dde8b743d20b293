//! The destinations of signed checkpoints besides the database, out of reach of its operators.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a witness may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Where each checkpoint is sent.
#[derive(Debug, Clone, Default)]
pub struct Checkpoints {
    /// A folder that receives a file per municipality, `4014.checkpoint`, and a growing file of all, `4014.checkpoints`.
    pub folder: Option<PathBuf>,
    /// A URL that each checkpoint is posted to.
    pub witness: Option<String>,
}

impl Checkpoints {
    /// Sends a checkpoint to its destinations. After a failure, the next checkpoint is sent as usual.
    pub(super) fn hand_out(&self, http: &reqwest::Client, municipality: &str, note: &str) {
        if let Some(folder) = &self.folder
            && let Err(error) = write_beside(folder, municipality, note)
        {
            tracing::error!(%error, municipality, "writing the checkpoint to its folder failed");
        }
        if let Some(witness) = &self.witness {
            let post = http.post(witness).header("content-type", "text/plain; charset=utf-8");
            let post = post.timeout(LIMIT).body(note.to_owned());
            tokio::spawn(async move {
                let answer = post.send().await.and_then(reqwest::Response::error_for_status);
                if let Err(error) = answer {
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
