//! `systole bench`: what is promised, measured on this machine with real daemons.
//!
//! Each bench makes labs of its own that live no longer than this process, so that one that fails
//! or is interrupted leaves nothing behind. What is measured how is in `lab::measure`; here it is
//! asked for, and printed.

mod callbacks;
mod calm;
mod changes;
mod detection;
pub(crate) mod messages;
pub(crate) mod peer;
mod recovery;
mod rest;
mod soak;
mod table;

use crate::answer::{Failure, Outcome};
use crate::words::of_system;
use clap::{Args, Subcommand};
use lab::measure::MeasureError;
use lab::{Lab, LabOptions, Lifetime};
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure clusters of real daemons on this machine
#[derive(Args, Debug)]
pub(crate) struct BenchArguments {
    #[command(subcommand)]
    verb: BenchVerb,
}

#[derive(Debug, Subcommand)]
enum BenchVerb {
    /// From a node's crash to the new view of all others
    Detection(detection::Detection),
    /// What must put nobody out: a busy machine, losses, a flapping network, pauses
    Calm(calm::CalmArguments),
    /// What a cluster at rest costs: start, memory, packets
    Rest(rest::Rest),
    /// A large configuration: shown, committed to, changed value by value
    Changes(changes::Changes),
    /// What agents ask of the cluster while they run, each as a process
    Callbacks(callbacks::Callbacks),
    /// How many messages processes can exchange, and how soon they arrive
    Messages(messages::Messages),
    /// How soon services are back after crashes and failures, and what that costs
    Recovery(recovery::Recovery),
    /// Random faults on real processes, and whether nothing is ever active twice and all recovers
    Soak(soak::Soak),
}

/// `systole bench`
pub(crate) fn run(arguments: BenchArguments) -> Outcome {
    let verdict = match arguments.verb {
        BenchVerb::Detection(how) => detection::run(&how)?,
        BenchVerb::Calm(how) => calm::run(&how)?,
        BenchVerb::Changes(how) => changes::run(&how)?,
        BenchVerb::Rest(how) => rest::run(&how)?,
        BenchVerb::Callbacks(how) => callbacks::run(&how)?,
        BenchVerb::Messages(how) => messages::run(&how)?,
        BenchVerb::Recovery(how) => recovery::run(&how)?,
        BenchVerb::Soak(how) => soak::run(&how)?,
    };
    Ok(match verdict {
        Verdict::Held => ExitCode::SUCCESS,
        Verdict::Missed => ExitCode::FAILURE,
    })
}

/// Whether everything was as promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Held,
    Missed,
}

impl Verdict {
    const fn of(held: bool) -> Self {
        if held { Self::Held } else { Self::Missed }
    }

    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Held, Self::Held) => Self::Held,
            _ => Self::Missed,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Held => "ok",
            Self::Missed => "MISSED",
        }
    }
}

impl From<MeasureError> for Failure {
    fn from(error: MeasureError) -> Self {
        Self::Other(error.to_string())
    }
}

/// A lab of so many nodes on two rings that runs our own daemons and ends with this process. It is
/// there when the machines run: what they agree on is what is measured.
fn own_options(nodes: usize) -> Result<LabOptions, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::Other(format!("cannot find this program's file: {}", of_system(&error)))
    })?;
    Ok(LabOptions {
        rings: 2,
        ready: Vec::new(),
        lifetime: Lifetime::WithCaller,
        ..crate::lab_options(folder(nodes), program, nodes)
    })
}

fn folder(nodes: usize) -> PathBuf {
    std::env::temp_dir().join(format!("systole-bench-{}-{nodes}", std::process::id()))
}

/// Does `work` in a lab that is gone afterwards, whatever comes of it.
fn in_lab<T>(
    options: &LabOptions,
    work: impl FnOnce(&Lab) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let lab = Lab::up(options)?;
    let result = work(&lab);
    let cleared = clear(lab);
    let result = result?;
    cleared.map(|()| result)
}

/// Ends a lab and removes its files.
fn clear(lab: Lab) -> Result<(), Failure> {
    let folder = lab.options().folder.clone();
    lab.down()?;
    Ok(lab::remove(&folder)?)
}
