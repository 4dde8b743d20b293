//! Files that the family downloads, in one archive.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::problem::Problem;

/// A ZIP archive in memory. Its contents are small and are not compressed.
pub struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Archive")
    }
}

impl Archive {
    /// Creates an empty archive.
    #[must_use]
    pub fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If the name is taken.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.0.start_file(name, options).map_err(Problem::internal)?;
        self.0.write_all(text.as_bytes()).map_err(Problem::internal)
    }

    /// Returns the archive.
    ///
    /// # Errors
    /// If it cannot be completed.
    pub fn finish(self) -> Result<Vec<u8>, Problem> {
        self.0.finish().map(Cursor::into_inner).map_err(Problem::internal)
    }
}
