//! The numbering half: run by the coordinator of a view.
//!
//! Pieces come from every member as a numbered stream, wait in a short queue, and get their
//! positions round-robin, so that a large message of one sender does not hold up the others.
//!
//! What has been numbered and is not everywhere yet is bounded, in positions and in bytes. The bound
//! in bytes grows while nothing is lost and is halved when something was (additive increase,
//! multiplicative decrease: Chiu and Jain 1989).

use crate::frame::Chunk;
use base::{Instant, NodeId};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Positions ahead of the slowest member.
const POSITIONS: u64 = 1024;
/// Bytes ahead of it: to begin with (within a default socket buffer), at the least, and at the most.
const WINDOW: usize = 128 << 10;
const NARROWEST: usize = 16 << 10;
const WIDEST: usize = 1 << 20;
/// The window is halved at most once in this time.
const CALM: Duration = Duration::from_millis(50);
/// Pieces waiting per sender.
pub(crate) const QUEUE: usize = 64;

#[derive(Debug)]
pub(crate) struct Sequencer {
    /// The last position given.
    pub(crate) top: u64,
    streams: BTreeMap<NodeId, Stream>,
    progress: BTreeMap<NodeId, Progress>,
    /// Whose turn was last.
    last: NodeId,
    /// Bytes at the positions that are not everywhere yet, the oldest first.
    flight: VecDeque<usize>,
    in_flight: usize,
    window: usize,
    narrowed_at: Instant,
}

/// A piece that has its place.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    pub(crate) position: u64,
    /// Which of its sender's.
    pub(crate) number: u64,
    pub(crate) chunk: Chunk,
}

#[derive(Debug, Default)]
struct Stream {
    /// The next piece expected from the sender.
    next: u64,
    /// The next piece to be given a position.
    first: u64,
    waiting: BTreeMap<u64, Chunk>,
    owed: Owed,
}

/// Whether the sender is to be told what has been taken. Where all of it got a place at once, the
/// places tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Owed {
    #[default]
    Nothing,
    IfWaiting,
    Answer,
}

/// How far a member has acknowledged, and since when it has not moved.
#[derive(Clone, Copy, Debug)]
struct Progress {
    aru: u64,
    retry: Retry,
}

/// A retransmission timer that waits longer each time in vain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    since: Instant,
    tries: u32,
}

impl Retry {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { since: now, tries: 0 }
    }

    pub(crate) fn due(&self, after: Duration) -> Instant {
        self.since + after * (1 << self.tries.min(3))
    }

    /// When it was said last.
    pub(crate) const fn since(&self) -> Instant {
        self.since
    }

    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    pub(crate) const fn again(&mut self, now: Instant) {
        self.since = now;
        self.tries = self.tries.saturating_add(1);
    }
}

impl Sequencer {
    pub(crate) fn new(members: &[NodeId], now: Instant) -> Self {
        let progress = Progress { aru: 0, retry: Retry::new(now) };
        Self {
            top: 0,
            streams: members.iter().map(|node| (*node, Stream::default())).collect(),
            progress: members.iter().map(|node| (*node, progress)).collect(),
            last: NodeId(0),
            flight: VecDeque::new(),
            in_flight: 0,
            window: WINDOW,
            narrowed_at: now,
        }
    }

    /// Pieces from number `first` on come from this member.
    pub(crate) fn owe(&mut self, from: NodeId, first: u64) {
        if let Some(stream) = self.streams.get_mut(&from) {
            // What it sends again was taken before: the answer, or the place, has been lost.
            stream.owed = if first < stream.next { Owed::Answer } else { Owed::IfWaiting };
        }
    }

    /// Who is to be told that all below a number of theirs has been taken.
    pub(crate) fn answers(&mut self) -> Vec<(NodeId, u64)> {
        let owed = |(node, stream): (&NodeId, &mut Stream)| {
            let owed = std::mem::take(&mut stream.owed);
            let waits = owed == Owed::IfWaiting && stream.first < stream.next;
            (waits || owed == Owed::Answer).then_some((*node, stream.next))
        };
        self.streams.iter_mut().filter_map(owed).collect()
    }

