//! Sealing and opening packets.
//!
//! Every process of a node has a key of its own, derived (HKDF-SHA256, RFC 5869) from the cluster's
//! key, the cluster's name, the node and the incarnation; its nonces count from zero. So no nonce
//! repeats as long as no incarnation does. The receiver is bound in as associated data, or that
//! there is none in particular: what goes to all members is sealed once.
//!
//! Header, 20 bytes in the clear: mark, whether for one or all, and version (1), key id (1), sender
//! (4), incarnation (8), packet counter (6); all little-endian.
//!
//! A key is changed without a pause by knowing two for a while: all nodes open what either has
//! sealed before any of them seals with the new one.

use crate::config::{Cipher, ClusterKey, GroupConfig};
use base::{Decode, Encode, NodeId, Reader};
use ring::aead::{AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use std::fmt;
use std::sync::Arc;

/// High half: our mark among datagrams that stray in, and for whom it is. Low half: the version of
/// the seal.
const TO_ONE: u8 = 0xc2;
const TO_ALL: u8 = 0xd2;
const HEADER: usize = 20;
const COUNTER_BYTES: usize = 6;
/// Where the packet counter begins.
const COUNTER: usize = HEADER - COUNTER_BYTES;
const TAG: usize = 16;
/// What sealing adds to a content, in bytes.
pub(crate) const OVERHEAD: usize = HEADER + TAG;

/// Whom a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// This node alone: to all others it is not genuine.
    Node(NodeId),
    /// Whoever holds the key.
    Everybody,
}

/// The keys of the cluster: the one that seals first.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: Vec<Keys>,
}

impl Keyring {
    pub(crate) fn new(config: &GroupConfig) -> Self {
        let all = std::iter::once(&config.key).chain(&config.other_keys);
        Self { keys: all.map(|key| Keys::new(config, key)).collect() }
    }

    /// Has this node the key that `header` speaks of?
    pub(crate) fn knows(&self, header: Header) -> bool {
        self.keys.iter().any(|keys| keys.id == header.key)
    }

    /// The key under which `header` says its packet is sealed.
    pub(crate) fn of(&self, header: Header) -> Option<ProcessKey> {
        let keys = self.keys.iter().find(|keys| keys.id == header.key)?;
        Some(keys.of(header.sender, header.incarnation))
    }

    /// What seals for this process.
    pub(crate) fn sealer(&self, node: NodeId, incarnation: u64) -> Sealer {
        Sealer::new(&self.keys[0], node, incarnation)
    }
}

impl ClusterKey {
    fn root(&self) -> Prk {
        Salt::new(HKDF_SHA256, b"systole group seal 2").extract(self.bytes())
    }

    /// A secret for another purpose, made of the key and of what it is about: the same on all nodes.
    /// Nothing of the key, or of what it is used for elsewhere, can be learned from it (HKDF-SHA256,
    /// RFC 5869).
    pub fn derive(&self, purpose: &'static str, about: &[u8]) -> [u8; 32] {
        let mut secret = [0; 32];
        let root = Salt::new(HKDF_SHA256, purpose.as_bytes()).extract(self.bytes());
        let made = root.expand(&[about], HKDF_SHA256).and_then(|okm| okm.fill(&mut secret));
        assert!(made.is_ok(), "HKDF gives 32 bytes");
        secret
    }

    /// By what packets say which key they are sealed with; one key in 256 has the same. Made of the
    /// key alone, so that who has it but another cluster's name can be told so.
    pub fn id(&self) -> u8 {
        let mut id = [0];
        let made = self.root().expand(&[b"key id"], OneByte).and_then(|okm| okm.fill(&mut id));
        assert!(made.is_ok(), "one byte is within what HKDF can expand to");
        id[0]
    }
}

/// Makes the keys of all processes of one cluster.
pub(crate) struct Keys {
    root: Prk,
    algorithm: &'static Algorithm,
    cluster: Vec<u8>,
    id: u8,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys(id {})", self.id)
    }
}

struct OneByte;
impl KeyType for OneByte {
    fn len(&self) -> usize {
        1
    }
}

impl Keys {
    pub(crate) fn new(config: &GroupConfig, key: &ClusterKey) -> Self {
        let cluster = config.cluster_name.as_bytes().to_vec();
        let algorithm = match config.cipher {
            Cipher::ChaCha20Poly1305 => &CHACHA20_POLY1305,
            Cipher::Aes256Gcm => &AES_256_GCM,
        };
        Self { root: key.root(), algorithm, cluster, id: key.id() }
    }

    /// The key of one process.
    fn of(&self, node: NodeId, incarnation: u64) -> ProcessKey {
        let process = (node, incarnation).to_bytes();
        let info = [b"process".as_slice(), &process, &self.cluster];
        let material = self.root.expand(&info, self.algorithm);
        let material = material.expect("invariant G8: a key is within what HKDF can expand to");
        ProcessKey { id: self.id, key: LessSafeKey::new(UnboundKey::from(material)) }
    }
}

/// What stands in the clear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    mark: u8,
    key: u8,
    pub(crate) sender: NodeId,
    pub(crate) incarnation: u64,
    pub(crate) counter: u64,
}

impl Header {
    /// Reads the header of a datagram that may be anything.
    pub(crate) fn read(datagram: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(datagram.get(..HEADER)?);
        let (mark, key) = <(u8, u8)>::decode(&mut reader).ok()?;
        let sender = NodeId::decode(&mut reader).ok()?;
        let incarnation = u64::decode(&mut reader).ok()?;
        let mut counter = [0; 8];
        counter[..COUNTER_BYTES].copy_from_slice(reader.rest());
        let counter = u64::from_le_bytes(counter);
        let known = [TO_ONE, TO_ALL].contains(&mark);
        known.then_some(Self { mark, key, sender, incarnation, counter })
    }
}

