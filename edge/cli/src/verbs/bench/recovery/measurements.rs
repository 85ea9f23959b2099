//! What is measured, and what is promised of it.

use super::cluster::Cluster;
use super::{Recovery, Side};
use crate::answer::{Failure, line};
use lab::measure::{Figures, resident, usage};
use lab::{Deed, Lab, LabError, Misbehaviour};
use os::process::Send;
use std::time::Duration;

/// Services, but for memory: some on each node.
const SERVICES: usize = 9;
/// Changes of an attribute in one measurement.
const CHANGES: u32 = 20;
/// From the stop that hangs to the crash.
const LATER: Duration = Duration::from_secs(5);
/// What a service has to be back for, before it is killed.
const REST: Duration = Duration::from_secs(1);

/// The processes of the peer, by the beginning of their names.
const THEIRS: [&str; 2] = ["corosync", "pacemaker"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Kilobytes,
}

/// A figure: a time in seconds, or an amount of memory in kilobytes.
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) value: f64,
    pub(super) limit: f64,
    pub(super) unit: Unit,
}

impl Figure {
    pub(super) fn is_reached(&self) -> bool {
        self.value <= self.limit
    }

    fn time(what: &'static str, unit: Unit, found: &Figures, limit: f64) -> Self {
        let value = found.median().unwrap_or_default().as_secs_f64();
        Self { what, value, limit, unit }
    }
}

