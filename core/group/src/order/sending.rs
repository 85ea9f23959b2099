//! What this member has handed to the sequencer of the view: kept until it has been delivered here,
//! so that the sequencer need not send it back.

use super::sequencer::{QUEUE, Retry};
use crate::frame::Chunk;
use base::Instant;
use std::collections::VecDeque;
use std::time::Duration;

/// Pieces kept, taken by the sequencer or not.
const KEPT: usize = 4 * QUEUE;
/// Pieces sent again at a time.
pub(crate) const BURST: usize = 8;

/// A numbered stream of pieces.
#[derive(Debug)]
pub(crate) struct Sending {
    pieces: VecDeque<Chunk>,
    /// The number of the first of them.
    first: u64,
    /// So many of them have been sent, and so many the sequencer has for certain.
    sent: usize,
    taken: usize,
    retry: Retry,
}

/// What is to be sent now.
#[derive(Debug)]
pub(crate) struct Burst {
    /// The number of the first.
    pub(crate) first: u64,
    pub(crate) chunks: Vec<Chunk>,
    /// Has it been sent before?
    pub(crate) again: bool,
}

impl Sending {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { pieces: VecDeque::new(), first: 0, sent: 0, taken: 0, retry: Retry::new(now) }
    }

    /// Takes on as many pieces as the sequencer has room for.
    pub(crate) fn fill(&mut self, now: Instant, mut next: impl FnMut() -> Option<Chunk>) {
        if self.waiting() == 0 {
            self.retry = Retry::new(now);
        }
        while self.waiting() < QUEUE && self.pieces.len() < KEPT {
            let Some(chunk) = next() else { break };
            self.pieces.push_back(chunk);
        }
    }

    /// How many the sequencer may not have.
    fn waiting(&self) -> usize {
        self.pieces.len() - self.taken
    }

    /// The sequencer has all pieces below `next`.
    pub(crate) fn take(&mut self, now: Instant, next: u64) {
        let count = usize::try_from(next.saturating_sub(self.first)).unwrap_or(usize::MAX);
        if count > self.taken && count <= self.sent {
            self.taken = count;
            self.retry = Retry::new(now);
        }
    }

    /// When a lone piece was sent that has no place yet.
    pub(crate) fn lone_since(&self) -> Option<Instant> {
        (self.pieces.len() == 1 && self.sent == 1).then_some(self.retry.since())
    }

    /// Piece `number`, if it has been sent and not been delivered.
    pub(crate) fn piece(&self, number: u64) -> Option<&Chunk> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.pieces.get(place).filter(|_| place < self.sent)
    }

    /// The first has been delivered.
    pub(crate) fn settle(&mut self) {
        if self.sent > 0 {
            self.pieces.pop_front();
            self.first += 1;
            self.sent -= 1;
            self.taken = self.taken.saturating_sub(1);
        }
    }

    /// What is new, or else some of what has had no answer for too long.
    pub(crate) fn burst(&mut self, now: Instant, retry_after: Duration) -> Option<Burst> {
        let (from, count) = if self.sent < self.pieces.len() {
            (self.sent, self.pieces.len() - self.sent)
        } else if self.due(retry_after)? <= now {
            self.retry.again(now);
            (self.taken, self.waiting().min(BURST))
        } else {
            return None;
        };
        self.sent = self.sent.max(from + count);
        let chunks = self.pieces.iter().skip(from).take(count).cloned().collect();
        Some(Burst { first: self.first + from as u64, chunks, again: self.retry.tries() > 0 })
    }

    /// When something is to be sent again.
    pub(crate) fn due(&self, retry_after: Duration) -> Option<Instant> {
        (self.waiting() > 0).then(|| self.retry.due(retry_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Content;
    use base::NodeId;

    const RETRY: Duration = Duration::from_millis(30);

    fn chunk() -> Chunk {
        Chunk { sender: NodeId(1), content: Content::Opening { floors: vec![] } }
    }

    fn at(milliseconds: u64) -> Instant {
        Instant::after_start(Duration::from_millis(milliseconds))
    }

    /// The numbers sent at that time, and whether again.
    fn sent(sending: &mut Sending, now: Instant) -> Option<(u64, usize, bool)> {
        let burst = sending.burst(now, RETRY)?;
        Some((burst.first, burst.chunks.len(), burst.again))
    }

    #[test]
    fn pieces_are_sent_once_again_when_not_taken_and_kept_until_delivered() {
        let mut sending = Sending::new(at(0));
        let mut left = 10;
        sending.fill(at(0), || {
            left -= 1;
            (left >= 0).then(chunk)
        });
        assert_eq!(sent(&mut sending, at(0)), Some((0, 10, false)));
        assert_eq!(sent(&mut sending, at(29)), None);
        sending.take(at(29), 4);
        sending.take(at(29), 99);
        assert_eq!(sent(&mut sending, at(58)), None, "an answer is patience for the rest");
        assert_eq!(sent(&mut sending, at(59)), Some((4, 6, true)));
        assert!(sending.piece(0).is_some(), "taken is not delivered");
        sending.settle();
        assert!(sending.piece(0).is_none() && sending.piece(9).is_some());
        assert!(sending.piece(10).is_none(), "never said");
        sending.take(at(60), 10);
        assert_eq!(sending.due(RETRY), None);
        assert_eq!(sending.lone_since(), None, "nine");
        (0..8).for_each(|_| sending.settle());
        assert_eq!(sending.lone_since(), Some(at(60)));
    }

    #[test]
    fn it_takes_on_what_there_is_room_for() {
        let mut sending = Sending::new(at(0));
        for (taken, kept) in [(0, QUEUE), (QUEUE, 2 * QUEUE), (4 * QUEUE, KEPT), (KEPT, KEPT)] {
            sending.take(at(0), taken as u64);
            for _ in 0..4 {
                sending.fill(at(0), || Some(chunk()));
                sending.burst(at(0), RETRY);
                let sent = sending.sent as u64;
                if taken > QUEUE {
                    sending.take(at(0), sent);
                }
            }
            assert_eq!(sending.pieces.len(), kept, "{taken} taken");
        }
    }
}
