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
    /// The tickets by name.
    pub tickets: BTreeMap<String, TicketState>,
    /// What else the section carries.
    pub extra: Extra,
}

impl Status {
    /// The nodes in the order of the document they were read from, by id where there was none.
    pub fn nodes_in_order(&self) -> impl Iterator<Item = (&str, &NodeStatus)> {
        in_order(&self.nodes, |node| node.position)
    }
}

fn in_order<T>(
    map: &BTreeMap<String, T>,
    position: impl Fn(&T) -> u32,
) -> impl Iterator<Item = (&str, &T)> {
    let mut items: Vec<(&str, &T)> = map.iter().map(|(key, item)| (key.as_str(), item)).collect();
    // The sort is stable: equal positions stay in the order of their keys.
    items.sort_by_key(|(_, item)| position(item));
    items.into_iter()
}

/// What is known of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketState {
    /// Whether this site has it.
    pub granted: bool,
    /// Whether it counts as not granted for all that is not promoted yet.
    pub standby: bool,
    /// When it was granted last.
    pub last_granted: Option<WallTime>,
    /// What else is said of it, by name.
    pub attributes: BTreeMap<String, String>,
}

/// What becomes of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketChange {
    /// This site has it from now on.
    Grant,
    /// This site has it no longer.
    Revoke,
    /// It is about to be revoked: what is promoted by it is to be demoted first.
    Standby,
    /// It counts again.
    Activate,
    /// Something else is said of it, or no longer.
    Set {
        /// What.
        name: String,
        /// None takes it away.
        value: Option<String>,
    },
}

impl TicketState {
    /// Lets a change take effect.
    pub fn apply(&mut self, change: &TicketChange, now: WallTime) {
        match change {
            TicketChange::Grant => {
                (self.granted, self.last_granted) = (true, Some(now));
                self.attributes.remove("granted");
            }
            TicketChange::Revoke => self.granted = false,
            TicketChange::Standby => {
                self.standby = true;
                self.attributes.remove("standby");
            }
            TicketChange::Activate => {
                self.standby = false;
                // That it was said is kept, as others write it.
                self.attributes.insert("standby".into(), "false".into());
            }
            TicketChange::Set { name, value } => {
                self.set(name, value.as_deref());
            }
        }
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        let is_on = value.and_then(crate::value::boolean).unwrap_or(false);
        match name {
            "granted" => self.granted = is_on,
            "standby" => self.standby = is_on,
            "last-granted" => {
                let seconds = value.and_then(|text| text.parse().ok());
                self.last_granted = seconds.map(WallTime::from_seconds);
            }
            _ => {
                self.attributes.remove(name);
                self.attributes.extend(value.map(|value| (name.to_owned(), value.to_owned())));
            }
        }
    }

    /// What is said of it under that name, as the CIB has it.
    pub fn said(&self, name: &str) -> Option<String> {
        match name {
            "granted" => Some(self.granted.to_string()),
            "standby" if self.standby => Some("true".into()),
            "last-granted" => self.last_granted.map(|time| time.seconds().to_string()),
            _ => self.attributes.get(name).cloned(),
        }
    }
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
    /// Its place in the document it was read from; 0 for a live state.
    pub position: u32,
    /// Its name.
    pub name: String,
    /// Whether it is in the view of those who can act.
    pub in_membership: bool,
    /// Since when it is in the view, where that was said.
    pub member_since: Option<WallTime>,
    /// Whether its manager is there.
    pub is_online: bool,
    /// Since when its manager is there, where that was said.
    pub online_since: Option<WallTime>,
    /// How far it has joined.
    pub join: JoinState,
    /// Whether it ought to be there.
    pub expected: Expected,
    /// Which of the four a document did not say, or not legibly.
    pub unsaid: UnsaidOfNode,
    /// Whether it is a remote node, which has no membership of its own.
    pub is_remote: bool,
    /// Whether it was fenced and has not come back since; kept for remote nodes only.
    pub is_fenced: bool,
    /// Whether it was in maintenance mode when that was last looked at; kept for remote nodes
    /// only.
    pub in_maintenance: bool,
    /// Attributes that last until the node leaves: `pingd`, `#health-...`, `fail-count-...`.
    pub attributes: BTreeMap<String, String>,
    /// Capacity that lasts until the node leaves.
    pub utilization: BTreeMap<String, String>,
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

    /// The histories in the order of the document they were read from, by instance where there
    /// was none.
    pub fn histories_in_order(&self) -> impl Iterator<Item = (&str, &ResourceHistory)> {
        in_order(&self.history, |history| history.position)
    }
}

/// What a document did not say of a node, or not legibly. A live state says everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnsaidOfNode {
    /// `in_ccm`: [`NodeStatus::in_membership`].
    pub in_membership: bool,
    /// `crmd`: [`NodeStatus::is_online`].
    pub is_online: bool,
    /// `join`.
    pub join: bool,
    /// `expected`.
    pub expected: bool,
}

