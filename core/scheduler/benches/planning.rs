//! How long planning takes: `cargo bench -p scheduler`.
//!
//! Only planning is measured, no reading of text. Two sites have a limit, and the program fails
//! when one of them is above it; then a table shows how the time grows with the size of a site.
//! Times are medians of the processor's time, so that others on the machine do not count; a plan of
//! the healthy site must be empty, and one server's loss must move what it ran, so that nothing is
//! measured that does not work.

#[path = "planning/lustre.rs"]
mod lustre;

use lustre::{Probes, Shape, Site};
use rustix::time::{ClockId, clock_gettime};
use scheduler::{Plan, schedule};
use std::process::ExitCode;
use std::time::Duration;

/// A site with a limit on its planning.
struct Limit {
    what: &'static str,
    shape: Shape,
    limit: Duration,
}

const LIMITS: [Limit; 2] = [
    Limit {
        what: "100 servers, 1,002 targets, one server lost",
        shape: Shape {
            nodes: 100,
            targets_per_node: 10,
            lost: 1,
            probes: Probes::Everywhere,
            has_orders: true,
        },
        limit: Duration::from_millis(60),
    },
    Limit {
        what: "1,000 servers, 10,002 targets, one server lost",
        shape: Shape {
            nodes: 1000,
            targets_per_node: 10,
            lost: 1,
            probes: Probes::OnThePair,
            has_orders: true,
        },
        limit: Duration::from_secs(2),
    },
];

/// How many servers the sites of the table have, with ten targets each.
const GROWTH: [usize; 5] = [10, 30, 100, 300, 1000];
/// The largest site of the table in which everything was looked for everywhere: its status takes
/// gigabytes beyond that.
const MOST_PROBED_EVERYWHERE: usize = 300;

fn main() -> ExitCode {
    let mut is_good = true;
    for limit in &LIMITS {
        let healthy = Site::new(Shape { lost: 0, ..limit.shape });
        let plan = schedule(&healthy.facts());
        assert!(plan.graph.is_empty(), "R12: a healthy site: {:?}", plan.changes);
        drop(healthy);
        let (time, plan) = measure(&Site::new(limit.shape));
        let verdict = if time <= limit.limit { "good" } else { "TOO LONG" };
        println!("{}: {time:.1?} (limit {:?}): {verdict}", limit.what, limit.limit);
        println!("  {} actions, {} changes", plan.graph.actions.len(), plan.changes.len());
        is_good &= time <= limit.limit;
    }
    for (what, probes) in [
        ("targets looked for on their pair", Probes::OnThePair),
        ("targets looked for everywhere", Probes::Everywhere),
    ] {
        println!("\nGrowth, {what}:");
        println!(
            "{:>8}{:>11}{:>13}{:>10}{:>12}{:>14}",
            "servers", "resources", "constraints", "results", "time", "each"
        );
        let nodes = GROWTH.into_iter();
        let is_possible =
            |nodes: &usize| probes == Probes::OnThePair || *nodes <= MOST_PROBED_EVERYWHERE;
        for nodes in nodes.filter(is_possible) {
            grow(nodes, probes);
        }
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One line of the table; `each` is the time for each resource, constraint and result.
fn grow(nodes: usize, probes: Probes) {
    let site = Site::new(Shape { nodes, targets_per_node: 10, lost: 1, probes, has_orders: true });
    let (resources, constraints, results) = site.size();
    let (time, _) = measure(&site);
    let all = u32::try_from(resources + constraints + results).unwrap_or(u32::MAX);
    println!(
        "{nodes:>8}{resources:>11}{constraints:>13}{results:>10}{:>12}{:>14}",
        format!("{time:.2?}"),
        format!("{:.2?}", time / all)
    );
}

/// The median of some runs, fewer of those that take long, and the plan.
fn measure(site: &Site) -> (Duration, Plan) {
    let facts = site.facts();
    let run = || {
        let begin = spent();
        let plan = schedule(&facts);
        (spent().saturating_sub(begin), plan)
    };
    let (first, plan) = run();
    assert!(!plan.graph.is_empty(), "a lost server leaves something to do");
    let runs = (Duration::from_secs(2).as_micros() / first.as_micros().max(1)).clamp(3, 31);
    let mut times: Vec<Duration> = (0..runs).map(|_| run().0).collect();
    times.sort_unstable();
    (times[times.len() / 2], plan)
}

/// The processor's time that this thread has used so far.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}
