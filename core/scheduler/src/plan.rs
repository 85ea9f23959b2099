//! What the scheduler answers to the manager: where everything goes, and what has to be done.

use base::WallTime;
use cluster::{Agent, Configuration, Role, Score, Status};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use crate::model::{NotifyOf, NotifyPhase, Task};

/// Everything a plan depends on. The same facts give the same plan on every node (C8).
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What people want.
    pub configuration: &'a Configuration,
    /// What is.
    pub status: &'a Status,
    /// Actions that were sent and have not ended; their results are unknown (R3).
    pub in_flight: &'a [ActionKey],
    /// Whether these nodes have quorum.
    pub has_quorum: bool,
    /// Whether they have lost quorum that they had (`no-quorum-panic`).
    pub has_lost_quorum: bool,
    /// Whether secrets may have been masked in this copy of the configuration: then a change of
    /// secrets alone is none.
    pub is_masked: bool,
    /// The coordinator's node id.
    pub coordinator: Option<&'a str>,
    /// The date.
    pub now: WallTime,
}

/// What an action does, apart from how: two actions with the same key do the same thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKey {
    /// An agent is run.
    Resource {
        /// The instance: the primitive's id, with `:N` for one of several clone instances.
        instance: String,
        /// The node's name.
        node: String,
        /// What the agent does.
        task: Task,
        /// How often; zero for once.
        interval: Duration,
    },
    /// A node's power is cut.
    Fence {
        /// The node's name.
        node: String,
        /// How.
        how: PowerAction,
    },
    /// Nothing is run: a point that others are ordered against.
    Pseudo(String),
    /// A node that wants to leave may go: all that had to be stopped there is.
    Release {
        /// The node's name.
        node: String,
    },
}

impl fmt::Display for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource { instance, node, task, interval } => {
                write!(f, "{} of {instance} on {node}", task.name())?;
                if interval.is_zero() { Ok(()) } else { write!(f, " every {interval:?}") }
            }
            Self::Fence { node, how } => write!(f, "fencing of {node} ({})", how.name()),
            Self::Pseudo(name) => f.write_str(name),
            Self::Release { node } => write!(f, "leave of {node}"),
        }
    }
}

/// What is done to a node's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PowerAction {
    /// Off and on again.
    Reboot,
    /// Off.
    Off,
    /// On.
    On,
}

impl PowerAction {
    /// The fence agents' word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Off => "off",
            Self::On => "on",
        }
    }
}

/// An action's place in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u32);

/// How an agent is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Which agent.
    pub agent: Agent,
    /// The primitive it belongs to.
    pub primitive: String,
    /// How long it may take.
    pub timeout: Duration,
    /// The parameters, rules resolved for the node.
    pub parameters: BTreeMap<String, String>,
    /// What the agent learns from the cluster, without the prefix `CRM_meta_`.
    pub meta: BTreeMap<String, String>,
    /// The exit code that is expected: 0, 7 for most probes, 8 for a promoted monitor.
    pub target_code: i32,
    /// Since when the resource waits for the node, where it does (`shutdown-lock`).
    pub lock: Option<WallTime>,
    /// Whether what is stopped stays so until its failures are forgotten
    /// (`multiple-active=stop_only`).
    pub stays: bool,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its place in the graph.
    pub id: ActionId,
    /// What it does.
    pub key: ActionKey,
    /// How the agent is run; `None` for fencing and pseudo actions.
    pub invocation: Option<Invocation>,
    /// What has to have succeeded before.
    pub after: Vec<ActionId>,
    /// Whether it was already sent by an earlier plan and has not ended.
    pub in_flight: bool,
    /// Why, in words.
    pub reason: String,
}

/// What to do, in which order. Every action of it will be carried out unless one before it fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The actions; an action's id is its index.
    pub actions: Vec<Action>,
}

impl Graph {
    /// The action of that id.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.0 as usize)
    }

    /// Whether there is nothing to do (R12: so it is in a healthy cluster at rest).
    pub const fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

/// A part of a score, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// How much.
    pub score: Score,
    /// The constraint, option or event it comes from.
    pub source: String,
}

/// Where an instance goes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The instance.
    pub instance: String,
    /// The node's name; `None` when it runs nowhere.
    pub node: Option<String>,
    /// The role it gets.
    pub role: Role,
    /// For every node: the score and its parts.
    pub scores: BTreeMap<String, (Score, Vec<Contribution>)>,
    /// Why it is there or nowhere, in one sentence.
    pub reason: String,
}

/// What changes for people: one line of the transition summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The instance or node.
    pub subject: String,
    /// `Start`, `Stop`, `Move`, `Recover`, `Restart`, `Promote`, `Demote`, `Fence`.
    pub verb: String,
    /// Where it is.
    pub from: Option<String>,
    /// Where it will be.
    pub to: Option<String>,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.subject)?;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from != to => write!(f, " ({from} -> {to})")?,
            (Some(place), _) | (None, Some(place)) => write!(f, " ({place})")?,
            (None, None) => {}
        }
        if self.reason.is_empty() { Ok(()) } else { write!(f, " due to {}", self.reason) }
    }
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What to do.
    pub graph: Graph,
    /// Where every instance goes.
    pub placements: Vec<Placement>,
    /// The same for people.
    pub changes: Vec<Change>,
    /// When the plan has to be made again although nothing has happened (failures expire).
    pub recheck: Option<WallTime>,
}

base::codec_enum!(NotifyPhase { 0 = Pre, 1 = Post });
base::codec_enum!(NotifyOf { 0 = Start, 1 = Stop, 2 = Promote, 3 = Demote, 4 = Fence });
base::codec_enum!(Task {
    0 = Start, 1 = Stop, 2 = Monitor, 3 = Cancel, 4 = Promote, 5 = Demote, 6 = MigrateTo,
    7 = MigrateFrom, 8 = Reload, 9 = Notify(phase, of), 10 = Delete, 11 = ClearFailCount,
    12 = Running, 13 = Stopped, 14 = Promoted, 15 = Demoted, 16 = Notified(phase, of), 17 = Fence,
    18 = Shutdown, 19 = LoadStopped, 20 = OneOrMore, 21 = CloneOneOrMore,
});
base::codec_enum!(PowerAction { 0 = Reboot, 1 = Off, 2 = On });
base::codec_enum!(ActionKey {
    0 = Resource { instance, node, task, interval },
    1 = Fence { node, how },
    2 = Pseudo(name),
    3 = Release { node },
});
base::codec_struct!(Invocation {
    agent,
    primitive,
    timeout,
    parameters,
    meta,
    target_code,
    lock,
    stays
});
