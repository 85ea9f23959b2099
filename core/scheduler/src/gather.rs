//! What the configuration and the status mean, typed and indexed.
//!
//! [`situation`] is the one reading of the status in Systole: the scheduler decides by it and
//! status displays render it. How to use it:
//! * `situation.nodes` lists all nodes; [`NodeState`] has presence, cleanliness, standby,
//!   maintenance, health and attributes.
//! * `situation.resources` lists the top-level resources; each has units ([`Unit`]: a primitive,
//!   a group, or one instance of a clone), each unit has instances in start order
//!   ([`Instance`]: what an agent is run for). Configured ones come first, in document order;
//!   [`Kind::Orphan`] marks those that only the status knows.
//! * An instance's [`Activity`] list says where it is or may be active, in which role, what is
//!   under way and what has failed there. No activity: it is stopped everywhere.
//! * What instances of one primitive share (settings, fail counts, which nodes were asked) is in
//!   `situation.primitives`.
//! * `situation.failures` are the failed operations in the history, newest last for each
//!   resource and node.
//!
//! Whatever an instance did on a node that left in order or was fenced is gone and not listed;
//! what it did on an unclean node is (R3).

mod catalogue;
mod failure;
mod history;
mod node;
mod observe;
mod options;

pub use failure::{FailCount, Failure, FailureState};
pub use history::Activity;
pub use node::{Health, NodeState, Presence, Standby};
pub use options::{
    CloneSettings, ClusterOptions, HealthScores, Management, MultipleActive, QuorumPolicy,
    Requires, Settings,
};

use crate::index::{Indexed, InstanceIndex, NodeIndex, PrimitiveIndex, ResourceIndex, UnitIndex};
use crate::{ActionKey, Facts, Task};
use base::WallTime;
use cluster::{Agent, AttributeSet, Primitive};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes and instances as they are.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// What it was read from.
    pub facts: Facts<'a>,
    /// Cluster options.
    pub options: ClusterOptions,
    /// All nodes.
    pub nodes: Indexed<NodeIndex, NodeState<'a>>,
    /// All top-level resources.
    pub resources: Indexed<ResourceIndex, ResourceState<'a>>,
    /// What has to be on one node together.
    pub units: Indexed<UnitIndex, Unit>,
    /// Everything an agent is run for.
    pub instances: Indexed<InstanceIndex, Instance<'a>>,
    /// What instances share.
    pub primitives: Indexed<PrimitiveIndex, PrimitiveState<'a>>,
    /// Failed operations in the history.
    pub failures: Vec<Failure<'a>>,
    /// When the next failure expires.
    pub next_expiry: Option<WallTime>,
    pub(crate) node_names: BTreeMap<&'a str, NodeIndex>,
    pub(crate) names: BTreeMap<&'a str, Target>,
    pub(crate) being_fenced: BTreeSet<&'a str>,
    primitive_names: BTreeMap<String, PrimitiveIndex>,
}

/// What a resource at the top level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A primitive.
    Primitive,
    /// A group.
    Group,
    /// A clone.
    Clone(CloneSettings),
    /// No longer configured, but something of it was found on a node.
    Orphan,
}

/// A resource at the top level.
#[derive(Clone, Debug)]
pub struct ResourceState<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is.
    pub kind: Kind,
    /// Its units: one, or the instances of a clone in the order of their numbers.
    pub units: Vec<UnitIndex>,
}

impl ResourceState<'_> {
    /// A clone's options.
    pub const fn clone_settings(&self) -> Option<CloneSettings> {
        match self.kind {
            Kind::Clone(settings) => Some(settings),
            Kind::Primitive | Kind::Group | Kind::Orphan => None,
        }
    }
}

/// What has to be on one node together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Whose unit it is.
    pub resource: ResourceIndex,
    /// Which instance of a clone it is.
    pub number: Option<u32>,
    /// Its instances, first to start first.
    pub members: Vec<InstanceIndex>,
}

/// What an agent is run for.
#[derive(Clone, Debug)]
pub struct Instance<'a> {
    /// Its name: the primitive's id, with `:N` for one of several clone instances.
    pub id: String,
    /// What it is an instance of.
    pub primitive: PrimitiveIndex,
    /// The unit it belongs to.
    pub unit: UnitIndex,
    /// Where it is or may be active, in the order of the nodes.
    pub active: Vec<Activity<'a>>,
    /// Why nothing may be done with it until somebody has looked, in words.
    pub blocked: Option<String>,
    /// Why it must stay stopped until somebody has looked, in words.
    pub held: Option<String>,
}

impl<'a> Instance<'a> {
    /// What it does on `node`, if it is or may be active there.
    pub fn on(&self, node: NodeIndex) -> Option<&Activity<'a>> {
        self.active.iter().find(|activity| activity.node == node)
    }
}

