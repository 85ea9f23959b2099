//! The two clocks of a machine.

use base::WallTime;
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::sync::LazyLock;
use std::time::Duration;

/// Time since the machine was started, counting the time it was suspended.
///
/// Suspension counts because a node that slept must notice that it was away (L6).
pub fn monotonic() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}

/// Seconds by which this process takes the date to be later than it is. Linux has one real-time
/// clock for all namespaces; so machines of a lab get clocks that are wrong.
const OFFSET: &str = "SYSTOLE_CLOCK_OFFSET";
static SHIFT: LazyLock<i64> = LazyLock::new(|| {
    let seconds: Option<i64> = std::env::var(OFFSET).ok().and_then(|text| text.parse().ok());
    seconds.unwrap_or(0).saturating_mul(1000)
});

/// The date, as far as this machine knows it. It may jump both ways.
pub fn wall() -> WallTime {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Realtime);
    let here = tv_sec.saturating_mul(1000).saturating_add(tv_nsec / 1_000_000);
    WallTime(here.saturating_add(*SHIFT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_run_forward_and_know_the_century() {
        let before = monotonic();
        assert!(before > Duration::ZERO);
        assert!(monotonic() >= before);
        assert!(wall() > WallTime::from_seconds(1_600_000_000));
    }
}
