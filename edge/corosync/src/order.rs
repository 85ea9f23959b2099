//! What was said in one view: accepted in Corosync's order, handed up when everybody has it.

use crate::door::Process;
use crate::message::Piece;
use base::{NodeId, codec_struct};
use group::{Channel, Delivery, ViewId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a process has accepted in a view. Those with the same have the same state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trail {
    /// So many messages.
    count: u64,
    /// Of these senders, in this order. After a partition both sides may have accepted equally
    /// many, and different ones.
    digest: u64,
}
codec_struct!(Trail { count, digest });

impl Trail {
    /// FNV-1a: nobody is kept from choosing equal digests, but nobody who has the key would.
    fn add(&mut self, sender: NodeId, serial: u64) {
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        let digest = if self.count == 0 { BASIS } else { self.digest };
        let bytes = u64::from(sender.0).to_le_bytes().into_iter().chain(serial.to_le_bytes());
        self.digest = bytes.fold(digest, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        self.count += 1;
    }
}

/// The last message accepted of each node: which process sent it, and its number there.
pub(crate) type Floors = BTreeMap<NodeId, (u64, u64)>;

/// A message at its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ordered {
    pub(crate) sender: NodeId,
    pub(crate) serial: u64,
    pub(crate) channel: Channel,
    pub(crate) payload: Vec<u8>,
}

/// The messages of one view.
#[derive(Debug)]
pub(crate) struct Order {
    view: ViewId,
    members: BTreeMap<Process, Standing>,
    trail: Trail,
    floors: Floors,
    /// Accepted, but not handed up: one that is not safe yet, and all behind it.
    waiting: VecDeque<(u64, Delivery, Ordered)>,
    /// The last position that has to be acknowledged, and the last that this process has sent and
    /// has seen acknowledged.
    to_acknowledge: u64,
    sent: u64,
}

/// What is known of a member.
#[derive(Debug)]
struct Standing {
    incarnation: u64,
    /// It has all messages up to this position.
    has: u64,
    /// The part of a message that has come so far.
    begun: Vec<u8>,
}

impl Order {
    pub(crate) fn new(view: ViewId, members: &BTreeMap<Process, u64>, floors: Floors) -> Self {
        let standing = |incarnation| Standing { incarnation, has: 0, begun: Vec::new() };
        let members =
            members.iter().map(|(process, number)| (*process, standing(*number))).collect();
        let (trail, waiting) = (Trail::default(), VecDeque::new());
        Self { view, members, trail, floors, waiting, to_acknowledge: 0, sent: 0 }
    }

    pub(crate) const fn view(&self) -> ViewId {
        self.view
    }

    pub(crate) const fn trail(&self) -> Trail {
        self.trail
    }

    pub(crate) const fn floors(&self) -> &Floors {
        &self.floors
    }

    /// Takes a piece at its place, if it was sent in this view by one of its members.
    pub(crate) fn accept(&mut self, from: Process, piece: &Piece) {
        let Some(member) = self.members.get_mut(&from).filter(|_| piece.view == self.view) else {
            return;
        };
        member.begun.extend_from_slice(&piece.bytes.0);
        if !piece.last {
            return;
        }
        let payload = std::mem::take(&mut member.begun);
        let (sender, serial) = (from.node, piece.serial);
        self.floors.insert(sender, (member.incarnation, serial));
        self.trail.add(sender, serial);
        let position = self.trail.count;
        if piece.delivery == Delivery::Safe {
            self.to_acknowledge = position;
        }
        let message = Ordered { sender, serial, channel: piece.channel, payload };
        self.waiting.push_back((position, piece.delivery, message));
    }

    pub(crate) fn acknowledged(&mut self, from: Process, view: ViewId, position: u64) {
        if let Some(member) = self.members.get_mut(&from).filter(|_| view == self.view) {
            member.has = member.has.max(position);
        }
    }

    /// The next message that may be handed up: agreed, or safe and acknowledged by all (G7).
    pub(crate) fn next(&mut self) -> Option<Ordered> {
        let (position, delivery, _) = self.waiting.front()?;
        let everybody_has_it = || self.members.values().all(|member| member.has >= *position);
        let may = *delivery == Delivery::Agreed || everybody_has_it();
        may.then(|| self.waiting.pop_front())?.map(|(_, _, message)| message)
    }

    /// What `me` has to acknowledge now. One acknowledgement is on its way at a time: under load
    /// it stands for many messages.
    pub(crate) fn acknowledgement(&mut self, me: Process) -> Option<u64> {
        let has = self.members.get(&me)?.has;
        let is_due = self.to_acknowledge > self.sent && has >= self.sent;
        is_due.then(|| {
            self.sent = self.to_acknowledge;
            self.sent
        })
    }

    /// Those whose acknowledgement the first message waits for, and its position.
    pub(crate) fn late(&self) -> Option<(u64, BTreeSet<Process>)> {
        let (position, ..) = self.waiting.front()?;
        let late = self.members.iter().filter(|(_, member)| member.has < *position);
        Some((*position, late.map(|(process, _)| *process).collect()))
    }

    /// What was accepted and not handed up. When the view is over it goes to those who go on
    /// together: it may have been safe for somebody who does not.
    pub(crate) fn rest(&mut self) -> Vec<Ordered> {
        self.waiting.drain(..).map(|(_, _, message)| message).collect()
    }
}
