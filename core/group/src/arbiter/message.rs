//! What a cluster and its arbiter say to each other.

use crate::config::ClusterKey;
use crate::types::ViewId;
use crate::{ArbiterVote, MAX_NODES};
use base::{NodeId, codec_enum, codec_struct};
use std::collections::BTreeSet;
use std::time::Duration;

/// The longest patience that is believed: it prolongs how long a vote is kept for a holder.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60);

/// What the one who speaks for a view says about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Report {
    /// Who says it.
    pub node: NodeId,
    /// The view it is in.
    pub view: ViewId,
    /// The view's members.
    pub members: BTreeSet<NodeId>,
    /// All nodes of the cluster, as far as they have votes.
    pub configured: BTreeSet<NodeId>,
    /// The votes of the members, the arbiter's not among them.
    pub votes: u32,
    /// How long the cluster's nodes wait for a silent one.
    pub patience: Duration,
    /// Does the view count the arbiter's vote at this moment?
    pub holds: bool,
}
codec_struct!(Report { node, view, members, configured, votes, patience, holds });

impl Report {
    /// Whether a cluster can look like this.
    pub fn is_sound(&self) -> bool {
        self.members.contains(&self.node)
            && self.members.len() <= MAX_NODES
            && self.configured.len() <= MAX_NODES
            && self.patience <= LONGEST_PATIENCE
    }

    /// Is any of `nodes` in the view?
    pub(crate) fn meets(&self, nodes: &BTreeSet<NodeId>) -> bool {
        !self.members.is_disjoint(nodes)
    }
}

/// What the arbiter says to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// Whether the view has the vote.
    pub verdict: Verdict,
    /// For how long after the report was sent this is good.
    pub lease: Duration,
    /// After what time to ask again.
    pub again: Duration,
}
codec_struct!(Answer { verdict, lease, again });

/// The arbiter's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The vote is this view's.
    Granted,
    /// It is another's, or the view is over.
    Withheld,
    /// It may be this view's in a moment.
    Undecided,
}
codec_enum!(Verdict { 0 = Granted, 1 = Withheld, 2 = Undecided });

impl From<Verdict> for ArbiterVote {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Granted => Self::Granted,
            Verdict::Withheld => Self::Withheld,
            Verdict::Undecided => Self::Unknown,
        }
    }
}

/// From what a cluster makes the key pair by which an arbiter knows it: of the cluster's key, so
/// that every node has it, and of its name. Nothing of the cluster's key can be learned from it.
pub fn identity_seed(key: &ClusterKey, cluster_name: &str) -> [u8; 32] {
    key.derive("systole arbiter identity 1", cluster_name.as_bytes())
}
