//! How large a datagram passes on one link to one peer (RFC 8899, packetization layer path MTU
//! discovery): larger ones are tried by probes that nobody waits for.

use crate::frame::ROOM;
use crate::seal;
use base::Instant;
use std::time::Duration;

/// What is sent without having been tried: any Ethernet carries it, also inside a tunnel.
pub(crate) const BASE: u16 = (ROOM + seal::OVERHEAD + 1) as u16;
/// UDP payloads that fill a frame of common networks: Ethernet with IPv6 and IPv4, InfiniBand
/// (2044), jumbo frames, InfiniBand in connected mode or loopback.
const LADDER: [u16; 9] = [BASE, 1452, 1472, 1996, 4048, 8952, 8972, 32_000, 65_000];
/// A probe that is not answered by then is lost.
const ANSWER: Duration = Duration::from_millis(200);
/// So many lost probes mean that the size does not pass.
const TRIES: u8 = 3;
/// What passes is tried again so often, and what did not, so seldom.
const CONFIRM: Duration = Duration::from_secs(30);
const RAISE: Duration = Duration::from_secs(600);

/// The search on one link.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// Nothing larger than this is tried.
    limit: u16,
    /// The largest size that passed; 0 before the first.
    passes: u16,
    /// The size being tried, how often already, and until when an answer is awaited.
    trying: Option<(u16, u8, Instant)>,
    next_at: Instant,
    raise_at: Instant,
}

impl Size {
    pub(crate) fn new(limit: Option<u16>, now: Instant) -> Self {
        let limit = limit.unwrap_or(u16::MAX).max(BASE);
        Self { limit, passes: 0, trying: None, next_at: now, raise_at: now }
    }

    /// Nothing larger is tried, or sent, from here on.
    pub(crate) fn set_limit(&mut self, limit: Option<u16>, now: Instant) {
        let new = Self::new(limit, now);
        if new.limit != self.limit {
            *self = new;
        }
    }

    /// The largest datagram to send.
    pub(crate) fn datagram(&self) -> u16 {
        self.passes.max(BASE)
    }

    /// The largest that is known to pass; 0 for none.
    pub(crate) const fn confirmed(&self) -> u16 {
        self.passes
    }

    /// Do heartbeats pass and full packets not?
    pub(crate) const fn is_narrow(&self) -> bool {
        matches!(self.trying, Some((BASE, tries, _)) if self.passes == 0 && tries >= TRIES)
    }

    /// A link that has come up is tried anew.
    pub(crate) fn restart(&mut self, now: Instant) {
        *self = Self { next_at: now, raise_at: now, trying: None, ..*self };
    }

    /// The size to probe now, if any.
    pub(crate) fn due(&mut self, now: Instant) -> Option<u16> {
        if self.trying.is_some_and(|(.., until)| until > now) || self.next_at > now {
            return None;
        }
        let (size, tries) = match self.trying.take() {
            // Without any size that passes there is nothing to fall back on: the smallest is tried
            // for ever.
            Some((BASE, tries, _)) if tries >= TRIES => {
                self.passes = 0;
                (BASE, tries)
            }
            Some((size, tries, _)) if tries >= TRIES => {
                self.give_up(size, now);
                return None;
            }
            Some((size, tries, _)) => (size, tries),
            None => (self.wanted(now)?, 0),
        };
        self.trying = Some((size, tries.saturating_add(1), now + ANSWER));
        Some(size)
    }

    /// The next larger size; what passed, when it is time to see whether it still does.
    fn wanted(&mut self, now: Instant) -> Option<u16> {
        let next = LADDER.into_iter().find(|size| *size > self.passes && *size <= self.limit);
        if let Some(next) = next.filter(|_| self.raise_at <= now) {
            return Some(next);
        }
        (self.passes > 0).then_some(self.passes)
    }

    fn give_up(&mut self, size: u16, now: Instant) {
        if size > self.passes {
            self.raise_at = now + RAISE;
        } else {
            // What passed does not any more: from the bottom again.
            self.passes = 0;
            self.raise_at = now;
        }
        self.next_at = now;
    }

    /// A probe of this size was answered.
    pub(crate) fn on_passed(&mut self, size: u16, now: Instant) {
        if self.trying.is_none_or(|(tried, ..)| tried != size) {
            return;
        }
        self.trying = None;
        self.passes = size;
        let more = LADDER.iter().any(|next| *next > size && *next <= self.limit);
        self.next_at = if more && self.raise_at <= now { now } else { now + CONFIRM };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets time pass on a path that carries up to `width` bytes.
    fn pass(size: &mut Size, width: u16, from: u64, seconds: u64) {
        for tenth in from * 10..(from + seconds) * 10 {
            let now = Instant::after_start(Duration::from_millis(tenth * 100));
            while let Some(probe) = size.due(now) {
                if probe <= width {
                    size.on_passed(probe, now);
                }
            }
        }
    }

    #[test]
    fn the_widest_that_passes_is_found_and_lost_again() {
        let mut size = Size::new(None, Instant::default());
        assert_eq!((size.datagram(), size.confirmed()), (BASE, 0));
        let story: [(u16, u64, u16, bool); 5] = [
            (1472, 5, 1472, false),
            (1472, 100, 1472, false),
            (1400, 90, BASE, false),
            (500, 90, 0, true),
            (9000, 700, 8972, false),
        ];
        let mut from = 0;
        for (width, seconds, passes, narrow) in story {
            pass(&mut size, width, from, seconds);
            from += seconds;
            assert_eq!((size.confirmed(), size.is_narrow()), (passes, narrow), "width {width}");
        }
    }

    #[test]
    fn no_more_than_allowed_is_tried() {
        let mut size = Size::new(Some(1452), Instant::default());
        pass(&mut size, u16::MAX, 0, 30);
        assert_eq!(size.datagram(), 1452);
    }
}
