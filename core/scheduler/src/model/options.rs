//! Options as types: the cluster's, a resource's, a clone's.

use crate::plan::PowerAction;
use cluster::{Role, Score};
use std::time::Duration;

/// What nodes without quorum do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumPolicy {
    /// Stop everything.
    Stop,
    /// Keep what runs, start nothing.
    Freeze,
    /// Go on as with quorum.
    Ignore,
    /// Demote what is promoted, stop the rest.
    Demote,
    /// Fence themselves; until that is done, as [`QuorumPolicy::Stop`].
    Fence,
}

/// How capacity counts when resources are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementStrategy {
    /// It does not; the node with the fewest resources is taken.
    Default,
    /// Only as a limit; then the node with the fewest resources.
    Utilization,
    /// As a limit, and the first node that fits is taken.
    Minimal,
    /// As a limit, and the node with the most free capacity is taken.
    Balanced,
}

/// How node health counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthStrategy {
    /// It does not.
    None,
    /// Red bans.
    MigrateOnRed,
    /// Red and yellow ban.
    OnlyGreen,
    /// The sum of all health attributes counts, from a base.
    Progressive,
    /// Health attributes are left to people's own rules.
    Custom,
}

/// Cluster options that decide something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterOptions {
    /// `no-quorum-policy`
    pub quorum_policy: QuorumPolicy,
    /// `fencing-enabled`
    pub is_fencing_enabled: bool,
    /// `fencing-action`
    pub fencing_action: PowerAction,
    /// `cluster-delay`, as written.
    pub cluster_delay: String,
    /// `fencing-timeout`, as written.
    pub fencing_timeout: String,
    /// `migration-limit`, when there is one.
    pub migration_limit: Option<i64>,
    /// `startup-fencing`
    pub is_startup_fencing_on: bool,
    /// `concurrent-fencing`
    pub is_fencing_concurrent: bool,
    /// Whether there is a fence device, or fencing is possible by watchdog.
    pub has_fencing_resource: bool,
    /// Whether some device unfences nodes.
    pub has_unfencing: bool,
    /// `priority-fencing-delay`
    pub priority_fencing_delay: Duration,
    /// `fence-remote-without-quorum`
    pub fences_remote_without_quorum: bool,
    /// `node-pending-timeout`
    pub node_pending_timeout: Duration,
    /// `symmetric-cluster`
    pub is_symmetric: bool,
    /// `maintenance-mode`
    pub is_in_maintenance: bool,
    /// `stop-all-resources`
    pub stops_all: bool,
    /// `stop-removed-resources`
    pub stops_removed: bool,
    /// `cancel-removed-actions`
    pub cancels_removed: bool,
    /// `remove-after-stop`
    pub removes_after_stop: bool,
    /// `enable-startup-probes`
    pub probes: bool,
    /// `start-failure-is-fatal`
    pub is_start_failure_fatal: bool,
    /// `shutdown-lock`
    pub locks_on_shutdown: bool,
    /// `shutdown-lock-limit`; zero for none.
    pub shutdown_lock_limit: Duration,
    /// `placement-strategy`
    pub placement: PlacementStrategy,
    /// `node-health-strategy`
    pub health: HealthStrategy,
    /// Whether this partition has quorum.
    pub has_quorum: bool,
}

/// How far the cluster's hand reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Management {
    /// The cluster starts, stops and watches.
    #[default]
    Managed,
    /// It only watches (`is-managed=false`).
    Unmanaged,
    /// It does not even watch (`maintenance`).
    Maintenance,
}

/// What has to be given before something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requires {
    /// Nothing.
    Nothing,
    /// Quorum.
    Quorum,
    /// Quorum, and lost nodes fenced.
    Fencing,
    /// Quorum, lost nodes fenced, and this node unfenced.
    Unfencing,
}

/// What is done with a resource that is found active too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipleActive {
    /// Nothing; somebody has to look.
    Block,
    /// It is stopped everywhere.
    StopOnly,
    /// It is stopped everywhere and started where it belongs.
    StopStart,
    /// It is stopped where it does not belong.
    StopUnexpected,
}

/// A resource's meta attributes, its own or inherited, as types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `priority`
    pub priority: Score,
    /// `target-role`; `None` when nobody says.
    pub target_role: Option<Role>,
    /// `is-managed` and `maintenance`
    pub management: Management,
    /// `resource-stickiness`
    pub stickiness: Score,
    /// `requires`
    pub requires: Requires,
    /// `migration-threshold`; zero when failures never matter.
    pub migration_threshold: Score,
    /// `failure-timeout`; zero for never.
    pub failure_timeout: Duration,
    /// `multiple-active`
    pub multiple_active: MultipleActive,
    /// `allow-migrate`
    pub can_migrate: bool,
    /// `allow-unhealthy-nodes`
    pub allows_unhealthy_nodes: bool,
    /// `critical`
    pub is_critical: bool,
    /// `notify`, of the clone it belongs to.
    pub is_notified: bool,
    /// `globally-unique`, of the clone it belongs to.
    pub is_unique: bool,
}

/// A clone's own options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloneSettings {
    /// `clone-max`
    pub max: u32,
    /// `clone-node-max`
    pub node_max: u32,
    /// `clone-min`
    pub min: u32,
    /// `interleave`
    pub is_interleaved: bool,
    /// `ordered`
    pub is_ordered: bool,
    /// `globally-unique`
    pub is_unique: bool,
    /// `notify`
    pub is_notified: bool,
    /// `promotable`
    pub is_promotable: bool,
    /// `promoted-max`
    pub promoted_max: u32,
    /// `promoted-node-max`
    pub promoted_node_max: u32,
}
