//! Why the lab did not do something, and what to do about it.

use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a lab could not be made or reached.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A lab runs in this folder. It is as it was.
    #[error("a lab is already up in {0}; `lab down` ends it, another --dir makes a second one")]
    AlreadyUp(PathBuf),
    /// Nothing answers in this folder.
    #[error("no lab is up in {0}; `lab up` makes one")]
    NotUp(PathBuf),
    /// The folder holds other files. Nothing was changed.
    #[error("{folder} holds {file}, which is not a lab's; give an empty or a new folder")]
    NotOurs {
        /// The folder given.
        folder: PathBuf,
        /// What was found in it.
        file: String,
    },
    /// The folder belongs to somebody else. Nothing was changed.
    #[error("{0} belongs to another user; give a folder of your own with --dir")]
    ForeignFolder(PathBuf),
    /// The options make no lab. Nothing was changed.
    #[error("{0}")]
    Options(#[from] BadOptions),
    /// The lab did not come up; what there was of it is gone. Its log tells more.
    #[error("the lab did not come up: {reason} (log: {log})")]
    Failed {
        /// What failed.
        reason: String,
        /// The supervisor's log.
        log: PathBuf,
    },
    /// The machines run, but one is not ready; the lab stays up to be looked at.
    #[error("{node} was not ready in {seconds} s: {said} (log: {log})")]
    NotReady {
        /// The machine.
        node: String,
        /// How long was waited.
        seconds: u64,
        /// The last words of the readiness check.
        said: String,
        /// The machine's log.
        log: PathBuf,
    },
    /// The supervisor refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer does not belong to the question: the supervisor is of another version.
    #[error("the lab answers in another language; end it with the program that made it")]
    OtherVersion,
    /// The operating system did not do its part.
    #[error("{what}: {error}")]
    System {
        /// What was being done.
        what: String,
        /// What it said.
        error: io::Error,
    },
}

/// What is wrong with the options of a lab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOptions {
    /// The number of nodes is out of range.
    #[error("a lab has 1 to 64 nodes, not {0}")]
    Nodes(usize),
    /// The number of rings is out of range.
    #[error("a lab has 1 to 8 rings, not {0}")]
    Rings(u8),
    /// A name that is no host or file name, or comes twice.
    #[error("{0:?} cannot be a name here: use letters, digits, '-', '_' and '.', each name once")]
    Name(String),
    /// A disk that is not NAME or NAME:MEGABYTES.
    #[error("{0:?} is no disk: write NAME or NAME:MEGABYTES, at least 16 MB")]
    Disk(String),
    /// A folder that a mount option cannot spell.
    #[error(
        "{0} cannot be a lab's folder: it must be absolute, at most 90 bytes long (a socket is in \
         it), without ':', ',', '\\' and blanks (mount options name it)"
    )]
    Folder(PathBuf),
}

/// Why the supervisor did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// There is no machine of this name.
    #[error("no node {0} in this lab; `lab status` lists them")]
    NoSuchNode(String),
    /// A machine has no path to itself that could be cut.
    #[error("{0} has no path to itself that could fail; name another node")]
    SameNode(String),
    /// There is no ring of this number.
    #[error("no ring {0} in this lab; rings count from 0")]
    NoSuchRing(u8),
    /// A loss that is no percentage.
    #[error("{0} % cannot be lost; give 1 to 100")]
    Percent(u8),
    /// Cables cannot come and go so fast.
    #[error("a cable cannot flap every {} ms; 50 ms is the fastest (20 Hz)", .0.as_millis())]
    Period(Duration),
    /// The machine is off. It stays off.
    #[error("{0} is off; `lab power on {0}` starts it")]
    Off(String),
    /// The machine does not run, but the kernel still holds a disk of it. It counts as mounted
    /// there until a further power-off finds it free.
    #[error("{node} is dead, but {disk} is still in use by it; ask for power off again")]
    DiskHeld {
        /// The machine.
        node: String,
        /// The disk.
        disk: String,
    },
    /// The machine did not start; it is off.
    #[error("{node} did not start: {reason}; its log tells more")]
    NoStart {
        /// The machine.
        node: String,
        /// What failed.
        reason: String,
    },
    /// The operating system did not do its part.
    #[error("{what}: {reason}")]
    System {
        /// What was being done.
        what: String,
        /// What it said.
        reason: String,
    },
}

/// Adds to an error what was being done.
pub(crate) trait During<T> {
    /// As an error of the client's side.
    fn during(self, what: &str) -> Result<T, LabError>;
    /// As an error of the supervisor's side.
    fn refusing(self, what: &str) -> Result<T, Refusal>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, what: &str) -> Result<T, LabError> {
        self.map_err(|error| LabError::System { what: what.to_owned(), error })
    }

    fn refusing(self, what: &str) -> Result<T, Refusal> {
        self.map_err(|error| Refusal::System { what: what.to_owned(), reason: error.to_string() })
    }
}
