//! What is on disk, and the thread that puts it there.
//!
//! | file | content |
//! |---|---|
//! | `configuration` | the newest configuration this node knows |
//! | `views` | a number above every view counter this node has seen (G1) |
//!
//! Each file is: the eight bytes `SYSTOLE` and a kind, a version byte, the SHA-256 of the rest,
//! the rest. It is written beside its place and renamed, so that it is either the old or the new
//! one at each moment (C4).

use crate::managing::ToManager;
use base::{Decode, Encode};
use cluster::Configuration;
use manager::Input;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

const MAGIC: &[u8; 7] = b"SYSTOLE";
const VERSION: u8 = 2;
/// So many view counters are reserved at once: the disk is asked once in that many views.
const RESERVE: u64 = 1000;

/// Why a file cannot be used. It is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not what was written.
    #[error(
        "{} is damaged ({why}); restore it from a backup, or remove it and let this node take \
         everything from the others",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// A kind of file.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Configuration,
    Views,
    Votes,
}

impl Kind {
    const fn tag(self) -> u8 {
        match self {
            Self::Configuration => b'C',
            Self::Views => b'V',
            Self::Votes => b'E',
        }
    }

    fn path(self, state: &Path) -> PathBuf {
        state.join(match self {
            Self::Configuration => "configuration",
            Self::Views => "views",
            Self::Votes => "expected-votes",
        })
    }
}

/// What is written.
pub(crate) enum ToDisk {
    Configuration(Arc<Configuration>),
    ViewCounter(u64),
    ExpectedVotes(u32),
}

/// The configuration on disk; an empty one when there is none.
///
/// # Errors
/// When there is one and it cannot be read.
pub(crate) fn configuration(state: &Path) -> Result<Configuration, DiskError> {
    Ok(read(state, Kind::Configuration)?.unwrap_or_default())
}

/// A number above every view counter that was used before, and room for more above it.
///
/// # Errors
/// When it cannot be read or written: without it a view's name might be used twice (G1).
pub(crate) fn reserve_view_counters(state: &Path) -> Result<u64, DiskError> {
    let floor: u64 = read(state, Kind::Views)?.unwrap_or_default();
    write(state, Kind::Views, &(floor + RESERVE))?;
    Ok(floor)
}

/// The highest expected votes this node has seen, where they are tracked.
///
/// # Errors
/// When they cannot be read: with fewer, a part of the cluster might take itself for the whole.
pub(crate) fn expected_votes(state: &Path) -> Result<u32, DiskError> {
    Ok(read(state, Kind::Votes)?.unwrap_or_default())
}

fn read<T: Decode>(state: &Path, kind: Kind) -> Result<Option<T>, DiskError> {
    let path = kind.path(state);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DiskError::System { path, source }),
    };
    let value =
        open(kind, &bytes).and_then(|rest| T::from_bytes(rest).map_err(|error| error.to_string()));
    value.map(Some).map_err(|why| DiskError::Damaged { path, why })
}

fn open(kind: Kind, bytes: &[u8]) -> Result<&[u8], String> {
    let head = MAGIC.len() + 2;
    let (head, rest) = bytes.split_at_checked(head).ok_or("it is too short")?;
    if &head[..MAGIC.len()] != MAGIC || head[MAGIC.len()] != kind.tag() {
        return Err("it is no file of this program".into());
    }
    if head[MAGIC.len() + 1] != VERSION {
        return Err(format!("it was written by a version with format {}", head[MAGIC.len() + 1]));
    }
    let (sum, rest) = rest.split_at_checked(32).ok_or("it is too short")?;
    let found = ring::digest::digest(&ring::digest::SHA256, rest);
    if found.as_ref() == sum { Ok(rest) } else { Err("its checksum does not match".into()) }
}

fn write(state: &Path, kind: Kind, value: &impl Encode) -> Result<(), DiskError> {
    let path = kind.path(state);
    let rest = value.to_bytes();
    let sum = ring::digest::digest(&ring::digest::SHA256, &rest);
    let bytes = [MAGIC, &[kind.tag(), VERSION][..], sum.as_ref(), &rest].concat();
    os::file::write_atomic(&path, &bytes).map_err(|source| DiskError::System { path, source })
}

/// Writes what comes, the newest of each kind, and tells the manager of the configuration.
pub(crate) fn run(
    state: &Path,
    mut reserved: u64,
    orders: &Receiver<ToDisk>,
    manager: &Sender<ToManager>,
) {
    reserved += RESERVE;
    while let Ok(order) = orders.recv() {
        let mut newest = None;
        for order in std::iter::once(order).chain(orders.try_iter()) {
            match order {
                ToDisk::Configuration(configuration) => newest = Some(configuration),
                ToDisk::ViewCounter(counter) if counter + RESERVE / 2 > reserved => {
                    reserved = counter + RESERVE;
                    report(&write(state, Kind::Views, &reserved));
                }
                ToDisk::ViewCounter(_) => {}
                ToDisk::ExpectedVotes(votes) => {
                    report(&write(state, Kind::Votes, &votes));
                }
            }
        }
        if let Some(configuration) = newest
            && report(&write(state, Kind::Configuration, configuration.as_ref()))
        {
            let stored = ToManager::Input(Input::Stored(configuration.version));
            if manager.send(stored).is_err() {
                return;
            }
        }
    }
}

/// A full disk stops no service: the change counts as not stored, and whoever waits for it is
/// told so.
fn report(result: &Result<(), DiskError>) -> bool {
    if let Err(error) = result {
        tracing::error!("cannot write to disk: {error}");
    }
    result.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_damage_is_noticed() {
        let folder = std::env::temp_dir().join(format!("systole-storage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(configuration(&folder).unwrap(), Configuration::default());
        let mut written = Configuration::default();
        written.version.epoch = 7;
        write(&folder, Kind::Configuration, &written).unwrap();
        assert_eq!(configuration(&folder).unwrap(), written);
        let path = Kind::Configuration.path(&folder);
        let mut bytes = std::fs::read(&path).unwrap();
        for byte in 0..bytes.len() {
            bytes[byte] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(configuration(&folder).is_err(), "byte {byte}");
            bytes[byte] ^= 1;
        }
        assert_eq!(reserve_view_counters(&folder).unwrap(), 0);
        assert_eq!(reserve_view_counters(&folder).unwrap(), RESERVE);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
