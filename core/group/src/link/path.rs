//! One link to one peer: round trips, loss, state, and whether it may carry.

use super::size::Size;
use crate::config::Timing;
use crate::frame::{Echo, Greeting, Process};
use crate::seal::ReplayWindow;
use crate::types::{LinkFailure, LinkId, LinkState, LinkStatus};
use base::{Instant, NodeId};
use std::time::Duration;

/// A link that went down several times within this carries nothing for a while when it comes back.
const MEMORY: Duration = Duration::from_secs(60);
/// How long it must have been up the second time, twice that the third, and so on.
const HOLD: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// One link to one peer.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) link: LinkId,
    pub(crate) priority: u8,
    /// Is the peer's address known?
    pub(crate) is_located: bool,
    pub(crate) window: ReplayWindow,
    pub(crate) size: Size,
    /// The last stamp of the confirmed process, and of one that wants to be.
    pub(crate) stamp: Option<Stamp>,
    pub(crate) strange: Option<Stamp>,
    /// When we sent what the peer last echoed: until then both directions worked.
    pub(crate) confirmed: Option<Instant>,
    heard_at: Option<Instant>,
    /// For how long an echo may be outstanding before the link counts as down.
    pub(crate) limit: Duration,
    round_trip: Option<Duration>,
    arrivals: Arrivals,
    greeted: u64,
    state: LinkState,
    since: Instant,
    failure: Option<LinkFailure>,
    /// How often it went down in [`MEMORY`].
    falls: u32,
    /// How often it ever went down.
    downs: u32,
}

/// When a peer said what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) incarnation: u64,
    pub(crate) stamp: u64,
    pub(crate) at: Instant,
}

impl Path {
    pub(crate) fn new(link: LinkId, now: Instant) -> Self {
        Self {
            link,
            priority: 1,
            is_located: false,
            window: ReplayWindow::starting_after(0),
            size: Size::new(None, now),
            stamp: None,
            strange: None,
            confirmed: None,
            heard_at: None,
            limit: Duration::ZERO,
            round_trip: None,
            arrivals: Arrivals::default(),
            greeted: 0,
            state: LinkState::Disconnected,
            since: now,
            failure: None,
            falls: 0,
            downs: 0,
        }
    }

    /// Another process of the peer begins with the packet `counter`.
    pub(crate) fn begin(&mut self, incarnation: u64, counter: u64) {
        self.window = ReplayWindow::starting_after(counter);
        self.stamp = self.strange.take().filter(|stamp| stamp.incarnation == incarnation);
        self.confirmed = None;
        self.arrivals = Arrivals::default();
    }

    /// The number of the next greeting.
    pub(crate) const fn number(&mut self) -> u64 {
        self.greeted += 1;
        self.greeted
    }

    /// A heartbeat came.
    pub(crate) fn note(&mut self, me: Process, now: Instant, from: u64, greeting: &Greeting) {
        self.stamp = Some(Stamp { incarnation: from, stamp: greeting.stamp, at: now });
        self.heard_at = Some(now);
        self.arrivals.note(greeting.number);
        for echo in greeting.echoes.iter().filter(|echo| echo.of == me.incarnation) {
            let sent = moment(echo.stamp);
            if sent > now || self.confirmed.is_some_and(|confirmed| sent <= confirmed) {
                continue;
            }
            self.confirmed = Some(sent);
            let sample =
                now.saturating_since(sent).saturating_sub(Duration::from_micros(echo.held));
            self.round_trip = Some(self.round_trip.map_or(sample, |mean| (mean * 7 + sample) / 8));
        }
    }

    /// An echo older than patience would be refused, so it is not sent.
    pub(crate) fn echoes(&self, now: Instant, patience: Duration) -> Vec<Echo> {
        let stamps = self.stamp.iter().chain(&self.strange);
        let fresh = stamps.filter(|stamp| now.saturating_since(stamp.at) <= patience);
        let echo = |stamp: &Stamp| Echo {
            of: stamp.incarnation,
            stamp: stamp.stamp,
            held: micros(now.saturating_since(stamp.at)),
        };
        fresh.map(echo).collect()
    }

    /// What a process that is not confirmed yet waits for.
    pub(crate) fn strange_echo(&self, now: Instant, patience: Duration) -> Option<Echo> {
        let own = self.strange.map(|stamp| stamp.incarnation);
        self.echoes(now, patience).into_iter().find(|echo| Some(echo.of) == own)
    }

