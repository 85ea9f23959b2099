//! The cluster's clock: one clock for all dates in the state, whatever the clocks of servers say.
//!
//! A failure that one node dated must be as old on all others, or it never expires, or at once. So
//! nobody dates what it says by its own clock. The state has a clock; each member reckons with its
//! monotonic clock how far it has gone since it heard a date last ([`Reckoning`]), and dates what
//! it says by that. Only when the coordinator's own clock says something else (it was set, or
//! another node is coordinator now) the cluster's clock is set too, by an ordered message, and all
//! dates from which ages are counted move along ([`State::apply_clock`]).

use crate::State;
use crate::operation::Operation;
use crate::state::Effect;
use base::{Instant, NodeId, WallTime, codec_struct};
use std::fmt;
use std::time::Duration;

/// From one setting of the cluster's clock to the next: dates of different eras say nothing about
/// each other. Named by who set it, its process, and how often that process had set one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Era {
    pub(crate) by: NodeId,
    pub(crate) incarnation: u64,
    pub(crate) turn: u64,
}
codec_struct!(Era { by, incarnation, turn });

/// The cluster's clock as the state has it: the newest date that was heard in its era.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) era: Era,
    pub(crate) at: WallTime,
}
codec_struct!(Clock { era, at });

impl Clock {
    /// When something happened that a message dates so. The clock never goes back; a date of
    /// another era, from a sender that does not know of this one yet, moves it nowhere.
    pub(crate) fn hear(&mut self, said: Self) -> WallTime {
        if said.era == self.era {
            self.at = self.at.max(said.at);
        }
        self.at
    }
}

/// How a member reckons the cluster's time between two dates that it hears.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reckoning {
    heard: Option<(Instant, Clock)>,
    /// The era that this member has asked to end.
    ending: Option<Era>,
    turns: u64,
}

/// So far the coordinator's clock may be off before the cluster's is set by it.
const TOLERANCE: Duration = Duration::from_secs(1);

impl Reckoning {
    /// The cluster's time; `wall` where there is no cluster yet.
    pub(crate) fn date(&self, now: Instant, wall: WallTime) -> WallTime {
        let since = |(at, clock): (Instant, Clock)| clock.at + now.saturating_since(at);
        self.heard.map_or(wall, since)
    }

    /// The state's clock was heard. What lags behind was long on its way.
    pub(crate) fn hear(&mut self, now: Instant, clock: Clock) {
        let is_ahead = self.heard.is_none_or(|(_, last)| last.era != clock.era)
            || self.date(now, clock.at) < clock.at;
        if is_ahead {
            self.heard = Some((now, clock));
        }
    }

    /// What was asked for may have got lost.
    pub(crate) const fn ask_again(&mut self) {
        self.ending = None;
    }

    /// The state is replaced by another, with another clock.
    pub(crate) fn forget(&mut self) {
        self.heard = None;
        self.ending = None;
    }

    /// What the coordinator `me` has to say when its own clock is far from the cluster's: once in
    /// an era.
    pub(crate) fn set_by(
        &mut self,
        now: Instant,
        wall: WallTime,
        me: (NodeId, u64),
    ) -> Option<Operation> {
        let (_, clock) = self.heard?;
        let date = self.date(now, wall);
        let apart = wall.saturating_since(date).max(date.saturating_since(wall));
        if apart <= TOLERANCE || self.ending == Some(clock.era) {
            return None;
        }
        self.ending = Some(clock.era);
        self.turns += 1;
        let (by, incarnation) = me;
        let next = Era { by, incarnation, turn: self.turns };
        Some(Operation::SetClock { era: clock.era, next, by: wall.0.saturating_sub(date.0) })
    }
}

/// Beyond this people are told that a machine's clock is off.
const NOTABLE: i64 = 10_000;

/// A machine's clock that is far from the cluster's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockOff {
    /// By how many milliseconds it is ahead; negative when it is behind.
    pub ahead: i64,
    /// The coordinator, by whose clock the cluster's goes.
    pub goes_by: String,
}

impl ClockOff {
    /// When what is between the two is worth telling.
    pub(crate) fn between(wall: WallTime, date: WallTime, goes_by: String) -> Option<Self> {
        let ahead = wall.0.saturating_sub(date.0);
        (ahead.saturating_abs() > NOTABLE).then_some(Self { ahead, goes_by })
    }
}