/// A time, and how it is found.
struct Measurement {
    what: &'static str,
    unit: Unit,
    /// In seconds.
    limit: f64,
    find: fn(&mut Cluster<'_>, usize) -> Result<Figures, Failure>,
}

const TIMES: [Measurement; 5] = [
    Measurement {
        what: "power of a node cut: the last of its services runs elsewhere",
        unit: Unit::Seconds,
        limit: 1.5,
        find: crashes,
    },
    Measurement {
        what: "all nodes switched on: the first service runs",
        unit: Unit::Seconds,
        limit: 2.0,
        find: cold_starts,
    },
    Measurement {
        what: "an attribute of a node changed, as a command",
        unit: Unit::Milliseconds,
        limit: 0.005,
        find: attributes,
    },
    Measurement {
        what: "a monitor fails: the action that recovers begins",
        unit: Unit::Milliseconds,
        limit: 0.1,
        find: reactions,
    },
    Measurement {
        what: "the same power cut 5 s after a stop that hangs for 60 s",
        unit: Unit::Seconds,
        limit: 1.5,
        find: crash_beside_hanging_stop,
    },
];

/// All of them, in a lab whose machines have just been switched on.
pub(super) fn measure(lab: &Lab, side: Side, how: &Recovery) -> Result<Vec<Figure>, Failure> {
    let mut cluster = Cluster::configure(lab, SERVICES)?;
    let mut figures = Vec::new();
    for Measurement { what, unit, limit, find } in TIMES {
        match find(&mut cluster, how.repeats) {
            Ok(found) => figures.push(Figure::time(what, unit, &found, limit)),
            // What became of the peer says nothing against what was promised.
            Err(failure) if side == Side::Pacemaker => {
                line(&format!("Pacemaker, {what}: {failure}"));
                cluster.restart()?;
            }
            Err(failure) => return Err(failure),
        }
    }
    drop(cluster);
    figures.push(memory(lab, side, how.resources)?);
    Ok(figures)
}

/// Each node in turn loses its power.
fn crashes(cluster: &mut Cluster<'_>, repeats: usize) -> Result<Figures, Failure> {
    let nodes = &cluster.lab.options().nodes;
    let mut figures = Figures::default();
    for victim in nodes.iter().cycle().skip(1).take(repeats.max(1)) {
        std::thread::sleep(REST);
        figures.add(crash(cluster, victim)?);
        cluster.lab.power_on(victim)?;
        cluster.all_in_place()?;
    }
    Ok(figures)
}

fn crash(cluster: &mut Cluster<'_>, victim: &str) -> Result<Duration, Failure> {
    let off = cluster.lab.power_off(victim)?;
    cluster.taken_over(victim, off.pressed_at.unwrap_or_default())
}

/// From the first power button that is pressed.
fn cold_starts(cluster: &mut Cluster<'_>, repeats: usize) -> Result<Figures, Failure> {
    let (lab, nodes) = (cluster.lab, &cluster.lab.options().nodes);
    let mut figures = Figures::default();
    for _ in 0..repeats.max(1) {
        nodes.iter().try_for_each(|node| lab.power_off(node).map(drop))?;
        let begin = os::clock::monotonic();
        std::thread::scope(|scope| {
            let starting: Vec<_> =
                nodes.iter().map(|node| scope.spawn(|| lab.power_on(node))).collect();
            starting.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
        .map_err(|error: LabError| Failure::from(error))?;
        let mut first = None;
        cluster.until("a service runs", |cluster| {
            let records = cluster.since(begin)?;
            first = records.iter().find(|record| record.deed == Deed::Up).map(|record| record.at);
            Ok(first.is_some())
        })?;
        figures.add(first.unwrap_or_default().saturating_sub(begin));
        cluster.all_in_place()?;
    }
    Ok(figures)
}

/// A shell on the node calls the command again and again, as agents do.
fn attributes(cluster: &mut Cluster<'_>, repeats: usize) -> Result<Figures, Failure> {
    let script = format!(
        "begin=$(date +%s%N); for i in $(seq {CHANGES}); do \
         /usr/sbin/attrd_updater -n bench -U $begin$i >/dev/null || exit; done; \
         echo $(( $(date +%s%N) - begin ))"
    );
    let mut figures = Figures::default();
    for _ in 0..repeats.max(1) {
        let said = cluster.ask(&script)?;
        let took = said.trim().parse().map_err(|_| Failure::Other(said.clone()))?;
        figures.add(Duration::from_nanos(took) / CHANGES);
    }
    Ok(figures)
}

/// A service is killed; from its monitor's answer to the call of the agent that follows from it.
fn reactions(cluster: &mut Cluster<'_>, repeats: usize) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    for round in 0..repeats.max(1) {
        std::thread::sleep(REST);
        let service = cluster.places[round % cluster.places.len()].service.clone();
        let begin = os::clock::monotonic();
        if let Some(active) = cluster.truth.active()?.get(&service) {
            let killed = os::process::signal(active.process, Send::Kill);
            killed.map_err(|error| Failure::Other(format!("killing {service}: {error}")))?;
        }
        let mut took = None;
        cluster.until("it is recovered", |cluster| {
            let records = cluster.since(begin)?;
            let mut own = records.iter().filter(|record| record.service == service);
            let failed = |deed: &Deed| matches!(deed, Deed::End(action, code) if action == "monitor" && *code != 0);
            let acts = |deed: &Deed| matches!(deed, Deed::Begin(action) if action == "stop" || action == "start");
            let answer = own.find(|record| failed(&record.deed)).map(|record| record.at);
            let action = own.find(|record| acts(&record.deed)).map(|record| record.at);
            took = answer.zip(action).map(|(answer, action)| action.saturating_sub(answer));
            Ok(took.is_some())
        })?;
        figures.add(took.unwrap_or_default());
        cluster.all_in_place()?;
    }
    Ok(figures)
}

/// The stop of a service on the second node hangs, and the third one loses its power.
fn crash_beside_hanging_stop(cluster: &mut Cluster<'_>, _: usize) -> Result<Figures, Failure> {
    let nodes = &cluster.lab.options().nodes;
    let stuck = cluster.places.iter().find(|place| place.node == nodes[1]);
    let stuck = stuck.map(|place| place.service.clone()).unwrap_or_default();
    cluster.truth.spoil(&nodes[1], &stuck, "stop", Misbehaviour::Hang)?;
    cluster.ask(&format!(
        "/usr/sbin/crm_resource --resource {stuck} --meta --set-parameter target-role --parameter-value Stopped"
    ))?;
    std::thread::sleep(LATER);
    let mut figures = Figures::default();
    figures.add(crash(cluster, &nodes[2])?);
    Ok(figures)
}

/// Of the node that holds the most.
fn memory(lab: &Lab, side: Side, resources: usize) -> Result<Figure, Failure> {
    let nodes = &lab.options().nodes;
    nodes.iter().try_for_each(|node| lab.power_cycle(node).map(drop))?;
    Cluster::configure(lab, resources)?;
    let mut largest = 0;
    for node in nodes {
        let held = match side {
            Side::Own => usage(lab, node).map(|usage| usage.resident + usage.parent)?,
            Side::Pacemaker => resident(lab, node, &THEIRS)?,
        };
        largest = largest.max(held);
    }
    Ok(Figure {
        what: "memory of a node's daemons with all resources",
        value: largest as f64,
        limit: 45.0 * 1024.0,
        unit: Unit::Kilobytes,
    })
}
