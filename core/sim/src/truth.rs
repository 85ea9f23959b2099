//! What really is and was, whatever the cluster believes.

use base::{Instant, NodeId};
use cluster::OperationStatus;
use group::Stage;
use manager::{Acknowledgement, Run};
use scheduler::plan::Task;
use std::collections::BTreeSet;
use std::time::Duration;

/// Whether a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It does, or may: from the moment its start begins to the moment its stop succeeds.
    Active,
    /// It certainly does not.
    Inactive,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// Where.
    pub node: NodeId,
    /// Which service.
    pub instance: String,
    /// To what.
    pub activity: Activity,
}

/// An instance got a role, or lost it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// When.
    pub at: Instant,
    /// Where.
    pub node: NodeId,
    /// Which instance.
    pub instance: String,
    /// Whether it is promoted from here on, or may be: from the moment its promotion begins to the
    /// moment its demotion or stop succeeds.
    pub is_promoted: bool,
}

/// An agent ran, or runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Since when.
    pub at: Instant,
    /// Where.
    pub node: NodeId,
    /// For which instance.
    pub instance: String,
    /// What it was asked for.
    pub task: Task,
    /// How often it is asked; zero for once.
    pub interval: Duration,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether it is a fence device, which runs nothing.
    pub is_device: bool,
    /// Whether people had said before that it is to be left alone, as far as its node had heard.
    pub was_left_alone: bool,
    /// When and how it ended.
    pub end: Option<(Instant, CallEnd)>,
}

/// How an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It, or its time, came to an end; the code is what it said.
    Ended(OperationStatus, i32),
    /// Whoever ran it was no more.
    Cut,
}

/// What takes the right to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An agent began to start a service.
    Start,
    /// A fence device was told to switch this node's power.
    Fence(NodeId),
}

/// Somebody did something that takes the right to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: Instant,
    /// Who.
    pub node: NodeId,
    /// What.
    pub deed: Deed,
    /// Whether the node's own view gave it the right to act.
    pub was_quorate: bool,
}

/// A fence device was told to switch a node's power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// When.
    pub at: Instant,
    /// Who pressed the button.
    pub by: NodeId,
    /// Whose power.
    pub target: NodeId,
    /// What stood in the journal of who pressed it, before: why.
    pub reason: Option<String>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It alone was killed.
    Killed,
    /// The power of its machine went.
    PowerCut,
    /// It had left in order.
    Left,
}

/// A process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// When.
    pub at: Instant,
    /// Where.
    pub node: NodeId,
    /// How.
    pub how: Ending,
    /// How far it was on the way to a view.
    pub stage: Stage,
    /// Whether it was its view's coordinator.
    pub was_coordinator: bool,
    /// Whether it knew of a fencing under way.
    pub was_fencing: bool,
}

/// Something that must not have been taken for a new packet of a peer was (G8): it was damaged, had
/// been taken before, or came from a process that had ended before this one began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intrusion {
    /// When.
    pub at: Instant,
    /// By whom.
    pub node: NodeId,
    /// Damaged on the way; otherwise it was replayed.
    pub was_damaged: bool,
}

/// From here on two nodes must hear each other on so many rings (G9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// When.
    pub at: Instant,
    /// The lower of the two.
    pub one: NodeId,
    /// The higher.
    pub other: NodeId,
    /// On how many rings.
    pub good_rings: u8,
}

/// A stretch of time in which a node could not do its part: it stood still, or heard slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// Who.
    pub node: NodeId,
    /// Since when.
    pub from: Instant,
    /// Until when.
    pub until: Instant,
    /// It stood still altogether.
    pub is_pause: bool,
}

/// What befell things that nobody is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Servers whose power a fence device switched.
    pub fenced: u64,
    /// Writes that were lost with the power.
    pub lost_writes: u64,
    /// Disks that were lost.
    pub lost_disks: u64,
    /// Datagrams dropped because a server did not hear fast enough.
    pub overflowed: u64,
    /// Datagrams that were too long for their path.
    pub swallowed: u64,
    /// Old datagrams that came again.
    pub replayed: u64,
    /// Datagrams that were damaged on the way, or never came from the cluster.
    pub damaged: u64,
    /// Nodes that took over the state of others.
    pub taught: u64,
}

