//! What is: the status half of the CIB, rebuilt by looking and never kept on disk.

use crate::Extra;
use base::WallTime;
use std::collections::BTreeMap;
use std::time::Duration;

/// The state of every node that is known, by the node's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The nodes by id.
    pub nodes: BTreeMap<String, NodeStatus>,
    /// What else the section carries, tickets among it.
    pub extra: Extra,
}

/// How far a node has come in joining the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JoinState {
    /// Not at all.
    #[default]
    Down,
    /// It is in the view, but has not introduced itself.
    Pending,
    /// It takes part.
    Member,
    /// It was refused.
    Banned,
}

/// What is expected of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// That it is not there: it left in order, or was fenced.
    #[default]
    Down,
    /// That it is there.
    Member,
}

/// The state of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// Whether it is in the view of those who can act.
    pub in_membership: bool,
    /// Whether its manager is there.
    pub is_online: bool,
    /// How far it has joined.
    pub join: JoinState,
    /// Whether it ought to be there.
    pub expected: Expected,
    /// Attributes that last until the node leaves: `pingd`, `#health-...`, `fail-count-...`.
    pub attributes: BTreeMap<String, String>,
    /// What each resource last did here, by instance (`ost0`, or `ping:1` for one of a clone).
    pub history: BTreeMap<String, ResourceHistory>,
    /// What else the element carries.
    pub extra: Extra,
}

impl NodeStatus {
    /// The results of `resource` here, newest one-shot operation and recurring ones.
    pub fn operations(&self, resource: &str) -> &[OperationRecord] {
        self.history.get(resource).map_or(&[], |history| &history.operations)
    }
}

/// What one resource did on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceHistory {
    /// Its agent when it did that.
    pub agent: crate::Agent,
    /// Results: the newest one-shot operation, the last failure, and each recurring operation.
    pub operations: Vec<OperationRecord>,
    /// What else the element carries.
    pub extra: Extra,
}

/// Which of a resource's results this is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryKey {
    /// The newest operation that is run once.
    Last,
    /// The newest failure.
    LastFailure,
    /// A recurring operation, by name and interval.
    Recurring(String, Duration),
}

impl HistoryKey {
    /// The entry's id in the CIB: `ost0_last_0`, `ost0_last_failure_0`, `ost0_monitor_10000`.
    pub fn entry_id(&self, resource: &str) -> String {
        match self {
            Self::Last => format!("{resource}_last_0"),
            Self::LastFailure => format!("{resource}_last_failure_0"),
            Self::Recurring(task, interval) => {
                format!("{resource}_{task}_{}", interval.as_millis())
            }
        }
    }
}

/// How the running of an operation ended, apart from what its agent said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OperationStatus {
    /// It is still running: its result is unknown (R3).
    Pending,
    /// The agent ran and gave a code.
    #[default]
    Done,
    /// It was cancelled.
    Cancelled,
    /// It did not end in time.
    TimedOut,
    /// The agent does not know this action.
    NotSupported,
    /// It failed.
    Error,
    /// It failed, and will fail on this node until somebody acts.
    HardError,
    /// It failed, and will fail on every node until somebody acts.
    FatalError,
    /// The agent is not installed.
    NotInstalled,
    /// Who should have run it could not be reached.
    NotConnected,
    /// The request made no sense.
    Invalid,
}

impl OperationStatus {
    const CODES: [(i32, Self); 11] = [
        (-1, Self::Pending),
        (0, Self::Done),
        (1, Self::Cancelled),
        (2, Self::TimedOut),
        (3, Self::NotSupported),
        (4, Self::Error),
        (5, Self::HardError),
        (6, Self::FatalError),
        (7, Self::NotInstalled),
        (8, Self::NotConnected),
        (9, Self::Invalid),
    ];

    /// From the number in the CIB (`op-status`).
    pub fn from_code(code: i32) -> Option<Self> {
        Self::CODES.into_iter().find(|(number, _)| *number == code).map(|(_, status)| status)
    }

    /// The number in the CIB.
    pub fn code(self) -> i32 {
        Self::CODES.iter().find(|(_, status)| *status == self).map_or(4, |(number, _)| *number)
    }
}

/// Which action of which transition graph a result answers: `ACTION:GRAPH:CODE:UUID`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransitionKey {
    /// The action's number in the graph.
    pub action: u32,
    /// The graph's number.
    pub graph: u32,
    /// The exit code that was expected.
    pub target_code: i32,
    /// Who made the graph.
    pub origin: String,
}

/// One result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationRecord {
    /// The entry's id, see [`HistoryKey::entry_id`].
    pub id: String,
    /// The agent's action.
    pub operation: String,
    /// Its interval; zero for one that is run once.
    pub interval: Duration,
    /// What it answers.
    pub key: TransitionKey,
    /// Counts the operations on a node; a later one is newer.
    pub call: i32,
    /// How the running ended.
    pub status: OperationStatus,
    /// What the agent said: an OCF exit code, see [`exit_code`].
    pub code: i32,
    /// Since when the result is this.
    pub last_change: WallTime,
    /// How long it took.
    pub took: Duration,
    /// How long it waited before it ran.
    pub queued: Duration,
    /// The agent's own words on a failure.
    pub exit_reason: String,
    /// What else the element carries, the digests of the parameters among it.
    pub extra: Extra,
}

/// OCF exit codes.
pub mod exit_code {
    /// Success; for a monitor: running.
    pub const OK: i32 = 0;
    /// It failed; it may be worth to try again.
    pub const ERROR: i32 = 1;
    /// Wrong arguments.
    pub const ARGUMENTS: i32 = 2;
    /// The agent does not know the action.
    pub const UNIMPLEMENTED: i32 = 3;
    /// Not allowed.
    pub const PERMISSION: i32 = 4;
    /// Something it needs is not installed on this node.
    pub const NOT_INSTALLED: i32 = 5;
    /// The configuration is wrong on every node.
    pub const NOT_CONFIGURED: i32 = 6;
    /// Cleanly not running.
    pub const NOT_RUNNING: i32 = 7;
    /// Running and promoted.
    pub const PROMOTED: i32 = 8;
    /// Failed while promoted.
    pub const FAILED_PROMOTED: i32 = 9;
    /// Running, but likely to fail soon.
    pub const DEGRADED: i32 = 190;
    /// Running and promoted, but likely to fail soon.
    pub const DEGRADED_PROMOTED: i32 = 191;

    /// The words that tools print for a code, as `crm_error` does.
    pub const fn text(code: i32) -> &'static str {
        match code {
            OK => "ok",
            ERROR => "error",
            ARGUMENTS => "invalid parameter",
            UNIMPLEMENTED => "unimplemented feature",
            PERMISSION => "insufficient privileges",
            NOT_INSTALLED => "not installed",
            NOT_CONFIGURED => "not configured",
            NOT_RUNNING => "not running",
            PROMOTED => "promoted",
            FAILED_PROMOTED => "promoted (failed)",
            DEGRADED => "degraded",
            DEGRADED_PROMOTED => "promoted (degraded)",
            _ => "unknown",
        }
    }
}

/// The attribute that counts failures: `fail-count-ost0#monitor_10000`.
pub fn fail_count_name(resource: &str, operation: &str, interval: Duration) -> String {
    format!("fail-count-{resource}#{operation}_{}", interval.as_millis())
}

/// The attribute that holds the time of the last failure, in seconds since the epoch.
pub fn last_failure_name(resource: &str, operation: &str, interval: Duration) -> String {
    format!("last-failure-{resource}#{operation}_{}", interval.as_millis())
}
