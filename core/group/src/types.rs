//! The words the upper layer hears and speaks: views, members, events, commands.

use crate::config::GroupConfig;
use crate::quorum::{ArbiterVote, QuorumChange, QuorumDecision, QuorumRefusal};
use base::{BootId, Decode, Encode, Instant, NodeId, codec_enum, codec_struct};
use std::fmt;
use std::time::Duration;

/// One redundant network ("ring") between the nodes, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u8);
codec_struct!(LinkId(value));

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a view: unique for ever, and growing on every node (G1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId {
    /// One more than any that the proposer had seen.
    pub counter: u64,
    /// The node that put the view together; two of them never share a counter and this.
    pub proposer: NodeId,
}
codec_struct!(ViewId { counter, proposer });

/// As `corosync-quorumtool` prints a ring id: proposer and counter, the latter in hexadecimal.
impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.proposer.0, self.counter)
    }
}

/// One process in a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its node.
    pub node: NodeId,
    /// Which process of that node: another number after each start of the daemon.
    pub incarnation: u64,
    /// Which life of that machine.
    pub boot: BootId,
    /// The counter of the first of the unbroken run of views it has been in, along the line that
    /// held the right to act last. A smaller number is an older member.
    pub since: u64,
    /// The view it was in before; `None` for a process that has just started.
    pub came_from: Option<ViewId>,
    /// What its upper layer last set with [`GroupCommand::SetProfile`]. Opaque here.
    pub profile: Vec<u8>,
}
codec_struct!(Member { node, incarnation, boot, since, came_from, profile });

/// An agreed set of members. All who install a view with this id have it equal (G2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub id: ViewId,
    /// Its members, ascending by node; the reader is always one of them.
    pub members: Vec<Member>,
    /// May it act, and why; of an installed view as its votes are now.
    pub quorum: QuorumDecision,
}

impl View {
    /// The member longest in the line of views that held the right to act; the lowest id on a
    /// tie. It numbers the messages, and makes the cluster's decisions.
    pub fn coordinator(&self) -> NodeId {
        let oldest = self.members.iter().min_by_key(|member| (member.since, member.node));
        oldest.map_or(self.id.proposer, |member| member.node)
    }

    /// The member on `node`.
    pub fn member(&self, node: NodeId) -> Option<&Member> {
        self.members.iter().find(|member| member.node == node)
    }

    /// Is `node` in it?
    pub fn contains(&self, node: NodeId) -> bool {
        self.member(node).is_some()
    }

    /// The members' nodes, ascending.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.members.iter().map(|member| member.node).collect()
    }
}

/// What must hold before a message is handed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// All messages before it in the order have been delivered here.
    Agreed,
    /// As agreed, and every member of the view has it (G7).
    Safe,
}
codec_enum!(Delivery { 0 = Agreed, 1 = Safe });

/// To whom on every node a message speaks: several upper layers share one order.
///
/// It travels as the last byte of what is ordered, where it can be put and taken away without
/// moving the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The replicated state of the cluster: `manager`.
    Cluster,
    /// Named groups of client processes: [`crate::processes`].
    Processes,
    /// What the daemons of the cluster ask each other. Nothing of it is state.
    Daemons,
}
codec_enum!(Channel { 0 = Cluster, 1 = Processes, 2 = Daemons });

impl Channel {
    /// The payload as it is ordered.
    pub(crate) fn close(self, mut payload: Vec<u8>) -> Vec<u8> {
        self.encode(&mut payload);
        payload
    }

    /// What was ordered, and for whom; nothing when it is for a layer of a later version.
    pub(crate) fn open(mut ordered: Vec<u8>) -> Option<(Self, Vec<u8>)> {
        let tag = ordered.pop()?;
        Self::from_bytes(&[tag]).ok().map(|channel| (channel, ordered))
    }
}

/// How a node went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Departure {
    /// It said good-bye.
    Left,
    /// It fell silent, was cut off, or its process started anew.
    Lost,
}

/// What the upper layer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupCommand {
    /// Send `payload` to all members, oneself included, in the common order. It is sent again in
    /// later views until this node has delivered it.
    Submit {
        /// Who is to hear it there.
        channel: Channel,
        /// At most [`crate::MAX_PAYLOAD`] bytes.
        payload: Vec<u8>,
        /// How sure everybody must be.
        delivery: Delivery,
    },
    /// What the other members are told about this one in the next view agreement, at most
    /// [`crate::MAX_PROFILE`] bytes.
    SetProfile(Vec<u8>),
    /// Go on with another configuration: nodes and links come and go, clocks and keys change, and the
    /// view stays as long as its members do. Every node is told its own.
    Reconfigure(Box<GroupConfig>),
    /// Change votes, in the common order, with safe delivery. Answered by [`GroupEvent::Quorum`] or
    /// by [`Refusal::Quorum`], both of which name it.
    Quorum(QuorumChange),
    /// The arbiter has said this to this node about `view`; of no effect in any other. It counts for
    /// all members until `until`, by this node's clock, unless it is said again, or another member
    /// has heard from the arbiter since.
    Arbiter {
        /// The view it was asked for.
        view: ViewId,
        /// What it said.
        vote: ArbiterVote,
        /// When that is not good any more (see [`crate::arbiter`]).
        until: Instant,
    },
    /// Say good-bye. Answered by [`GroupEvent::Left`], after which the machine does nothing more.
    Leave,
}

