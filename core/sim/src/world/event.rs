//! What happens, and in which order.

use crate::conduct::Conduct;
use crate::fault::Fault;
use base::{Instant, NodeId};
use group::LinkId;
use manager::{FenceRun, Kept, PlanRequest, RunId};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Something that happens to a server. What a process waited for is lost with it.
#[derive(Debug)]
pub(super) enum Event {
    Wake(NodeId),
    Datagram { to: NodeId, link: LinkId, packet: Packet },
    Planned { to: NodeId, incarnation: u64, request: Box<PlanRequest> },
    Told { to: NodeId, incarnation: u64, input: Box<manager::Input> },
    AgentEnds { on: NodeId, incarnation: u64, run: RunId },
    PowerSwitched { by: NodeId, incarnation: u64, run: Box<FenceRun>, conduct: Conduct },
    Stored { on: NodeId, incarnation: u64, kept: Box<Kept> },
    DaemonStarts(NodeId),
    Speaks { node: NodeId, goes_on: bool },
    Fault(Fault),
}

/// A datagram on its way.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    /// The same for all its copies.
    pub(super) id: u64,
    pub(super) bytes: Arc<[u8]>,
    /// The place in the recording of the life that sent it.
    pub(super) sender: usize,
    /// There is, or may be, more than one of it: whoever takes it is watched (G8).
    pub(super) is_watched: bool,
    pub(super) is_damaged: bool,
    /// It was in the receive buffer already.
    pub(super) has_waited: bool,
}

/// Ordered by time, then by the order in which they were put in.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    entries: u64,
}

impl Queue {
    pub(super) fn put(&mut self, at: Instant, event: Event) {
        self.entries += 1;
        self.heap.push(Reverse(Entry { at, number: self.entries, event }));
    }

    /// The next that happens, if it does by `end`.
    pub(super) fn next(&mut self, end: Instant) -> Option<(Instant, Event)> {
        let due = self.heap.peek().is_some_and(|Reverse(entry)| entry.at <= end);
        let Reverse(entry) = due.then(|| self.heap.pop()).flatten()?;
        Some((entry.at, entry.event))
    }
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    number: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
