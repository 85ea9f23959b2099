//! Nodes, as the status and the configuration describe them.

use crate::index::ResourceIndex;
use cluster::{NodeStatus, Score};
use std::collections::BTreeMap;

/// What kind of node it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A full member.
    Member,
    /// A server without a vote, reached through a connection resource.
    Remote,
    /// A virtual machine or container that a resource of the cluster runs.
    Guest,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// Its id; a remote node's is its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: NodeKind,
    /// The connection resource of a remote or guest node.
    pub connection: Option<ResourceIndex>,
    /// What the status says about it.
    pub status: Option<&'a NodeStatus>,
    /// Its attributes: permanent and transient ones, and the built-in `#uname`, `#id`, `#kind`,
    /// `#is_dc`, `#cluster-name`, `#site-name`.
    pub attributes: BTreeMap<String, String>,
    /// Its capacity.
    pub capacity: BTreeMap<String, i64>,
    /// Whether it can be asked to do something.
    pub is_online: bool,
    /// Whether it is in the membership but has not joined yet.
    pub is_pending: bool,
    /// Whether it has to be fenced.
    pub is_unclean: bool,
    /// Whether nothing was ever heard of it.
    pub is_unseen: bool,
    /// Whether it wants to leave.
    pub is_shutting_down: bool,
    /// Whether it is expected to be there.
    pub is_expected_up: bool,
    /// Whether it is the coordinator.
    pub is_coordinator: bool,
    /// Whether it is not to run resources.
    pub is_standby: bool,
    /// Whether it is in standby because an operation with `on-fail=standby` failed.
    pub is_standby_on_fail: bool,
    /// Whether nothing is to be touched on it.
    pub is_in_maintenance: bool,
    /// A remote node whose connection has to be made anew.
    pub needs_remote_reset: bool,
    /// A remote node that has been fenced since it was last heard of.
    pub was_remote_fenced: bool,
    /// Whether probes look for resources on it.
    pub allows_discovery: bool,
    /// Whether it is a bundle's container, which is open to what is meant for it only: nothing
    /// else is started or looked for on it.
    pub is_reserved: bool,
    /// Whether its history has been read.
    pub is_unpacked: bool,
    /// The sum of its health.
    pub health: i32,
    /// What runs, or may run, on it.
    pub running: Vec<ResourceIndex>,
    /// The sum of the priorities of what runs on it.
    pub priority: Score,
    /// Why it is fenced.
    pub fence_reason: Option<String>,
    /// Whether `priority-fencing-delay` counts when it is fenced.
    pub is_fencing_delayed: bool,
}

impl Node<'_> {
    /// Whether resources may be started on it.
    pub const fn is_usable(&self) -> bool {
        self.is_online
            && !self.is_unclean
            && !self.is_standby
            && !self.is_shutting_down
            && !self.is_in_maintenance
    }

    /// Whether it is a remote or guest node.
    pub const fn is_remote(&self) -> bool {
        !matches!(self.kind, NodeKind::Member)
    }

    /// Whether it is a guest node.
    pub const fn is_guest(&self) -> bool {
        matches!(self.kind, NodeKind::Guest)
    }
}