/// What the upper layer is told. The order of events is the order in which things happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// Nothing was heard of `node` on any link for `after`: it may be dropped from the view.
    Suspected {
        /// The silent one.
        node: NodeId,
        /// For how long.
        after: Duration,
    },
    /// This node's own steps came `late_by` behind time. It accuses nobody for it (L6), and
    /// delivers nothing until all members have confirmed the view or another one is installed.
    Paused {
        /// How far behind.
        late_by: Duration,
    },
    /// The old view is over. What is delivered from here to the next [`GroupEvent::View`] is known
    /// only to these members of it.
    Transitional {
        /// Those who go on together, ascending.
        members: Vec<NodeId>,
    },
    /// A new view is installed.
    View {
        /// The view.
        view: View,
        /// Members of the previous view that are not in this one (or only as a new process).
        left: Vec<(NodeId, Departure)>,
    },
    /// Votes have changed within the view, at the same place in the order of every member (G3).
    Quorum {
        /// May the view act from here on, and why.
        decision: QuorumDecision,
        /// The own change that this answers; `None` for what others or the rules have changed.
        asked: Option<QuorumChange>,
    },
    /// A message, at the same place in the order of every member (G3).
    Deliver {
        /// For whom.
        channel: Channel,
        /// Who submitted it.
        sender: NodeId,
        /// What it submitted.
        payload: Vec<u8>,
    },
    /// An own message that will not be delivered here any more, because the line of views that
    /// this node has just been merged into delivered it while the node was apart. Its effect
    /// comes with the state transfer.
    Absorbed {
        /// For whom it was.
        channel: Channel,
        /// What was submitted.
        payload: Vec<u8>,
    },
    /// A node that nobody had listed speaks with the key, and is alive.
    Discovered {
        /// The node.
        node: NodeId,
    },
    /// A link to a peer came up or went down.
    LinkChanged(LinkStatus),
    /// A command was refused; nothing has changed.
    Refused(Refusal),
    /// The good-bye is done: the others go on without this node, or could not be reached.
    Left,
}

/// Bytes that may wait to be ordered on one node.
const WAITING: usize = 4 * crate::MAX_PAYLOAD;

/// Whether a message of `size` bytes may join the `queued` ones that wait already. For all engines.
///
/// # Errors
/// With the limit that it would break.
pub const fn admit(size: usize, queued: usize) -> Result<(), Refusal> {
    if size > crate::MAX_PAYLOAD {
        return Err(Refusal::TooLarge { size, limit: crate::MAX_PAYLOAD });
    }
    if queued + size > WAITING {
        return Err(Refusal::Full { queued });
    }
    Ok(())
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than can be sent at once.
    #[error("{size} bytes are more than the {limit} that fit; send it in parts")]
    TooLarge {
        /// What was given.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Too much is waiting to be ordered already.
    #[error("{queued} bytes are waiting to be sent already; try again when they are delivered")]
    Full {
        /// Bytes in the queue.
        queued: usize,
    },
    /// The votes cannot be changed so.
    #[error("{reason}")]
    Quorum {
        /// What was asked for.
        change: QuorumChange,
        /// Why not.
        reason: QuorumRefusal,
    },
    /// This node is leaving or has left.
    #[error("this node is leaving the cluster; start it again to take part")]
    Leaving,
}

/// Whether packets pass on a link, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkState {
    /// Both sides hear each other.
    Connected,
    /// At least one direction is silent.
    Disconnected,
}

/// Why a link does not work, or last did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkFailure {
    /// Nothing was heard of the peer.
    Silent,
    /// The peer was heard, and did not hear us.
    Unheard,
    /// Heartbeats pass, and full packets do not.
    Narrow,
}

impl fmt::Display for LinkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "nothing was heard",
            Self::Unheard => "heard, but did not hear us",
            Self::Narrow => "large packets were lost: check the MTU",
        })
    }
}

/// One link to one peer, as `systole rings` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// Which network.
    pub link: LinkId,
    /// To whom.
    pub node: NodeId,
    /// Does it work?
    pub state: LinkState,
    /// Since when it has been in this state.
    pub since: Instant,
    /// Why it does not work, or the last time did not; `None` when it never failed.
    pub failure: Option<LinkFailure>,
    /// How often it has gone down.
    pub downs: u32,
    /// Smoothed round-trip time; `None` before the first.
    pub round_trip: Option<Duration>,
    /// Of a thousand of the peer's last heartbeats, so many did not come.
    pub loss_per_mille: u16,
    /// The largest UDP payload known to pass, in bytes; 0 before that was tried.
    pub datagram: u16,
}

/// What has been counted since the machine was born.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams that were genuine, new and understood.
    pub received: u64,
    /// Datagrams that could not be opened (G8). Why is counted below; of those that seem to be
    /// sealed with a key of this node, only now and then.
    pub foreign: u64,
    /// Foreign ones that are none of this program, by their look.
    pub alien: u64,
    /// Foreign ones that were sealed with a key which this node does not have.
    pub other_key: u64,
    /// Foreign ones that were sealed with a key of this node, but for a cluster of another name; or
    /// have been damaged.
    pub other_cluster: u64,
    /// Genuine datagrams seen before, or too old to tell (G8).
    pub replayed: u64,
    /// Genuine datagrams of a past or not yet confirmed process of a node (G8).
    pub unconfirmed: u64,
    /// Foreign ones that are genuine, but for another node than this.
    pub misaddressed: u64,
    /// How often another node has said that this one speaks from an address that is not its own
    /// by their configuration.
    pub misplaced: u64,
    /// Genuine datagrams of another process that has this node's number (G8).
    pub namesakes: u64,
    /// Genuine datagrams whose content was not understood, or came over the wrong link (G8).
    pub malformed: u64,
    /// Gaps in what others had received that were filled from here at their request.
    pub resent: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Views installed.
    pub views: u64,
}
