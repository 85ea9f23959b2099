//! A transition as people read it: what is done in which wave, why, and what waits for what.
//!
//! [`steps`] puts a decision into words; [`text`] writes them as a list, [`crate::svg`] draws them.
//! Both tell [`Line`]s: what is the same on several nodes is told once.

mod lines;
mod why;

pub(crate) use lines::{Line, lines};

use crate::waves::{Moment, Waves};
use crate::words::{count, printable};
use scheduler::index::ActionIndex;
use scheduler::{Carrier, Decision, GraphAction, Operation, SummaryLine, Task, circles};
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

    /// The words with which [`Step::what`] begins.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Fence => "fence, unfence",
            Self::Probe => "look for",
            Self::Demote => "demote",
            Self::Stop => "stop",
            Self::Migrate => "hand over, take over",
            Self::Start => "start",
            Self::Promote => "promote",
            Self::Reload => "reload",
            Self::Monitor => "watch",
            Self::Notify => "tell",
            Self::Upkeep => "end the watch, forget, shut down",
            Self::Point => "a point that nobody carries out",
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
            Task::Cancel | Task::Delete | Task::ClearFailCount | Task::Shutdown => Self::Upkeep,
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
    /// Whether that holds for all steps of these kinds, so that it is enough to read it once.
    pub is_general: bool,
}

/// Whether points are told, at which nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Points {
    /// They are not; what they wait for takes their place.
    LeftOut,
    /// They are.
    Shown,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its wave, from 1; steps of a wave can all be under way at the same time. Points have the
    /// wave that they stand behind, from 0.
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
    /// What it waits for, ascending, and nothing that another of them waits for already.
    pub waits: Vec<Wait>,
    /// When it can begin.
    pub(crate) moment: Moment,
}

impl Step {
    /// Whether nobody carries it out.
    pub(crate) const fn is_point(&self) -> bool {
        self.moment.point > 0
    }
}

/// The steps of a decision, wave by wave.
pub fn steps(decision: &Decision<'_>, points: Points) -> Vec<Step> {
    let waves = Waves::of(&decision.transition);
    let is_point = |at: usize| waves.moments[at].point > 0;
    let mut turn: Vec<usize> = (0..waves.order.len()).collect();
    let inputs = match points {
        Points::Shown => waves.inputs.clone(),
        Points::LeftOut => {
            turn.retain(|at| !is_point(*at));
            waves.inputs_without(is_point)
        }
    };
    turn.sort_by_cached_key(|at| (waves.moments[*at], rank(decision, *at)));
    let mut numbers = vec![usize::MAX; waves.order.len()];
    for (number, at) in turn.iter().enumerate() {
        numbers[*at] = number;
    }
    let reader = Reader::new(decision);
    let step = |at: &usize| step(&reader, *at, waves.moments[*at], &inputs[*at], &numbers);
    turn.iter().map(step).collect()
}

fn step(
    reader: &Reader<'_, '_>,
    at: usize,
    moment: Moment,
    inputs: &[usize],
    numbers: &[usize],
) -> Step {
    let synapses = &reader.decision.transition.synapses;
    let action = &synapses[at].action;
    let waits = inputs.iter().map(|input| {
        let why = reader.why(synapses[*input].action.id, action.id);
        Wait { step: numbers[*input], why: why.words, is_general: why.is_general }
    });
    let mut waits: Vec<Wait> = waits.collect();
    waits.sort_unstable_by_key(|wait| wait.step);
    let reason = reader.decision.actions[action.id].reason.clone().unwrap_or_default();
    Step {
        wave: moment.wave,
        kind: StepKind::of(action),
        what: what(reader.decision, action),
        node: action.node.as_ref().map(|(name, _)| name.clone()),
        subject: subject(reader.decision, action.id),
        key: action.key.clone(),
        reason,
        waits,
        moment,
    }
}