/// The ground truth and its history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    active: BTreeSet<(String, NodeId)>,
    promoted: BTreeSet<(String, NodeId)>,
    /// Which agents ran, in the order in which they began.
    pub calls: Vec<Call>,
    /// What was asked for and refused.
    pub refusals: Vec<String>,
    changes: Vec<Change>,
    /// Who was promoted and demoted, in order.
    pub roles: Vec<RoleChange>,
    /// What fence devices were told, in order.
    pub shots: Vec<Shot>,
    /// What took the right to act, in order.
    pub acts: Vec<Act>,
    /// Which processes ended, in order.
    pub deaths: Vec<Death>,
    /// What must not have been taken and was.
    pub intrusions: Vec<Intrusion>,
    /// How the cables were: each change, in order. Before the first all are good.
    pub paths: Vec<Path>,
    /// Who was hindered, in the order of beginnings.
    pub hindrances: Vec<Hindrance>,
    /// Which services a node was to leave alone from then on, by what it had heard: each change, in order.
    pub left_alone: Vec<(Instant, NodeId, BTreeSet<String>)>,
    /// From when until when a planner was slow.
    pub slow_plans: Vec<(Instant, Instant)>,
    /// When fence devices really cut a node off.
    pub cut_off: Vec<(Instant, NodeId)>,
    /// Marks of which somebody was told that they are in the configuration, in order.
    pub promises: Vec<Promise>,
    /// What was counted.
    pub tally: Tally,
}

/// Somebody was told that a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// When.
    pub at: Instant,
    /// By whom.
    pub node: NodeId,
    /// Which change.
    pub mark: u32,
    /// How sure it is.
    pub sure: Acknowledgement,
}

/// What a mark is called in the configuration.
pub fn mark_name(mark: u32) -> String {
    format!("mark-{mark}")
}

impl Truth {
    pub(crate) fn set(&mut self, at: Instant, node: NodeId, instance: &str, activity: Activity) {
        if activity == Activity::Inactive {
            self.demote(at, node, instance);
        }
        let key = (instance.to_owned(), node);
        let changed = match activity {
            Activity::Active => self.active.insert(key),
            Activity::Inactive => self.active.remove(&key),
        };
        if changed {
            let instance = instance.to_owned();
            self.changes.push(Change { at, node, instance, activity });
        }
    }

    pub(crate) fn promote(&mut self, at: Instant, node: NodeId, instance: &str) {
        if self.promoted.insert((instance.to_owned(), node)) {
            let instance = instance.to_owned();
            self.roles.push(RoleChange { at, node, instance, is_promoted: true });
        }
    }

    pub(crate) fn demote(&mut self, at: Instant, node: NodeId, instance: &str) {
        if self.promoted.remove(&(instance.to_owned(), node)) {
            let instance = instance.to_owned();
            self.roles.push(RoleChange { at, node, instance, is_promoted: false });
        }
    }

    /// An agent begins; the place of its call.
    pub(crate) fn begin_call(
        &mut self,
        (at, node): (Instant, NodeId),
        run: &Run,
        was_left_alone: bool,
    ) -> usize {
        let Run { instance, task, interval, invocation, .. } = run;
        self.calls.push(Call {
            at,
            node,
            instance: instance.clone(),
            task: *task,
            interval: *interval,
            timeout: invocation.timeout,
            is_device: invocation.agent.is_fencing(),
            was_left_alone,
            end: None,
        });
        self.calls.len() - 1
    }

    pub(crate) fn end_call(&mut self, call: usize, at: Instant, how: CallEnd) {
        if let Some(call) = self.calls.get_mut(call) {
            call.end.get_or_insert((at, how));
        }
    }

    /// The power is gone: so is everything that ran.
    pub(crate) fn dark(&mut self, at: Instant, node: NodeId) {
        let lost: Vec<String> = self.active_on(node).map(str::to_owned).collect();
        for instance in lost {
            self.set(at, node, &instance, Activity::Inactive);
        }
    }

    /// Whether the service is active on the node.
    pub fn is_active(&self, node: NodeId, instance: &str) -> bool {
        self.active.contains(&(instance.to_owned(), node))
    }

    /// Whether the service has the promoted role on the node, or may have it.
    pub fn is_promoted(&self, node: NodeId, instance: &str) -> bool {
        self.promoted.contains(&(instance.to_owned(), node))
    }

    /// Where the service has the promoted role, or may have it.
    pub fn promoted_on(&self, instance: &str) -> Vec<NodeId> {
        let here = self.promoted.iter().filter(|(name, _)| name == instance);
        here.map(|(_, node)| *node).collect()
    }

    /// Where the service is active.
    pub fn nodes_of(&self, instance: &str) -> Vec<NodeId> {
        let here = self.active.iter().filter(|(name, _)| name == instance);
        here.map(|(_, node)| *node).collect()
    }

    /// What is active on the node.
    pub fn active_on(&self, node: NodeId) -> impl Iterator<Item = &str> {
        self.active.iter().filter(move |(_, on)| *on == node).map(|(name, _)| name.as_str())
    }

    /// Everything that changed, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}
