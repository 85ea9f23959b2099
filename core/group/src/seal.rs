//! Sealing and opening packets.
//!
//! Every process of a node has a key of its own, derived (HKDF-SHA256, RFC 5869) from the cluster's
//! key, the cluster's name, the node and the incarnation; its nonces count from zero. So no nonce
//! repeats as long as no incarnation does. The receiver is bound in as associated data.
//!
//! Header, 20 bytes in the clear: mark and version (1), key id (1), sender (4), incarnation (8),
//! packet counter (6); all little-endian.

use crate::config::{Cipher, GroupConfig};
use base::{Decode, Encode, NodeId, Reader};
use ring::aead::{AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use std::fmt;

/// High half: our mark among datagrams that stray in. Low half: the version of the seal.
const MARK: u8 = 0xc1;
const HEADER: usize = 20;
const COUNTER_BYTES: usize = 6;

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
    pub(crate) fn new(config: &GroupConfig) -> Self {
        let root = Salt::new(HKDF_SHA256, b"systole group seal 1").extract(config.key.bytes());
        let cluster = config.cluster_name.as_bytes().to_vec();
        let mut id = [0];
        let info = [b"key id".as_slice(), &cluster];
        let made = root.expand(&info, OneByte).and_then(|okm| okm.fill(&mut id));
        assert!(made.is_ok(), "one byte is within what HKDF can expand to");
        let algorithm = match config.cipher {
            Cipher::ChaCha20Poly1305 => &CHACHA20_POLY1305,
            Cipher::Aes256Gcm => &AES_256_GCM,
        };
        Self { root, algorithm, cluster, id: id[0] }
    }

    /// The key of one process.
    pub(crate) fn of(&self, node: NodeId, incarnation: u64) -> ProcessKey {
        let process = (node, incarnation).to_bytes();
        let info = [b"process".as_slice(), &process, &self.cluster];
        let material = self.root.expand(&info, self.algorithm);
        let material = material.expect("invariant G8: a key is within what HKDF can expand to");
        ProcessKey(LessSafeKey::new(UnboundKey::from(material)))
    }

    /// Reads the header of a datagram that may be anything.
    pub(crate) fn header(&self, datagram: &[u8]) -> Option<Header> {
        let mut reader = Reader::new(datagram.get(..HEADER)?);
        let (mark, id) = <(u8, u8)>::decode(&mut reader).ok()?;
        let sender = NodeId::decode(&mut reader).ok()?;
        let incarnation = u64::decode(&mut reader).ok()?;
        let mut counter = [0; 8];
        counter[..COUNTER_BYTES].copy_from_slice(reader.rest());
        let known = mark == MARK && id == self.id;
        known.then_some(Header { sender, incarnation, counter: u64::from_le_bytes(counter) })
    }
}

/// What stands in the clear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) sender: NodeId,
    pub(crate) incarnation: u64,
    pub(crate) counter: u64,
}

/// Seals for, or opens from, one process.
pub(crate) struct ProcessKey(LessSafeKey);

impl fmt::Debug for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessKey")
    }
}

impl ProcessKey {
    /// The content of a datagram addressed to `receiver`; nothing when it is not genuine (G8).
    pub(crate) fn open(
        &self,
        header: Header,
        receiver: NodeId,
        datagram: &[u8],
    ) -> Option<Vec<u8>> {
        let (clear, sealed) = datagram.split_at_checked(HEADER)?;
        let mut content = sealed.to_vec();
        let opened =
            self.0.open_in_place(nonce(header.counter), aad(clear, receiver), &mut content).ok()?;
        let length = opened.len();
        content.truncate(length);
        Some(content)
    }
}

/// Seals this process's packets.
#[derive(Debug)]
pub(crate) struct Sealer {
    key: ProcessKey,
    prefix: Vec<u8>,
    counter: u64,
}

impl Sealer {
    pub(crate) fn new(keys: &Keys, node: NodeId, incarnation: u64) -> Self {
        let mut prefix = vec![MARK, keys.id];
        (node, incarnation).encode(&mut prefix);
        Self { key: keys.of(node, incarnation), prefix, counter: 0 }
    }

    /// One datagram for `receiver`.
    pub(crate) fn seal(&mut self, receiver: NodeId, content: &[u8]) -> Vec<u8> {
        self.counter += 1;
        assert!(self.counter >> (8 * COUNTER_BYTES) == 0, "G8: no nonce twice, start anew");
        let mut datagram = self.prefix.clone();
        datagram.extend_from_slice(&self.counter.to_le_bytes()[..COUNTER_BYTES]);
        let mut sealed = content.to_vec();
        let aad = aad(&datagram, receiver);
        let done = self.key.0.seal_in_place_append_tag(nonce(self.counter), aad, &mut sealed);
        assert!(done.is_ok(), "a datagram is far below the cipher's limit");
        datagram.append(&mut sealed);
        datagram
    }
}

fn nonce(counter: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&counter.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn aad(clear: &[u8], receiver: NodeId) -> Aad<Vec<u8>> {
    let mut bytes = clear.to_vec();
    receiver.encode(&mut bytes);
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
