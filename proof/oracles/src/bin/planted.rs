//! Plants bugs, one after the other, and looks whether a batch of storms finds each.

use base::planted::{Planted, plant};
use clap::Parser;
use oracles::batch::batch;
use std::process::ExitCode;

/// Plants each bug in turn, and plays storms until an oracle finds it.
#[derive(Parser)]
struct Arguments {
    /// So many seeds must be enough.
    #[arg(long, default_value_t = 2000)]
    seeds: u64,
    /// Only bugs with this in their name.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|_| ()));
    let arguments = Arguments::parse();
    let wanted = |bug: &Planted| {
        arguments.only.as_ref().is_none_or(|only| format!("{bug:?}").contains(only))
    };
    let mut missed = 0;
    for bug in Planted::ALL.into_iter().filter(wanted) {
        let found =
            batch(&(0..arguments.seeds), || plant(Some(bug)), |batch| !batch.broken.is_empty());
        match found.broken.first() {
            Some((seed, played)) => {
                let broken =
                    played.verdict.as_ref().map_or_else(ToString::to_string, |()| String::new());
                println!("{:>5} seeds  {bug:?} (seed {seed}): {broken}", found.seeds);
            }
            None => {
                missed += 1;
                println!("NOT FOUND in {} seeds: {bug:?}", found.seeds);
            }
        }
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
