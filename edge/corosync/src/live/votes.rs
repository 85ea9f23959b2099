//! How the votes stand in detail: the quorum service says only whether they are enough.

use crate::door::{Input, RingName, Tally};
use base::NodeId;
use rust_corosync::quorum;
use rust_corosync::votequorum::{self, NodeInfo, NodeInfoFlags};
use std::collections::BTreeSet;

/// Who counts them.
#[derive(PartialEq)]
pub(super) enum Votes {
    NoProvider,
    /// A provider that can be asked.
    Counted(votequorum::Handle),
    /// One that cannot.
    Unknown,
}

impl Votes {
    pub(super) fn open(kind: &quorum::QuorumType) -> Self {
        let callbacks = votequorum::Callbacks {
            quorum_notification_fn: None,
            nodelist_notification_fn: None,
            expectedvotes_notification_fn: None,
        };
        match kind {
            quorum::QuorumType::Free => Self::NoProvider,
            quorum::QuorumType::Set => {
                votequorum::initialize(&callbacks).map_or(Self::Unknown, Self::Counted)
            }
        }
    }

    /// What was told, with what can be found out about it.
    pub(super) fn count(
        &self,
        ring: RingName,
        nodes: BTreeSet<NodeId>,
        quorate: bool,
    ) -> Input<'static> {
        let of = |node: NodeId| self.info(node.0);
        let votes: u32 =
            nodes.iter().filter_map(|node| of(*node)).map(|info| info.node_votes).sum();
        let bare = || Tally { quorate, needed: 1, ..Tally::default() };
        // Node 0 is this one.
        let tally = of(NodeId(0)).map_or_else(bare, |own| {
            let casts = own.flags.contains(NodeInfoFlags::VOTEQUORUM_INFO_QDEVICE_CAST_VOTE);
            Tally {
                quorate,
                votes: votes + if casts { own.qdevice_votes } else { 0 },
                expected: own.highest_expected,
                needed: own.quorum,
                two_node: own.flags.contains(NodeInfoFlags::VOTEQUORUM_INFO_TWONODE),
                wait_for_all: own.flags.contains(NodeInfoFlags::VOTEQUORUM_INFO_WAIT_FOR_ALL),
            }
        });
        Input::Quorum { ring, nodes, tally }
    }

    fn info(&self, node: u32) -> Option<NodeInfo> {
        let Self::Counted(handle) = self else { return None };
        votequorum::get_info(handle, node.into()).ok()
    }
}
