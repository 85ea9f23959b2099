//! The tree of resources, and all that is known of it.

use super::{
    BundleLayout, CloneSettings, ClusterOptions, Findings, Management, Node, NodeSet, Settings,
    Task, TicketState, Weights,
};
use crate::index::{Indexed, NodeIndex, ResourceIndex};
use crate::plan::Facts;
use base::WallTime;
use cluster::{
    Agent, AttributeSet, OnFail, OperationRecord, Primitive, References, ResourceHistory, Role,
    Score,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Nodes and resources as they are. Later stages refine it: what runs keeps its place here, while
/// roles to come, and nodes that turn out to need fencing, are added.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// What it was read from.
    pub facts: Facts<'a>,
    /// Cluster options.
    pub options: ClusterOptions,
    /// All nodes, in the order in which they became known.
    pub nodes: Indexed<NodeIndex, Node<'a>>,
    /// The same, by name (numbers within names count as numbers).
    pub node_order: Vec<NodeIndex>,
    /// All resources, parents before what is inside of them.
    pub resources: Indexed<ResourceIndex, Resource<'a>>,
    /// Those at the top level, in document order, then those no longer configured.
    pub top: Vec<ResourceIndex>,
    /// What resources did on nodes, in the order of the status.
    pub history: Vec<History<'a>>,
    /// Failed operations, in the order of the status.
    pub failures: Vec<Failure<'a>>,
    /// Tickets, by name.
    pub tickets: BTreeMap<String, TicketState>,
    /// Warnings that tools print, in the order in which they came up.
    pub warnings: Vec<String>,
    /// When the plan has to be made again although nothing has happened.
    pub recheck: Option<WallTime>,
    /// Nodes that were found to need fencing and for which no action has been thought of yet, in
    /// the order in which they were found.
    pub to_fence: Vec<NodeIndex>,
    /// What the history asks for, or tells to be going on.
    pub findings: Findings<'a>,
    /// Resources whose history on a node is to be forgotten: an old shutdown lock.
    pub expired_locks: Vec<(ResourceIndex, NodeIndex)>,
    /// Failures whose parameters can only be compared when all is placed: connections that are
    /// reached through their node.
    pub unchecked_failures: Vec<(ResourceIndex, NodeIndex, &'a OperationRecord)>,
    /// The same for what those connections did since they were made.
    pub unchecked_records: Vec<(ResourceIndex, NodeIndex, &'a OperationRecord)>,
    /// The nodes that those connections are reached through, when their containers are placed.
    pub(crate) hosts: BTreeMap<ResourceIndex, NodeIndex>,
    /// Recurring operations that are set up again because their failure expired, each with the
    /// id of its record.
    pub rescheduled: BTreeSet<(ResourceIndex, NodeIndex, &'a str)>,
    /// What other parts of the configuration are referred to by.
    pub references: References<'a>,
    /// Resources by id; for a clone's instances also by the id without number.
    pub(crate) names: BTreeMap<String, ResourceIndex>,
    pub(crate) node_names: BTreeMap<String, NodeIndex>,
}

/// What a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One service.
    Primitive,
    /// Services in order on one node.
    Group,
    /// Several instances of a primitive or group.
    Clone(CloneSettings),
    /// Containers with something inside.
    Bundle(Box<BundleLayout>),
}

/// Something that was begun and whose end is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What.
    pub task: Task,
    /// Where.
    pub node: NodeIndex,
}

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// Its id; `ping:1` for one instance of a clone.
    pub id: String,
    /// What the history calls it: as the id, or as the history was found to call it.
    pub history_id: String,
    /// What it is inside of.
    pub parent: Option<ResourceIndex>,
    /// What is inside of it: a group's members, a clone's instances, a bundle's parts.
    pub children: Vec<ResourceIndex>,
    /// What it is.
    pub kind: Kind,
    /// What the configuration says of a primitive (a template's part included); parts that a
    /// bundle implies have a definition of their own. `None` when it is no longer configured.
    pub definition: Option<Cow<'a, Primitive>>,
    /// A primitive's agent.
    pub agent: Agent,
    /// Its meta attributes, own before inherited before defaults.
    pub meta: BTreeMap<String, String>,
    /// The same as types.
    pub settings: Settings,
    /// What it needs of a node's capacity.
    pub utilization: BTreeMap<String, i64>,
    /// The container or virtual machine that it runs inside of.
    pub container: Option<ResourceIndex>,
    /// What runs inside of this container or virtual machine.
    pub launched: Vec<ResourceIndex>,
    /// The node that this connection leads to.
    pub remote_node: Option<NodeIndex>,

    /// No longer configured.
    pub is_removed: bool,
    /// No longer configured, and was inside of a container.
    pub is_removed_launched: bool,
    /// Whether the cluster may change it (may change as failures are read).
    pub is_managed: bool,
    /// Whether nothing can be done with it until somebody acts.
    pub is_blocked: bool,
    /// Whether it has failed and is to be recovered.
    pub has_failed: bool,
    /// Whether it has failed and that is to be ignored.
    pub is_failure_ignored: bool,
    /// Whether it is to be stopped because of a failure.
    pub must_stop: bool,
    /// Whether its start was begun and has not ended.
    pub is_start_pending: bool,
    /// A stop is in flight, wanted or not: it will be stopped in any case.
    pub is_being_stopped: bool,
    /// Whether instances of it must not be looked for but where constraints say.
    pub has_exclusive_discovery: bool,
    /// Whether instances that run where they should not are stopped, and only those.
    pub stops_unexpected: bool,

    /// What speaks for and against each node.
    pub weights: Weights,
    /// Where it is, or may be, active.
    pub running_on: Vec<NodeIndex>,
    /// Where it is known whether it is active.
    pub known_on: NodeSet,
    /// The role that it has.
    pub role: Role,
    /// The role that it is to have, as far as that is settled.
    pub next_role: Option<Role>,
    /// What was begun and has not ended.
    pub pending: Option<Pending>,
    /// How long a lost connection waits before it is made again; zero for not at all.
    pub reconnect_interval: Duration,
    /// A live migration that has been begun: from where, to where.
    pub partial_migration: Option<(NodeIndex, NodeIndex)>,
    /// Nodes where a failed migration may have left something.
    pub dangling_migrations: Vec<NodeIndex>,
    /// The node that it waits for, which was shut down in order, and since when.
    pub lock: Option<(NodeIndex, WallTime)>,
    /// Parameters that a group, clone or bundle hands down.
    pub(crate) handed_down: &'a [AttributeSet],
}

