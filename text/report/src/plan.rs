//! A transition as people read it: what is done in which wave, why, and what waits for what.
//!
//! [`steps`] puts a decision into words; [`text`] writes them as a list, [`crate::svg`] draws them.

mod why;

use crate::waves::Waves;
use crate::words::count;
use scheduler::index::ActionIndex;
use scheduler::{Carrier, Decision, GraphAction, Operation, SummaryLine, Task};
use std::collections::BTreeSet;
use std::fmt::Write;
use why::Reader;

/// What kind of work a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// A node's power is cut or given back.
    Fence,
    /// Something is looked for.
    Probe,
    /// Something is demoted.
    Demote,
    /// Something is stopped.
    Stop,
    /// Something is handed over while it runs.
    Migrate,
    /// Something is started.
    Start,
    /// Something is promoted.
    Promote,
    /// Something is told of changed parameters.
    Reload,
    /// Something is watched from now on.
    Monitor,
    /// Instances are told what others do.
    Notify,
    /// The cluster's own records and nodes: forgetting histories, ending monitors, shutting down.
    Upkeep,
    /// Nothing is carried out: a point that others are ordered against.
    Point,
}

impl StepKind {
    /// The word for it in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fence => "fence",
            Self::Probe => "probe",
            Self::Demote => "demote",
            Self::Stop => "stop",
            Self::Migrate => "migrate",
            Self::Start => "start",
            Self::Promote => "promote",
            Self::Reload => "reload",
            Self::Monitor => "monitor",
            Self::Notify => "notify",
            Self::Upkeep => "upkeep",
            Self::Point => "point",
        }
    }

    pub(crate) const fn of(action: &GraphAction) -> Self {
        match action.operation.task {
            Task::Fence => Self::Fence,
            _ if matches!(action.carrier, Carrier::Nobody) => Self::Point,
            Task::Monitor if action.operation.interval == 0 => Self::Probe,
            Task::Monitor => Self::Monitor,
            Task::Start | Task::Running => Self::Start,
            Task::Stop | Task::Stopped => Self::Stop,
            Task::Promote | Task::Promoted => Self::Promote,
            Task::Demote | Task::Demoted => Self::Demote,
            Task::MigrateTo | Task::MigrateFrom => Self::Migrate,
            Task::Reload => Self::Reload,
            Task::Notify(..) | Task::Notified(..) => Self::Notify,
            Task::Cancel
            | Task::Delete
            | Task::ClearFailCount
            | Task::Shutdown
            | Task::MaintenanceNodes => Self::Upkeep,
            Task::LoadStopped | Task::OneOrMore | Task::CloneOneOrMore => Self::Point,
        }
    }
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The number of the step.
    pub step: usize,
    /// Why, in a few words; empty when nobody can say.
    pub why: String,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its wave, from 1; steps of a wave can all be under way at the same time.
    pub wave: usize,
    /// What kind of work it is.
    pub kind: StepKind,
    /// What is done: `start ost0`, `fence oss1`, `watch ost0 every 10s`.
    pub what: String,
    /// The node on which it is done.
    pub node: Option<String>,
    /// The resource or node it is about, when it is about one.
    pub subject: Option<String>,
    /// The action's key in the graph.
    pub key: String,
    /// Why it is done; empty when that is plain.
    pub reason: String,
    /// What it waits for: no points, and nothing that another of them waits for already.
    pub waits: Vec<Wait>,
}

/// The steps of a decision that somebody carries out, wave by wave.
pub fn steps(decision: &Decision<'_>) -> Vec<Step> {
    let waves = Waves::of(&decision.transition);
    let mut turn: Vec<usize> = (0..waves.order.len()).collect();
    turn.retain(|at| decision.transition.synapses[*at].action.carrier != Carrier::Nobody);
    turn.sort_by_cached_key(|at| (waves.moments[*at].wave, rank(decision, *at)));
    let mut numbers = vec![usize::MAX; waves.order.len()];
    for (number, at) in turn.iter().enumerate() {
        numbers[*at] = number;
    }
    let reader = Reader::new(decision);
    let inputs = without_points(&waves, &numbers);
    turn.iter().map(|at| step(&reader, &waves, *at, &inputs[*at], &numbers)).collect()
}

fn step(
    reader: &Reader<'_, '_>,
    waves: &Waves,
    at: usize,
    inputs: &[usize],
    numbers: &[usize],
) -> Step {
    let synapses = &reader.decision.transition.synapses;
    let action = &synapses[at].action;
    let waits = inputs.iter().map(|input| {
        let why = reader.why(synapses[*input].action.id, action.id);
        Wait { step: numbers[*input], why }
    });
    let reason = reader.decision.actions[action.id].reason.clone().unwrap_or_default();
    Step {
        wave: waves.moments[at].wave,
        kind: StepKind::of(action),
        what: what(reader.decision, action),
        node: action.node.as_ref().map(|(name, _)| name.clone()),
        subject: subject(reader.decision, action.id),
        key: action.key.clone(),
        reason,
        waits: waits.collect(),
    }
}

/// For everything that is carried out, what it waits for through points, ascending.
fn without_points(waves: &Waves, numbers: &[usize]) -> Vec<Vec<usize>> {
    let mut real: Vec<Vec<usize>> = vec![Vec::new(); waves.order.len()];
    for at in &waves.order {
        let mut all = BTreeSet::new();
        for input in &waves.inputs[*at] {
            if numbers[*input] == usize::MAX {
                all.extend(real[*input].iter().copied());
            } else {
                all.insert(*input);
            }
        }
        real[*at] = all.into_iter().collect();
    }
    real
}

