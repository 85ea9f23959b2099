//! Which processes use a file system, told from `/proc` alone (proc(5)).
//!
//! Only the texts of links are read, never what they lead to: that may be on the file system
//! that hangs.

use crate::processes;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

/// How hard to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtin) enum Depth {
    /// Open files, program, working and root directory.
    Links,
    /// Mapped files too. Reading them waits for a process that is stuck while it maps.
    LinksAndMaps,
}

/// A process that uses the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) pid: i32,
    start: u64,
    name: String,
}

impl User {
    /// Whether it still runs.
    pub(super) fn lives(&self) -> bool {
        processes::stat(self.pid).is_some_and(|now| now.start == self.start && now.state != 'Z')
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

/// The processes that use what is mounted at `directory`, but neither this one nor init. The path
/// is as the table of mounts has it, without symbolic links.
pub(super) fn of(directory: &Path, depth: Depth) -> Vec<User> {
    let myself = i32::try_from(std::process::id()).unwrap_or(0);
    processes::all()
        .filter(|one| one.pid != myself && one.pid != 1 && one.state != 'Z')
        .filter(|one| uses(one.pid, directory, depth))
        .map(|one| User {
            pid: one.pid,
            start: one.start,
            name: fs::read_to_string(format!("/proc/{}/comm", one.pid))
                .unwrap_or_default()
                .trim()
                .to_owned(),
        })
        .collect()
}

fn uses(pid: i32, directory: &Path, depth: Depth) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let leads_there = |link: PathBuf| {
        fs::read_link(link).is_ok_and(|target| is_below(target.as_os_str(), directory))
    };
    ["cwd", "root", "exe"].iter().any(|name| leads_there(process.join(name)))
        || fs::read_dir(process.join("fd"))
            .is_ok_and(|files| files.flatten().any(|file| leads_there(file.path())))
        || (depth == Depth::LinksAndMaps && maps(&process, directory))
}

fn maps(process: &Path, directory: &Path) -> bool {
    // Address, rights, offset, device and inode stand before the path, which may have blanks.
    const FIELDS_BEFORE_PATH: usize = 5;
    let Ok(text) = fs::read(process.join("maps")) else { return false };
    text.split(|&byte| byte == b'\n').any(|line| {
        let path = line.splitn(FIELDS_BEFORE_PATH + 1, |&byte| byte == b' ').last();
        let path = path.unwrap_or_default().trim_ascii_start();
        path.starts_with(b"/") && is_below(OsStr::from_bytes(path), directory)
    })
}

/// Deleted files keep a file system busy like all others.
fn is_below(path: &OsStr, directory: &Path) -> bool {
    let bytes = path.as_bytes();
    let bytes = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
    Path::new(OsStr::from_bytes(bytes)).starts_with(directory)
}
