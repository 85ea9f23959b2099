//! `systole bench detection`: from a crash to the new view, at several sizes; Corosync beside it.

use super::peer::{self, Corosync};
use super::table::{Table, seconds};
use super::{Verdict, in_lab, own_options};
use crate::answer::{Failure, line};
use crate::observer::OwnNodes;
use crate::words::number;
use base::Rng;
use clap::Args;
use lab::Lab;
use lab::measure::{Figures, Membership, crash, everybody, in_one_view};
use std::time::Duration;

/// The median may be so long.
const MEDIAN: Duration = Duration::from_secs(1);
/// And the worst.
const WORST: Duration = Duration::from_secs(2);
/// How long anything may take that has no limit here.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between a full view and the next crash.
const REST: Duration = Duration::from_secs(1);

/// How it is measured.
#[derive(Args, Debug)]
pub(super) struct Detection {
    /// Numbers of nodes
    #[arg(
        long, value_name = "N,...", value_delimiter = ',', default_value = "3,8,16,32",
        value_parser = number::<usize>
    )]
    sizes: Vec<usize>,
    /// Crashes at each size
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = number::<u32>)]
    crashes: u32,
    /// Chooses who crashes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number::<u64>)]
    seed: u64,
    /// Measure Corosync too (token: 1000), as installed on this machine
    #[arg(long)]
    peer: bool,
    /// Its crashes at each size
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = number::<u32>)]
    peer_crashes: u32,
}

pub(super) fn run(how: &Detection) -> Result<Verdict, Failure> {
    if how.peer {
        peer::check()?;
    }
    line("From a power cut to the new view of the last survivor:");
    let table = Table::begin(&[
        ("", 8),
        ("nodes", 5),
        ("n", 3),
        ("median", 8),
        ("worst", 8),
        ("min", 8),
        ("", 7),
    ]);
    let mut verdict = Verdict::Held;
    for &size in &how.sizes {
        let own =
            in_lab(&own_options(size)?, |lab| measure(lab, &OwnNodes, how.crashes, how.seed))?;
        let held = own.median().is_some_and(|median| median <= MEDIAN)
            && own.worst().is_some_and(|worst| worst <= WORST);
        verdict = verdict.and(Verdict::of(held));
        table.row(&row("systole", size, &own, Verdict::of(held).word().to_owned()));
        if how.peer {
            match measure_peer(how, size) {
                Ok(theirs) => table.row(&row("corosync", size, &theirs, ratio(&theirs, &own))),
                // What became of the peer says nothing against what was promised.
                Err(failure) => line(&format!("corosync  {size:>5}  {failure}")),
            }
        }
    }
    line(&format!(
        "Wanted: median at most {} s, worst at most {} s, at every size.",
        MEDIAN.as_secs(),
        WORST.as_secs()
    ));
    Ok(verdict)
}

fn measure_peer(how: &Detection, size: usize) -> Result<Figures, Failure> {
    in_lab(&peer::options(size)?, |lab| measure(lab, &Corosync, how.peer_crashes, how.seed))
}

/// How many times as long it took them.
fn ratio(theirs: &Figures, own: &Figures) -> String {
    let medians = theirs.median().zip(own.median());
    let times = medians.map(|(theirs, own)| theirs.as_secs_f64() / own.as_secs_f64());
    times.map_or_else(String::new, |times| format!("{times:.1} x"))
}

fn row(who: &str, size: usize, figures: &Figures, remark: String) -> Vec<String> {
    let (count, least) = (figures.count().to_string(), seconds(figures.least()));
    let (median, worst) = (seconds(figures.median()), seconds(figures.worst()));
    vec![who.to_owned(), size.to_string(), count, median, worst, least, remark]
}

/// So many crashes, each of a cluster that is whole again.
fn measure(
    lab: &Lab,
    membership: &impl Membership,
    crashes: u32,
    seed: u64,
) -> Result<Figures, Failure> {
    let mut random = Rng::new(seed);
    let mut figures = Figures::default();
    in_one_view(lab, membership, &everybody(lab), PATIENCE)?;
    for _ in 0..crashes {
        std::thread::sleep(REST);
        let Some(victim) = random.pick(&lab.options().nodes) else { break };
        figures.add(crash(lab, membership, victim, PATIENCE)?);
        lab.power_on(victim)?;
        in_one_view(lab, membership, &everybody(lab), PATIENCE)?;
    }
    Ok(figures)
}
