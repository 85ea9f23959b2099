//! The binary protocol between a node's daemon and the processes beside it that use named groups
//! ([`group::processes`]), with a blocking client.
//!
//! A stream socket, `groups.sock` in the daemon's run directory. Frames go in both directions: the
//! length of what follows as `u32`, a tag, the content ([`frame`]). The client's first frame says
//! which version of the protocol it speaks at most, the daemon's first which one is spoken.
//!
//! **Flow control.** The daemon reads from a client only while the order has room for what it says;
//! a client that sends faster finds its socket full, and [`Client::send`] says so. A client that
//! falls behind in reading what it is told is not read from either, and slows down all who speak to
//! its groups until it has caught up. One that reads nothing at all is disconnected with a
//! [`Goodbye`](frame::ToClient::Goodbye).
//!
//! **What it never does.** Know who is a member of what: it carries words, `group::processes`
//! gives them their meaning.

mod buffer;
mod client;
pub mod frame;

pub use buffer::{Heard, Inbox, Outbox, TooLong};
pub use client::{Client, ClientError, Event, Sent};

use std::path::{Path, PathBuf};

/// The newest version of the protocol that is spoken here.
pub const VERSION: u16 = 1;

/// The socket in a run directory.
pub fn socket_path(run_directory: &Path) -> PathBuf {
    run_directory.join("groups.sock")
}
