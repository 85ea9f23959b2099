//! What goes into the adapter and what comes out.

use base::{NodeId, codec_struct};
use group::{GroupCommand, GroupEvent, QuorumDecision, QuorumFlag, QuorumReason};
use std::collections::{BTreeMap, BTreeSet};

/// A process in Corosync's group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// Where it runs.
    pub node: NodeId,
    /// Its number there.
    pub pid: u32,
}
codec_struct!(Process { node, pid });

/// The name of one of Corosync's memberships of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RingName {
    /// Its representative.
    pub node: NodeId,
    /// Grows from one to the next.
    pub sequence: u64,
}

/// Why a process came or went, as Corosync tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It joined the group.
    Joined,
    /// It left the group.
    Left,
    /// Its node is not in the ring any more.
    NodeDown,
    /// Its node has come into the ring.
    NodeUp,
    /// It ended without leaving.
    ProcessDown,
}

/// How the votes stand, as a node's Corosync counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// May those who are here act?
    pub quorate: bool,
    /// Their votes.
    pub votes: u32,
    /// Votes there could be.
    pub expected: u32,
    /// Votes that are needed; 0 when no provider of quorum is configured.
    pub needed: u32,
    /// `two_node` is in force.
    pub two_node: bool,
    /// `wait_for_all` is in force.
    pub wait_for_all: bool,
}
codec_struct!(Tally { quorate, votes, expected, needed, two_node, wait_for_all });

impl Tally {
    /// The same in the group layer's words.
    pub(crate) fn decision(&self) -> QuorumDecision {
        let Self { quorate, votes, expected, needed, two_node, wait_for_all } = *self;
        let reason = match quorate {
            true if needed == 0 => QuorumReason::NoProvider,
            true if two_node => QuorumReason::TwoNode,
            true => QuorumReason::Majority,
            false if votes < needed => QuorumReason::TooFewVotes,
            // It does not say for whom.
            false => QuorumReason::WaitingForAll(Vec::new()),
        };
        let modes = [
            (two_node, QuorumFlag::TwoNode),
            (quorate, QuorumFlag::Quorate),
            (wait_for_all, QuorumFlag::WaitForAll),
        ];
        let flags = modes.into_iter().filter_map(|(on, flag)| on.then_some(flag)).collect();
        QuorumDecision {
            quorate,
            votes,
            expected,
            highest_expected: expected,
            needed,
            reason,
            flags,
            // It tells the sum alone.
            voters: Vec::new(),
            arbiter: None,
        }
    }
}

/// Everything that can happen.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The group has other members: all of them, and how that came about.
    Configuration {
        /// Who is in it now.
        members: BTreeSet<Process>,
        /// Who was and is not any more.
        left: BTreeMap<Process, Reason>,
        /// Who is and was not before.
        joined: BTreeMap<Process, Reason>,
    },
    /// Everything of the ring before this one has been delivered to the group.
    Ring(RingName),
    /// A multicast, at the same place in the order of all members; own ones too.
    Delivered {
        /// Who sent it.
        from: Process,
        /// What was sent.
        bytes: &'a [u8],
    },
    /// The votes were counted.
    Quorum {
        /// In this ring.
        ring: RingName,
        /// These are its nodes.
        nodes: BTreeSet<NodeId>,
        /// The count.
        tally: Tally,
    },
    /// No quorum provider is configured, so nobody counts votes.
    NoQuorumProvider,
    /// The upper layer wants something.
    Command(GroupCommand),
    /// [`crate::Adapter::next_wake`] has come.
    Wake,
}

/// Everything that can be wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this to the group, after all that was given before.
    Multicast(Vec<u8>),
    /// Leave the group, after all that was given before was sent.
    Leave,
    /// Write down that view counters up to this one are used (G1).
    PersistViewCounter(u64),
    /// Tell the upper layer.
    Event(GroupEvent),
    /// This process cannot go on; a new one can.
    End(Ending),
}

/// Why a process has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ending {
    /// It was silent for too long.
    #[error(
        "the others have gone on without this process, because it stood still; it ends, and a new \
         one joins them"
    )]
    LeftBehind,
    /// Another one runs on this node.
    #[error("process {pid} runs in the same cluster on this node already; stop it first")]
    Twin {
        /// The other.
        pid: u32,
    },
}
