//! Who is at the other end of a Unix socket.

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

/// A peer as the kernel knew it when it connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCredentials {
    /// Its process, unless that lives in a process namespace which this one cannot see.
    pub process: Option<u32>,
    /// Its effective user.
    pub user: u32,
    /// Its effective group.
    pub group: u32,
    /// Its supplementary groups.
    pub groups: Vec<u32>,
}

impl PeerCredentials {
    /// Whether the peer is in `group`, as its own or as a supplementary one.
    pub fn is_in_group(&self, group: u32) -> bool {
        self.group == group || self.groups.contains(&group)
    }
}

/// Asks the kernel who is at the other end of `stream`.
///
/// # Errors
/// When `stream` is not connected.
pub fn peer_credentials(stream: &UnixStream) -> io::Result<PeerCredentials> {
    let mut credentials = [0u32; 3];
    option(stream, SO_PEERCRED, &mut credentials)?;
    let [process, user, group] = credentials;
    Ok(PeerCredentials {
        process: (process != 0).then_some(process),
        user,
        group,
        groups: peer_groups(stream)?,
    })
}

/// The kernel says how much room it needs by failing with ERANGE.
fn peer_groups(stream: &UnixStream) -> io::Result<Vec<u32>> {
    let mut groups = vec![0u32; 64];
    loop {
        match option(stream, SO_PEERGROUPS, &mut groups) {
            Ok(count) => {
                groups.truncate(count);
                return Ok(groups);
            }
            Err(error) if error.raw_os_error() == Some(ERANGE) && groups.len() < MOST_GROUPS => {
                groups.resize(MOST_GROUPS, 0);
            }
            Err(error) => return Err(error),
        }
    }
}

const SOL_SOCKET: c_int = 1;
const SO_PEERCRED: c_int = 17;
const SO_PEERGROUPS: c_int = 59;
const ERANGE: i32 = 34;
/// NGROUPS_MAX of Linux.
const MOST_GROUPS: usize = 65_536;

unsafe extern "C" {
    fn getsockopt(
        socket: c_int,
        level: c_int,
        name: c_int,
        value: *mut c_void,
        length: *mut u32,
    ) -> c_int;
}

/// Reads a socket option into `words`; says how many words the kernel wrote.
///
/// `struct ucred` is three 32-bit words. The wrapper of rustix declares its pid as never zero,
/// but zero it is for a peer in another process namespace.
fn option(stream: &UnixStream, name: c_int, words: &mut [u32]) -> io::Result<usize> {
    let mut length = u32::try_from(size_of_val(words)).map_err(io::Error::other)?;
    // SAFETY: `words` is writable for `length` bytes, the kernel writes at most that many, and
    // any bits are a valid u32. The descriptor is open as long as `stream` is borrowed.
    let answer = unsafe {
        getsockopt(stream.as_raw_fd(), SOL_SOCKET, name, words.as_mut_ptr().cast(), &raw mut length)
    };
    if answer == 0 {
        Ok(length as usize / size_of::<u32>())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_within_this_process_is_this_process() {
        let (here, _there) = UnixStream::pair().unwrap();
        let peer = peer_credentials(&here).unwrap();
        assert_eq!(peer.process, Some(std::process::id()));
        assert_eq!(peer.user, crate::account::effective_user());
        assert!(peer.is_in_group(crate::account::effective_group()));
    }
}
