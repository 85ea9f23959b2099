//! What is on disk, and the thread that puts it there.
//!
//! | file | content |
//! |---|---|
//! | `configuration` | a configuration, and the last changes that led to it |
//! | `changes` | the changes since, so that the two say the newest this node knows |
//! | `views` | a number above every view counter this node has seen (G1) |
//!
//! Each file is: the eight bytes `SYSTOLE` and a kind, a version byte, the SHA-256 of the rest,
//! the rest. It is written beside its place and renamed, so that it is either the old or the new
//! one at each moment (C4). To `changes` is added at its end.

mod log;

use crate::managing::ToManager;
use base::{Decode, Encode};
use cluster::{Configuration, Version};
use log::Log;
use manager::{Input, Kept};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};

const MAGIC: &[u8; 7] = b"SYSTOLE";
const VERSION: u8 = 3;
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
    Changes,
    Views,
    Votes,
}

impl Kind {
    const fn tag(self) -> u8 {
        match self {
            Self::Configuration => b'C',
            Self::Changes => b'L',
            Self::Views => b'V',
            Self::Votes => b'E',
        }
    }

    fn path(self, state: &Path) -> PathBuf {
        state.join(match self {
            Self::Configuration => "configuration",
            Self::Changes => "changes",
            Self::Views => "views",
            Self::Votes => "expected-votes",
        })
    }
}

/// What is written.
pub(crate) enum ToDisk {
    Kept(Kept),
    ViewCounter(u64),
    ExpectedVotes(u32),
}

/// The SHA-256 of a file's content.
type Sum = [u8; 32];

fn sum(bytes: &[u8]) -> Sum {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The configuration on disk, and how it came about; an empty one when there is none.
///
/// # Errors
/// When there is one and it cannot be read.
pub(crate) fn kept(state: &Path) -> Result<Kept, DiskError> {
    Ok(find(state)?.kept)
}

/// What is where a configuration from elsewhere is to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Nothing.
    Nothing,
    /// That configuration.
    TheSame,
    /// Another one, of this version.
    Another(Version),
}

/// Whether `configuration` is what a node with this folder would start with.
///
/// # Errors
/// When something is there that cannot be read.
pub fn planted(state: &Path, configuration: &Configuration) -> Result<Planted, DiskError> {
    let there = find(state)?;
    let kept = there.kept.configuration.as_ref();
    Ok(match there.whole {
        None => Planted::Nothing,
        Some(_) if kept == configuration => Planted::TheSame,
        Some(_) => Planted::Another(kept.version),
    })
}

/// Puts a configuration where a node that starts finds it; never in the place of another: the answer
/// is what was there. While a node runs with this folder it must not be called.
///
/// # Errors
/// When something is there that cannot be read, or nothing can be written.
pub fn plant(state: &Path, configuration: &Configuration) -> Result<Planted, DiskError> {
    let there = planted(state, configuration)?;
    if there == Planted::Nothing {
        let path = Kind::Configuration.path(state);
        let failed = |source| DiskError::System { path: path.clone(), source };
        std::fs::create_dir_all(state).map_err(failed)?;
        let content = Kept::only(configuration.clone()).to_bytes();
        let bytes = envelope(Kind::Configuration, &content);
        os::file::write_atomic(&path, &bytes).map_err(failed)?;
    }
    Ok(there)
}

/// Moves the configuration of a node that does not run into `folder`, so that the node starts
/// without one. Says whether there was any.
///
/// # Errors
/// When it cannot be moved.
pub fn set_aside(state: &Path, folder: &Path) -> Result<bool, DiskError> {
    let mut was_there = false;
    // The whole goes first: without it the changes count for nothing.
    for kind in [Kind::Configuration, Kind::Changes] {
        let path = kind.path(state);
        match std::fs::rename(&path, kind.path(folder)) {
            Ok(()) => was_there = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(DiskError::System { path, source }),
        }
    }
    Ok(was_there)
}

/// What is on disk.
#[derive(Default)]
struct Found {
    kept: Kept,
    /// The checksum of the whole, and its size in bytes.
    whole: Option<(Sum, u64)>,
    /// How much of the log can be read, in bytes.
    log: Option<u64>,
}

fn find(state: &Path) -> Result<Found, DiskError> {
    let path = Kind::Configuration.path(state);
    let Some(bytes) = read_bytes(&path)? else { return Ok(Found::default()) };
    let damaged = |why: String| DiskError::Damaged { path: path.clone(), why };
    let content = open(Kind::Configuration, &bytes).map_err(damaged)?;
    let mut kept = Kept::from_bytes(content).map_err(|error| damaged(error.to_string()))?;
    let base = sum(content);
    let log = log::replay(state, &base, &mut kept)?;
    Ok(Found { kept, whole: Some((base, bytes.len() as u64)), log })
}

