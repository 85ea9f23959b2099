//! The process that decides, and how it tells what it does.
//!
//! It writes a line with an input's number before it begins with it; the last line is where it
//! died. Panics are caught and counted by their place.

use base::Rng;
use fuzz::{Outcome, Target};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most memory.
const MOST_MEMORY: u64 = 4 << 30;
/// Panics at more places than this are no longer told apart.
const MOST_PLACES: usize = 100;

/// What a worker has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// With this.
    pub(crate) target: Target,
    /// For so long.
    pub(crate) seconds: u64,
    /// With the inputs of this seed.
    pub(crate) seed: u64,
    /// From this one on.
    pub(crate) first: u64,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// The number of the next input.
    pub(crate) next: u64,
    /// Inputs that were taken, and what came of them (actions in graphs, settings).
    pub(crate) taken: u64,
    pub(crate) parts: u64,
    /// Inputs that were refused.
    pub(crate) refused: u64,
    /// Places that panicked.
    pub(crate) panics: u64,
    /// The longest that one took, in milliseconds, and which.
    pub(crate) slowest: (u64, u64),
    /// Whether it ended because the time was over.
    pub(crate) is_finished: bool,
}

impl Totals {
    /// Understands a line of a worker.
    pub(crate) fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
        match words.as_slice() {
            ["begin", ..] => self.next = number(1).map_or(self.next, |number| number + 1),
            ["taken", ..] => {
                self.taken += 1;
                self.parts += number(1).unwrap_or(0);
            }
            ["refused"] => self.refused += 1,
            ["panic", ..] => {
                self.panics += 1;
                println!("{line}");
            }
            ["slow", ..] => self.slowest = (number(1).unwrap_or(0), number(2).unwrap_or(0)),
            _ => {}
        }
    }

    /// Adds what another worker did behind this one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.next = other.next;
        self.taken += other.taken;
        self.parts += other.parts;
        self.refused += other.refused;
        self.panics += other.panics;
        self.slowest = self.slowest.max(other.slowest);
        self.is_finished = other.is_finished;
    }

    pub(crate) fn text(&self, target: Target, took: Duration) -> String {
        let Self { next, taken, parts, refused, slowest: (millis, which), .. } = self;
        let (inputs, what) = (target.inputs(), target.parts());
        format!(
            "{next} {inputs} in {} s ({} each second): {taken} taken with {parts} {what}, {refused} \
             refused; the slowest, number {which}, took {millis} ms",
            took.as_secs(),
            next / took.as_secs().max(1)
        )
    }
}

/// Input number `number` of a seed.
pub(crate) fn input(target: Target, seed: u64, number: u64) -> Vec<u8> {
    target.make(&mut Rng::new(seed).fork(&number.to_string()))
}

/// Does a turn; everything is told on standard output.
pub(crate) fn work(turn: &Turn) -> ExitCode {
    let limit = Rlimit { current: Some(MOST_MEMORY), maximum: Some(MOST_MEMORY) };
    if let Err(error) = setrlimit(Resource::As, limit) {
        eprintln!("fuzz: memory is not limited: {error}");
    }
    let begin = Instant::now();
    let place = watch_panics();
    let clock = Arc::new(AtomicU64::new(0));
    watch_time(begin, &clock, turn.target.longest());
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    let mut slowest = 0;
    let mut out = std::io::stdout();
    let mut number = turn.first;
    while begin.elapsed().as_secs() < turn.seconds {
        // Who reads this is the parent; without it there is nothing to be told.
        let _ = writeln!(out, "begin {number}");
        let input = input(turn.target, turn.seed, number);
        let start = begin.elapsed();
        clock.store(millis(start), Ordering::Relaxed);
        let outcome = catch_unwind(AssertUnwindSafe(|| turn.target.check(&input)));
        let took = millis(begin.elapsed().saturating_sub(start));
        let _ = match outcome {
            Ok(Outcome::Refused) => writeln!(out, "refused"),
            Ok(Outcome::Taken(parts)) => writeln!(out, "taken {parts}"),
            Err(_) => {
                let what = place.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let is_new = known.len() < MOST_PLACES && !known.contains_key(&what);
                *known.entry(what.clone()).or_default() += 1;
                if is_new {
                    let name = format!("panic-{}-{number}", turn.seed);
                    crate::keep(turn.target, &name, &input);
                    writeln!(out, "panic {name}: {what}")
                } else {
                    Ok(())
                }
            }
        };
        if took > slowest {
            slowest = took;
            let _ = writeln!(out, "slow {took} {number}");
        }
        number += 1;
    }
    for (place, count) in known {
        eprintln!("fuzz: {count} panics at {place}");
    }
    ExitCode::SUCCESS
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Keeps the place and the first line of every panic instead of printing it.
fn watch_panics() -> Arc<Mutex<String>> {
    let place = Arc::new(Mutex::new(String::new()));
    let shared = Arc::clone(&place);
    std::panic::set_hook(Box::new(move |info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let said = payload.downcast_ref::<String>().map(String::as_str);
        let what = said.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        let first = what.lines().next().unwrap_or_default();
        // Facts stand behind a colon, and differ from case to case.
        let first: String =
            first.split(": ").next().unwrap_or_default().chars().take(100).collect();
        let location = location.rsplit_once(':').map_or(location.as_str(), |(line, _)| line);
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = format!("{location}: {first}");
    }));
    place
}

/// Ends the process when one input takes too long.
fn watch_time(begin: Instant, clock: &Arc<AtomicU64>, longest: Duration) {
    let clock = Arc::clone(clock);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let since = clock.load(Ordering::Relaxed);
            if millis(begin.elapsed()).saturating_sub(since) > millis(longest) {
                eprintln!("fuzz: one input takes longer than {longest:?}");
                std::process::abort();
            }
        }
    });
}
