//! The answer to "may this view act?", with everything that led to it.

use base::{NodeId, codec_enum, codec_struct};
use std::fmt;

/// May a view act, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumDecision {
    /// The answer.
    pub quorate: bool,
    /// Votes that are here: of the view's members, and the arbiter's if it was granted.
    pub votes: u32,
    /// Votes there could be.
    pub expected: u32,
    /// The most votes that any member has expected; with [`crate::Expectation::Tracked`] ever.
    pub highest_expected: u32,
    /// Votes that are needed.
    pub needed: u32,
    /// The rule that decided.
    pub reason: QuorumReason,
    /// The modes in force, in the order of `corosync-quorumtool`.
    pub flags: Vec<QuorumFlag>,
    /// The members with their votes, ascending by node.
    pub voters: Vec<Voter>,
    /// The arbiter's part; `None` where none is configured.
    pub arbiter: Option<Arbiter>,
}

/// A member with its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Who.
    pub node: NodeId,
    /// Its votes; 0 once it has said that it is leaving, where that counts.
    pub votes: u32,
}
codec_struct!(Voter { node, votes });

/// The third voice, of which there is one for all partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arbiter {
    /// How many votes it has to give.
    pub votes: u32,
    /// Whether it has given them to this view.
    pub vote: ArbiterVote,
}

/// What the arbiter says to a view. A view never waits for it (Q4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArbiterVote {
    /// It has not answered, or cannot be reached: its votes do not count.
    #[default]
    Unknown,
    /// Its votes are this view's.
    Granted,
    /// Its votes are another's.
    Withheld,
}
codec_enum!(ArbiterVote { 0 = Unknown, 1 = Granted, 2 = Withheld });

/// A mode in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuorumFlag {
    /// One of two is enough.
    TwoNode,
    /// This view has quorum.
    Quorate,
    /// After a cold start all have to be seen first.
    WaitForAll,
    /// Expected votes sink as nodes go.
    LastManStanding,
    /// One half of an even split is enough.
    AutoTieBreaker,
    /// Nodes that leave in order lower the expected votes.
    AllowDownscale,
    /// An arbiter has votes.
    Arbiter,
}

/// The words of `corosync-quorumtool`, which scripts parse.
impl fmt::Display for QuorumFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoNode => "2Node",
            Self::Quorate => "Quorate",
            Self::WaitForAll => "WaitForAll",
            Self::LastManStanding => "LastManStanding",
            Self::AutoTieBreaker => "AutoTieBreaker",
            Self::AllowDownscale => "AllowDownscale",
            Self::Arbiter => "Qdevice",
        })
    }
}

/// The rule that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuorumReason {
    /// Enough votes of nodes.
    Majority,
    /// Enough votes with the arbiter's.
    ArbiterGranted,
    /// One of two is enough.
    TwoNode,
    /// Half of the votes, and this node settles the tie.
    TieWon(NodeId),
    /// No provider is configured, so every view may act.
    NoProvider,
    /// Too few votes.
    TooFewVotes,
    /// Half of the votes, and the node that settles the tie is not here.
    TieLost,
    /// Too few votes without the arbiter, of which nothing is known.
    ArbiterSilent,
    /// Too few votes without the arbiter, which is for another partition.
    ArbiterWithheld,
    /// These nodes have not been seen since the cluster started.
    WaitingForAll(Vec<NodeId>),
}

impl fmt::Display for QuorumReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Majority => "a majority of the votes is here",
            Self::ArbiterGranted => "the arbiter's vote makes a majority",
            Self::TwoNode => "two_node: one of two nodes is enough, fencing decides",
            Self::TieWon(node) => {
                return write!(f, "auto_tie_breaker: half of the votes, and node {node}, is here");
            }
            Self::NoProvider => "no quorum provider is configured",
            Self::TooFewVotes => "fewer votes than needed are here",
            Self::TieLost => {
                "auto_tie_breaker: half of the votes is here, but not the node that decides"
            }
            Self::ArbiterSilent => "fewer votes than needed are here, and the arbiter is silent",
            Self::ArbiterWithheld => {
                "fewer votes than needed are here, and the arbiter is for another partition"
            }
            Self::WaitingForAll(missing) => {
                f.write_str("wait_for_all: not seen since the start:")?;
                return missing.iter().try_for_each(|node| write!(f, " {node}"));
            }
        })
    }
}

impl fmt::Display for QuorumDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.quorate { "quorate" } else { "not quorate" };
        let Self { votes, expected, needed, reason, .. } = self;
        write!(f, "{state}: {votes} of {expected} votes, {needed} needed; {reason}")
    }
}

impl QuorumDecision {
    /// Is this mode in force?
    pub fn has(&self, flag: QuorumFlag) -> bool {
        self.flags.contains(&flag)
    }
}
