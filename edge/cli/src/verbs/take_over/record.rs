//! What was there before, on disk until nobody needs it any more.

use crate::answer::Failure;
use crate::input::{cib_of, read_file};
use crate::picture::Picture;
use crate::verbs::import::Destination;
use crate::words::of_system;
use std::path::{Path, PathBuf};

/// The CIB of the cluster that was there, with what ran where.
const BEFORE: &str = "before.xml";

/// The folder that holds it.
pub(crate) struct Record {
    folder: PathBuf,
}

impl Record {
    /// That of a take-over to there.
    pub(crate) fn of(destination: &Destination) -> Self {
        Self { folder: destination.state.join("take-over") }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn exists(&self) -> bool {
        self.folder.join(BEFORE).exists()
    }

    /// Keeps the CIB of the cluster that was there.
    pub(crate) fn keep(&self, text: &str) -> Result<(), Failure> {
        let path = self.folder.join(BEFORE);
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| os::file::write_atomic(&path, text.as_bytes()));
        written.map_err(|error| {
            Failure::CannotCreate(format!("{}: {}", path.display(), of_system(&error)))
        })
    }

    /// What was kept.
    pub(crate) fn before(&self) -> Result<Picture, Failure> {
        let path = self.folder.join(BEFORE);
        if !path.exists() {
            return Err(Failure::NoInput(
                "no take-over was prepared on this node: `systole take-over prepare` comes first"
                    .to_owned(),
            ));
        }
        cib_of(&path.display().to_string(), &read_file(&path)?).map(Picture::of_file)
    }

    /// It is not needed any more; it stays under another name, since nothing is lost lightly.
    pub(crate) fn close(&self) -> Result<(), Failure> {
        let (path, done) = (self.folder.join(BEFORE), self.folder.join("done.xml"));
        std::fs::rename(&path, &done).map_err(|error| {
            Failure::CannotCreate(format!("{}: {}", done.display(), of_system(&error)))
        })
    }
}
