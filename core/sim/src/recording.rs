//! What every process was told by its group half, and what it asked for.

use crate::truth::Ending;
use base::{BootId, Instant, NodeId};
use group::{Delivery, Departure, GroupEvent, LinkStatus, QuorumDecision, Stage, View};
use std::time::Duration;

/// A fingerprint of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(pub u64);

impl Digest {
    /// Of these bytes: FNV-1a over words of eight.
    pub fn of(bytes: &[u8]) -> Self {
        let mix =
            |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
        let word = |chunk: &[u8]| chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let start = mix(0xcbf2_9ce4_8422_2325, bytes.len() as u64);
        Self(bytes.chunks(8).map(word).fold(start, mix))
    }
}

/// A process submitted a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: Instant,
    /// What.
    pub digest: Digest,
    /// How sure everybody must be.
    pub delivery: Delivery,
}

/// A process was told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// A [`GroupEvent`], with payloads as digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A peer fell silent.
    Suspected {
        /// The peer.
        node: NodeId,
        /// For how long it had been silent.
        after: Duration,
    },
    /// The process noticed that it had not run.
    Paused,
    /// The old view ends.
    Transitional,
    /// A view is installed.
    View {
        /// The view.
        view: View,
        /// Who is no longer there.
        left: Vec<(NodeId, Departure)>,
    },
    /// Votes have changed within a view; this is what it may do now.
    Quorum(QuorumDecision),
    /// A message.
    Deliver {
        /// Who submitted it.
        sender: NodeId,
        /// What.
        digest: Digest,
    },
    /// An own message that others have delivered.
    Absorbed(Digest),
    /// A link came up or went down.
    LinkChanged(LinkStatus),
    /// Something was refused.
    Refused,
    /// The good-bye is done.
    Left,
}

/// The life of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// On which node.
    pub node: NodeId,
    /// Which of its processes.
    pub incarnation: u64,
    /// In which life of the machine.
    pub boot: BootId,
    /// On which of its disks: counts the losses.
    pub disk: u64,
    /// When it began.
    pub born: Instant,
    /// When and how it ended.
    pub ended: Option<(Instant, Ending)>,
    /// What it was told, in order.
    pub told: Vec<Told>,
    /// What it submitted, in order.
    pub said: Vec<Said>,
    /// When it came to which stage of a view change.
    pub stages: Vec<(Instant, Stage)>,
    /// The most pieces of messages that it kept at a time (H1).
    pub most_kept: usize,
}

impl Life {
    pub(crate) fn hear(&mut self, at: Instant, event: GroupEvent) {
        let what = match event {
            GroupEvent::Suspected { node, after } => What::Suspected { node, after },
            GroupEvent::Paused { .. } => What::Paused,
            GroupEvent::Transitional { .. } => What::Transitional,
            GroupEvent::View { view, left } => What::View { view, left },
            GroupEvent::Deliver { sender, payload, .. } => {
                What::Deliver { sender, digest: Digest::of(&payload) }
            }
            GroupEvent::Absorbed { payload, .. } => What::Absorbed(Digest::of(&payload)),
            GroupEvent::LinkChanged(status) => What::LinkChanged(status),
            GroupEvent::Refused(_) => What::Refused,
            GroupEvent::Left => What::Left,
            GroupEvent::Quorum { decision, .. } => What::Quorum(decision),
            // Worlds list all their nodes.
            GroupEvent::Discovered { .. } => return,
        };
        self.told.push(Told { at, what });
    }

    pub(crate) fn reach(&mut self, at: Instant, stage: Stage) {
        if self.stages.last().is_none_or(|(_, last)| *last != stage) {
            self.stages.push((at, stage));
        }
    }

    /// Is it alive at `at`?
    pub fn is_alive(&self, at: Instant) -> bool {
        self.born <= at && self.ended.is_none_or(|(end, _)| at < end)
    }
}

/// All processes that there were, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Their lives.
    pub lives: Vec<Life>,
}
