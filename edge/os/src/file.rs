//! Files that are either the old or the new version, whatever happens in between (C4).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Replaces the file at `path` by `bytes`, durably: written beside it, synced, renamed over it,
/// and the folder synced. Readable by its owner alone, since keys and configuration pass here.
///
/// # Errors
/// Whatever a step met; the file is then as it was, and nothing is left beside it.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = name_beside(path)?;
    // A process that had our number died while it wrote: no other uses this name.
    remove_if_there(&beside)?;
    let replaced = write_synced(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    if replaced.is_err() {
        // The first error is the one worth telling.
        let _ = std::fs::remove_file(&beside);
    }
    replaced?;
    sync_folder_of(path)
}

/// As [`write_atomic`], where there is no such file: it is there as a whole, or not at all.
///
/// # Errors
/// When there is one already, or whatever a step met; nothing is left then.
pub fn create_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = name_beside(path)?;
    remove_if_there(&beside)?;
    // A second name for the same file is refused where the name is taken; a renaming is not.
    let made = write_synced(&beside, bytes).and_then(|()| std::fs::hard_link(&beside, path));
    let removed = remove_if_there(&beside);
    made.and(removed)?;
    sync_folder_of(path)
}

/// Makes a file that only its owner may read, and nobody write; durable when it is there.
///
/// # Errors
/// When there is one already, or whatever a step met; nothing is left then.
pub fn create_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Nobody else may read it at any moment: it gets its mode while it is still empty.
    let mut file = File::options().write(true).create_new(true).mode(0o400).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // The first error is the one worth telling.
        let _ = std::fs::remove_file(path);
    }
    written?;
    sync_folder_of(path)
}

/// Writes `bytes` into a file that belongs to somebody else and that others may hold open: they see
/// the new contents, and whoever could read and write it before still can. The whole of it is durable
/// in a file beside it first, which stays there when the writing itself fails or is cut short.
///
/// # Errors
/// Whatever a step met, also when there is no such file. The text names the file beside it when the
/// old contents may be gone.
pub fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let beside = name_beside(path)?;
    remove_if_there(&beside)?;
    if let Err(error) = write_synced(&beside, bytes) {
        let _ = std::fs::remove_file(&beside);
        return Err(error);
    }
    let length = bytes.len() as u64;
    let written = file.write_all(bytes).and_then(|()| file.set_len(length));
    written.and_then(|()| file.sync_all()).map_err(|error| {
        let text = format!("{error}; all of it is in {}", beside.display());
        io::Error::new(error.kind(), text)
    })?;
    std::fs::remove_file(&beside)
}

/// Removes the file at `path`, if there is one.
///
/// # Errors
/// When there is one that cannot be removed.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the creation, renaming and removal of files in the folder of `path` durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Takes the lock of the file at `path`, which is made if need be, and keeps it until the answer is
/// dropped or the process ends, however it ends. None while another process has it.
///
/// # Errors
/// When the file can neither be opened nor made.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    use rustix::fs::{FlockOperation, flock};
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The ranges of a sparse file that hold data, in order; the holes between them read as zeros.
///
/// # Errors
/// When the file cannot be searched.
pub fn data_ranges(file: &File) -> io::Result<Vec<Range<u64>>> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    let mut ranges = Vec::new();
    let mut from = 0;
    loop {
        let start = match seek(file, SeekFrom::Data(from)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(ranges),
            Err(error) => return Err(error.into()),
        };
        from = seek(file, SeekFrom::Hole(start))?;
        ranges.push(start..from);
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the same folder that no other writer of this or another process uses.
fn name_beside(path: &Path) -> io::Result<PathBuf> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    numbered(path, WRITES.fetch_add(1, Ordering::Relaxed))
}

fn numbered(path: &Path, write: u64) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.{write}.new", std::process::id()));
    Ok(path.with_file_name(beside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_of_a_lock_at_a_time() {
        let path = std::env::temp_dir().join(format!("os-lock-{}", std::process::id()));
        let held = lock(&path).unwrap();
        assert!(held.is_some());
        assert!(lock(&path).unwrap().is_none());
        drop(held);
        assert!(lock(&path).unwrap().is_some());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_of_others_stays_theirs() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("os-rewrite-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let (path, link) = (folder.join("cib.xml"), folder.join("link"));
        assert!(rewrite(&path, b"x").is_err());
        std::fs::write(&path, "old and longer").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
        std::os::unix::fs::symlink("cib.xml", &link).unwrap();
        let mut held = File::open(&path).unwrap();
        rewrite(&link, b"new").unwrap();
        let mut seen = String::new();
        io::Read::read_to_string(&mut held, &mut seen).unwrap();
        assert_eq!(seen, "new", "who holds it open sees it");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "nothing else is left");
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert!(link.is_symlink());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o664);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_file_is_replaced_and_nothing_else_is_left() {
        let folder = std::env::temp_dir().join(format!("os-file-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("state");
        for bytes in [b"old".as_slice(), b"newer"] {
            write_atomic(&path, bytes).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
        assert!(write_atomic(&folder.join("no/such"), b"x").is_err());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);

        // What a process of the same number left half written is in nobody's way.
        (0..1000)
            .for_each(|write| std::fs::write(numbered(&path, write).unwrap(), "half").unwrap());
        write_atomic(&path, b"newest").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"newest");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1000, "one was used up");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
