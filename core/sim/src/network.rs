//! Cables and switches: delay, loss, cuts.

use base::{NodeId, Rng};
use group::LinkId;
use std::collections::BTreeSet;
use std::time::Duration;

/// What lies between the nodes.
#[derive(Debug)]
pub(crate) struct Network {
    rng: Rng,
    /// How many datagrams in a hundred get lost.
    pub(crate) loss_percent: u64,
    /// Directed cuts: from, to, on which ring.
    cuts: BTreeSet<(NodeId, NodeId, LinkId)>,
}

impl Network {
    pub(crate) const fn new(rng: Rng) -> Self {
        Self { rng, loss_percent: 0, cuts: BTreeSet::new() }
    }

    /// How long a datagram takes, or `None` when it never arrives.
    pub(crate) fn carry(&mut self, from: NodeId, to: NodeId, link: LinkId) -> Option<Duration> {
        let lost = self.rng.percent(self.loss_percent);
        // One in fifty is overtaken by others.
        let slow = if self.rng.percent(2) { self.rng.below(200_000) } else { 0 };
        let delay = Duration::from_micros(100 + self.rng.below(900) + slow);
        (!lost && !self.cuts.contains(&(from, to, link))).then_some(delay)
    }

    /// No datagram passes from one to the other on this ring any more.
    pub(crate) fn cut(&mut self, from: NodeId, to: NodeId, link: LinkId) {
        self.cuts.insert((from, to, link));
    }

    /// Everything passes again.
    pub(crate) fn heal(&mut self) {
        self.cuts.clear();
    }
}