impl fmt::Display for ClockOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.ahead.unsigned_abs() / 1000;
        let amount = match seconds {
            0..120 => format!("{seconds} seconds"),
            120..7_200 => format!("{} minutes", (seconds + 30) / 60),
            7_200..172_800 => format!("{} hours", (seconds + 1_800) / 3_600),
            _ => format!("{} days", (seconds + 43_200) / 86_400),
        };
        let (side, by) = (if self.ahead > 0 { "ahead of" } else { "behind" }, &self.goes_by);
        write!(
            f,
            "this machine's clock is {amount} {side} the cluster's, which goes by {by}'s; compare \
             `date` on both, and set the one that is wrong (chronyd or ntpd keeps it right)"
        )
    }
}

impl State {
    /// The cluster's clock is set by so many milliseconds. What ages keeps its age.
    pub(crate) fn apply_clock(&mut self, era: Era, next: Era, by: i64) -> Effect {
        if self.clock.era != era {
            return Effect::default(); // Somebody else has set it meanwhile.
        }
        let moved = |date: WallTime| WallTime(date.0.saturating_add(by));
        self.clock = Clock { era: next, at: moved(self.clock.at) };
        for node in self.status.nodes.values_mut() {
            let operations = node.history.values_mut().flat_map(|history| &mut history.operations);
            operations.for_each(|operation| operation.last_change = moved(operation.last_change));
            let dates = node.attributes.iter_mut().filter(|(name, _)| is_date(name));
            for (_, text) in dates {
                if let Ok(seconds) = text.parse() {
                    *text = moved(WallTime::from_seconds(seconds)).seconds().to_string();
                }
            }
        }
        if let Some(trial) = &mut self.trial {
            trial.until = moved(trial.until);
        }
        Effect::replan()
    }
}

/// Is the value of this node attribute a date, in seconds?
fn is_date(name: &str) -> bool {
    name == "shutdown" || name.starts_with("last-failure-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERA: Era = Era { by: NodeId(1), incarnation: 1, turn: 0 };
    const LATER: Era = Era { by: NodeId(2), incarnation: 1, turn: 1 };

    fn at(seconds: u64) -> Instant {
        Instant::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn dates_that_are_heard() {
        let mut clock = Clock { era: ERA, at: WallTime(100) };
        // What is said, and when it has happened.
        let stories = [(ERA, 120, 120), (ERA, 90, 120), (LATER, 9_000, 120), (ERA, 130, 130)];
        for (era, said, happened) in stories {
            assert_eq!(clock.hear(Clock { era, at: WallTime(said) }), WallTime(happened));
        }
    }

    #[test]
    fn a_member_reckons_between_dates() {
        let mut reckoning = Reckoning::default();
        assert_eq!(reckoning.date(at(5), WallTime(77)), WallTime(77), "nothing was heard yet");
        // When a date is heard, its era, the date, and what the cluster's time is ten seconds later.
        let stories = [
            (5, ERA, 1_000, 11_000),
            (10, ERA, 6_500, 16_500),
            (20, ERA, 2_000, 26_500), // It was long on its way.
            (30, LATER, 2_000, 12_000),
        ];
        for (heard, era, date, later) in stories {
            reckoning.hear(at(heard), Clock { era, at: WallTime(date) });
            assert_eq!(
                reckoning.date(at(heard + 10), WallTime(0)),
                WallTime(later),
                "at {heard} s"
            );
        }
    }

    #[test]
    fn a_clock_that_is_off_is_told_in_a_unit_that_people_read() {
        let stories = [
            (9, None),
            (-9, None),
            (42, Some("42 seconds ahead of the cluster's, which goes by oss1's")),
            (-600, Some("10 minutes behind")),
            (-7_300, Some("2 hours behind")),
            (31_536_000, Some("365 days ahead of")),
            (-31_535_999, Some("365 days behind")),
        ];
        for (ahead, expected) in stories {
            let (wall, date) = (WallTime::from_seconds(ahead + 9_000), WallTime(9_000_000));
            let off = ClockOff::between(wall, date, "oss1".into()).map(|off| off.to_string());
            let fits = |said: &String| expected.is_some_and(|words| said.contains(words));
            assert!(off.as_ref().map_or_else(|| expected.is_none(), fits), "{ahead}: {off:?}");
        }
    }

    #[test]
    fn the_coordinator_sets_it_once_and_only_when_it_is_far_off() {
        let mut reckoning = Reckoning::default();
        let me = (NodeId(2), 1);
        assert_eq!(reckoning.set_by(at(0), WallTime(9_000), me), None, "there is no clock yet");
        reckoning.hear(at(0), Clock { era: ERA, at: WallTime(5_000) });
        assert_eq!(reckoning.set_by(at(1), WallTime(6_900), me), None);
        let set = Operation::SetClock { era: ERA, next: LATER, by: -2_000 };
        assert_eq!(reckoning.set_by(at(1), WallTime(4_000), me), Some(set));
        assert_eq!(reckoning.set_by(at(1), WallTime(4_000), me), None);
    }
}