/// Where a synapse stands among others of its wave: by kind of work, then by resource, then by
/// node.
fn rank(decision: &Decision<'_>, at: usize) -> impl Ord + use<> {
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
fn what(decision: &Decision<'_>, action: &GraphAction) -> String {
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
        Task::Cancel => format!("end the watch on {of} every {}", every(action.operation)),
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

/// So many steps with the same reason to wait for are named, and so many of their nodes; of more,
/// only how many.
const MOST_NAMED: usize = 3;

/// The whole plan: what changes, then the steps wave by wave.
pub fn text(decision: &Decision<'_>) -> String {
    let steps = steps(decision, Points::LeftOut);
    let mut page = Vec::new();
    let stuck = stuck(decision);
    if !stuck.is_empty() {
        page.push(
            "These never begin, as each waits for another one of them; look at the orders:".into(),
        );
        page.extend(stuck.iter().map(|step| format!("  {step}")));
        page.push(String::new());
    }
    if !decision.summary.is_empty() {
        page.push("What changes:".to_owned());
        page.extend(decision.summary.iter().map(|change| format!("  {}", change_line(change))));
        page.push(String::new());
    }
    match steps.last() {
        Some(_) => write_steps(&mut page, &steps),
        None => page.push("There is nothing to do.".to_owned()),
    }
    page.iter().map(|line| printable(line) + "\n").collect()
}

/// What waits for each other in a circle, so that the plan cannot be carried out: `start ost0 on oss1`.
pub fn stuck(decision: &Decision<'_>) -> Vec<String> {
    let circles = circles(&decision.transition.inputs());
    if circles.is_empty() {
        return Vec::new();
    }
    let keys: BTreeSet<&str> =
        circles.iter().map(|at| decision.transition.synapses[*at].action.key.as_str()).collect();
    let steps = steps(decision, Points::LeftOut);
    let meant = (0..steps.len()).filter(|at| keys.contains(steps[*at].key.as_str()));
    lines::of(&steps, meant).iter().map(|line| printable(&line.title(&steps))).collect()
}

/// `9 steps in 4 waves`.
pub(crate) fn size(steps: &[Step]) -> String {
    let done = steps.iter().filter(|step| !step.is_point()).count();
    let waves = steps.iter().map(|step| step.wave).max().unwrap_or(0);
    format!("{} in {}", count(done, "step"), count(waves, "wave"))
}

fn write_steps(page: &mut Vec<String>, steps: &[Step]) {
    page.push(format!(
        "{}; what stands in the same wave can be under way at the same time.",
        size(steps)
    ));
    let lines = lines(steps);
    let mut known = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        let wave = line.first(steps).wave;
        if at == 0 || lines[at - 1].first(steps).wave != wave {
            page.extend([String::new(), format!("Wave {wave}")]);
        }
        write_line(page, line, steps, &mut known);
    }
}

fn change_line(change: &SummaryLine) -> String {
    let mut line = format!("{} {}", change.verb, change.subject);
    // Writing to a string cannot fail.
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

/// A line, and what it waits for; `known` are the general reasons that have been told.
fn write_line<'s>(
    page: &mut Vec<String>,
    line: &Line,
    steps: &'s [Step],
    known: &mut BTreeSet<&'s str>,
) {
    let step = line.first(steps);
    let reason = match step.reason.as_str() {
        "" => String::new(),
        reason => format!("  ({reason})"),
    };
    page.push(format!("  {}{reason}", line.title(steps)));
    let mut said: BTreeSet<&str> = BTreeSet::new();
    for wait in &step.waits {
        if !said.insert(&wait.why) {
            continue;
        }
        let same = step.waits.iter().filter(|it| it.why == wait.why).map(|it| it.step);
        let before = lines::of(steps, same);
        let shown = if before.len() > MOST_NAMED + 1 { MOST_NAMED } else { before.len() };
        let mut names: Vec<String> = before[..shown].iter().map(|it| it.mention(steps)).collect();
        if shown < before.len() {
            names.push(format!("{} more", before.len() - shown));
        }
        let is_new = !wait.why.is_empty() && (!wait.is_general || known.insert(&wait.why));
        let why = if is_new { format!(": {}", wait.why) } else { String::new() };
        page.push(format!("      after {}{why}", names.join(" and ")));
    }
}
