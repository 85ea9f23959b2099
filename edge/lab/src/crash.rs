//! What a power cut does to a disk.
//!
//! When a machine of the lab is killed, the kernel unmounts its file systems in good order. No
//! real crash does so. Therefore the image is copied while the machine is frozen, and put back
//! when the kernel has let go of it: the next mount finds what a power cut would have left.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Pieces in which images are compared and copied.
const CHUNK: usize = 64 * 1024;
/// How often an image is read again until two readings agree. The machine is frozen, but the
/// kernel may still be writing back what it wrote before.
const READINGS: usize = 20;

/// What the journal of an ext4 file system says about its last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Journal {
    /// The file system was not unmounted: the next mount replays the journal.
    NeedsReplay,
    /// The file system was unmounted in good order, or never mounted for writing.
    Clean,
    /// This is no ext4 file system.
    NotExt4,
    /// Another machine has the disk mounted, so that nothing was put back under it.
    InUseElsewhere,
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeedsReplay => "journal to replay",
            Self::Clean => "clean",
            Self::NotExt4 => "no ext4 file system",
            Self::InUseElsewhere => "mounted by another node, left as it is",
        })
    }
}

/// Reads from the superblock of the image or device at `path` whether its journal must be
/// replayed (fields `s_magic` and `s_feature_incompat`, bit RECOVER).
///
/// # Errors
/// When it cannot be read.
pub fn journal_of(path: &Path) -> io::Result<Journal> {
    let mut superblock = [0; 1024];
    match File::open(path)?.read_exact_at(&mut superblock, 1024) {
        Ok(()) => Ok(parse_journal(&superblock)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Journal::NotExt4),
        Err(error) => Err(error),
    }
}

fn parse_journal(superblock: &[u8; 1024]) -> Journal {
    let magic = [superblock[0x38], superblock[0x39]];
    let recover = superblock[0x60] & 0x04 != 0;
    match (magic, recover) {
        ([0x53, 0xef], true) => Journal::NeedsReplay,
        ([0x53, 0xef], false) => Journal::Clean,
        _ => Journal::NotExt4,
    }
}

/// An image at one moment: its chunks that are not all zeros.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<u64, Vec<u8>>);

impl Snapshot {
    /// Reads `image` until two readings agree. Says whether they did.
    pub(crate) fn settled(image: &Path) -> io::Result<(Self, bool)> {
        let mut last = Self::take(image)?;
        for _ in 0..READINGS {
            let again = Self::take(image)?;
            if again == last {
                return Ok((last, true));
            }
            last = again;
        }
        Ok((last, false))
    }

    fn take(image: &Path) -> io::Result<Self> {
        let file = File::open(image)?;
        let mut chunks = BTreeMap::new();
        for number in chunks_with_data(&file)? {
            let chunk = read_chunk(&file, number)?;
            if chunk.iter().any(|&byte| byte != 0) {
                chunks.insert(number, chunk);
            }
        }
        Ok(Self(chunks))
    }

    /// Makes `image` what it was, in place: devices over the file stay attached to it.
    pub(crate) fn restore(&self, image: &Path) -> io::Result<()> {
        let file = File::options().read(true).write(true).open(image)?;
        let mut numbers = chunks_with_data(&file)?;
        numbers.extend(self.0.keys());
        for number in numbers {
            let present = read_chunk(&file, number)?;
            let zeros = vec![0; present.len()];
            let wanted = self.0.get(&number).unwrap_or(&zeros);
            if *wanted != present {
                file.write_all_at(wanted, number * CHUNK as u64)?;
            }
        }
        // No sync: devices over the file read what is in the page cache.
        Ok(())
    }
}

fn chunks_with_data(file: &File) -> io::Result<BTreeSet<u64>> {
    let size = CHUNK as u64;
    let ranges = os::file::data_ranges(file)?;
    Ok(ranges.into_iter().flat_map(|range| range.start / size..range.end.div_ceil(size)).collect())
}

fn read_chunk(file: &File, number: u64) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK];
    let mut filled = 0;
    while filled < CHUNK {
        match file.read_at(&mut chunk[filled..], number * CHUNK as u64 + filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    chunk.truncate(filled);
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_superblock_tells_whether_the_journal_waits() {
        let mut superblock = [0; 1024];
        assert_eq!(parse_journal(&superblock), Journal::NotExt4);
        superblock[0x38] = 0x53;
        superblock[0x39] = 0xef;
        assert_eq!(parse_journal(&superblock), Journal::Clean);
        superblock[0x60] = 0xc6;
        assert_eq!(parse_journal(&superblock), Journal::NeedsReplay);
    }

    #[test]
    fn an_image_becomes_what_it_was() {
        let path = std::env::temp_dir().join(format!("lab-crash-{}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.unwrap();
        file.set_len(10 * CHUNK as u64 + 100).unwrap();
        file.write_all_at(b"before", 3 * CHUNK as u64 - 2).unwrap();
        let original = std::fs::read(&path).unwrap();
        let (snapshot, settled) = Snapshot::settled(&path).unwrap();
        assert!(settled);
        for offset in [0, 3 * CHUNK as u64, 10 * CHUNK as u64 + 50] {
            file.write_all_at(b"after", offset).unwrap();
        }
        assert_ne!(std::fs::read(&path).unwrap(), original);
        snapshot.restore(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), original);
        assert_eq!(journal_of(&path).unwrap(), Journal::NotExt4);
        std::fs::remove_file(&path).unwrap();
    }
}