/// Where a synapse stands among others of its wave: by kind of work, then by resource, then by
/// node.
pub(crate) fn rank(decision: &Decision<'_>, at: usize) -> impl Ord + use<> {
    let action = &decision.transition.synapses[at].action;
    let state = &decision.actions[action.id];
    let mut nodes = decision.situation.node_order.iter();
    let node = nodes.position(|node| Some(*node) == state.node);
    (StepKind::of(action), state.resource, node, at)
}

/// The resource or node that an action is about.
fn subject(decision: &Decision<'_>, action: ActionIndex) -> Option<String> {
    let state = &decision.actions[action];
    match (state.resource, state.node) {
        (Some(resource), _) => Some(decision.situation.resources[resource].id.clone()),
        (None, Some(node)) => Some(decision.situation.nodes[node].name.clone()),
        (None, None) => None,
    }
}

/// What is done, in words.
pub(crate) fn what(decision: &Decision<'_>, action: &GraphAction) -> String {
    let of = subject(decision, action.id).unwrap_or_default();
    let meta = |name: &str| action.attributes.get(name).map_or("", String::as_str);
    match action.operation.task {
        _ if action.carrier == Carrier::Nobody && !is_of_resource(decision, action.id) => {
            action.key.clone()
        }
        Task::Fence => match meta("CRM_meta_stonith_action") {
            "on" => format!("unfence {of}"),
            "off" => format!("fence {of} (off)"),
            _ => format!("fence {of}"),
        },
        Task::Monitor if action.operation.interval == 0 => format!("look for {of}"),
        Task::Monitor => format!("watch {of} every {}", every(action.operation)),
        Task::Cancel => format!("end the watch on {of}"),
        Task::Running => format!("{of} started"),
        Task::Stopped => format!("{of} stopped"),
        Task::Promoted => format!("{of} promoted"),
        Task::Demoted => format!("{of} demoted"),
        Task::MigrateTo => format!("hand over {of}"),
        Task::MigrateFrom => format!("take over {of}"),
        Task::Reload => format!("reload {of}"),
        Task::Notify(phase, about) => format!("tell {of}: {}-{}", phase.name(), about.name()),
        Task::Notified(phase, about) => format!("{of} told: {}-{}", phase.name(), about.name()),
        Task::Delete => format!("forget the history of {of}"),
        Task::ClearFailCount => format!("forget failures of {of}"),
        Task::Shutdown => format!("shut down {of}"),
        task => format!("{} {of}", task.name()),
    }
}

fn is_of_resource(decision: &Decision<'_>, action: ActionIndex) -> bool {
    decision.actions[action].resource.is_some()
}

fn every(operation: Operation) -> String {
    crate::words::interval(operation.every())
}

/// So many steps with the same reason to wait for are named; of more, only how many.
const MOST_NAMED: usize = 3;

/// The whole plan: what changes, then the steps wave by wave.
pub fn text(decision: &Decision<'_>) -> String {
    let steps = steps(decision);
    let mut text = String::new();
    if !decision.summary.is_empty() {
        text.push_str("What changes:\n");
        for change in &decision.summary {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "  {}", change_line(change));
        }
        text.push('\n');
    }
    let Some(last) = steps.last() else {
        text.push_str("There is nothing to do.\n");
        return text;
    };
    let _ = writeln!(
        text,
        "{} in {}; what stands in the same wave can be under way at the same time.",
        count(steps.len(), "step"),
        count(last.wave, "wave")
    );
    for (at, step) in steps.iter().enumerate() {
        if at == 0 || steps[at - 1].wave != step.wave {
            let _ = writeln!(text, "\nWave {}", step.wave);
        }
        write_step(&mut text, step, &steps);
    }
    text
}

fn change_line(change: &SummaryLine) -> String {
    let mut line = format!("{} {}", change.verb, change.subject);
    if let Some(course) = &change.course {
        let _ = write!(line, " ({course})");
    }
    if !change.reason.is_empty() {
        let _ = write!(line, ": {}", change.reason);
    }
    if change.blocked {
        line.push_str(" [cannot be done now]");
    }
    line
}

fn write_step(text: &mut String, step: &Step, all: &[Step]) {
    let _ = write!(text, "  {}", title(step));
    if !step.reason.is_empty() {
        let _ = write!(text, "  ({})", step.reason);
    }
    text.push('\n');
    let mut rest: &[Wait] = &step.waits;
    let mut said: BTreeSet<&str> = BTreeSet::new();
    while let Some(first) = rest.first() {
        rest = &rest[1..];
        if !said.insert(&first.why) {
            continue;
        }
        let same: Vec<&Wait> = step.waits.iter().filter(|it| it.why == first.why).collect();
        let shown = if same.len() > MOST_NAMED + 1 { MOST_NAMED } else { same.len() };
        let names: Vec<String> = same[..shown].iter().map(|it| title(&all[it.step])).collect();
        let _ = write!(text, "      after {}", names.join(", "));
        if shown < same.len() {
            let _ = write!(text, " and {} more", same.len() - shown);
        }
        if !first.why.is_empty() {
            let _ = write!(text, ": {}", first.why);
        }
        text.push('\n');
    }
}

/// `start ost0 on oss1`; the node only where it is not what the step is about.
fn title(step: &Step) -> String {
    match &step.node {
        Some(node) if step.subject.as_ref() != Some(node) => format!("{} on {node}", step.what),
        _ => step.what.clone(),
    }
}
