//! The kernel's table of mounts: `/proc/self/mountinfo`, proc_pid_mountinfo(5).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Major and minor number of the file system's device, which may be a virtual one.
    pub(super) device: (u32, u32),
    /// Which folder of the file system is shown.
    root: PathBuf,
    pub(super) point: PathBuf,
    pub(super) fstype: String,
    pub(super) source: String,
}

/// All mounts, in the order in which they were made: at one place, the last one is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MountTable(Vec<Mount>);

impl MountTable {
    /// The table of this process's mount namespace.
    pub(super) fn read() -> io::Result<Self> {
        fs::read("/proc/self/mountinfo").map(|bytes| Self::parse(&bytes))
    }

    fn parse(bytes: &[u8]) -> Self {
        Self(bytes.split(|&byte| byte == b'\n').filter_map(parse_line).collect())
    }

    /// What is seen at `directory`.
    ///
    /// The path itself is looked at only when the table does not have it as it is written, and
    /// then it is no mount point, so that looking cannot hang on the mount.
    pub(super) fn at(&self, directory: &Path) -> Option<&Mount> {
        self.last_at(directory).or_else(|| self.last_at(&resolve(directory, self)))
    }

    /// What has to be unmounted for `directory` to be free: the mounts at and below it, in the
    /// order in which that works.
    pub(super) fn at_or_below(&self, directory: &Path) -> Vec<&Mount> {
        let resolved = match self.last_at(directory) {
            Some(_) => directory.to_owned(),
            None => resolve(directory, self),
        };
        if self.last_at(&resolved).is_none() {
            return Vec::new();
        }
        self.0.iter().rev().filter(|mount| mount.point.starts_with(&resolved)).collect()
    }

    /// Whether `mount` shows `folder` a second time: both are the same folder of the same file
    /// system.
    ///
    /// `folder` is looked at only when the table cannot tell as it is written.
    pub(super) fn shows(&self, mount: &Mount, folder: &Path) -> bool {
        let is_shown = |folder: &Path| {
            let around = self.0.iter().filter(|one| one.device == mount.device);
            let place = |one: &Mount| Some(one.root.join(folder.strip_prefix(&one.point).ok()?));
            around.filter_map(place).any(|place| tidy(&place) == mount.root)
        };
        is_shown(folder) || is_shown(&resolve(folder, self))
    }

    fn last_at(&self, point: &Path) -> Option<&Mount> {
        self.0.iter().rev().find(|mount| mount.point == point)
    }
}

/// The path without symbolic links, as the kernel writes it.
fn resolve(directory: &Path, table: &MountTable) -> PathBuf {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else {
        return directory.to_owned();
    };
    let Ok(parent) = parent.canonicalize() else { return directory.to_owned() };
    let candidate = parent.join(name);
    if table.last_at(&candidate).is_some() {
        return candidate;
    }
    candidate.canonicalize().unwrap_or(candidate)
}

/// The path without doubled, trailing and `.` parts.
pub(super) fn tidy(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().components().filter(|part| *part != Component::CurDir).collect()
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let numbers = std::str::from_utf8(fields.nth(2)?).ok()?;
    let (major, minor) = numbers.split_once(':')?;
    let root = unescape(fields.next()?);
    // A folder that is bound elsewhere can be removed where it was.
    let root = root.strip_suffix(b"//deleted").unwrap_or(&root).to_vec();
    let point = unescape(fields.next()?);
    // Any number of optional fields, then a dash.
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    Some(Mount {
        device: (major.parse().ok()?, minor.parse().ok()?),
        root: OsString::from_vec(root).into(),
        point: OsString::from_vec(point).into(),
        fstype: String::from_utf8_lossy(&unescape(rest.next()?)).into_owned(),
        source: String::from_utf8_lossy(&unescape(rest.next()?)).into_owned(),
    })
}

/// Blanks, tabs, line ends and backslashes are written as a backslash and three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] if *first == b'\\' => {
                plain.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = after;
            }
            _ => {
                plain.push(*first);
                rest = tail;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 8:16 / /mnt/ost\\0400 rw,noatime shared:1 master:2 - lustre /dev/sdb rw
31 22 0:40 / /mnt/a rw - tmpfs first rw
32 31 0:41 / /mnt/a rw - tmpfs second rw
33 32 0:42 / /mnt/a/below rw - tmpfs third rw
34 22 0:43 / /mnt/ab rw - tmpfs other rw
35 22 8:1 /srv/data /mnt/bound rw - ext4 /dev/sda1 rw
36 22 0:42 /x/y//deleted /mnt/gone rw - tmpfs third rw
37 22 8:32 /@ /home rw - btrfs /dev/sdc rw
38 22 8:32 /@/ann /mnt/ann rw - btrfs /dev/sdc rw
broken line
";

    #[test]
    fn the_last_mount_at_a_place_is_the_one_seen() {
        let table = MountTable::parse(TABLE.as_bytes());
        let ost = table.at(Path::new("/mnt/ost 0")).unwrap();
        assert_eq!((ost.device, ost.source.as_str()), ((8, 16), "/dev/sdb"));
        assert_eq!(ost.fstype, "lustre");
        assert_eq!(table.at(Path::new("/mnt/a")).unwrap().source, "second");
        assert_eq!(table.at(Path::new("/mnt/none")), None);
    }

    #[test]
    fn what_is_below_goes_first_and_neighbours_stay() {
        let table = MountTable::parse(TABLE.as_bytes());
        let order: Vec<_> =
            table.at_or_below(Path::new("/mnt/a")).iter().map(|m| m.source.as_str()).collect();
        assert_eq!(order, ["third", "second", "first"]);
        assert!(table.at_or_below(Path::new("/mnt")).is_empty(), "/mnt itself is not mounted");
    }

    #[test]
    fn a_bind_mount_is_known_by_the_folder_it_shows() {
        let table = MountTable::parse(TABLE.as_bytes());
        for (point, folder, shown) in [
            ("/mnt/bound", "/srv/data", true),
            ("/mnt/bound", "/srv/data/", true),
            ("/mnt/bound", "/srv", false),
            ("/mnt/bound", "/mnt/bound/data", false),
            ("/mnt/gone", "/mnt/a/below/x/y", true),
            ("/mnt/gone", "/mnt/a/below/x", false),
            ("/mnt/ann", "/home/ann", true),
            ("/mnt/ann", "/srv/ann", false),
        ] {
            let mount = table.at(Path::new(point)).unwrap();
            assert_eq!(table.shows(mount, Path::new(folder)), shown, "{folder} at {point}");
        }
    }

    #[test]
    fn paths_are_compared_in_one_spelling() {
        for path in ["/mnt/ost0", "/mnt/ost0/", "//mnt/./ost0//"] {
            assert_eq!(tidy(path), Path::new("/mnt/ost0"), "{path}");
        }
        assert_eq!(unescape(b"a\\134b\\04"), b"a\\b\\04");
    }
}
