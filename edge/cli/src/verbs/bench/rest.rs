//! `systole bench rest`: what it takes to start, and to do nothing.

use super::table::{Table, seconds};
use super::{Verdict, in_lab, own_options};
use crate::answer::{Failure, line};
use crate::observer::OwnNodes;
use crate::words::number;
use clap::Args;
use lab::Lab;
use lab::measure::{Usage, everybody, frames_per_second, in_one_view, since_first_start, usage};
use std::time::Duration;

/// From the start of the first daemon to one view of all.
const START: Duration = Duration::from_secs(10);
/// Up to so many nodes, so many kilobytes of a daemon and the process that watches over it.
const MEMORY: (usize, u64) = (3, 25 * 1024);
/// Packets a second on each ring: up to so many nodes, so many.
const PACKETS: [(usize, f64); 2] = [(3, 20.0), (64, 60.0)];
/// How long all may take to find together before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// From the full view to rest.
const SETTLE: Duration = Duration::from_secs(5);

/// How it is measured.
#[derive(Args, Debug)]
pub(super) struct Rest {
    /// Numbers of nodes
    #[arg(
        long, value_name = "N,...", value_delimiter = ',', default_value = "3,64",
        value_parser = number::<usize>
    )]
    sizes: Vec<usize>,
    /// For how many seconds packets are counted
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = number::<u64>)]
    seconds: u64,
}

/// One row of figures.
struct Figures {
    start: Duration,
    /// Of the daemon that holds the most.
    largest: Usage,
    /// Processor time of all daemons while packets were counted, in cores.
    processor: f64,
    packets: (f64, f64),
}

pub(super) fn run(how: &Rest) -> Result<Verdict, Failure> {
    line("From the start of the first daemon to one view of all; then at rest, for each daemon:");
    let table = Table::begin(&[
        ("nodes", 5),
        ("one view", 9),
        ("memory", 8),
        ("parent", 8),
        ("threads", 7),
        ("processor", 9),
        ("packets/s per ring", 18),
        ("busiest", 7),
        ("", 7),
    ]);
    let mut verdict = Verdict::Held;
    for &size in &how.sizes {
        let figures = in_lab(&own_options(size)?, |lab| {
            let agreed = in_one_view(lab, &OwnNodes, &everybody(lab), PATIENCE)?;
            measure(lab, agreed, Duration::from_secs(how.seconds))
        })?;
        let held = Verdict::of(figures.hold(size));
        verdict = verdict.and(held);
        table.row(&figures.row(size, held));
    }
    line(&format!(
        "Wanted: one view in {} s; {} MB with the parent at {} nodes; {} packets/s per ring at {} \
         nodes and {} at {}.",
        START.as_secs(),
        MEMORY.1 / 1024,
        MEMORY.0,
        PACKETS[0].1,
        PACKETS[0].0,
        PACKETS[1].1,
        PACKETS[1].0
    ));
    Ok(verdict)
}

fn measure(lab: &Lab, agreed: Duration, watch: Duration) -> Result<Figures, Failure> {
    let start = since_first_start(lab, agreed)?;
    std::thread::sleep(SETTLE);
    let before = processor(lab)?;
    let packets = frames_per_second(lab, watch)?;
    let spent = processor(lab)?.saturating_sub(before);
    let mut largest = Usage::default();
    for node in &lab.options().nodes {
        let found = usage(lab, node)?;
        if found.resident > largest.resident {
            largest = found;
        }
    }
    let nodes = lab.options().nodes.len().max(1) as f64;
    let processor = spent.as_secs_f64() / watch.as_secs_f64() / nodes;
    Ok(Figures { start, largest, processor, packets })
}

/// Processor time that all daemons have used.
fn processor(lab: &Lab) -> Result<Duration, Failure> {
    let mut sum = Duration::ZERO;
    for node in &lab.options().nodes {
        sum += usage(lab, node)?.processor;
    }
    Ok(sum)
}

impl Figures {
    fn hold(&self, size: usize) -> bool {
        let limit = PACKETS.iter().find(|(nodes, _)| size <= *nodes).map_or(f64::MAX, |(_, n)| *n);
        self.start <= START
            && (size > MEMORY.0 || self.largest.resident + self.largest.parent <= MEMORY.1)
            && self.packets.1 <= limit
    }

    fn row(&self, size: usize, held: Verdict) -> Vec<String> {
        let megabytes = |kilobytes: u64| format!("{:.1} MB", kilobytes as f64 / 1024.0);
        vec![
            size.to_string(),
            seconds(Some(self.start)),
            megabytes(self.largest.resident),
            megabytes(self.largest.parent),
            self.largest.threads.to_string(),
            format!("{:.2} %", self.processor * 100.0),
            format!("{:.1}", self.packets.0),
            format!("{:.1}", self.packets.1),
            held.word().to_owned(),
        ]
    }
}
