//! Looking on, and speaking as somebody else: what whoever holds the key can do. For proofs.

use crate::config::GroupConfig;
use crate::frame;
use crate::seal::{Header, Keyring, Receiver, Sealer};
use base::{DecodeError, NodeId};
use std::sync::Arc;

/// The packets of one cluster, opened and made.
#[derive(Debug)]
pub struct Tap {
    keyring: Keyring,
}

impl Tap {
    /// For the cluster of `config`.
    pub fn new(config: &GroupConfig) -> Self {
        Self { keyring: Keyring::new(config) }
    }

    /// What a datagram to `receiver`, or to everybody, says; nothing when it is not genuine.
    pub fn open(&self, receiver: NodeId, datagram: &[u8]) -> Option<Vec<u8>> {
        let header = Header::read(datagram)?;
        let mut content = Vec::new();
        let key = self.keyring.of(header)?;
        key.open(header, receiver, datagram, &mut content).then_some(content)
    }

    /// Speaks as a process of `node`, with packets newer than the first `packets`.
    pub fn impersonate(&self, node: NodeId, incarnation: u64, packets: u64) -> Impersonator {
        let mut sealer = self.keyring.sealer(node, incarnation);
        sealer.skip(packets);
        Impersonator { sealer }
    }
}

/// Reads the content of a packet; how many frames it has.
///
/// # Errors
/// When it is none.
pub fn frames_in(content: &[u8]) -> Result<usize, DecodeError> {
    frame::read(content).map(|frames| frames.len())
}

/// Somebody who says that it is another.
#[derive(Debug)]
pub struct Impersonator {
    sealer: Sealer,
}

impl Impersonator {
    /// A genuine datagram that says `content` to `receiver`.
    pub fn say(&mut self, receiver: NodeId, content: &[u8]) -> Arc<[u8]> {
        self.sealer.seal(Receiver::Node(receiver), content)
    }
}
