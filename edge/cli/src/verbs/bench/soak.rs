//! `systole bench soak`: random faults on real processes, one after the other and several at once, and whether the
//! cluster keeps what it promises all the time.
//!
//! What runs are services of the lab that write down themselves when they start and stop, and hold a lock
//! while they are active (`lab::Truth`); so nothing here believes what the cluster says of them. Wanted: never
//! active twice (R1); everything as it should be within a minute after the last fault (L5); all recurring
//! monitors run again by then; no daemon fails by itself.

mod cluster;
mod faults;
mod health;

use super::table::{Table, seconds};
use super::{Verdict, own_options};
use crate::answer::{Failure, line};
use crate::observer::OwnNodes;
use crate::words::number;
use base::Rng;
use clap::Args;
use cluster::NODES;
use faults::Attack;
use health::Health;
use lab::measure::{Figures, everybody, in_one_view};
use lab::{Lab, LabOptions};
use std::collections::BTreeMap;
use std::time::Duration;

/// From the end of the last fault to everything as it should be.
const RECOVERY: Duration = Duration::from_secs(60);
/// How long the cluster may take to begin with.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const AGAIN: Duration = Duration::from_millis(100);

/// What is played.
#[derive(Args, Debug)]
pub(super) struct Soak {
    /// So many faults
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = number::<usize>)]
    faults: usize,
    /// Chooses them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number::<u64>)]
    seed: u64,
    /// Leave the cluster up when something is wrong, to be looked at with `systole lab`
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(how: &Soak) -> Result<Verdict, Failure> {
    let options = LabOptions { services: true, ..own_options(NODES)? };
    line(&format!(
        "{NODES} nodes with fencing, {} services; {} faults, seed {}:",
        cluster::services(&options.nodes).len(),
        how.faults,
        how.seed
    ));
    let lab = Lab::up(&options)?;
    let mut play = Play { lab: &lab, health: Health::of(&lab), figures: BTreeMap::new() };
    let played = play.all(how);
    play.summary();
    match played {
        Ok(()) => super::clear(lab).map(|()| Verdict::Held),
        Err(failure) => {
            line(&format!("FAILED: {failure}"));
            leave(lab, how)?;
            Ok(Verdict::Missed)
        }
    }
}

/// What there is to find out what went wrong.
fn leave(lab: Lab, how: &Soak) -> Result<(), Failure> {
    let folder = lab.options().folder.display().to_string();
    let (faults, seed) = (how.faults, how.seed);
    line(&format!("The same again: systole bench soak --faults {faults} --seed {seed}"));
    line(&format!("Logs: {folder}/nodes/*/log; what the services wrote: {folder}/truth/log"));
    if how.keep {
        line(&format!("The cluster is still up: systole lab --dir {folder} status"));
        return Ok(lab.keep()?);
    }
    Ok(lab.down()?)
}

struct Play<'a> {
    lab: &'a Lab,
    health: Health<'a>,
    /// How long recovery took, by the kind of fault; where several came together each gets it.
    figures: BTreeMap<&'static str, Figures>,
}

impl Play<'_> {
    fn all(&mut self, how: &Soak) -> Result<(), Failure> {
        in_one_view(self.lab, &OwnNodes, &everybody(self.lab), PATIENCE)?;
        cluster::configure(self.lab)?;
        self.recovery(PATIENCE)?;
        let mut random = Rng::new(how.seed);
        let mut left = how.faults;
        while left > 0 {
            let attacks = faults::round(&mut random, &self.lab.options().nodes, left);
            left -= attacks.len();
            let place = how.faults - left;
            let told: Vec<String> = attacks.iter().map(Attack::to_string).collect();
            line(&format!("{place:>4}  {}", told.join("; ")));
            self.round(&attacks)?;
        }
        self.health.no_daemon_failed()
    }

    /// Faults that overlap, and the recovery from all of them.
    fn round(&mut self, attacks: &[Attack]) -> Result<(), Failure> {
        let lab = self.lab;
        std::thread::scope(|scope| {
            let playing: Vec<_> =
                attacks.iter().map(|attack| scope.spawn(|| attack.play(lab))).collect();
            playing.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
        let (active, settled) = self.recovery(RECOVERY)?;
        line(&format!(
            "      services active after {}, all as it was after {}",
            seconds(Some(active)),
            seconds(Some(settled))
        ));
        for attack in attacks {
            self.figures.entry(attack.kind()).or_default().add(settled);
        }
        Ok(())
    }

    /// The time until all services are active, and until all is as it should be.
    fn recovery(&mut self, patience: Duration) -> Result<(Duration, Duration), Failure> {
        let begin = os::clock::monotonic();
        let mut active = None;
        loop {
            self.health.never_twice()?;
            let missing = match self.health.inactive()? {
                Some(service) => Some(service),
                None => {
                    active.get_or_insert_with(|| os::clock::monotonic() - begin);
                    self.health.ailing(begin)?
                }
            };
            let took = os::clock::monotonic() - begin;
            let Some(missing) = missing else { return Ok((active.unwrap_or(took), took)) };
            if took > patience {
                return Err(Failure::Other(format!("after {}: {missing}", seconds(Some(took)))));
            }
            std::thread::sleep(AGAIN);
        }
    }

    fn summary(&self) {
        let table = Table::begin(&[("", 26), ("n", 4), ("median", 8), ("worst", 8)]);
        for (kind, figures) in &self.figures {
            let (median, worst) = (seconds(figures.median()), seconds(figures.worst()));
            table.row(&[(*kind).to_owned(), figures.count().to_string(), median, worst]);
        }
        line(&format!(
            "Wanted: never active twice; all as it was, monitors too, {} s after the last of faults that \
             came together.",
            RECOVERY.as_secs()
        ));
    }
}
