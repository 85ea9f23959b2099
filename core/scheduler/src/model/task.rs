//! What actions do, as closed words.

use std::fmt;
use std::time::Duration;

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// Start it.
    Start,
    /// All of a group or clone has been started.
    Running,
    /// Stop it.
    Stop,
    /// All of a group or clone has been stopped.
    Stopped,
    /// Ask whether it runs; without interval this is a probe.
    Monitor,
    /// End a recurring monitor.
    Cancel,
    /// Give it the promoted role.
    Promote,
    /// All instances of a clone that get the promoted role have it.
    Promoted,
    /// Take the promoted role from it.
    Demote,
    /// All instances of a clone that lose the promoted role have lost it.
    Demoted,
    /// Hand it over, on the node that it leaves.
    MigrateTo,
    /// Take it over, on the node that it reaches.
    MigrateFrom,
    /// Tell it of changed parameters without a restart.
    Reload,
    /// Tell instances what the others are about to do or have done.
    Notify(NotifyPhase, NotifyOf),
    /// All have been told.
    Notified(NotifyPhase, NotifyOf),
    /// Forget what it did on a node.
    Delete,
    /// Forget its failures on a node.
    ClearFailCount,
    /// Cut a node's power, or give it back.
    Fence,
    /// End the cluster's work on a node.
    Shutdown,
    /// What weighs on a node has been taken off it.
    LoadStopped,
    /// Enough of several have happened: of a set that does not need all.
    OneOrMore,
    /// Enough of a clone's instances have been started.
    CloneOneOrMore,
}

/// Before or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotifyPhase {
    /// Before it happens.
    Pre,
    /// After it happened: the confirmation that is sent to all.
    Post,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotifyOf {
    /// A start.
    Start,
    /// A stop.
    Stop,
    /// A promotion.
    Promote,
    /// A demotion.
    Demote,
    /// A stop that is implied by the fencing of its node.
    Fence,
}

impl NotifyPhase {
    /// The word in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
        }
    }
}

impl NotifyOf {
    /// The word in keys.
    pub const fn name(self) -> &'static str {
        self.task().name()
    }

    /// The task that is told of.
    pub const fn task(self) -> Task {
        match self {
            Self::Start => Task::Start,
            Self::Stop => Task::Stop,
            Self::Promote => Task::Promote,
            Self::Demote => Task::Demote,
            Self::Fence => Task::Fence,
        }
    }
}

impl Task {
    /// The word in the transition graph.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Running => "running",
            Self::Stop => "stop",
            Self::Stopped => "stopped",
            Self::Monitor => "monitor",
            Self::Cancel => "cancel",
            Self::Promote => "promote",
            Self::Promoted => "promoted",
            Self::Demote => "demote",
            Self::Demoted => "demoted",
            Self::MigrateTo => "migrate_to",
            Self::MigrateFrom => "migrate_from",
            Self::Reload => "reload-agent",
            Self::Notify(..) => "notify",
            Self::Notified(..) => "notified",
            Self::Delete => "delete",
            Self::ClearFailCount => "clear_failcount",
            Self::Fence => "stonith",
            Self::Shutdown => "do_shutdown",
            Self::LoadStopped => "load_stopped",
            Self::OneOrMore => "one-or-more",
            Self::CloneOneOrMore => "clone-one-or-more",
        }
    }

    /// Whether an agent is run for it.
    pub const fn is_agents(self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::Stop
                | Self::Monitor
                | Self::Promote
                | Self::Demote
                | Self::MigrateTo
                | Self::MigrateFrom
                | Self::Reload
                | Self::Notify(..)
        )
    }

    /// The task that an agent or a constraint calls by that name.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "start" => Self::Start,
            "running" => Self::Running,
            "stop" => Self::Stop,
            "stopped" => Self::Stopped,
            "monitor" => Self::Monitor,
            "cancel" => Self::Cancel,
            "promote" => Self::Promote,
            "promoted" => Self::Promoted,
            "demote" => Self::Demote,
            "demoted" => Self::Demoted,
            "migrate_to" => Self::MigrateTo,
            "migrate_from" => Self::MigrateFrom,
            "reload" | "reload-agent" => Self::Reload,
            "delete" => Self::Delete,
            "clear_failcount" => Self::ClearFailCount,
            "stonith" => Self::Fence,
            "do_shutdown" => Self::Shutdown,
            _ => return None,
        })
    }
}

/// A task and how often: what identifies an action of a resource on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// What is done.
    pub task: Task,
    /// How often, in milliseconds; zero for once.
    pub interval: u32,
}

impl Operation {
    /// Something that is done once.
    pub const fn once(task: Task) -> Self {
        Self { task, interval: 0 }
    }

    /// A look whether it runs.
    pub const PROBE: Self = Self::once(Task::Monitor);

    /// Something that is done again and again.
    pub const fn recurring(task: Task, interval: u32) -> Self {
        Self { task, interval }
    }

    /// The same, or something that is done once where `interval` is zero.
    pub fn at_interval(task: Task, interval: Duration) -> Self {
        Self { task, interval: u32::try_from(interval.as_millis()).unwrap_or(u32::MAX) }
    }

    /// Whether this is a probe.
    pub fn is_probe(self) -> bool {
        self == Self::PROBE
    }

    /// How often.
    pub const fn every(self) -> Duration {
        Duration::from_millis(self.interval as u64)
    }
}

/// As keys spell it behind the resource's id: `start_0`, `monitor_10000`, `pre_notify_stop_0`,
/// `confirmed-post_notify_stop_0`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.task {
            Task::Notify(phase, of) => {
                write!(f, "{}_notify_{}_{}", phase.name(), of.name(), self.interval)
            }
            Task::Notified(phase, of) => {
                write!(f, "confirmed-{}_notify_{}_{}", phase.name(), of.name(), self.interval)
            }
            task => write!(f, "{}_{}", task.name(), self.interval),
        }
    }
}
