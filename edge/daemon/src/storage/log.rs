//! The changes since the whole was written: a change is added here in one short write, where
//! writing the whole takes as long as the configuration is large.
//!
//! The file is: a head, as the other files have it, over the checksum of the whole that it goes on
//! from; then records, each a length (`u32`), the SHA-256 of the rest, an entry. A log that goes on
//! from another whole is left over from before that was written, and counts for nothing. A record
//! that ends with the file in the middle was never acknowledged: it is cut off.

use super::{DiskError, Kind, Sum, envelope, open, read_bytes, sum};
use base::{Decode, Encode, codec_enum};
use manager::{Kept, Revision};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

const LENGTH: usize = size_of::<u32>();
const HEAD_OF_RECORD: usize = LENGTH + size_of::<Sum>();

/// What happened to a configuration.
enum Entry {
    /// It changed.
    Revision(Arc<Revision>),
    /// It is that of a view with the right to act, see [`manager::Standing`].
    Acted(u64),
}

codec_enum!(Entry { 0 = Revision(revision), 1 = Acted(view) });

/// A log that is written to.
pub(super) struct Log {
    file: File,
    bytes: u64,
}

impl Log {
    /// Begins one that goes on from the whole of this checksum.
    pub(super) fn begin(state: &Path, base: &Sum) -> io::Result<Self> {
        let path = Kind::Changes.path(state);
        let head = envelope(Kind::Changes, base);
        os::file::write_atomic(&path, &head)?;
        Self::go_on(state, head.len() as u64)
    }

    /// Goes on after the first `bytes` of the one that is there; what follows them is cut off.
    pub(super) fn go_on(state: &Path, bytes: u64) -> io::Result<Self> {
        let mut file = File::options().write(true).open(Kind::Changes.path(state))?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, bytes })
    }

    /// How long it is, in bytes.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds revisions, and in which view they count if that is news, durably.
    pub(super) fn add(
        &mut self,
        revisions: &[Arc<Revision>],
        acted: Option<u64>,
    ) -> io::Result<()> {
        let changes = revisions.iter().cloned().map(Entry::Revision);
        // Together they count for more than each of them did: what is cut off leaves the old view.
        let entries = changes.chain(acted.map(Entry::Acted));
        let records: Vec<u8> = entries.flat_map(|entry| record(&entry)).collect();
        let written = self.file.write_all(&records).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // What was half written must not stand before what comes next.
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::End(0))?;
        }
        written?;
        self.bytes += records.len() as u64;
        Ok(())
    }
}

fn record(entry: &Entry) -> Vec<u8> {
    let entry = entry.to_bytes();
    let length = u32::try_from(entry.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], &sum(&entry), &entry].concat()
}

/// Carries out on `kept`, whose checksum on disk is `base`, what the log says, and tells how many
/// bytes of it are whole; none when there is no log that goes on from it.
pub(super) fn replay(state: &Path, base: &Sum, kept: &mut Kept) -> Result<Option<u64>, DiskError> {
    let path = Kind::Changes.path(state);
    let damaged = |why: String| DiskError::Damaged { path: path.clone(), why };
    let Some(bytes) = read_bytes(&path)? else { return Ok(None) };
    let head = envelope(Kind::Changes, base).len();
    let (head, mut rest) =
        bytes.split_at_checked(head).ok_or_else(|| damaged("it is too short".into()))?;
    if open(Kind::Changes, head).map_err(damaged)? != base {
        return Ok(None);
    }
    while let Some((entry, after)) = next(rest).map_err(damaged)? {
        match entry {
            Entry::Revision(revision) => carry_out(kept, revision).map_err(damaged)?,
            Entry::Acted(acted) => kept.acted = acted,
        }
        rest = after;
    }
    Ok(Some((bytes.len() - rest.len()) as u64))
}

/// The next record, and what follows it; none at the end, or where the last one is incomplete.
fn next(bytes: &[u8]) -> Result<Option<(Entry, &[u8])>, String> {
    let Some((head, rest)) = bytes.split_at_checked(HEAD_OF_RECORD) else { return Ok(None) };
    let (length, expected) = head.split_at(LENGTH);
    let length = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
    let Some((entry, after)) = rest.split_at_checked(length) else { return Ok(None) };
    if sum(entry) != expected {
        // The length may have reached the disk before what it is the length of.
        return if after.is_empty() { Ok(None) } else { Err("a checksum does not match".into()) };
    }
    let entry = Entry::from_bytes(entry).map_err(|error| error.to_string())?;
    Ok(Some((entry, after)))
}

fn carry_out(kept: &mut Kept, revision: Arc<Revision>) -> Result<(), String> {
    let configuration = Arc::make_mut(&mut kept.configuration);
    if revision.before != configuration.version {
        return Err(format!(
            "the change to {} follows {}",
            revision.version, configuration.version
        ));
    }
    let edits = revision.difference.clone().into_edits();
    configuration.apply(&edits).map_err(|error| error.to_string())?;
    configuration.version = revision.version;
    kept.revisions.record(revision);
    Ok(())
}
