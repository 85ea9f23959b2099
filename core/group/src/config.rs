//! What a machine is told at birth. Everything here is parsed already.

use crate::types::LinkId;
use base::{BootId, NodeId};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The cluster as all its nodes know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// Goes into the keys: two clusters with one key file still do not hear each other.
    pub cluster_name: String,
    /// All nodes, this one included. The first [`crate::MAX_NODES`] by id take part.
    pub nodes: Vec<NodeConfig>,
    /// Who else may take part.
    pub admission: Admission,
    /// How several links are used.
    pub policy: LinkPolicy,
    /// `knet_link_priority`: of the working links, [`LinkPolicy::Passive`] takes one with the
    /// highest. 1 for a link that is not named.
    pub priorities: BTreeMap<LinkId, u8>,
    /// The largest UDP payload that is sent, in bytes; absent: as large as the path carries, which
    /// is tried out.
    pub datagram_limit: Option<u16>,
    /// How fast things happen.
    pub timing: Timing,
    /// Who may act.
    pub quorum: QuorumConfig,
    /// What only the cluster's nodes know.
    pub key: ClusterKey,
    /// Keys that are still, or already, good for opening: for as long as the key is being changed.
    pub other_keys: Vec<ClusterKey>,
    /// How packets are sealed; equal on all nodes.
    pub cipher: Cipher,
}

/// Who may take part besides this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Admission {
    /// The listed nodes.
    #[default]
    Listed,
    /// Whoever speaks with the key on this node's links: the list only says who has been here before.
    /// Such nodes find each other by what goes to everybody on the network.
    Anyone,
}

/// One node as the others reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// Its id.
    pub node: NodeId,
    /// The links it has an address on, ascending, at most eight.
    pub links: Vec<LinkId>,
    /// Its weight in quorum; 0 for a node that only watches.
    pub votes: u32,
}

/// How ordinary messages use several links. Heartbeats and membership always go over all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkPolicy {
    /// Over the working link of the highest priority, of the lowest number among equals; over
    /// another one when it fails.
    #[default]
    Passive,
    /// Over all links at once: the loss of a link costs nothing, not even a retransmission.
    Active,
    /// Over the working links in turn.
    RoundRobin,
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How often the peers that a node watches are greeted on each link.
    pub heartbeat: Duration,
    /// For how long a peer may be silent on all links.
    pub patience: Duration,
    /// For how long who-hears-whom must be steady before a view is proposed, so that what fails
    /// together costs one view change.
    pub settle: Duration,
}

impl Default for Timing {
    /// From a crash to the next view in some 0.8 s; a node that stands still for 0.4 s is borne.
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(125),
            patience: Duration::from_millis(750),
            settle: Duration::from_millis(75),
        }
    }
}

/// The rules of quorum, as `corosync.conf` states them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumConfig {
    /// Which rule decides.
    pub rule: QuorumRule,
    /// `expected_votes`; absent: the sum of all nodes' votes and the arbiter's.
    pub expected_votes: Option<u32>,
    /// Must all nodes be seen once after a cold start?
    pub wait_for_all: WaitForAll,
    /// `last_man_standing`: for how long a view that has lost nodes stays as it is before only its
    /// own votes are expected any more. Of no effect unless each node has one vote.
    pub last_man_standing: Option<Duration>,
    /// `auto_tie_breaker`: who keeps the right to act when exactly half of the votes is left. Of
    /// effect with [`QuorumRule::Majority`].
    pub tie_breaker: Option<TieBreaker>,
    /// What becomes of the expected votes over time.
    pub expectation: Expectation,
    /// `quorum.device`: the votes that an arbiter gives to one partition.
    pub arbiter_votes: Option<u32>,
}

/// Which node settles an even split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TieBreaker {
    /// The lowest of the view that was split.
    Lowest,
    /// The highest of it.
    Highest,
    /// The first of these that was in it.
    List(Vec<NodeId>),
}

/// What becomes of the expected votes over time. They rise in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expectation {
    /// A process begins with what is configured.
    #[default]
    Steady,
    /// `expected_votes_tracking`: it begins with the highest that this node has ever seen.
    Tracked,
    /// `allow_downscale`: as tracked; and who leaves in order lowers them, down to what is
    /// configured.
    Downscale,
}

/// Which rule decides whether a view may act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuorumRule {
    /// More than half of the expected votes.
    #[default]
    Majority,
    /// Two nodes: one is enough, because fencing decides who survives. Implies
    /// [`WaitForAll::Required`] unless that was switched off by name.
    TwoNode,
    /// No quorum provider is configured: every view is quorate, as in Corosync.
    None,
}

/// Whether a cold start waits for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitForAll {
    /// Not said: required by [`QuorumRule::TwoNode`] alone.
    #[default]
    Unset,
    /// Yes.
    Required,
    /// No, not even with two nodes.
    Off,
}

/// Sealing algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM: servers have instructions for it.
    #[default]
    Aes256Gcm,
    /// ChaCha20-Poly1305: for processors without them.
    ChaCha20Poly1305,
}

/// The cluster's secret; prints as its length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct ClusterKey(Vec<u8>);

/// Why bytes are no cluster key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too few or too many of them.
    #[error("the cluster key has {0} bytes; 32 to 4096 are needed (a corosync authkey has 256)")]
    Length(usize),
}

impl ClusterKey {
    /// Takes the bytes of a key file, 32 to 4096 of them. A corosync `authkey` will do.
    ///
    /// # Errors
    /// When there are fewer or more.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let bytes = bytes.into();
        match bytes.len() {
            32..=4096 => Ok(Self(bytes)),
            other => Err(KeyError::Length(other)),
        }
    }

    /// The bytes of the key file, to be handed over to a machine that becomes a node.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ClusterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterKey({} bytes)", self.0.len())
    }
}

/// What distinguishes this process from all others before and beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// This node.
    pub node: NodeId,
    /// Never used before by this node with this cluster key, not even in another boot: the seal's
    /// nonces count from zero under it. Time of day in nanoseconds, or a random number, will do.
    pub incarnation: u64,
    /// This boot of the machine.
    pub boot: BootId,
    /// No view counter up to here is used again (G1): the last
    /// [`crate::Output::PersistViewCounter`] that reached the disk, 0 without one.
    pub view_counter: u64,
    /// The highest expected votes ever seen: the last [`crate::Output::PersistExpectedVotes`] that
    /// reached the disk, 0 without one.
    pub expected_votes: u32,
    /// Spreads retries; the same seed and inputs give the same outputs.
    pub seed: u64,
}
