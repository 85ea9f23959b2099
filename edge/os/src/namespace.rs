//! Namespaces: a machine's network, mounts, name and processes, apart from everybody else's.

use rustix::thread::{
    LinkNameSpaceType, ThreadNameSpaceType, UnshareFlags, move_into_link_name_space,
    move_into_thread_name_spaces, unshare_unsafe,
};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// A kind of namespace, or of several at once (`Kinds::NETWORK | Kinds::MOUNT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// Users and privileges. Only for a process with a single thread.
    pub const USER: Self = Self(0x1000_0000);
    /// Links, addresses, routes, ports.
    pub const NETWORK: Self = Self(0x4000_0000);
    /// What is mounted where.
    pub const MOUNT: Self = Self(0x0002_0000);
    /// The host name.
    pub const NAME: Self = Self(0x0400_0000);
    /// Process ids; takes effect for children.
    pub const PROCESS: Self = Self(0x2000_0000);
}

impl std::ops::BitOr for Kinds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Moves the calling process into new namespaces of the given kinds.
///
/// # Errors
/// Without the privilege; for USER and MOUNT also when other threads exist.
pub fn unshare(kinds: Kinds) -> io::Result<()> {
    // SAFETY: the danger is in unsharing the table of file descriptors; no `Kinds` does so.
    Ok(unsafe { unshare_unsafe(UnshareFlags::from_bits_truncate(kinds.0)) }?)
}

/// Moves the calling process into the namespaces that `process` lives in, all or none.
///
/// # Errors
/// When the process is gone, without the privilege, or when other threads exist.
pub fn join(process: u32, kinds: Kinds) -> io::Result<()> {
    let process = i32::try_from(process)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .ok_or(io::ErrorKind::InvalidInput)?;
    let handle = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty())?;
    let kinds = ThreadNameSpaceType::from_bits_retain(kinds.0);
    Ok(move_into_thread_name_spaces(handle.as_fd(), kinds)?)
}

/// Moves the calling *thread* alone into the network of `process`.
///
/// # Errors
/// When the process is gone, or without the privilege.
pub fn join_network(process: u32) -> io::Result<()> {
    let network = File::open(format!("/proc/{process}/ns/net"))?;
    Ok(move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?)
}

/// The mounts a process started out with, to go back to.
#[derive(Debug)]
pub struct MountView(File);

impl MountView {
    /// What the calling process sees now.
    ///
    /// # Errors
    /// When `/proc` is not there.
    pub fn current() -> io::Result<Self> {
        File::open("/proc/self/ns/mnt").map(Self)
    }

    /// Goes back to it.
    ///
    /// # Errors
    /// Without privilege over it, as after joining another user namespace.
    pub fn enter(&self) -> io::Result<()> {
        Ok(move_into_link_name_space(self.0.as_fd(), None)?)
    }
}

/// Whether `process` lives in another user namespace than the caller.
///
/// # Errors
/// When the process is gone.
pub fn has_other_users(process: u32) -> io::Result<bool> {
    let own = std::fs::read_link("/proc/self/ns/user")?;
    Ok(own != std::fs::read_link(format!("/proc/{process}/ns/user"))?)
}

/// Whether all users exist for the calling process, as in the machine's first user namespace.
/// Where not, root is root of a part only: it may not mount block devices, for one.
pub fn has_all_users() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().eq(["0", "0", "4294967295"])
}

/// Makes an ordinary user root of a new user namespace, which every other namespace can then be
/// made in. `user` and `group` are those the caller had before.
///
/// # Errors
/// Where the machine does not let ordinary users make namespaces, or other threads exist.
pub fn become_root_inside(user: u32, group: u32) -> io::Result<()> {
    unshare(Kinds::USER)?;
    let own = Path::new("/proc/self");
    std::fs::write(own.join("setgroups"), "deny")?;
    std::fs::write(own.join("uid_map"), format!("0 {user} 1"))?;
    std::fs::write(own.join("gid_map"), format!("0 {group} 1"))
}
