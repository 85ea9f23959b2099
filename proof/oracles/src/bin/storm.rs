//! Plays storms: `storm --seeds 2000` a batch, `storm --seed 17` one with its log.

use clap::Parser;
use oracles::batch::{Batch, batch};
use oracles::marks::Mark;
use oracles::play::{Played, play};
use oracles::shrink::shrink;
use sim::{Script, storm};
use std::path::PathBuf;
use std::process::ExitCode;

/// Plays a whole cluster in virtual time, with everything going wrong, and looks whether an
/// invariant breaks.
#[derive(Parser)]
struct Arguments {
    /// Play so many seeds, beginning with `--from`.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed of a batch.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Play this seed alone, and print what happens.
    #[arg(long, conflicts_with = "script")]
    seed: Option<u64>,
    /// Play a script from a file, and print what happens.
    #[arg(long)]
    script: Option<PathBuf>,
    /// With `--seed`: print its script instead of playing it.
    #[arg(long, requires = "seed")]
    print: bool,
    /// With `--seed` or `--script`: find a shorter script that breaks the same, and print it.
    #[arg(long)]
    shrink: bool,
    /// Do not ask that every rare situation came about.
    #[arg(long)]
    any_marks: bool,
}

fn main() -> ExitCode {
    // What breaks is told in the end, once.
    std::panic::set_hook(Box::new(|_| ()));
    let arguments = Arguments::parse();
    let script = match (&arguments.script, arguments.seed) {
        (Some(path), _) => match std::fs::read_to_string(path) {
            Ok(text) => text.parse().map_err(|error: sim::NotAScript| error.to_string()),
            Err(error) => Err(error.to_string()),
        },
        (None, Some(seed)) => Ok(storm(seed)),
        (None, None) => return play_many(&arguments),
    };
    match script {
        Ok(script) => play_one(&script, &arguments),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn play_one(script: &Script, arguments: &Arguments) -> ExitCode {
    if arguments.print {
        print!("{script}");
        return ExitCode::SUCCESS;
    }
    if arguments.shrink {
        print!("{}", shrink(script, |left| eprintln!("{left} events left")));
        return ExitCode::SUCCESS;
    }
    let played = play(script);
    played.log.iter().for_each(|line| println!("{line}"));
    println!("settled {} s after the last fault", played.settled_after.as_secs());
    println!("trace {:016x}", played.trace);
    match played.verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
    }
}

fn play_many(arguments: &Arguments) -> ExitCode {
    let seeds = arguments.from..arguments.from + arguments.seeds;
    let batch = batch(&seeds, || (), |_| false);
    for mark in Mark::ALL {
        println!("{:>9}  {mark:?}", batch.marks.get(&mark).copied().unwrap_or_default());
    }
    println!(
        "{} seeds, {} episodes, {} hours in the worlds; settled within {} s; {} played twice",
        batch.seeds,
        batch.episodes,
        batch.lasted.as_secs() / 3600,
        batch.slowest.as_secs(),
        batch.twice
    );
    let missing = Mark::ALL.iter().filter(|mark| batch.marks.get(mark).is_none_or(|n| *n == 0));
    let missing: Vec<&Mark> = missing.filter(|_| !arguments.any_marks).collect();
    if !missing.is_empty() {
        println!("these situations never came about: {missing:?}");
    }
    for seed in &batch.unequal {
        println!("seed {seed} went otherwise when it was played again");
    }
    tell_broken(&batch);
    match batch.broken.is_empty() && batch.unequal.is_empty() && missing.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn tell_broken(batch: &Batch) {
    for (seed, played) in &batch.broken {
        if let Err(broken) = &played.verdict {
            println!("seed {seed}: {broken}");
        }
    }
    if let Some((seed, Played { log, .. })) = batch.broken.first() {
        println!("\nThe end of seed {seed}:");
        log[log.len().saturating_sub(60)..].iter().for_each(|line| println!("{line}"));
        println!(
            "\n{} of {} seeds break something. To play the first again:",
            batch.broken.len(),
            batch.seeds
        );
        println!("  cargo run --release -p oracles --bin storm -- --seed {seed}");
    }
}
