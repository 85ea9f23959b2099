//! What has to come before what.

use super::steps::{StepId, StepKind, Steps, Strength};
use crate::act::{Demand, Intentions, Link, Point};
use crate::gather::{Kind, Situation};
use crate::index::{InstanceIndex, ResourceIndex};
use crate::place::Constraints;
use crate::plan::Task;

/// Adds all edges between stops, starts and fencing.
pub(super) fn connect<'a>(
    situation: &Situation<'a>,
    intentions: &Intentions<'a>,
    steps: &mut Steps<'a>,
) {
    for instance in situation.instances.keys() {
        before_start(situation, steps, instance);
    }
    for link in &intentions.links {
        if link.is_serial {
            keep_apart(situation, intentions, steps, link);
            continue;
        }
        let strength = match link.demand {
            Demand::Sequence => Strength::Preferred,
            Demand::RunningToStart | Demand::Running | Demand::Unbroken => Strength::Firm,
        };
        let mut linker = Linker { situation, intentions, steps };
        linker.link((link.first, link.first_task), (link.then, link.then_task), strength);
        if link.is_symmetrical {
            let then = (link.then, reverse(link.then_task));
            let first = (link.first, reverse(link.first_task));
            linker.link(then, first, strength);
        }
    }
}

/// R2: a start waits until the instance is certainly stopped everywhere else: stopped by its own
/// stops, by the fencing of every node on which it is or may be active, and looked for on every
/// node that has not said anything about it.
fn before_start(situation: &Situation<'_>, steps: &mut Steps<'_>, instance: InstanceIndex) {
    let Some(start) = steps.starts[instance] else { return };
    let primitive = situation.primitive_of(instance);
    let mut before: Vec<StepId> = steps.stops[instance].clone();
    before.extend(&steps.probes[situation.instances[instance].primitive]);
    if !primitive.agent.is_fencing() {
        let fences = steps.fences.iter().filter(|(node, _)| {
            situation.instances[instance].on(**node).is_some() || !primitive.known[**node]
        });
        before.extend(fences.map(|(_, step)| *step));
    }
    for step in before {
        steps.edge(step, start);
    }
}

/// What depends on something is not stopped before all nodes have been asked where that is: it
/// may turn out to run, and then there is nothing to stop. (A daemon that was restarted is found
/// with a whole group running, one member after the other.) Without the right to act nothing is
/// waited for.
pub(super) fn look_before_stopping<'a>(
    situation: &Situation<'a>,
    constraints: &Constraints<'a>,
    intentions: &Intentions<'a>,
    steps: &mut Steps<'a>,
) {
    if !situation.may_act() {
        return;
    }
    let mut pairs: Vec<(Vec<InstanceIndex>, Vec<InstanceIndex>)> = Vec::new();
    let instances = |point: Point| match point {
        Point::Instance(instance) => vec![instance],
        Point::Clone(resource) => situation.instances_of(resource).collect(),
    };
    for link in intentions.links.iter().filter(|link| !link.is_serial) {
        pairs.push((instances(link.first), instances(link.then)));
    }
    for colocation in &constraints.colocations {
        let of = |resource| situation.instances_of(resource).collect();
        pairs.push((of(colocation.primary.resource), of(colocation.dependent.resource)));
    }
    for (needed, dependents) in pairs {
        let mut probes: Vec<StepId> = needed
            .iter()
            .flat_map(|it| steps.probes[situation.instances[*it].primitive].iter().copied())
            .collect();
        probes.sort_unstable();
        probes.dedup();
        for dependent in dependents {
            for stop in steps.stops[dependent].clone() {
                probes.iter().for_each(|probe| steps.edge(*probe, stop));
            }
        }
    }
}

const fn reverse(task: Task) -> Task {
    match task {
        Task::Start => Task::Stop,
        Task::Stop => Task::Start,
        Task::Promote => Task::Demote,
        Task::Demote => Task::Promote,
        other => other,
    }
}

/// Serialized: in whatever sequence, but not at the same time.
fn keep_apart<'a>(
    situation: &Situation<'a>,
    intentions: &Intentions<'a>,
    steps: &mut Steps<'a>,
    link: &Link<'a>,
) {
    for (one, two) in
        [(Task::Stop, Task::Stop), (Task::Stop, Task::Start), (Task::Start, Task::Start)]
    {
        let mut linker = Linker { situation, intentions, steps };
        linker.link((link.first, one), (link.then, two), Strength::Preferred);
        if one != two {
            linker.link((link.then, one), (link.first, two), Strength::Preferred);
        }
    }
}

struct Linker<'s, 'a> {
    situation: &'s Situation<'a>,
    intentions: &'s Intentions<'a>,
    steps: &'s mut Steps<'a>,
}

impl Linker<'_, '_> {
    fn link(&mut self, first: (Point, Task), then: (Point, Task), strength: Strength) {
        let after = self.beginnings(then.0, then.1);
        if after.is_empty() {
            return;
        }
        for before in self.ends(first.0, first.1) {
            for &after in after.iter().filter(|after| **after != before) {
                self.steps.edges.push((before, after, strength));
            }
        }
    }

    /// The steps that begin `task`.
    fn beginnings(&self, point: Point, task: Task) -> Vec<StepId> {
        let of = |instance: InstanceIndex| match task {
            Task::Start => self.steps.starts[instance].into_iter().collect(),
            Task::Stop => self.steps.stops[instance].clone(),
            _ => Vec::new(),
        };
        match point {
            Point::Instance(instance) => of(instance),
            Point::Clone(resource) => self.situation.instances_of(resource).flat_map(of).collect(),
        }
    }

    /// The steps after which `task` is done: what fencing stops is stopped when that is done.
    fn ends(&mut self, point: Point, task: Task) -> Vec<StepId> {
        let instance = match point {
            Point::Instance(instance) => instance,
            Point::Clone(resource) => return self.clone_ends(resource, task),
        };
        let mut ends = self.beginnings(point, task);
        if task == Task::Stop {
            let moves = self.intentions.moves(self.situation, instance);
            ends.extend(moves.fenced.iter().filter_map(|node| self.steps.fences.get(node)));
        }
        ends
    }

    /// All of a clone's instances have come to a point; one step stands for it, so that two big
    /// clones are not tied instance by instance.
    fn clone_ends(&mut self, resource: ResourceIndex, task: Task) -> Vec<StepId> {
        let known = match task {
            Task::Start => self.steps.running.get(&resource),
            _ => self.steps.stopped.get(&resource),
        };
        if let Some(known) = known {
            return vec![*known];
        }
        let instances: Vec<InstanceIndex> = self.situation.instances_of(resource).collect();
        let mut ends = Vec::new();
        for instance in instances {
            ends.extend(self.ends(Point::Instance(instance), task));
        }
        ends.sort_unstable();
        ends.dedup();
        if ends.len() < 2 {
            return ends;
        }
        let state = &self.situation.resources[resource];
        debug_assert!(matches!(state.kind, Kind::Clone(_)), "only clones have many instances");
        let word = if task == Task::Start { "running" } else { "stopped" };
        let name = format!("{}_{word}_0", state.id);
        let step =
            self.steps.add(StepKind::Pseudo(name), format!("all of {} are {word}", state.id));
        for end in ends {
            self.steps.edge(end, step);
        }
        let points =
            if task == Task::Start { &mut self.steps.running } else { &mut self.steps.stopped };
        points.insert(resource, step);
        vec![step]
    }
}