    /// Is there room for another piece of `from`?
    pub(crate) fn has_room(&self, from: NodeId) -> bool {
        let stream = self.streams.get(&from);
        stream.is_some_and(|stream| stream.next < stream.first + QUEUE as u64)
    }

    /// Takes piece `index` of `from`'s stream, if there is room.
    pub(crate) fn take(&mut self, from: NodeId, index: u64, chunk: Chunk) {
        let Some(stream) = self.streams.get_mut(&from) else { return };
        if chunk.sender != from || index < stream.next || index >= stream.first + QUEUE as u64 {
            return;
        }
        stream.waiting.insert(index, chunk);
        while stream.waiting.contains_key(&stream.next) {
            stream.next += 1;
        }
    }

    /// Everything of `from` below this has been taken.
    pub(crate) fn taken(&self, from: NodeId) -> u64 {
        self.streams.get(&from).map_or(0, |stream| stream.next)
    }

    /// The next piece in turn with its position, if the window has room.
    pub(crate) fn number(&mut self, now: Instant) -> Option<Numbered> {
        if self.flight.len() as u64 >= POSITIONS || self.in_flight >= self.window {
            return None;
        }
        let ready = |stream: &Stream| stream.first < stream.next;
        let after =
            self.streams.iter().filter(|(node, stream)| **node > self.last && ready(stream));
        let node = after.map(|(node, _)| *node).next();
        let first = || self.streams.iter().find(|(_, stream)| ready(stream)).map(|(node, _)| *node);
        let node = node.or_else(first)?;
        let stream = self.streams.get_mut(&node)?;
        let (number, chunk) = (stream.first, stream.waiting.remove(&stream.first)?);
        stream.first += 1;
        self.last = node;
        Some(Numbered { position: self.claim(chunk.weight(), now), number, chunk })
    }

    /// A position for what this node itself puts into the order.
    pub(crate) fn claim(&mut self, weight: usize, now: Instant) -> u64 {
        self.flight.push_back(weight);
        self.in_flight += weight;
        for progress in self.progress.values_mut().filter(|progress| progress.aru == self.top) {
            progress.retry = Retry::new(now);
        }
        self.top += 1;
        self.top
    }

    /// `from` has everything up to `aru`.
    pub(crate) fn acknowledge(&mut self, from: NodeId, aru: u64, now: Instant) {
        let Some(progress) = self.progress.get_mut(&from) else { return };
        if aru > progress.aru && aru <= self.top {
            *progress = Progress { aru, retry: Retry::new(now) };
            self.release();
        }
    }

    /// What is everywhere now makes room, and a little more each time.
    fn release(&mut self) {
        let behind = usize::try_from(self.top - self.stable()).unwrap_or(usize::MAX);
        while self.flight.len() > behind {
            let weight = self.flight.pop_front().unwrap_or(0);
            self.in_flight -= weight;
            // Only a window that was used says anything about its size.
            if self.in_flight * 2 >= self.window {
                self.window = (self.window + weight / 4).min(WIDEST);
            }
        }
    }

    /// Something was lost.
    pub(crate) fn narrow(&mut self, now: Instant) {
        if now.saturating_since(self.narrowed_at) >= CALM {
            self.narrowed_at = now;
            self.window = (self.window / 2).max(NARROWEST);
        }
    }

    /// Everybody has everything up to here.
    pub(crate) fn stable(&self) -> u64 {
        self.progress.values().map(|progress| progress.aru).min().unwrap_or(0)
    }

    /// Members who have not moved for too long, with the first position they lack.
    pub(crate) fn stuck(&mut self, now: Instant, after: Duration) -> Vec<(NodeId, u64)> {
        let top = self.top;
        let mut stuck = Vec::new();
        for (node, progress) in &mut self.progress {
            if progress.aru < top && progress.retry.due(after) <= now {
                progress.retry.again(now);
                stuck.push((*node, progress.aru + 1));
            }
        }
        if !stuck.is_empty() {
            self.narrow(now);
        }
        stuck
    }

    pub(crate) fn next_due(&self, after: Duration) -> Option<Instant> {
        let behind = self.progress.values().filter(|progress| progress.aru < self.top);
        behind.map(|progress| progress.retry.due(after)).min()
    }
}
