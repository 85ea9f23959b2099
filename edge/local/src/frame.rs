//! What is said on the socket.
//!
//! What a process says to a group stands at the end of its frame without a length, so that it is
//! copied once on each side.

use base::{Decode, DecodeError, Encode, Reader, codec_enum};
use group::processes::{Configuration, GroupName, MAX_MESSAGE, Process};

/// The longest frame without its length: the longest message and its header.
pub(crate) const LONGEST: usize = MAX_MESSAGE + 512;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToDaemon {
    /// The first: the newest version it speaks.
    Hello {
        /// At least 1.
        version: u16,
    },
    /// Make it a member.
    Join {
        /// Of this.
        group: GroupName,
    },
    /// It is no longer to be a member.
    Leave {
        /// Of this.
        group: GroupName,
    },
    /// Tell all members what follows behind this.
    Say {
        /// Of this.
        group: GroupName,
    },
}
codec_enum!(ToDaemon {
    0 = Hello { version },
    1 = Join { group },
    2 = Leave { group },
    3 = Say { group },
});

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToClient {
    /// The first: this version is spoken, and this is who the client is.
    Welcome {
        /// No newer than the client's.
        version: u16,
        /// Its node, its number there, its connection.
        process: Process,
    },
    /// The membership of a group has changed.
    Configuration(Configuration),
    /// Somebody said to a group what follows behind this.
    Message {
        /// To whom.
        group: GroupName,
        /// Who.
        sender: Process,
    },
    /// What the client asked for is not done, and nothing has changed.
    NotDone {
        /// Why, and what to do.
        why: String,
    },
    /// The last: the daemon closes the connection.
    Goodbye {
        /// Why, and what to do.
        why: String,
    },
}
codec_enum!(ToClient {
    0 = Welcome { version, process },
    1 = Configuration(configuration),
    2 = Message { group, sender },
    3 = NotDone { why },
    4 = Goodbye { why },
});

/// Appends a frame to `out`, with `body` at its end.
pub(crate) fn write(head: &impl Encode, body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    0u32.encode(out);
    head.encode(out);
    out.extend_from_slice(body);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// Reads a frame: its head, and the body behind it.
///
/// # Errors
/// When it is none of this version.
pub fn read<T: Decode>(frame: &[u8]) -> Result<(T, &[u8]), DecodeError> {
    let mut reader = Reader::new(frame);
    let head = T::decode(&mut reader)?;
    Ok((head, reader.rest()))
}