/// The configuration on disk, and where the next change goes.
pub(crate) struct Disk {
    state: PathBuf,
    pub(crate) kept: Kept,
    /// The checksum of the whole, and its size in bytes.
    whole: Option<(Sum, u64)>,
    log: Option<Log>,
}

impl Disk {
    /// So many bytes of changes may follow even a small configuration.
    const SHORT_LOG: u64 = 256 << 10;

    /// Reads what is there, and goes on from it.
    ///
    /// # Errors
    /// When something is there and cannot be read.
    pub(crate) fn open(state: &Path) -> Result<Self, DiskError> {
        let Found { kept, whole, log } = find(state)?;
        let path = || Kind::Changes.path(state);
        let log = log.map(|bytes| Log::go_on(state, bytes)).transpose();
        let log = log.map_err(|source| DiskError::System { path: path(), source })?;
        Ok(Self { state: state.to_owned(), kept, whole, log })
    }

    /// Writes what is new: the changes alone where they follow what is there, and are not many.
    fn store(&mut self, kept: Kept) -> io::Result<()> {
        let fits = |log: &Log, whole: u64| log.bytes() < whole.max(Self::SHORT_LOG);
        let added = match (&self.whole, kept.since(&self.kept)) {
            (Some((base, whole)), Some(changes))
                if self.log.as_ref().is_none_or(|log| fits(log, *whole)) =>
            {
                let log = match &mut self.log {
                    Some(log) => log,
                    none => none.insert(Log::begin(&self.state, base)?),
                };
                log.add(&changes, (kept.acted != self.kept.acted).then_some(kept.acted))
            }
            _ => self.store_whole(&kept),
        };
        added.map(|()| self.kept = kept)
    }

    fn store_whole(&mut self, kept: &Kept) -> io::Result<()> {
        let content = kept.to_bytes();
        let bytes = envelope(Kind::Configuration, &content);
        os::file::write_atomic(&Kind::Configuration.path(&self.state), &bytes)?;
        // The log that is there goes on from another whole.
        self.log = None;
        self.whole = Some((sum(&content), bytes.len() as u64));
        Ok(())
    }
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
    let Some(bytes) = read_bytes(&path)? else { return Ok(None) };
    let value =
        open(kind, &bytes).and_then(|rest| T::from_bytes(rest).map_err(|error| error.to_string()));
    value.map(Some).map_err(|why| DiskError::Damaged { path, why })
}

fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DiskError::System { path: path.to_owned(), source }),
    }
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
    let (expected, rest) = rest.split_at_checked(size_of::<Sum>()).ok_or("it is too short")?;
    if sum(rest) == expected { Ok(rest) } else { Err("its checksum does not match".into()) }
}

/// A file of this kind with this content.
fn envelope(kind: Kind, content: &[u8]) -> Vec<u8> {
    [MAGIC, &[kind.tag(), VERSION][..], &sum(content), content].concat()
}

fn write(state: &Path, kind: Kind, value: &impl Encode) -> Result<(), DiskError> {
    let path = kind.path(state);
    let bytes = envelope(kind, &value.to_bytes());
    os::file::write_atomic(&path, &bytes).map_err(|source| DiskError::System { path, source })
}