/// What one resource did on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceHistory {
    /// Its place in the document it was read from; 0 for a live state.
    pub position: u32,
    /// Its agent when it did that.
    pub agent: crate::Agent,
    /// The container it ran in, for an instance inside a bundle.
    pub container: Option<String>,
    /// Whether a document told of it in two places.
    pub is_twofold: bool,
    /// Results: the newest one-shot operation, the last failure, and each recurring operation.
    pub operations: Vec<OperationRecord>,
    /// What else the element carries.
    pub extra: Extra,
}

impl ResourceHistory {
    /// When the node was shut down in order, as long as the resource waits for it to come back
    /// (`shutdown-lock`).
    pub fn shutdown_lock(&self) -> Option<WallTime> {
        let seconds = self.extra.attribute("shutdown-lock")?.parse().ok()?;
        Some(WallTime::from_seconds(seconds))
    }

    /// Whether it was active in several places, was stopped, and stays so until its failures are
    /// forgotten (`multiple-active=stop_only`).
    pub fn stays_stopped(&self) -> bool {
        self.extra.attribute("multiple-active") == Some("stop_only")
    }

    /// It stays stopped from here on, or no longer.
    pub fn set_stays_stopped(&mut self, stays: bool) {
        self.extra.attributes.retain(|(name, _)| name != "multiple-active");
        let stays = stays.then(|| ("multiple-active".to_owned(), "stop_only".to_owned()));
        self.extra.attributes.extend(stays);
    }

    /// The resource waits since then for its node to come back; none: no longer.
    pub fn set_shutdown_lock(&mut self, since: Option<WallTime>) {
        self.extra.attributes.retain(|(name, _)| name != "shutdown-lock");
        let since = since.map(|since| ("shutdown-lock".to_owned(), since.seconds().to_string()));
        self.extra.attributes.extend(since);
    }
}

impl OperationRecord {
    /// Whether the resource was started again after this failure, though nothing else in its history tells
    /// of that any more: it is kept for people, and nothing follows from it.
    pub fn is_made_good(&self) -> bool {
        self.extra.attribute("made-good") == Some("true")
    }

    /// It was.
    pub fn set_made_good(&mut self) {
        self.extra.attributes.push(("made-good".to_owned(), "true".to_owned()));
    }
}

/// Which of a resource's results this is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryKey {
    /// The newest operation that is run once, but for migrations.
    Last,
    /// The newest operation of a migration, by name: what other nodes say is compared with it after
    /// the resource has gone on.
    Migration(String),
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
            Self::Migration(task) => format!("{resource}_{task}_0"),
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
    /// What the parameters were.
    pub digests: Digests,
    /// Which of these a document did not say, or not legibly.
    pub unsaid: UnsaidOfResult,
    /// What else the element carries.
    pub extra: Extra,
}

impl OperationRecord {
    /// `operation_key`, where it says something else than [`crate::Agent`]'s resource, action and
    /// interval do.
    pub fn operation_key(&self) -> Option<&str> {
        self.extra.attribute("operation_key")
    }

    /// The name of the node it ran on, where it is another than the one whose state this is.
    pub fn on_node(&self) -> Option<&str> {
        self.extra.attribute("on_node")
    }

    /// The node that a migration leaves.
    pub fn migrate_source(&self) -> Option<&str> {
        self.extra.attribute("migrate_source")
    }

    /// The node that a migration goes to.
    pub fn migrate_target(&self) -> Option<&str> {
        self.extra.attribute("migrate_target")
    }

    /// When it was last run, in older files.
    pub fn last_run(&self) -> Option<WallTime> {
        let seconds = self.extra.attribute("last-run")?.parse().ok()?;
        Some(WallTime::from_seconds(seconds))
    }

    /// `transition-key` as it was written, where it is none.
    pub fn transition_key_text(&self) -> Option<&str> {
        self.extra.attribute("transition-key")
    }

    /// `transition-magic` as it was written, where it does not follow from the typed fields.
    pub fn transition_magic_text(&self) -> Option<&str> {
        self.extra.attribute("transition-magic")
    }
}

/// What the parameters of an operation were, as digests, so that changes are noticed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// Of all parameters (`op-digest`).
    pub all: Option<String>,
    /// Of those that a reload does not do for (`op-restart-digest`).
    pub restart: Option<String>,
    /// Of those that are no secret (`op-secure-digest`).
    pub secure: Option<String>,
    /// The names of parameters that `restart` covers or leaves out, between blanks
    /// (`op-force-restart`).
    pub restart_parameters: Option<String>,
    /// The names of parameters that are secret, between blanks (`op-secure-params`).
    pub secure_parameters: Option<String>,
}

/// What a document did not say of a result, or not legibly. A live result says everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnsaidOfResult {
    /// `transition-key`.
    pub key: bool,
    /// `call-id`.
    pub call: bool,
    /// `op-status`.
    pub status: bool,
    /// `rc-code`.
    pub code: bool,
    /// `last-rc-change`.
    pub last_change: bool,
}

/// OCF exit codes.
pub mod exit_code {
    /// Success; for a monitor: running.
    pub const OK: i32 = 0;
    /// Nobody knows what it said.
    pub const UNKNOWN: i32 = -1;
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
