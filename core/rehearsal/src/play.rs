//! A transition graph is carried out, pass by pass.
//!
//! A pass goes through the graph in its order and carries out all whose inputs have ended, also
//! those that ended in this very pass. After a failure only what is urgent enough goes on.

use crate::events::Event;
use crate::history::{self, Outcome};
use crate::inject::{Fatal, count_failure};
use crate::nodes;
use crate::spec::Spec;
use base::WallTime;
use cluster::{Configuration, Score, Status, exit_code};
use scheduler::index::ActionIndex;
use scheduler::{Carrier, GraphAction, Synapse, Task, Transition};
use std::collections::{BTreeMap, BTreeSet};

/// What a play goes by beside the graph.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// The configuration, for what nodes are called.
    pub configuration: &'a Configuration,
    /// All names by which resources are known, ids and the histories' names for them.
    pub names: BTreeSet<&'a str>,
    /// Operations that are to end in another way than expected.
    pub failures: &'a [Spec],
    /// What a failed start adds to the fail count.
    pub is_start_failure_fatal: bool,
    /// When.
    pub now: WallTime,
}

/// Whether everything was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was, or what was not is held back by a failure.
    Complete,
    /// Something waits for what never comes: the graph is wrong.
    Terminated,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How it ended.
    pub end: End,
}

/// Carries `transition` out on `status`.
pub fn play(transition: &Transition, script: &Script<'_>, status: &mut Status) -> Played {
    let mut play = Play::new(&transition.synapses, script, status);
    let mut waiting: Vec<usize> = (0..transition.synapses.len()).collect();
    loop {
        let before = waiting.len();
        waiting.retain(|at| !play.try_out(*at));
        if waiting.len() == before {
            break;
        }
    }
    let is_stuck = !waiting.is_empty() && play.urgency <= Score::ZERO;
    let end = if is_stuck { End::Terminated } else { End::Complete };
    Played { events: play.events, end }
}

struct Play<'p> {
    synapses: &'p [Synapse],
    script: &'p Script<'p>,
    status: &'p mut Status,
    /// How many inputs each one still waits for.
    missing: Vec<usize>,
    /// Those that wait for each one.
    followers: Vec<Vec<usize>>,
    /// What is less urgent is left undone.
    urgency: Score,
    events: Vec<Event>,
}

impl<'p> Play<'p> {
    fn new(synapses: &'p [Synapse], script: &'p Script<'p>, status: &'p mut Status) -> Self {
        let places: BTreeMap<ActionIndex, usize> =
            synapses.iter().enumerate().map(|(at, synapse)| (synapse.action.id, at)).collect();
        let mut followers = vec![Vec::new(); synapses.len()];
        for (at, synapse) in synapses.iter().enumerate() {
            for input in &synapse.inputs {
                if let Some(place) = places.get(input) {
                    followers[*place].push(at);
                }
            }
        }
        let missing = synapses.iter().map(|synapse| synapse.inputs.len()).collect();
        let (urgency, events) = (Score::ZERO, Vec::new());
        Self { synapses, script, status, missing, followers, urgency, events }
    }

    /// Carries one out if its time has come; says whether it did.
    fn try_out(&mut self, at: usize) -> bool {
        let synapse = &self.synapses[at];
        if synapse.priority < self.urgency || self.missing[at] > 0 {
            return false;
        }
        let succeeded = self.carry_out(&synapse.action);
        for follower in std::mem::take(&mut self.followers[at]) {
            if succeeded || self.synapses[follower].priority >= Score::INFINITY {
                self.missing[follower] -= 1;
            }
        }
        true
    }

    fn carry_out(&mut self, action: &GraphAction) -> bool {
        let node = action.node.as_ref().map(|(name, _)| name.clone());
        match (action.carrier, action.operation.task) {
            (Carrier::Nobody, _) => {
                self.events.push(Event::Point { key: action.key.clone(), node });
            }
            (Carrier::Cluster, Task::Fence) => self.fence(action, node.unwrap_or_default()),
            (Carrier::Cluster, _) => {
                let task = action.task.clone();
                let resource = action.primitive.as_ref().map(|primitive| primitive.id.clone());
                self.events.push(Event::Cluster { task, resource, node: node.unwrap_or_default() });
            }
            (Carrier::Agent, _) => return self.run(action),
        }
        true
    }

    fn fence(&mut self, action: &GraphAction, node: String) {
        let how = action.attributes.get("CRM_meta_stonith_action").cloned().unwrap_or_default();
        if how != "on" {
            let place = (node.as_str(), None);
            let found = nodes::find_or_add(self.status, self.script.configuration, place);
            if let Some((_, node)) = found {
                nodes::bring_down(node);
            }
        }
        self.events.push(Event::Fence { node, how });
    }

    /// Runs an agent; says whether it ended as expected.
    fn run(&mut self, action: &GraphAction) -> bool {
        let Some(((node, id), primitive)) = action.node.as_ref().zip(action.primitive.as_ref())
        else {
            return true;
        };
        let long = primitive.long_id.as_deref();
        let is_known = |name: &&str| self.script.names.contains(name);
        let names = [Some(primitive.id.as_str()), long];
        let shown = names.into_iter().flatten().find(is_known).unwrap_or(&primitive.id);
        let interval = action.operation.every();
        self.events.push(Event::Agent {
            resource: shown.to_owned(),
            task: action.task.clone(),
            interval,
            node: node.clone(),
        });
        if matches!(action.operation.task, Task::Delete) {
            return true;
        }
        let failure = self.script.failures.iter().find(|spec| {
            (spec.resource == shown || spec.resource == primitive.id)
                && spec.task == action.task
                && spec.interval == interval
                && spec.node == *node
        });
        let expected = action.attributes.get("CRM_meta_op_target_rc");
        let expected = expected.and_then(|code| code.parse().ok()).unwrap_or(exit_code::OK);
        // What is reached through another node is known by its name.
        let id = if action.router.is_some() { node } else { id };
        let place = (node.as_str(), Some(id.as_str()));
        let Some((id, state)) = nodes::find_or_add(self.status, self.script.configuration, place)
        else {
            return true;
        };
        if let Some(spec) = failure {
            self.urgency = Score::INFINITY;
            self.events.push(Event::Failed { action: action.id, code: spec.code });
            let is_fatal = action.operation.task == Task::Stop
                || (action.operation.task == Task::Start && self.script.is_start_failure_fatal);
            let fatal = if is_fatal { Fatal::Yes } else { Fatal::No };
            let counted = count_failure((id, &mut *state), spec, fatal, self.script.now);
            self.events.extend(counted.into_iter().map(Event::Modified));
        }
        let (name, history) = history::of(state, (shown, &primitive.id), &primitive.agent);
        let outcome = Outcome {
            task: &action.task,
            interval,
            code: failure.map_or(expected, |spec| spec.code),
            expected,
            attributes: &action.attributes,
            now: self.script.now,
        };
        history::write(&name, history, &outcome);
        failure.is_none()
    }
}
