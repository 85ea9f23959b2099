//! What happens, for whoever shows it.

use scheduler::index::ActionIndex;
use std::time::Duration;

/// One thing that happened while a transition was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing was done, but a point was reached.
    Point {
        /// The point's key.
        key: String,
        /// The node it is about.
        node: Option<String>,
    },
    /// An agent was run.
    Agent {
        /// The resource.
        resource: String,
        /// What it was asked.
        task: String,
        /// How often; zero for once.
        interval: Duration,
        /// Where.
        node: String,
    },
    /// The cluster itself did something.
    Cluster {
        /// What.
        task: String,
        /// The resource it was about.
        resource: Option<String>,
        /// Where.
        node: String,
    },
    /// A node was fenced, or unfenced.
    Fence {
        /// The node.
        node: String,
        /// `reboot`, `off`, `on`.
        how: String,
    },
    /// An action had the result that was asked for in place of the expected one.
    Failed {
        /// Its number.
        action: ActionIndex,
        /// The exit code.
        code: i32,
    },
    /// What that, or another action, changed beside the history.
    Modified(Modification),
}

/// A change of the state that people asked for, or that follows from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modification {
    /// The quorum was given or taken.
    Quorum(String),
    /// A watchdog was given or taken.
    Watchdog(String),
    /// A node came.
    NodeUp(String),
    /// A node left.
    NodeDown(String),
    /// A node was lost.
    NodeFailed(String),
    /// A ticket became something else.
    Ticket {
        /// What: `Granting`, `Revoking`, `Standby`, `Activating`.
        how: &'static str,
        /// The ticket.
        ticket: String,
    },
    /// An operation's result was written into the history.
    Operation(String),
    /// A node attribute was set.
    Attribute {
        /// Its name.
        name: String,
        /// Its value; `value++` for one that was counted up.
        value: String,
        /// The node's id.
        node: String,
    },
}