/// What the instances of a primitive share.
#[derive(Clone, Debug)]
pub struct PrimitiveState<'a> {
    /// Its id; for an instance of a globally unique clone with its number.
    pub id: String,
    /// What the configuration says; `None` for an orphan.
    pub configured: Option<&'a Primitive>,
    /// Its agent; for an orphan the one it had.
    pub agent: &'a Agent,
    /// Its meta attributes.
    pub settings: Settings,
    /// Its instances.
    pub instances: Vec<InstanceIndex>,
    /// For every node whether anything there has ever said what it does.
    pub known: Indexed<NodeIndex, bool>,
    /// The nodes on which a probe is under way.
    pub probing: Vec<NodeIndex>,
    /// Its failures by node; nodes without any are not listed.
    pub fail_counts: BTreeMap<NodeIndex, FailCount>,
    /// The nodes on which it must not run after what failed there, and why.
    pub bans: BTreeMap<NodeIndex, String>,
    /// Why it must not run anywhere after what failed, in words.
    pub ban_everywhere: Option<String>,
    /// Its parameters: its own, then its group's, then its clone's.
    pub(crate) parameters: Vec<&'a [AttributeSet]>,
}

/// What a constraint names: a resource, or one position in its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) resource: ResourceIndex,
    pub(crate) member: Option<usize>,
}

impl<'a> Situation<'a> {
    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<NodeIndex> {
        self.node_names.get(name).copied()
    }

    /// The primitive of which `instance` is one.
    pub fn primitive_of(&self, instance: InstanceIndex) -> &PrimitiveState<'a> {
        &self.primitives[self.instances[instance].primitive]
    }

    /// The top-level resource to which `instance` belongs.
    pub fn resource_of(&self, instance: InstanceIndex) -> ResourceIndex {
        self.units[self.instances[instance].unit].resource
    }

    /// All instances of a resource, unit by unit.
    pub fn instances_of(
        &self,
        resource: ResourceIndex,
    ) -> impl Iterator<Item = InstanceIndex> + use<'_, 'a> {
        let units = self.resources[resource].units.iter();
        units.flat_map(|unit| self.units[*unit].members.iter().copied())
    }

    /// Whether these nodes may start, stop and fence (Q5).
    pub fn may_act(&self) -> bool {
        self.facts.has_quorum || self.options.quorum_policy == QuorumPolicy::Ignore
    }

    /// Whether lost nodes can be fenced (F1).
    pub fn may_fence(&self) -> bool {
        self.options.is_fencing_enabled && self.may_act()
    }

    /// Whether what `node` runs ends because the node is fenced.
    pub fn is_to_be_fenced(&self, node: NodeIndex) -> bool {
        let state = &self.nodes[node];
        let can_be = self.may_fence() || self.being_fenced.contains(state.name);
        state.unclean.is_some() && can_be
    }

    /// How far the cluster's hand reaches for `instance`, the maintenance of the nodes on which
    /// it is active included.
    pub fn management(&self, instance: InstanceIndex) -> Management {
        let own = self.primitive_of(instance).settings.management;
        let is_on_maintained_node = self.instances[instance]
            .active
            .iter()
            .any(|activity| self.nodes[activity.node].is_in_maintenance);
        if is_on_maintained_node { Management::Maintenance } else { own }
    }

    /// Whether the cluster may change what `instance` does (R7).
    pub fn is_changeable(&self, instance: InstanceIndex) -> bool {
        self.instances[instance].blocked.is_none()
            && self.management(instance) == Management::Managed
    }

    pub(crate) fn target(&self, id: &str) -> Option<Target> {
        self.names.get(id).copied()
    }

    /// The primitive called `name` in a history or an action, and the number of the instance.
    fn primitive_named(&self, name: &str) -> Option<(PrimitiveIndex, Option<u32>)> {
        if let Some(primitive) = self.primitive_names.get(name) {
            return Some((*primitive, None));
        }
        let (base, number) = name.rsplit_once(':')?;
        let number = number.parse().ok()?;
        let primitive = *self.primitive_names.get(base)?;
        let instance = *self.primitives[primitive].instances.first()?;
        let kind = self.resources[self.resource_of(instance)].kind;
        let is_anonymous = matches!(kind, Kind::Clone(settings) if !settings.is_unique);
        is_anonymous.then_some((primitive, Some(number)))
    }
}

/// Reads `facts`. Never fails: what makes no sense is read as if it were not there, and what is
/// unknown as possibly active (R3).
pub fn situation<'a>(facts: &Facts<'a>) -> Situation<'a> {
    let mut situation = Situation {
        facts: *facts,
        options: ClusterOptions::read(facts.configuration),
        nodes: Indexed::default(),
        resources: Indexed::default(),
        units: Indexed::default(),
        instances: Indexed::default(),
        primitives: Indexed::default(),
        failures: Vec::new(),
        next_expiry: None,
        node_names: BTreeMap::new(),
        names: BTreeMap::new(),
        being_fenced: being_fenced(facts),
        primitive_names: BTreeMap::new(),
    };
    node::read(&mut situation);
    catalogue::read(&mut situation);
    failure::count(&mut situation);
    observe::observe(&mut situation);
    failure::judge(&mut situation);
    situation
}

fn being_fenced<'a>(facts: &Facts<'a>) -> BTreeSet<&'a str> {
    let fenced = facts.in_flight.iter().filter_map(|key| match key {
        ActionKey::Fence { node, .. } => Some(node.as_str()),
        ActionKey::Resource { .. } | ActionKey::Pseudo(_) => None,
    });
    fenced.collect()
}

/// What an action in flight says about the instance it is for.
const fn leaves_active(task: Task) -> bool {
    matches!(task, Task::Start | Task::Stop | Task::Promote | Task::Demote)
}
