//! Plants bugs, one after the other, and looks whether a batch of storms finds each.

use base::planted::{Planted, plant};
use clap::Parser;
use oracles::batch::{Batch, batch};
use oracles::play::play;
use sim::storm;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Plants each bug in turn, and plays storms until the oracle that it is meant for finds it.
#[derive(Parser)]
struct Arguments {
    /// So many seeds must be enough.
    #[arg(long, default_value_t = 2000)]
    seeds: u64,
    /// Only bugs with this in their name.
    #[arg(long)]
    only: Option<String>,
}

/// What came of planting a bug.
#[derive(Default)]
struct Hunt {
    seeds: u64,
    /// The first seed that breaks what the bug is meant to break, and nothing without the bug.
    found: Option<(u64, String)>,
    /// What else broke, how often.
    others: BTreeMap<&'static str, u64>,
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|_| ()));
    let arguments = Arguments::parse();
    let wanted = |bug: &Planted| {
        arguments.only.as_ref().is_none_or(|only| format!("{bug:?}").contains(only))
    };
    let bugs: Vec<Planted> = Planted::ALL.into_iter().filter(wanted).collect();
    let mut missed = 0;
    for &bug in &bugs {
        let Hunt { seeds, found, others } = hunt(bug, arguments.seeds);
        match found {
            Some((seed, broken)) => println!("{seeds:>5} seeds  {bug:?} (seed {seed}): {broken}"),
            None => {
                missed += 1;
                println!("NOT FOUND in {seeds} seeds: {bug:?}; it broke {others:?}");
            }
        }
    }
    println!("{} of {} found", bugs.len() - missed, bugs.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn hunt(bug: Planted, seeds: u64) -> Hunt {
    let mut hunt = Hunt::default();
    while hunt.seeds < seeds && hunt.found.is_none() {
        let is_found = |batch: &Batch| meant(batch, bug).next().is_some();
        let batch = batch(&(hunt.seeds..seeds), || plant(Some(bug)), is_found);
        let is_clean = |seed: u64| play(&storm(seed)).verdict.is_ok();
        let mut finds = meant(&batch, bug);
        hunt.found = finds.find(|(seed, _)| is_clean(*seed));
        hunt.seeds += batch.seeds;
        for broken in batch.broken.iter().filter_map(|(_, played)| played.verdict.as_ref().err()) {
            *hunt.others.entry(broken.id).or_default() += 1;
        }
    }
    hunt
}

/// The seeds that broke what this bug is meant to break.
fn meant(batch: &Batch, bug: Planted) -> impl Iterator<Item = (u64, String)> {
    let verdicts = batch.broken.iter().map(|(seed, played)| (*seed, played.verdict.as_ref().err()));
    verdicts.filter_map(move |(seed, broken)| {
        let broken = broken.filter(|broken| bug.breaks().contains(&broken.id))?;
        Some((seed, broken.to_string()))
    })
}
