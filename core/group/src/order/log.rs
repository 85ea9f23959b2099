//! One view's order as far as one member has it.

use crate::frame::{Chunk, Span};
use std::collections::BTreeMap;

/// How far ahead of the first gap a position may be; the sequencer's window is smaller.
const REACH: u64 = 4096;
/// The most separate runs reported beyond the first gap.
const RUNS: usize = 64;

/// Positions start at 1.
#[derive(Debug, Default)]
pub(crate) struct Log {
    chunks: BTreeMap<u64, Chunk>,
    /// All up to here have come ("all received up to").
    pub(crate) aru: u64,
    /// The highest position known to be taken.
    pub(crate) top: u64,
    /// Every member of the view has everything up to here.
    pub(crate) stable: u64,
}

/// What came of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    New,
    Known,
}

impl Log {
    pub(crate) fn insert(&mut self, position: u64, chunk: Chunk) -> Arrival {
        if position <= self.aru || self.chunks.contains_key(&position) {
            return Arrival::Known;
        }
        if position > self.aru + REACH {
            // Cannot come from a sequencer that keeps to its window.
            return Arrival::New;
        }
        self.chunks.insert(position, chunk);
        self.top = self.top.max(position);
        while self.chunks.contains_key(&(self.aru + 1)) {
            self.aru += 1;
        }
        Arrival::New
    }

    pub(crate) fn at(&self, position: u64) -> Option<&Chunk> {
        self.chunks.get(&position)
    }

    /// Raises what is known to be taken, within reason.
    pub(crate) fn announce(&mut self, top: u64) {
        self.top = self.top.max(top.min(self.aru + REACH));
    }

    /// Raises what is known to be everywhere; true when it rose.
    pub(crate) fn settle(&mut self, stable: u64) -> bool {
        let stable = stable.min(self.aru);
        let rose = stable > self.stable;
        self.stable = self.stable.max(stable);
        rose
    }

    pub(crate) fn kept(&self) -> usize {
        self.chunks.len()
    }

    /// Forgets what everybody has and this node has delivered.
    pub(crate) fn forget(&mut self, delivered: u64) {
        let keep = self.stable.min(delivered) + 1;
        while self.chunks.first_key_value().is_some_and(|(position, _)| *position < keep) {
            self.chunks.pop_first();
        }
    }

    /// Gaps up to `end`, the first few.
    pub(crate) fn gaps(&self, end: u64, limit: usize) -> Vec<Span> {
        let mut gaps = Vec::new();
        let mut first = self.aru + 1;
        for position in self.chunks.range(first..).map(|(position, _)| *position) {
            if gaps.len() == limit || position > end {
                break;
            }
            if position > first {
                gaps.push(Span { first, last: position - 1 });
            }
            first = position + 1;
        }
        if first <= end && gaps.len() < limit {
            gaps.push(Span { first, last: end });
        }
        gaps
    }

    /// What has come beyond the first gap.
    pub(crate) fn beyond(&self) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        for position in self.chunks.range(self.aru + 1..).map(|(position, _)| *position) {
            let full = runs.len() == RUNS;
            match runs.last_mut() {
                Some(run) if run.last + 1 == position => run.last = position,
                _ if full => break,
                _ => runs.push(Span { first: position, last: position }),
            }
        }
        runs
    }

    /// What of `spans` is here, at most `limit` positions.
    pub(crate) fn pick(&self, spans: &[Span], limit: usize) -> Vec<(u64, Chunk)> {
        let within = spans.iter().filter(|span| span.first <= span.last);
        let found = within.flat_map(|span| self.chunks.range(span.first..=span.last));
        found.take(limit).map(|(position, chunk)| (*position, chunk.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Content;
    use base::NodeId;

    #[test]
    fn gaps_and_runs() {
        let mut log = Log::default();
        for position in [1, 2, 5, 6, 9] {
            let chunk = Chunk { sender: NodeId(1), content: Content::Opening { floors: vec![] } };
            assert_eq!(log.insert(position, chunk.clone()), Arrival::New);
            assert_eq!(log.insert(position, chunk), Arrival::Known);
        }
        let span = |first, last| Span { first, last };
        assert_eq!((log.aru, log.top), (2, 9));
        assert_eq!(log.gaps(11, 8), [span(3, 4), span(7, 8), span(10, 11)]);
        assert_eq!(log.gaps(11, 1), [span(3, 4)]);
        assert_eq!(log.beyond(), [span(5, 6), span(9, 9)]);
        assert!(log.settle(7));
        assert_eq!(log.stable, 2, "stable is never beyond what is here");
        log.forget(1);
        assert!(log.at(1).is_none() && log.at(2).is_some());
        assert_eq!(log.pick(&[span(9, 1), span(0, u64::MAX)], 2).len(), 2);
    }
}
