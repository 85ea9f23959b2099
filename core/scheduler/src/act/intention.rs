//! What is to become of one instance.

use crate::digest::differs;
use crate::gather::{Activity, MultipleActive, Presence, Situation};
use crate::index::{InstanceIndex, NodeIndex};
use crate::invocation;
use crate::place::Places;
use crate::plan::Task;
use cluster::{OperationRecord, OperationStatus, Score, exit_code};

/// Why an instance that stays where it is is stopped and started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// It failed.
    Recover(String),
    /// Something else wants it.
    Restart(String),
}

/// What is to become of an instance.
#[derive(Clone, Debug)]
pub(crate) struct Intention {
    /// Where it will run.
    pub(crate) target: Option<NodeIndex>,
    /// Why there or nowhere, in words.
    pub(crate) reason: String,
    /// Whether and why it is stopped and started although it stays.
    pub(crate) restart: Option<Restart>,
    /// Whether and why nothing is done with it (R7).
    pub(crate) untouched: Option<String>,
    /// Why it can not stay where it is, in words.
    pub(crate) left_because: Option<String>,
}

impl Intention {
    /// It is not to run after all.
    pub(crate) fn give_up(&mut self, reason: String) {
        self.target = None;
        self.restart = None;
        self.reason = reason;
    }
}

/// What has to be done for an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    /// Where it is stopped.
    pub(crate) stops: Vec<NodeIndex>,
    /// Where it stops because the node is fenced.
    pub(crate) fenced: Vec<NodeIndex>,
    /// Where it is started.
    pub(crate) start: Option<NodeIndex>,
}

impl Moves {
    pub(crate) const fn is_none(&self) -> bool {
        self.stops.is_empty() && self.fenced.is_empty() && self.start.is_none()
    }

    /// The word for it in reasons.
    pub(crate) const fn verb(&self) -> &'static str {
        let stops = !(self.stops.is_empty() && self.fenced.is_empty());
        match (stops, self.start) {
            (true, Some(_)) => "restart",
            (true, None) => "stop",
            (false, _) => "start",
        }
    }
}

/// What is to become of `instance` if nobody else had a say.
pub(super) fn first(
    situation: &Situation<'_>,
    places: &Places<'_>,
    instance: InstanceIndex,
) -> Intention {
    let state = &situation.instances[instance];
    let mut intention = Intention {
        target: places.nodes[instance],
        reason: places.reasons[instance].clone(),
        restart: None,
        untouched: None,
        left_because: left_because(situation, places, instance),
    };
    if !situation.is_changeable(instance) {
        intention.untouched = Some(intention.reason.clone());
        return intention;
    }
    let is_kept = intention.target.is_some_and(|target| {
        state.on(target).is_some_and(|activity| activity.pending != Some(Task::Start))
    });
    if !is_kept && let Some(why) = doubt(situation, instance) {
        intention.give_up(why);
    }
    let usable: Vec<_> =
        state.active.iter().filter(|it| situation.nodes[it.node].is_usable()).collect();
    if usable.len() > 1 {
        treat_multiple(situation, instance, &mut intention);
    }
    if let Some(activity) = intention.target.and_then(|target| state.on(target))
        && intention.restart.is_none()
    {
        intention.restart = restart(situation, instance, activity);
    }
    intention
}

/// Why `instance` may still be active somewhere without anything being done about it (R2).
fn doubt(situation: &Situation<'_>, instance: InstanceIndex) -> Option<String> {
    let primitive = situation.primitive_of(instance);
    if primitive.agent.is_fencing() {
        return None;
    }
    let state = &situation.instances[instance];
    situation.nodes.iter().find_map(|(index, node)| {
        let is_dubious = node.may_run_something() && !node.is_usable();
        let is_possible = state.on(index).is_some() || !primitive.known[index];
        let why = match node.presence {
            _ if !is_dubious || !is_possible || situation.is_to_be_fenced(index) => return None,
            Presence::Pending if node.unclean.is_none() => "has not joined yet",
            _ => "can not be fenced without quorum",
        };
        Some(format!("it may still be active on {}, which {why}", node.name))
    })
}