    pub(crate) const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    pub(crate) const fn state(&self) -> LinkState {
        self.state
    }

    /// May ordinary messages rely on it? Not while it flaps, and not when it loses full packets.
    pub(crate) fn is_steady(&self, now: Instant) -> bool {
        let hold = match self.falls {
            0 | 1 => Duration::ZERO,
            falls => LONGEST_HOLD.min(HOLD * (1 << (falls - 2).min(5))),
        };
        self.state == LinkState::Connected
            && !self.size.is_narrow()
            && now.saturating_since(self.since) >= hold
    }

    /// Looks at the state as of `now`; true when it is another.
    pub(crate) fn review(&mut self, now: Instant) -> bool {
        let within =
            |at: Option<Instant>, limit| at.is_some_and(|at| now.saturating_since(at) <= limit);
        let state = match within(self.confirmed, self.limit) {
            true => LinkState::Connected,
            false => LinkState::Disconnected,
        };
        if state == self.state {
            if now.saturating_since(self.since) > MEMORY {
                self.falls = 0;
            }
            if self.size.is_narrow() {
                self.failure = Some(LinkFailure::Narrow);
            }
            return false;
        }
        match state {
            LinkState::Connected => self.size.restart(now),
            LinkState::Disconnected => {
                let heard = within(self.heard_at, self.limit / 2);
                let why = if heard { LinkFailure::Unheard } else { LinkFailure::Silent };
                self.failure = Some(why);
                self.falls = self.falls.saturating_add(1);
                self.downs = self.downs.saturating_add(1);
            }
        }
        (self.state, self.since) = (state, now);
        true
    }

    pub(crate) fn status(&self, node: NodeId) -> LinkStatus {
        LinkStatus {
            link: self.link,
            node,
            state: self.state,
            since: self.since,
            failure: self.failure,
            downs: self.downs,
            round_trip: self.round_trip,
            loss_per_mille: self.arrivals.loss(),
            datagram: self.size.confirmed(),
        }
    }
}

/// Which of the peer's last 64 greetings have come.
#[derive(Clone, Copy, Debug, Default)]
struct Arrivals {
    highest: u64,
    seen: u64,
    counted: u32,
}

impl Arrivals {
    fn note(&mut self, number: u64) {
        let ahead = number.saturating_sub(self.highest);
        if number == 0 {
            // One to everybody: they are not counted.
        } else if self.counted == 0 {
            (self.highest, self.seen, self.counted) = (number, 1, 1);
        } else if ahead > 0 {
            let steps = u32::try_from(ahead).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(steps).unwrap_or(0) | 1;
            self.counted = self.counted.saturating_add(steps).min(64);
            self.highest = number;
        } else if self.highest - number < 64 {
            self.seen |= 1 << (self.highest - number);
        }
    }

    fn loss(&self) -> u16 {
        if self.counted == 0 {
            return 0;
        }
        let window = u64::MAX >> (64 - self.counted);
        let lost = self.counted - (self.seen & window).count_ones();
        u16::try_from(lost * 1000 / self.counted).unwrap_or(1000)
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn stamp(now: Instant) -> u64 {
    micros(now.since_start())
}

pub(crate) fn moment(stamp: u64) -> Instant {
    Instant::after_start(Duration::from_micros(stamp))
}

/// How long a link may be without an echo when its peer is greeted every `interval`.
pub(crate) fn limit(timing: Timing, interval: Duration) -> Duration {
    timing.patience.max(interval * 3) + timing.heartbeat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_what_is_missing_of_the_last_64() {
        let stories: [(&str, Vec<u64>, u16); 6] = [
            ("nothing heard", vec![], 0),
            ("all", (1..=200).collect(), 0),
            ("every second", (1..=200).filter(|n| n % 2 == 0).collect(), 500),
            ("late is not lost", vec![1, 3, 2, 4], 0),
            ("a beginning far on", vec![900, 901, 903], 250),
            ("a long silence", vec![1, 2, 500], 984),
        ];
        for (name, numbers, loss) in stories {
            let mut arrivals = Arrivals::default();
            numbers.iter().for_each(|number| arrivals.note(*number));
            assert_eq!(arrivals.loss(), loss, "{name}");
        }
    }
}
