//! What nodes say to each other about their processes, in the total order.
//!
//! One version byte, a tag, then the content. What was said stands at the end without a length, so
//! that it is copied once on its way in and not at all on its way out.

use super::types::{GroupName, Process, Reason};
use crate::types::ViewId;
use base::{Decode, DecodeError, Encode, NodeId, Reader, codec_enum};

/// The version of everything in this file.
const VERSION: u8 = 1;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ordered {
    /// All memberships of the sender's processes at the begin of `view`.
    Announce { view: ViewId, members: Vec<(GroupName, Process)> },
    /// A process of the sender becomes a member.
    Join { group: GroupName, process: Process },
    /// A process of the sender is no longer a member.
    Leave { group: GroupName, process: Process, reason: Reason },
    /// A process of the sender says what follows behind this.
    Say { group: GroupName, process: Process },
    /// In these groups, and no others, processes of the sender have fallen behind.
    Behind { groups: Vec<GroupName> },
}
codec_enum!(Ordered {
    0 = Announce { view, members },
    1 = Join { group, process },
    2 = Leave { group, process, reason },
    3 = Say { group, process },
    4 = Behind { groups },
});

impl Ordered {
    /// The bytes of this, with `body` behind it.
    pub(super) fn with(&self, body: &[u8]) -> Vec<u8> {
        // Names are short; one byte more is the channel's.
        let mut bytes = Vec::with_capacity(192 + body.len());
        VERSION.encode(&mut bytes);
        self.encode(&mut bytes);
        bytes.extend_from_slice(body);
        bytes
    }

    /// Reads what `sender` said, and where its body begins. Nobody speaks for another node's
    /// processes.
    pub(super) fn read(sender: NodeId, bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        let mut reader = Reader::new(bytes);
        match u8::decode(&mut reader)? {
            VERSION => {}
            tag => return Err(DecodeError::UnknownTag { what: "version", tag }),
        }
        let message = Self::decode(&mut reader)?;
        let start = bytes.len() - reader.rest().len();
        match &message {
            Self::Join { process, .. }
            | Self::Leave { process, .. }
            | Self::Say { process, .. }
                if process.node != sender =>
            {
                Err(DecodeError::OutOfRange("the sender's process"))
            }
            _ => Ok((message, start)),
        }
    }
}
