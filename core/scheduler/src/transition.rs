//! The transition graph: what has to be done, with all that tools and executors need of it.

use crate::index::ActionIndex;
use crate::model::Operation;
use base::WallTime;
use cluster::{Agent, Role, Score};
use std::collections::BTreeMap;
use std::fmt;

/// The graph, as it is written to a file, shown, and simulated.
#[derive(Clone, Debug, Default)]
pub struct Transition {
    /// `cluster-delay`, as configured.
    pub cluster_delay: String,
    /// `fencing-timeout`, as configured.
    pub fencing_timeout: String,
    /// What a failed stop adds to the fail count.
    pub failed_stop_offset: String,
    /// What a failed start adds to the fail count.
    pub failed_start_offset: String,
    /// `migration-limit`, when there is one.
    pub migration_limit: Option<i64>,
    /// When the plan has to be made again although nothing has happened.
    pub recheck: Option<WallTime>,
    /// The actions, each with what comes before it, in the order in which they entered the graph.
    pub synapses: Vec<Synapse>,
}

/// An action, and what has to have happened before it.
#[derive(Clone, Debug)]
pub struct Synapse {
    /// What is done.
    pub action: GraphAction,
    /// More urgent ones come first; zero is usual.
    pub priority: Score,
    /// What comes before it, each in the graph, by number.
    pub inputs: Vec<ActionIndex>,
}

/// What carries an action out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// An agent on a node (`rsc_op`).
    Agent,
    /// The cluster itself (`crm_event`).
    Cluster,
    /// Nobody (`pseudo_event`).
    Nobody,
}

/// An action of the graph.
#[derive(Clone, Debug)]
pub struct GraphAction {
    /// Its number.
    pub id: ActionIndex,
    /// What carries it out.
    pub carrier: Carrier,
    /// What it does.
    pub operation: Operation,
    /// The task's name in the graph.
    pub task: String,
    /// Its key.
    pub key: String,
    /// The key with the instance's number, where the key goes without.
    pub internal_key: Option<String>,
    /// The node's name and id.
    pub node: Option<(String, String)>,
    /// The member that passes it on to a remote node.
    pub router: Option<String>,
    /// The primitive that an agent is run for.
    pub primitive: Option<GraphPrimitive>,
    /// Since when its resource waits for the node that it was on when that was shut down.
    pub shutdown_lock: Option<WallTime>,
    /// Attributes, names as in the graph (`CRM_meta_timeout`, parameters as they are).
    pub attributes: BTreeMap<String, String>,
    /// Ids of the nodes that are down when it has happened.
    pub downed: Vec<String>,
}

/// The primitive that an agent is run for.
#[derive(Clone, Debug)]
pub struct GraphPrimitive {
    /// Its id, without the number of an anonymous instance.
    pub id: String,
    /// Its id with the number, when that is another one.
    pub long_id: Option<String>,
    /// Its agent.
    pub agent: Agent,
}

impl Transition {
    /// What each of the actions waits for, by their positions.
    pub fn inputs(&self) -> Vec<Vec<usize>> {
        let synapses = self.synapses.iter().enumerate();
        let positions: BTreeMap<ActionIndex, usize> =
            synapses.map(|(at, synapse)| (synapse.action.id, at)).collect();
        let known = |synapse: &Synapse| {
            synapse.inputs.iter().filter_map(|input| positions.get(input).copied()).collect()
        };
        self.synapses.iter().map(known).collect()
    }

    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.synapses.is_empty()
    }
}

/// Where a resource is and goes, and in which roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The node it is on, or leaves.
    pub from: Option<String>,
    /// The node it will be on.
    pub to: Option<String>,
    /// The role it has.
    pub role: Role,
    /// The role it gets.
    pub next_role: Role,
    /// Whether the roles matter to people.
    pub shows_role: bool,
}

/// One line of the transition summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryLine {
    /// `Start`, `Stop`, `Move`, `Migrate`, `Recover`, `Restart`, `Reload`, `Promote`, `Demote`,
    /// `Fence`, `Shutdown`, `Leave`, ...
    pub verb: String,
    /// The resource or node.
    pub subject: String,
    /// What changes about a resource; nothing for a node.
    pub course: Option<Course>,
    /// Why; empty when that is plain.
    pub reason: String,
    /// Whether it cannot be done.
    pub blocked: bool,
}

/// As people read it: `oss1 -> oss2`, `Promoted -> Unpromoted oss1`.
impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, role, next_role, shows_role } = self;
        match (from, to, shows_role) {
            (None, None, _) => Ok(()),
            (None, Some(to), true) => write!(f, "{role} -> {next_role} {to}"),
            (None, Some(place), false) | (Some(place), None, false) => f.write_str(place),
            (Some(from), None, true) => write!(f, "{role} {from}"),
            (Some(from), Some(to), _) => match (role == next_role, from == to) {
                (true, true) if *shows_role => write!(f, "{role} {from}"),
                (true, true) => f.write_str(from),
                (true, false) if *shows_role => write!(f, "{from} -> {to} {role}"),
                (true, false) => write!(f, "{from} -> {to}"),
                (false, true) => write!(f, "{role} -> {next_role} {from}"),
                (false, false) => write!(f, "{role} {from} -> {next_role} {to}"),
            },
        }
    }
}
