//! What the processors of this node spend their time with: `/proc/stat`, proc(5).

use crate::builtin::context::{Failure, write_state};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Ticks since the boot, over all processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    idle: u64,
    waiting: u64,
    all: u64,
}

/// Parts of the time between two looks, in per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shares {
    /// Nothing to do.
    pub(super) idle: f64,
    /// Nothing to do but to wait for disks.
    pub(super) waiting: f64,
}

/// The shares since the last look, which `memory` keeps; without a last one, those of a second.
pub(super) fn since_last_look(memory: &Path) -> Result<Shares, Failure> {
    const MOMENT: Duration = Duration::from_secs(1);
    let before = std::fs::read_to_string(memory).ok().and_then(|text| Ticks::parse(&text));
    let text = read()?;
    let shares = before.zip(Ticks::parse(&text)).and_then(|(before, now)| now.since(before));
    if let Some(shares) = shares {
        write_state(memory, &text)?;
        return Ok(shares);
    }
    sleep(MOMENT);
    let later = read()?;
    write_state(memory, &later)?;
    let (before, now) = (Ticks::parse(&text), Ticks::parse(&later));
    before.zip(now).and_then(|(before, now)| now.since(before)).ok_or_else(|| {
        Failure::generic("/proc/stat does not say what the processors do: is /proc mounted?")
    })
}

fn read() -> Result<String, Failure> {
    let text = std::fs::read_to_string("/proc/stat")
        .map_err(|error| Failure::generic(format!("cannot read /proc/stat: {error}")))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

impl Ticks {
    /// Reads the line that begins with `cpu`. Guests' time is contained in users' time.
    fn parse(text: &str) -> Option<Self> {
        const WITHOUT_GUESTS: usize = 8;
        let mut words = text.split_ascii_whitespace();
        if words.next() != Some("cpu") {
            return None;
        }
        let ticks: Vec<u64> =
            words.take(WITHOUT_GUESTS).map(str::parse).collect::<Result<_, _>>().ok()?;
        let (idle, waiting) = (*ticks.get(3)?, *ticks.get(4)?);
        Some(Self { idle, waiting, all: ticks.iter().sum() })
    }

    /// `None` when too little lies between the two, or the other way round: the node has booted.
    fn since(self, before: Self) -> Option<Shares> {
        const TOO_FEW: u64 = 20;
        let all = self.all.checked_sub(before.all).filter(|all| *all >= TOO_FEW)?;
        let share = |now: u64, then: u64| now.saturating_sub(then) as f64 * 100.0 / all as f64;
        Some(Shares {
            idle: share(self.idle, before.idle),
            waiting: share(self.waiting, before.waiting),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_time_between_two_looks() {
        let ticks = |text: &str| Ticks::parse(text).expect("it is a line of /proc/stat");
        let before = ticks("cpu  100 0 100 800 0 0 0 0 50 0");
        let now = ticks("cpu  140 0 120 820 20 0 0 0 90 0");
        assert_eq!(now.since(before), Some(Shares { idle: 20.0, waiting: 20.0 }));
        assert_eq!(before.since(now), None, "the node has booted in between");
        assert_eq!(now.since(now), None, "nothing lies in between");
        for text in ["", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 x 4 5"] {
            assert_eq!(Ticks::parse(text), None, "{text}");
        }
    }
}