/// Why `instance` can not stay where it is: the node, or what forbids it there.
fn left_because(
    situation: &Situation<'_>,
    places: &Places<'_>,
    instance: InstanceIndex,
) -> Option<String> {
    let active = &situation.instances[instance].active;
    let left = active.iter().find(|activity| Some(activity.node) != places.nodes[instance])?;
    let node = &situation.nodes[left.node];
    if let Some(why) = &node.unclean {
        let is_about_node = why.starts_with(node.name);
        return Some(if is_about_node { format!("its node {why}") } else { why.clone() });
    }
    let unit = &situation.units[situation.instances[instance].unit];
    let parts = unit.members.iter().flat_map(|it| &places.scores.cell(*it, left.node).parts);
    let mut forbidden = parts.filter(|(score, _)| *score == Score::MINUS_INFINITY);
    node.obstacle()
        .or_else(|| forbidden.next().map(|(_, source)| source.to_string()))
        .or_else(|| failure(situation, left))
}

/// What failed there, in words.
fn failure(situation: &Situation<'_>, activity: &Activity<'_>) -> Option<String> {
    let record = activity.failure?;
    let node = situation.nodes[activity.node].name;
    let how = match record.status {
        OperationStatus::TimedOut => "timed out",
        _ => exit_code::text(record.code),
    };
    Some(format!("its {} failed on {node} ({how})", record.operation))
}

fn treat_multiple(situation: &Situation<'_>, instance: InstanceIndex, intention: &mut Intention) {
    let why = "it is active on more than one node";
    match situation.primitive_of(instance).settings.multiple_active {
        MultipleActive::Block => intention.untouched = Some(format!("it is blocked: {why}")),
        MultipleActive::StopOnly => intention.give_up(why.into()),
        MultipleActive::StopStart if intention.target.is_some() => {
            intention.restart = Some(Restart::Restart(why.into()));
        }
        MultipleActive::StopStart | MultipleActive::StopUnexpected => {}
    }
}

/// Whether and why something that stays where it is has to be stopped and started.
fn restart(
    situation: &Situation<'_>,
    instance: InstanceIndex,
    activity: &Activity<'_>,
) -> Option<Restart> {
    if let Some(why) = failure(situation, activity) {
        return Some(Restart::Recover(why));
    }
    if activity.pending == Some(Task::Stop) {
        return Some(Restart::Restart("its stop has begun already".into()));
    }
    let primitive = situation.primitive_of(instance);
    let is_changed = |record: &&OperationRecord| {
        let operation = invocation::operation(primitive, &record.operation, record.interval);
        let now = invocation::parameters(situation, primitive, activity.node, operation);
        digest(record).is_some_and(|digest| differs(digest, &now))
    };
    let began = activity.operations.iter().filter(|record| {
        record.interval.is_zero() && matches!(record.operation.as_str(), "start" | "monitor")
    });
    let newest = began.max_by_key(|record| record.call);
    let changed = newest.filter(is_changed).is_some();
    changed.then(|| Restart::Restart("its parameters have changed".into()))
}

/// The digest of the parameters that an operation was run with.
pub(crate) fn digest(record: &OperationRecord) -> Option<&str> {
    record.digests.all.as_deref()
}

/// What has to be done for an instance that is to become what `intention` says.
pub(super) fn moves(
    situation: &Situation<'_>,
    intention: &Intention,
    instance: InstanceIndex,
) -> Moves {
    let mut moves = Moves::default();
    if intention.untouched.is_some() {
        return moves;
    }
    let state = &situation.instances[instance];
    let mut is_there = false;
    for activity in &state.active {
        let node = &situation.nodes[activity.node];
        let is_target = intention.target == Some(activity.node) && node.is_usable();
        // A stop that failed is not tried again and again: that node is fenced when it can be.
        let has_stuck = activity.failure.is_some_and(|record| record.operation == "stop");
        if situation.is_to_be_fenced(activity.node) {
            moves.fenced.push(activity.node);
        } else if is_target && intention.restart.is_none() {
            is_there = activity.pending != Some(Task::Start);
        } else if node.presence == Presence::Online && !(has_stuck && node.unclean.is_some()) {
            moves.stops.push(activity.node);
        }
    }
    if !is_there {
        moves.start = intention.target;
    }
    moves
}
