//! Cables and switches: how long each datagram takes, and in which state it arrives.

use crate::wires::{Trouble, Wires};
use base::{Instant, NodeId, Rng};
use group::LinkId;
use std::time::Duration;

/// More loss than this in a hundred, and a cable need not keep two nodes together (G9).
const TOLERABLE_LOSS: u64 = 30;
/// More delay than this, and neither need it.
const TOLERABLE_DELAY: Duration = Duration::from_millis(100);

/// One direction of one cable.
#[derive(Clone, Copy, Debug, Default)]
struct Wire {
    is_cut: bool,
    loss: u64,
    burst: u64,
    silent_until: Instant,
    delay: Duration,
    duplicate: u64,
    reorder: u64,
    corrupt: u64,
    limit: Option<usize>,
}

impl Wire {
    const fn suffer(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Mended => {
                // A burst of losses that has begun goes on.
                let silent_until = self.silent_until;
                *self = Self { silent_until, ..Self::NEW };
            }
            Trouble::Cut => self.is_cut = true,
            Trouble::Loss(percent) => self.loss = percent,
            Trouble::Burst(percent) => self.burst = percent,
            Trouble::Delay(delay) => self.delay = delay,
            Trouble::Duplicate(percent) => self.duplicate = percent,
            Trouble::Reorder(percent) => self.reorder = percent,
            Trouble::Corrupt(percent) => self.corrupt = percent,
            Trouble::Swallow(bytes) => self.limit = Some(bytes),
        }
    }

    const NEW: Self = Self {
        is_cut: false,
        loss: 0,
        burst: 0,
        silent_until: Instant::after_start(Duration::ZERO),
        delay: Duration::ZERO,
        duplicate: 0,
        reorder: 0,
        corrupt: 0,
        limit: None,
    };

    /// Must heartbeats on it be enough to keep two nodes together (G9)?
    fn is_good(&self) -> bool {
        !self.is_cut
            && self.burst == 0
            && self.loss + self.corrupt <= TOLERABLE_LOSS
            && self.delay <= TOLERABLE_DELAY
    }
}

/// One arrival of a datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) delay: Duration,
    pub(crate) is_damaged: bool,
}

/// What lies between the nodes.
#[derive(Debug)]
pub(crate) struct Network {
    rng: Rng,
    nodes: u32,
    rings: u8,
    wires: Vec<Wire>,
    /// Datagrams that were too long for their path.
    pub(crate) swallowed: u64,
}

impl Network {
    pub(crate) fn new(nodes: u32, rings: u8, rng: Rng) -> Self {
        let wires = vec![Wire::NEW; nodes as usize * nodes as usize * usize::from(rings)];
        Self { rng, nodes, rings, wires, swallowed: 0 }
    }

    fn place(&self, from: NodeId, to: NodeId, link: LinkId) -> usize {
        let pair = (from.0 as usize - 1) * self.nodes as usize + (to.0 as usize - 1);
        pair * usize::from(self.rings) + usize::from(link.0)
    }

    /// When a datagram of `size` bytes arrives: not at all, once, or twice.
    pub(crate) fn carry(
        &mut self,
        now: Instant,
        (from, to, link): (NodeId, NodeId, LinkId),
        size: usize,
    ) -> [Option<Arrival>; 2] {
        let place = self.place(from, to, link);
        let wire = self.wires[place];
        if wire.is_cut || wire.silent_until > now || self.rng.percent(wire.loss) {
            return [None; 2];
        }
        if self.rng.percent(wire.burst) {
            let silence = Duration::from_millis(20 + self.rng.below(400));
            self.wires[place].silent_until = now + silence;
            return [None; 2];
        }
        if wire.limit.is_some_and(|limit| size > limit) {
            self.swallowed += 1;
            return [None; 2];
        }
        let twice = self.rng.percent(wire.duplicate);
        [Some(self.arrival(&wire)), twice.then(|| self.arrival(&wire))]
    }

    fn arrival(&mut self, wire: &Wire) -> Arrival {
        // One in fifty is overtaken by others on the best of cables.
        let overtaken = self.rng.percent(2 + wire.reorder);
        let late = if overtaken { self.rng.below(50_000) } else { 0 };
        let queued = self.rng.below(u64::try_from(wire.delay.as_micros()).unwrap_or(0));
        let delay = Duration::from_micros(100 + self.rng.below(900) + late + queued);
        Arrival { delay, is_damaged: self.rng.percent(wire.corrupt) }
    }

    /// Flips a bit somewhere.
    pub(crate) fn damage(&mut self, bytes: &mut [u8]) {
        let place = usize::try_from(self.rng.below(bytes.len() as u64)).unwrap_or(0);
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << self.rng.below(8);
        }
    }

    pub(crate) fn suffer(&mut self, wires: &Wires, trouble: Trouble) {
        for from in (1..=self.nodes).map(NodeId) {
            for to in (1..=self.nodes).map(NodeId) {
                for link in (0..self.rings).map(LinkId) {
                    if wires.contain(from, to, link) {
                        let place = self.place(from, to, link);
                        self.wires[place].suffer(trouble);
                    }
                }
            }
        }
    }

    /// On how many rings two nodes must hear each other.
    pub(crate) fn good_rings(&self, one: NodeId, other: NodeId) -> u8 {
        let is_good = |link: &LinkId| {
            let there = self.wires[self.place(one, other, *link)];
            let back = self.wires[self.place(other, one, *link)];
            there.is_good() && back.is_good()
        };
        let count = (0..self.rings).map(LinkId).filter(is_good).count();
        u8::try_from(count).unwrap_or(u8::MAX)
    }
}