/// Seals for, or opens from, one process.
pub(crate) struct ProcessKey {
    id: u8,
    key: LessSafeKey,
}

impl fmt::Debug for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessKey")
    }
}

impl ProcessKey {
    /// Is this the key that `header` speaks of?
    pub(crate) const fn fits(&self, header: Header) -> bool {
        self.id == header.key
    }

    /// The content of a datagram addressed to `me` or to everybody, in `content`; false when it is
    /// not genuine (G8).
    pub(crate) fn open(
        &self,
        header: Header,
        me: NodeId,
        datagram: &[u8],
        content: &mut Vec<u8>,
    ) -> bool {
        let Some((clear, sealed)) = datagram.split_at_checked(HEADER) else { return false };
        let receiver = if header.mark == TO_ALL { Receiver::Everybody } else { Receiver::Node(me) };
        content.clear();
        content.extend_from_slice(sealed);
        let opened = self.key.open_in_place(nonce(header.counter), aad(clear, receiver), content);
        let length = opened.map(|opened| opened.len());
        content.truncate(length.unwrap_or(0));
        length.is_ok()
    }
}

/// Seals this process's packets.
#[derive(Debug)]
pub(crate) struct Sealer {
    key: ProcessKey,
    /// The header without mark and counter.
    prefix: [u8; COUNTER - 1],
    counter: u64,
}

impl Sealer {
    fn new(keys: &Keys, node: NodeId, incarnation: u64) -> Self {
        let mut prefix = [0; COUNTER - 1];
        prefix.copy_from_slice(&(keys.id, (node, incarnation)).to_bytes());
        Self { key: keys.of(node, incarnation), prefix, counter: 0 }
    }

    /// Goes on with another key; the counter goes on too, so that receivers' windows stay right.
    pub(crate) fn change_key(&mut self, new: Self) {
        let counter = self.counter;
        *self = new;
        self.counter = counter;
    }

    /// Leaves out so many packets.
    pub(crate) const fn skip(&mut self, packets: u64) {
        self.counter += packets;
    }

    /// One datagram for `receiver`.
    pub(crate) fn seal(&mut self, receiver: Receiver, content: &[u8]) -> Arc<[u8]> {
        self.counter += 1;
        assert!(self.counter >> (8 * COUNTER_BYTES) == 0, "G8: no nonce twice, start anew");
        let mut datagram = Vec::with_capacity(content.len() + OVERHEAD);
        datagram.push(if receiver == Receiver::Everybody { TO_ALL } else { TO_ONE });
        datagram.extend_from_slice(&self.prefix);
        datagram.extend_from_slice(&self.counter.to_le_bytes()[..COUNTER_BYTES]);
        let aad = aad(&datagram, receiver);
        datagram.extend_from_slice(content);
        let body = &mut datagram[HEADER..];
        let tag = self.key.key.seal_in_place_separate_tag(nonce(self.counter), aad, body);
        let tag = tag.expect("invariant G8: a datagram is far below the cipher's limit");
        datagram.extend_from_slice(tag.as_ref());
        datagram.into()
    }
}

fn nonce(counter: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&counter.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn aad(clear: &[u8], receiver: Receiver) -> Aad<[u8; HEADER + 5]> {
    let mut bytes = [0; HEADER + 5];
    bytes[..HEADER].copy_from_slice(clear);
    if let Receiver::Node(NodeId(node)) = receiver {
        bytes[HEADER] = 1;
        bytes[HEADER + 1..].copy_from_slice(&node.to_le_bytes());
    }
    Aad::from(bytes)
}

const WINDOW_WORDS: usize = 16;

/// Which of the last 1024 packets of one sender on one link have been seen (RFC 6479's idea).
#[derive(Clone, Debug)]
pub(crate) struct ReplayWindow {
    highest: u64,
    words: [u64; WINDOW_WORDS],
}

impl ReplayWindow {
    /// Counts everything up to and including `counter` as seen.
    pub(crate) const fn starting_after(counter: u64) -> Self {
        Self { highest: counter, words: [u64::MAX; WINDOW_WORDS] }
    }

    /// Is it newer than all that were seen?
    pub(crate) const fn is_ahead(&self, counter: u64) -> bool {
        counter > self.highest
    }

    /// True once per counter; false for repeats and for what is too old to tell.
    pub(crate) fn is_new(&mut self, counter: u64) -> bool {
        let size = (WINDOW_WORDS * 64) as u64;
        if counter + size <= self.highest {
            return false;
        }
        while self.highest < counter {
            // A jump by more than the window clears it as a whole.
            self.highest = (self.highest + 1).max(counter.saturating_sub(size));
            self.clear(self.highest);
        }
        let (word, bit) = Self::place(counter);
        let seen = self.words[word] & bit != 0;
        self.words[word] |= bit;
        !seen
    }

    fn clear(&mut self, counter: u64) {
        let (word, bit) = Self::place(counter);
        self.words[word] &= !bit;
    }

    const fn place(counter: u64) -> (usize, u64) {
        let slot = counter % (WINDOW_WORDS * 64) as u64;
        ((slot / 64) as usize, 1 << (slot % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_takes_each_counter_once_in_any_near_order() {
        let mut window = ReplayWindow::starting_after(10);
        let story = [
            (10, false),
            (12, true),
            (11, true),
            (11, false),
            (2000, true),
            (976, false),
            (977, true),
            (977, false),
            (1_000_000, true),
            (2000, false),
            (999_999, true),
        ];
        for (counter, new) in story {
            assert_eq!(window.is_new(counter), new, "counter {counter}");
        }
    }
}
