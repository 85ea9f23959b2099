//! What client processes and their daemon say to each other.

use super::{MAX_MESSAGE, MAX_NAME};
use crate::types::{GroupCommand, GroupEvent};
use base::{Decode, DecodeError, Encode, NodeId, Reader, codec_enum, codec_struct};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The name of a group: 1 to [`MAX_NAME`] bytes of text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(Arc<str>);

/// No group can be called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a group's name has 1 to {MAX_NAME} bytes, this one has {0}; choose another")]
pub struct NameError(pub usize);

impl GroupName {
    /// The group called `name`.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn new(name: &str) -> Result<Self, NameError> {
        match name.len() {
            1..=MAX_NAME => Ok(Self(name.into())),
            length => Err(NameError(length)),
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for GroupName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Encode for GroupName {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

impl Decode for GroupName {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = String::decode(reader)?;
        Self::new(&text).map_err(|_| DecodeError::OutOfRange("a group's name"))
    }
}

/// One connection of a process to the daemon of its node; no two of a daemon have the same number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);
codec_struct!(ConnectionId(value));

/// A member of groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// Its node.
    pub node: NodeId,
    /// Its number on that node, as the kernel vouches for it.
    pub pid: u32,
    /// Which of its connections: one process may be a member twice.
    pub connection: ConnectionId,
}
codec_struct!(Process { node, pid, connection });

/// Why a process is or is no longer a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It asked to.
    Join,
    /// It asked to.
    Leave,
    /// Its node is no longer in the view, or its daemon has started anew.
    NodeDown,
    /// Its node, where it was a member already, has come into the view.
    NodeUp,
    /// Its connection ended.
    ProcessDown,
}
codec_enum!(Reason { 0 = Join, 1 = Leave, 2 = NodeDown, 3 = NodeUp, 4 = ProcessDown });

/// One process came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Which.
    pub process: Process,
    /// Why.
    pub reason: Reason,
}
codec_struct!(Change { process, reason });

/// A change of a group's membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Of which group.
    pub group: GroupName,
    /// All members from here on, ascending.
    pub members: Vec<Process>,
    /// Who joined.
    pub joined: Vec<Change>,
    /// Who left.
    pub left: Vec<Change>,
}
codec_struct!(Configuration { group, members, joined, left });

/// What goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The group layer says something.
    Group(GroupEvent),
    /// A process of this node wants to be a member.
    Join {
        /// Which.
        process: Process,
        /// Of what.
        group: GroupName,
    },
    /// A process of this node no longer wants to be a member.
    Leave {
        /// Which.
        process: Process,
        /// Of what.
        group: GroupName,
    },
    /// A process of this node says something to all members of a group, itself included.
    Say {
        /// Which.
        process: Process,
        /// To whom.
        group: GroupName,
        /// At most [`MAX_MESSAGE`] bytes.
        body: Vec<u8>,
    },
    /// A process of this node reads more slowly than it is told, or has caught up again.
    Behind {
        /// Which.
        process: Process,
        /// Whether it is.
        behind: bool,
    },
    /// The connection of a process of this node has ended.
    Gone(Process),
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// For the group layer.
    Group(GroupCommand),
    /// Tell some processes of this node what was said.
    Message(Message),
    /// Tell some processes of this node who is a member now; the first says that one has joined,
    /// the last that it has left.
    Configuration {
        /// Whom.
        to: Arc<[ConnectionId]>,
        /// What.
        configuration: Configuration,
    },
    /// What a process asked for is not done, and nothing has changed.
    NotDone {
        /// Whom to tell.
        to: ConnectionId,
        /// Why.
        why: NotDone,
    },
    /// This node has left; no process will hear anything any more.
    Left,
}

/// Something that was said to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who on this node is to hear it.
    pub to: Arc<[ConnectionId]>,
    /// To which group.
    pub group: GroupName,
    /// Who said it.
    pub sender: Process,
    /// As it was ordered; the header is left where it is, so that nothing has to be moved.
    pub(super) payload: Vec<u8>,
    pub(super) start: usize,
}

impl Message {
    /// What was said.
    pub fn body(&self) -> &[u8] {
        self.payload.get(self.start..).unwrap_or_default()
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// A second join.
    #[error("this connection is a member of {0} already; use another connection to be one twice")]
    Member(GroupName),
    /// Speaking or leaving without being a member.
    #[error("this connection is no member of {0}; join it first")]
    NoMember(GroupName),
    /// More bytes than can be sent at once.
    #[error("{0} bytes are more than the {MAX_MESSAGE} that fit; send them in parts")]
    TooLarge(usize),
    /// The node is about to go.
    #[error("this node is leaving the cluster; connect again when it is back")]
    Leaving,
}
