//! Processes that are lost and come back again and again: each return costs everybody a view, so
//! each waits longer than the one before.

use crate::frame::Process;
use base::Instant;
use std::collections::BTreeMap;
use std::time::Duration;

/// A loss counts for so long.
const MEMORY: Duration = Duration::from_secs(60);
/// The wait after the second loss; it doubles with each further one.
const WAIT: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(16);

/// Which processes were lost, and when. A restarted daemon is another process.
#[derive(Debug, Default)]
pub(crate) struct Damping {
    losses: BTreeMap<Process, Vec<Instant>>,
}

impl Damping {
    /// `process` was dropped from the view without a good-bye.
    pub(crate) fn note(&mut self, process: Process, now: Instant) {
        let fresh = |at: &Instant| now.saturating_since(*at) < MEMORY;
        self.losses.entry(process).or_default().push(now);
        self.losses.values_mut().for_each(|losses| losses.retain(fresh));
        self.losses.retain(|_, losses| !losses.is_empty());
    }

    /// Until when `process` should not be taken in again.
    pub(crate) fn until(&self, process: Process) -> Option<Instant> {
        let losses = self.losses.get(&process)?;
        let last = losses.last()?;
        let again = u32::try_from(losses.len().checked_sub(2)?).unwrap_or(u32::MAX);
        Some(*last + LONGEST.min(WAIT * (1 << again.min(8))))
    }

    /// Has `process` to wait?
    pub(crate) fn holds(&self, process: Process, now: Instant) -> bool {
        self.until(process).is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::NodeId;

    #[test]
    fn each_return_waits_longer_and_time_forgives() {
        let process = Process { node: NodeId(1), incarnation: 1 };
        let at = |second| Instant::after_start(Duration::from_secs(second));
        // When it is lost, and how long it waits then.
        let story = [(0, None), (10, Some(1)), (15, Some(2)), (20, Some(4)), (200, None)];
        let mut damping = Damping::default();
        for (second, wait) in story {
            damping.note(process, at(second));
            assert_eq!(damping.until(process), wait.map(|wait| at(second + wait)), "at {second}");
            assert_eq!(damping.holds(process, at(second)), wait.is_some());
        }
    }
}
