//! The steps of a plan.

use super::recurring;
use crate::act::Intentions;
use crate::gather::Situation;
use crate::index::{Indexed, InstanceIndex, NodeIndex, PrimitiveIndex, ResourceIndex};
use crate::invocation::{self, Run};
use crate::plan::{ActionKey, PowerAction, Task};
use cluster::exit_code;
use std::collections::BTreeMap;
use std::time::Duration;

/// A step's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StepId(pub(crate) usize);

/// Whether an edge may be dropped to break a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    Firm,
    Preferred,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum StepKind<'a> {
    Fence(NodeIndex, PowerAction),
    Run(Run<'a>),
    Pseudo(String),
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) kind: StepKind<'a>,
    pub(crate) reason: String,
}

/// All steps, where to find them, and what comes before what.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    pub(crate) list: Vec<Step<'a>>,
    /// Before, after.
    pub(crate) edges: Vec<(StepId, StepId, Strength)>,
    pub(super) fences: BTreeMap<NodeIndex, StepId>,
    pub(super) probes: Indexed<PrimitiveIndex, Vec<StepId>>,
    pub(super) stops: Indexed<InstanceIndex, Vec<StepId>>,
    pub(super) starts: Indexed<InstanceIndex, Option<StepId>>,
    pub(super) running: BTreeMap<ResourceIndex, StepId>,
    pub(super) stopped: BTreeMap<ResourceIndex, StepId>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(situation: &Situation<'a>) -> Self {
        Self {
            list: Vec::new(),
            edges: Vec::new(),
            fences: BTreeMap::new(),
            probes: Indexed::filled(Vec::new(), situation.primitives.len()),
            stops: Indexed::filled(Vec::new(), situation.instances.len()),
            starts: Indexed::filled(None, situation.instances.len()),
            running: BTreeMap::new(),
            stopped: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, kind: StepKind<'a>, reason: String) -> StepId {
        self.list.push(Step { kind, reason });
        StepId(self.list.len() - 1)
    }

    pub(super) fn edge(&mut self, before: StepId, after: StepId) {
        self.edges.push((before, after, Strength::Firm));
    }

    /// Nodes to fence (F2: each with its reason).
    pub(super) fn fence(&mut self, situation: &Situation<'a>, intentions: &Intentions<'_>) {
        let mut previous = None;
        for (&node, why) in &intentions.fences {
            let name = situation.nodes[node].name;
            let how = in_flight_power(situation, name).unwrap_or(situation.options.fencing_action);
            let step = self.add(StepKind::Fence(node, how), why.clone());
            self.fences.insert(node, step);
            if !situation.options.is_fencing_concurrent
                && let Some(before) = previous.replace(step)
            {
                self.edge(before, step);
            }
        }
    }

    /// Nodes that have never said what a resource does there are asked.
    pub(super) fn probe(&mut self, situation: &Situation<'a>) {
        if !situation.options.probes {
            return;
        }
        for (index, primitive) in situation.primitives.iter() {
            if primitive.configured.is_none() || primitive.instances.is_empty() {
                continue;
            }
            let operation = invocation::probe_operation(primitive);
            for (node, state) in situation.nodes.iter() {
                if !state.is_usable() || primitive.known[node] {
                    continue;
                }
                let is_active = primitive
                    .instances
                    .iter()
                    .any(|it| situation.instances[*it].on(node).is_some());
                if is_active {
                    // A start that has not ended: what comes of it will be known then.
                    continue;
                }
                // The same instance in every plan, so that a probe in flight is recognized.
                let position = crate::index::Key::position(node) % primitive.instances.len();
                let instance = primitive.instances[position];
                let run = Run {
                    instance,
                    node,
                    task: Task::Monitor,
                    interval: Duration::ZERO,
                    operation,
                    target_code: exit_code::NOT_RUNNING,
                };
                let reason = format!("{} has not said what it does there", state.name);
                let step = self.add(StepKind::Run(run), reason);
                self.probes[index].push(step);
            }
        }
    }

    /// Stops, then starts, of every instance.
    pub(super) fn stop_and_start(
        &mut self,
        situation: &Situation<'a>,
        intentions: &Intentions<'_>,
    ) {
        for instance in situation.instances.keys() {
            let moves = intentions.moves(situation, instance);
            if moves.is_none() {
                continue;
            }
            let reason = crate::graph::why(intentions, instance);
            for node in moves.stops {
                let step = self.run(situation, (instance, node), Task::Stop, reason.clone());
                self.stops[instance].push(step);
            }
            if let Some(node) = moves.start {
                assert!(situation.nodes[node].is_eligible(), "R2: started where it may not be");
                let step = self.run(situation, (instance, node), Task::Start, reason);
                self.starts[instance] = Some(step);
            }
        }
    }

    fn run(
        &mut self,
        situation: &Situation<'a>,
        (instance, node): (InstanceIndex, NodeIndex),
        task: Task,
        reason: String,
    ) -> StepId {
        let interval = Duration::ZERO;
        let primitive = situation.primitive_of(instance);
        let operation = invocation::operation(primitive, task.name(), interval);
        let run = Run { instance, node, task, interval, operation, target_code: exit_code::OK };
        self.add(StepKind::Run(run), reason)
    }

    /// Recurring operations begin and end.
    pub(super) fn watch(&mut self, situation: &Situation<'a>, intentions: &Intentions<'_>) {
        for instance in situation.instances.keys() {
            let moves = intentions.moves(situation, instance);
            let Some(node) = intentions.of[instance].target else { continue };
            if !situation.nodes[node].is_usable() {
                continue;
            }
            let mut ended = None;
            for change in recurring::changes(situation, instance, node, moves.start.is_some()) {
                let step = self.add(StepKind::Run(change.run), change.reason);
                if change.run.task == Task::Cancel {
                    ended = Some((change.run.interval, step));
                    continue;
                }
                if let Some(start) = self.starts[instance] {
                    self.edge(start, step);
                }
                if let Some((interval, cancel)) = ended
                    && interval == change.run.interval
                {
                    self.edge(cancel, step);
                }
            }
        }
    }
}

fn in_flight_power(situation: &Situation<'_>, name: &str) -> Option<PowerAction> {
    situation.facts.in_flight.iter().find_map(|key| match key {
        ActionKey::Fence { node, how } if node == name => Some(*how),
        ActionKey::Fence { .. } | ActionKey::Resource { .. } | ActionKey::Pseudo(_) => None,
    })
}
