//! A set of nodes.

use crate::index::{Key, NodeIndex};

/// A set of nodes: one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSet {
    bits: Vec<u64>,
}

impl NodeSet {
    /// Adds a node; says whether it is new.
    pub fn insert(&mut self, node: NodeIndex) -> bool {
        let (word, bit) = (node.position() / 64, 1 << (node.position() % 64));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_new
    }

    /// Takes a node out.
    pub fn remove(&mut self, node: NodeIndex) {
        if let Some(word) = self.bits.get_mut(node.position() / 64) {
            *word &= !(1 << (node.position() % 64));
        }
    }

    /// Whether it is in the set.
    pub fn contains(&self, node: NodeIndex) -> bool {
        let (word, bit) = (node.position() / 64, 1 << (node.position() % 64));
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// The nodes, in the order in which they became known.
    pub fn iter(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        let all = 0..self.bits.len() * 64;
        all.map(NodeIndex::from_position).filter(|node| self.contains(*node))
    }
}