impl Resource<'_> {
    /// Whether instances go in pairs with those of other clones and bundles.
    pub fn is_interleaved(&self) -> bool {
        match &self.kind {
            Kind::Primitive | Kind::Group => false,
            Kind::Clone(settings) => settings.is_interleaved,
            Kind::Bundle(_) => {
                let said = self.meta.get("interleave");
                said.is_some_and(|value| cluster::value::boolean(value) == Some(true))
            }
        }
    }

    /// Whether agents are run for it.
    pub const fn is_primitive(&self) -> bool {
        matches!(self.kind, Kind::Primitive)
    }

    /// Whether it is a group.
    pub const fn is_group(&self) -> bool {
        matches!(self.kind, Kind::Group)
    }

    /// Whether it is a clone.
    pub const fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone(_))
    }

    /// Whether it is a bundle.
    pub const fn is_bundle(&self) -> bool {
        matches!(self.kind, Kind::Bundle(_))
    }

    /// A clone's options.
    pub const fn clone_settings(&self) -> Option<&CloneSettings> {
        match &self.kind {
            Kind::Clone(settings) => Some(settings),
            _ => None,
        }
    }

    /// What a bundle is made of.
    pub fn bundle(&self) -> Option<&BundleLayout> {
        match &self.kind {
            Kind::Bundle(layout) => Some(layout),
            _ => None,
        }
    }

    /// Whether it is a clone whose instances can be promoted.
    pub const fn is_promotable(&self) -> bool {
        matches!(&self.kind, Kind::Clone(settings) if settings.is_promotable)
    }
}

