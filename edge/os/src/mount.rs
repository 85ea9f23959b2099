//! Mounting, and reading what is mounted.

use rustix::mount::{
    self as sys, MountFlags, MountPropagationFlags, UnmountFlags, mount_bind, mount_change,
};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Keeps every mount made from here on, and every one undone, to this mount namespace.
///
/// # Errors
/// Without the privilege.
pub fn keep_private() -> io::Result<()> {
    Ok(mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?)
}

/// How a file system is mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    flags: u32,
    data: Vec<String>,
}

impl Options {
    /// Reads a list as given to `mount -o`. Words that `understood` refuses and that are no
    /// general flag are left out, as are those meant for tools only (`_netdev`, `x-...`).
    pub fn parse(list: &str, understood: impl Fn(&str) -> bool) -> Self {
        let mut options = Self::default();
        for word in list.split(',').filter(|word| !word.is_empty()) {
            match flag(word) {
                Some((bits, true)) => options.flags |= bits,
                Some((bits, false)) => options.flags &= !bits,
                None if understood(word) => options.data.push(word.to_owned()),
                None => {}
            }
        }
        options
    }

    /// Adds what only this file system understands, as it stands.
    #[must_use]
    pub fn with(mut self, data: &str) -> Self {
        self.data.push(data.to_owned());
        self
    }

    /// Nothing can be written through this mount.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.flags |= MountFlags::RDONLY.bits();
        self
    }
}

/// The general flag a word sets or clears.
fn flag(word: &str) -> Option<(u32, bool)> {
    let (flag, sets) = match word {
        "ro" => (MountFlags::RDONLY, true),
        "rw" => (MountFlags::RDONLY, false),
        "nosuid" => (MountFlags::NOSUID, true),
        "suid" => (MountFlags::NOSUID, false),
        "nodev" => (MountFlags::NODEV, true),
        "dev" => (MountFlags::NODEV, false),
        "noexec" => (MountFlags::NOEXEC, true),
        "exec" => (MountFlags::NOEXEC, false),
        "sync" => (MountFlags::SYNCHRONOUS, true),
        "async" => (MountFlags::SYNCHRONOUS, false),
        "dirsync" => (MountFlags::DIRSYNC, true),
        "noatime" => (MountFlags::NOATIME, true),
        "nodiratime" => (MountFlags::NODIRATIME, true),
        "relatime" => (MountFlags::RELATIME, true),
        "strictatime" => (MountFlags::STRICTATIME, true),
        _ => return None,
    };
    Some((flag.bits(), sets))
}

/// Mounts `source` (a device, or any word where there is none) of type `kind` at `target`.
///
/// # Errors
/// As mount(2): EBUSY when it is mounted already, EINVAL when it is no such file system, ...
pub fn mount(source: &Path, target: &Path, kind: &str, options: &Options) -> io::Result<()> {
    let data = CString::new(options.data.join(","))?;
    let flags = MountFlags::from_bits_retain(options.flags);
    Ok(sys::mount(source, target, kind, flags, Some(data.as_c_str()))?)
}

/// Makes `source`, a file or a folder, appear at `target` too.
///
/// # Errors
/// When one of them is missing or they are not of one kind, or without the privilege.
pub fn bind(source: &Path, target: &Path) -> io::Result<()> {
    Ok(mount_bind(source, target)?)
}

/// Takes the topmost mount at `target` away.
///
/// # Errors
/// EBUSY while it is in use.
pub fn unmount(target: &Path) -> io::Result<()> {
    Ok(sys::unmount(target, UnmountFlags::empty())?)
}

/// A file or folder held on to, so that it can be mounted after something else has covered it.
#[derive(Debug)]
pub struct Held(OwnedFd);

impl Held {
    /// Takes hold of `path`.
    ///
    /// # Errors
    /// When it does not exist or cannot be reached.
    pub fn take(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags};
        Ok(Self(rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// Makes it appear at `target` too.
    ///
    /// # Errors
    /// As [`bind`]; `/proc` must be there.
    pub fn bind(&self, target: &Path) -> io::Result<()> {
        bind(&PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd())), target)
    }
}

/// One line of `/proc/PID/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// The device's major and minor number.
    pub device: (u32, u32),
    /// The folder of the file system that is visible here; `/` unless it is a bind mount.
    pub root: PathBuf,
    /// Where it is mounted.
    pub target: PathBuf,
    /// The file system's type.
    pub kind: String,
    /// The device's name.
    pub source: String,
}

/// What `process` sees mounted, in the order it was mounted.
///
/// # Errors
/// When the process is gone.
pub fn mounted(process: u32) -> io::Result<Vec<Mounted>> {
    let table = std::fs::read_to_string(format!("/proc/{process}/mountinfo"))?;
    Ok(table.lines().filter_map(parse_mounted).collect())
}

/// Whether a block device is claimed by a mount, anywhere on this machine.
///
/// # Errors
/// When it cannot be opened for another reason.
pub fn is_in_use(device: &Path) -> io::Result<bool> {
    use std::os::unix::fs::OpenOptionsExt;
    let exclusive = i32::from_ne_bytes(rustix::fs::OFlags::EXCL.bits().to_ne_bytes());
    match File::options().read(true).custom_flags(exclusive).open(device) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Ok(true),
        Err(error) => Err(error),
    }
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` (proc(5)).
fn parse_mounted(line: &str) -> Option<Mounted> {
    let (left, right) = line.split_once(" - ")?;
    let left: Vec<&str> = left.split(' ').collect();
    let mut right = right.split(' ');
    let (major, minor) = left.get(2)?.split_once(':')?;
    Some(Mounted {
        device: (major.parse().ok()?, minor.parse().ok()?),
        root: unescape(left.get(3)?).into(),
        target: unescape(left.get(4)?).into(),
        kind: right.next()?.to_owned(),
        source: unescape(right.next()?),
    })
}

/// The kernel writes blanks, tabs, newlines and backslashes as `\` and three octal digits.
fn unescape(field: &str) -> String {
    let mut plain = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                plain.push(char::from(code));
                rest = &rest[at + 4..];
            }
            None => {
                plain.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_is_read() {
        let line = r"36 35 7:3 / /mnt/my\040disk rw,noatime master:1 - ext4 /dev/loop3 rw";
        let expected = Mounted {
            device: (7, 3),
            root: "/".into(),
            target: "/mnt/my disk".into(),
            kind: "ext4".into(),
            source: "/dev/loop3".into(),
        };
        assert_eq!(parse_mounted(line), Some(expected));
        for wrong in ["", "36 35 7:3 / /mnt", "a - b", "1 2 7 / /x rw - ext4 /dev/x rw", "1 - "] {
            assert_eq!(parse_mounted(wrong), None, "{wrong}");
        }
        assert_eq!(unescape(r"a\134b\0z\"), r"a\b\0z\");
    }

    #[test]
    fn this_process_sees_a_root() {
        let all = mounted(std::process::id()).unwrap();
        assert!(all.iter().any(|mounted| mounted.target == Path::new("/")));
    }

    #[test]
    fn mount_options_are_sorted_into_flags_and_data() {
        let options = Options::parse("rw,noatime,_netdev,flock,data=ordered,ro,rw", |word| {
            word.starts_with("data=")
        });
        assert_eq!(options.flags, MountFlags::NOATIME.bits());
        assert_eq!(options.data, ["data=ordered"]);
    }
}
