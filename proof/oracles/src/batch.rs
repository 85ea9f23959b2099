//! Many seeds, on all cores.

use crate::marks::Marks;
use crate::play::{Played, play};
use sim::storm;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Batch {
    /// How many were played.
    pub seeds: u64,
    /// How many episodes of trouble they had.
    pub episodes: u64,
    /// How often each rare situation came about.
    pub marks: Marks,
    /// What broke, by seed.
    pub broken: Vec<(u64, Played)>,
    /// Seeds that were played twice, and went otherwise the second time.
    pub unequal: Vec<u64>,
    /// How many were played twice.
    pub twice: u64,
    /// How long time went on in all worlds.
    pub lasted: Duration,
    /// The longest that a world took to settle.
    pub slowest: Duration,
}

/// How many seeds lie between two that are played twice.
const TWICE_EVERY: u64 = 50;

/// Plays all seeds, each with a bug planted by `plant` in the thread that plays it; ends early when
/// `ends` says so of what is known.
pub fn batch(
    seeds: &Range<u64>,
    plant: impl Fn() + Sync,
    ends: impl Fn(&Batch) -> bool + Sync,
) -> Batch {
    let (next, over) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let batch = Mutex::new(Batch::default());
    let work = || {
        plant();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || over.load(Ordering::Relaxed) {
                return;
            }
            let script = storm(seed);
            let played = play(&script);
            let again = seed.is_multiple_of(TWICE_EVERY).then(|| play(&script).trace);
            let mut batch = batch.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            batch.take(seed, script.episodes, played, again);
            if ends(&batch) {
                over.store(true, Ordering::Relaxed);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let mut batch = batch.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    batch.broken.sort_by_key(|(seed, _)| *seed);
    batch
}

impl Batch {
    fn take(&mut self, seed: u64, episodes: u32, played: Played, again: Option<u64>) {
        self.seeds += 1;
        self.episodes += u64::from(episodes);
        self.lasted += played.lasted;
        self.slowest = self.slowest.max(played.settled_after);
        for (mark, count) in &played.marks {
            *self.marks.entry(*mark).or_default() += count;
        }
        if let Some(trace) = again {
            self.twice += 1;
            if trace != played.trace {
                self.unequal.push(seed);
            }
        }
        if played.verdict.is_err() {
            self.broken.push((seed, played));
        }
    }
}