/// What a resource did on a node.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// The node.
    pub node: NodeIndex,
    /// What the history calls the resource.
    pub name: &'a str,
    /// The primitive it was found to be about.
    pub resource: ResourceIndex,
    /// The records.
    pub records: &'a ResourceHistory,
}

/// A failed operation.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// Where.
    pub node: NodeIndex,
    /// What the history calls the resource.
    pub name: &'a str,
    /// Which resource it was found to be about.
    pub resource: ResourceIndex,
    /// What happened.
    pub record: &'a OperationRecord,
    /// What is to be done about it.
    pub on_fail: OnFail,
}

impl<'a> Situation<'a> {
    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<NodeIndex> {
        self.node_names.get(name).copied()
    }

    /// The resource of that id.
    pub fn resource(&self, id: &str) -> Option<ResourceIndex> {
        self.names.get(id).copied()
    }

    /// What is at the top of the tree above `resource`; a bundle's clone ends at the bundle when
    /// `through_bundles`, and below it otherwise.
    pub fn top_of(&self, resource: ResourceIndex, through_bundles: bool) -> ResourceIndex {
        let mut at = resource;
        while let Some(parent) = self.resources[at].parent {
            if !through_bundles && self.resources[parent].is_bundle() {
                break;
            }
            at = parent;
        }
        at
    }

    /// The primitives inside of `resource`, in order; a primitive is inside of itself.
    pub fn primitives_in(&self, resource: ResourceIndex) -> Vec<ResourceIndex> {
        if self.resources[resource].is_primitive() {
            return vec![resource];
        }
        let children = &self.resources[resource].children;
        children.iter().flat_map(|child| self.primitives_in(*child)).collect()
    }

    /// The nodes on which anything inside of `resource` is, or may be, active, each once.
    pub fn active_on(&self, resource: ResourceIndex) -> Vec<NodeIndex> {
        let inside = self.primitives_in(resource).into_iter();
        let mut nodes: Vec<NodeIndex> =
            inside.flat_map(|primitive| self.resources[primitive].running_on.clone()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// How important a resource is, for those who compare nodes.
    pub fn priority(&self, resource: ResourceIndex) -> Score {
        self.resources[resource].settings.priority
    }

    /// Whether nothing of a resource is to be touched, monitors included.
    pub fn is_in_maintenance(&self, resource: ResourceIndex) -> bool {
        self.resources[resource].settings.management == Management::Maintenance
    }

    /// Whether it is known if a resource is active on a node: for an instance of an anonymous
    /// clone it is enough that it is known of the clone.
    pub fn is_known_on(&self, resource: ResourceIndex, node: NodeIndex) -> bool {
        let state = &self.resources[resource];
        let is_anonymous = |parent: &ResourceIndex| {
            let settings = self.resources[*parent].clone_settings();
            settings.is_some_and(|settings| !settings.is_unique)
        };
        state.known_on.contains(node)
            || state
                .parent
                .filter(is_anonymous)
                .is_some_and(|parent| self.resources[parent].known_on.contains(node))
    }

    /// Whether `resource` is somewhere inside of `outer`.
    pub fn is_inside(&self, resource: ResourceIndex, outer: ResourceIndex) -> bool {
        let parent = |resource: &ResourceIndex| self.resources[*resource].parent;
        std::iter::successors(parent(&resource), parent).any(|above| above == outer)
    }

    /// Whether a connection leads into a bundle's container: such containers may run on remote
    /// nodes.
    pub fn allows_remote(&self, connection: ResourceIndex) -> bool {
        let state = &self.resources[connection];
        state.remote_node.is_some()
            && state.parent.is_some_and(|parent| self.resources[parent].is_bundle())
    }

    /// Whether a node has asked to be let go.
    pub fn is_shutdown_requested(&self, node: NodeIndex) -> bool {
        self.nodes[node].attributes.get("shutdown").is_some_and(|since| since != "0")
    }
}
