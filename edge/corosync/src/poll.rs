//! Which count of the votes belongs to the group's members.
//!
//! Corosync tells of the group and of the votes on different ways, so that one may be a ring ahead
//! of the other. A count of the ring before would let the smaller half of a cluster act (Q5).

use crate::door::{RingName, Tally};
use base::NodeId;
use std::collections::BTreeSet;

/// How far the group's own stream has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// It has not told yet: this process has just joined.
    #[default]
    Unknown,
    /// Nodes have come or gone; the ring's name follows.
    Turning,
    At(RingName),
}

#[derive(Debug, Default)]
pub(crate) struct Poll {
    stage: Stage,
    count: Option<Count>,
}

#[derive(Debug)]
enum Count {
    NoProvider,
    Of { ring: RingName, nodes: BTreeSet<NodeId>, tally: Tally },
}

impl Poll {
    pub(crate) const fn nodes_changed(&mut self) {
        self.stage = Stage::Turning;
    }

    pub(crate) const fn ring(&mut self, ring: RingName) {
        self.stage = Stage::At(ring);
    }

    pub(crate) fn counted(&mut self, ring: RingName, nodes: BTreeSet<NodeId>, tally: Tally) {
        self.count = Some(Count::Of { ring, nodes, tally });
    }

    pub(crate) fn no_provider(&mut self) {
        self.count = Some(Count::NoProvider);
    }

    /// The count that holds for a group on these nodes, if there is one.
    pub(crate) fn tally(&self, group: impl IntoIterator<Item = NodeId>) -> Option<Tally> {
        match self.count.as_ref()? {
            Count::NoProvider => Some(Tally { quorate: true, ..Tally::default() }),
            Count::Of { ring, nodes, tally } => {
                let same_ring = match self.stage {
                    Stage::Unknown => true,
                    Stage::Turning => false,
                    Stage::At(at) => at == *ring,
                };
                let holds = same_ring && group.into_iter().all(|node| nodes.contains(&node));
                holds.then_some(*tally)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_holds_for_its_own_ring_alone() {
        let ring = |sequence| RingName { node: NodeId(1), sequence };
        let nodes = |ids: &[u32]| ids.iter().copied().map(NodeId).collect::<BTreeSet<_>>();
        let full = Tally { quorate: true, votes: 3, expected: 3, needed: 2, ..Tally::default() };
        let small = Tally { quorate: false, votes: 1, ..full };
        let mut poll = Poll::default();
        assert_eq!(poll.tally(nodes(&[1])), None);
        poll.counted(ring(4), nodes(&[1, 2, 3]), full);
        assert_eq!(poll.tally(nodes(&[1, 2])), Some(full));
        // The group hears of the partition first.
        poll.nodes_changed();
        assert_eq!(poll.tally(nodes(&[1])), None, "Q5");
        poll.ring(ring(8));
        assert_eq!(poll.tally(nodes(&[1])), None, "Q5");
        poll.counted(ring(8), nodes(&[1]), small);
        assert_eq!(poll.tally(nodes(&[1])), Some(small));
        // The votes are counted first.
        poll.counted(ring(12), nodes(&[1, 2, 3]), full);
        assert_eq!(poll.tally(nodes(&[1])), None);
        poll.nodes_changed();
        poll.ring(ring(12));
        assert_eq!(poll.tally(nodes(&[1, 2, 3])), Some(full));
    }
}