/// Writes what comes, the newest of each kind, and tells the manager of the configuration.
pub(crate) fn run(
    mut disk: Disk,
    mut reserved: u64,
    orders: &Receiver<ToDisk>,
    manager: &Sender<ToManager>,
) {
    reserved += RESERVE;
    while let Ok(order) = orders.recv() {
        let mut newest = None;
        for order in std::iter::once(order).chain(orders.try_iter()) {
            match order {
                ToDisk::Kept(kept) => newest = Some(kept),
                ToDisk::ViewCounter(counter) if counter + RESERVE / 2 > reserved => {
                    reserved = counter + RESERVE;
                    report(&write(&disk.state, Kind::Views, &reserved));
                }
                ToDisk::ViewCounter(_) => {}
                ToDisk::ExpectedVotes(votes) => {
                    report(&write(&disk.state, Kind::Votes, &votes));
                }
            }
        }
        let Some(kept) = newest else { continue };
        let standing = kept.standing();
        let path = Kind::Configuration.path(&disk.state);
        let stored = disk.store(kept).map_err(|source| DiskError::System { path, source });
        if report(&stored) && manager.send(ToManager::Input(Input::Stored(standing))).is_err() {
            return;
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
    use manager::Revision;
    use std::sync::Arc;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("systole-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// `kept` after an option was given each of `values` in turn.
    fn changed(kept: &Kept, values: impl IntoIterator<Item = u64>) -> Kept {
        let mut kept = kept.clone();
        for value in values {
            let mut after = kept.configuration.as_ref().clone();
            after.version.epoch += 1;
            let mut set = cluster::AttributeSet::new("options");
            set.set("note", &value.to_string());
            after.properties = vec![set];
            kept.revisions.record(Revision {
                version: after.version,
                before: kept.configuration.version,
                difference: cluster::Difference::between(&kept.configuration, &after),
                ..Revision::default()
            });
            kept.configuration = Arc::new(after);
        }
        kept
    }

    #[test]
    fn what_was_stored_is_there_after_a_restart_whatever_way_it_was_written() {
        let folder = Folder::new("storage");
        let mut disk = Disk::open(&folder.0).unwrap();
        assert_eq!(disk.kept, Kept::default());
        let mut newest = Kept::default();
        let mut wholes = 0;
        for step in 0..2000 {
            // Sometimes several changes are stored at once.
            newest = changed(&newest, step..=step + step % 3);
            newest.acted = step / 5;
            let whole = disk.whole;
            disk.store(newest.clone()).unwrap();
            wholes += u32::from(disk.whole != whole);
            if step % 97 == 0 {
                disk = Disk::open(&folder.0).unwrap();
                assert_eq!(disk.kept, newest, "step {step}");
            }
        }
        assert!((2..20).contains(&wholes), "the whole was written {wholes} times");
        // Others know better: what they have does not follow what is here.
        let other = changed(&Kept::default(), [7]);
        disk.store(other.clone()).unwrap();
        assert_eq!(kept(&folder.0).unwrap(), other);
    }

    #[test]
    fn a_log_of_another_whole_counts_for_nothing() {
        let folder = Folder::new("leftover");
        let mut disk = Disk::open(&folder.0).unwrap();
        let first = changed(&Kept::default(), [1]);
        disk.store(first.clone()).unwrap();
        disk.store(changed(&first, [2])).unwrap();
        let log = std::fs::read(Kind::Changes.path(&folder.0)).unwrap();
        // The power goes after the whole was written, and before a new log is begun.
        let theirs = changed(&Kept::default(), [3]);
        disk.store(theirs.clone()).unwrap();
        std::fs::write(Kind::Changes.path(&folder.0), log).unwrap();
        assert_eq!(kept(&folder.0).unwrap(), theirs);
    }

    #[test]
    fn a_record_cut_short_was_never_there_and_damage_before_it_is_noticed() {
        let folder = Folder::new("torn");
        let path = Kind::Changes.path(&folder.0);
        let mut disk = Disk::open(&folder.0).unwrap();
        let [one, two, three] = [1, 2, 3].map(|last| changed(&Kept::default(), 1..=last));
        let mut ends = Vec::new();
        for kept in [&one, &two, &three] {
            disk.store(kept.clone()).unwrap();
            ends.push(disk.log.as_ref().map_or(0, |log| usize::try_from(log.bytes()).unwrap()));
        }
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), ends[2]);
        for length in ends[1]..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let mut disk = Disk::open(&folder.0).unwrap();
            assert_eq!(disk.kept, two, "{length} bytes");
            disk.store(three.clone()).unwrap();
            assert_eq!(kept(&folder.0).unwrap(), three);
        }
        let mut damaged = bytes.clone();
        damaged[ends[1] - 1] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(matches!(kept(&folder.0), Err(DiskError::Damaged { .. })));
    }

    #[test]
    fn what_is_brought_from_elsewhere_takes_the_place_of_nothing() {
        let folder = Folder::new("planted");
        let theirs = changed(&Kept::default(), [1]).configuration;
        let mut other = theirs.as_ref().clone();
        other.version.epoch += 1;
        assert_eq!(plant(&folder.0, &theirs).unwrap(), Planted::Nothing);
        assert_eq!(plant(&folder.0, &theirs).unwrap(), Planted::TheSame);
        assert_eq!(plant(&folder.0, &other).unwrap(), Planted::Another(theirs.version));
        assert_eq!(Disk::open(&folder.0).unwrap().kept.configuration, theirs);
        let aside = Folder::new("aside");
        assert!(set_aside(&folder.0, &aside.0).unwrap());
        assert!(!set_aside(&folder.0, &aside.0).unwrap());
        assert_eq!(kept(&folder.0).unwrap(), Kept::default());
        assert_eq!(kept(&aside.0).unwrap().configuration, theirs, "nothing is lost");
    }

    #[test]
    fn damage_is_noticed() {
        let folder = Folder::new("damage");
        let written = changed(&Kept::default(), [7]);
        Disk::open(&folder.0).unwrap().store(written.clone()).unwrap();
        let path = Kind::Configuration.path(&folder.0);
        let mut bytes = std::fs::read(&path).unwrap();
        for byte in 0..bytes.len() {
            bytes[byte] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(kept(&folder.0).is_err(), "byte {byte}");
            bytes[byte] ^= 1;
        }
        assert_eq!(reserve_view_counters(&folder.0).unwrap(), 0);
        assert_eq!(reserve_view_counters(&folder.0).unwrap(), RESERVE);
    }
}
