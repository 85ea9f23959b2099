//! What the configuration and the status mean, typed and indexed.
//!
//! [`situation`] is the one reading of both in Systole: the scheduler decides by it and status
//! displays render it. It goes from what is plain to what follows from it: options, nodes,
//! resources, the presence of members, what resources did on them; a guest or remote node's
//! history is only read once what it runs inside of, or is reached through, is known.
//!
//! Nothing makes it fail: what makes no sense is read as if it were not there, and what is unknown
//! as possibly active (R3).

mod activity;
mod age;
mod anonymous;
mod birth;
mod bundles;
mod clones;
mod consequence;
mod digest;
mod expiry;
mod fail_count;
mod fencing;
mod history;
mod in_flight;
mod meta;
mod migration;
mod nodes;
mod on_fail;
mod options;
mod outcome;
mod parameters;
mod presence;
mod record;
mod remote;
mod removed;
mod resources;
mod status;
mod values;

pub(crate) use age::oldest_first;
pub(crate) use birth::base_name;
pub use digest::{Compared, DigestVerdict, is_parameter, is_usually_secret, parameters_digest};
pub use fail_count::{Expired, FailCount};
pub(crate) use history::active_part;

use crate::index::{Indexed, NodeIndex, ResourceIndex};
use crate::model::{Cell, Findings, Situation, TicketState, Weights};
use crate::plan::Facts;
use cluster::{Agent, References};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The reading in progress.
struct Reader<'a> {
    at: Situation<'a>,
    properties: options::Properties<'a>,
    health: options::HealthScores,
    node_ids: BTreeMap<String, NodeIndex>,
    /// Who was found by which name in the history of the node before, in its order: the next node
    /// tells mostly of the same.
    trail: Vec<(&'a str, ResourceIndex)>,
    /// What a node's place in the table of a new resource is.
    cells: Indexed<NodeIndex, Cell>,
    /// The table of a new resource, as long as no node has changed.
    fresh: Option<Weights>,
    /// Defaults for the meta attributes of resources, by agent.
    defaults: BTreeMap<Agent, Rc<BTreeMap<&'a str, &'a str>>>,
    /// What clones are made of.
    bodies: BTreeMap<ResourceIndex, clones::Body<'a>>,
    /// Containers to be stopped for a failed connection, wherever they turn out to be.
    doomed: Vec<ResourceIndex>,
    /// What has failed where, as far as people are shown it.
    reported: BTreeSet<(NodeIndex, String)>,
    /// How many more instances clones and bundles may have beyond one for each node.
    spare: u32,
}

/// Reads all that is known.
pub fn situation<'a>(facts: &Facts<'a>) -> Situation<'a> {
    let mut reader = Reader::new(facts);
    reader.nodes();
    reader.connections();
    reader.unwritten_members();
    reader.resources();
    reader.status();
    reader.in_flight();
    reader.finish()
}

impl<'a> Reader<'a> {
    fn new(facts: &Facts<'a>) -> Self {
        let references = References::of(facts.configuration);
        let mut recheck = None;
        let properties = options::Properties::read(facts, &references, &mut recheck);
        let options = options::read(facts, &properties);
        let health = options::HealthScores::read(options.health, &properties);
        Self {
            at: Situation {
                facts: *facts,
                options,
                nodes: Indexed::default(),
                node_order: Vec::new(),
                resources: Indexed::default(),
                top: Vec::new(),
                history: Vec::new(),
                failures: Vec::new(),
                tickets: tickets(facts),
                warnings: Vec::new(),
                recheck,
                to_fence: Vec::new(),
                findings: Findings::default(),
                expired_locks: Vec::new(),
                unchecked_failures: Vec::new(),
                unchecked_records: Vec::new(),
                hosts: BTreeMap::new(),
                rescheduled: BTreeSet::new(),
                references,
                names: BTreeMap::new(),
                node_names: BTreeMap::new(),
            },
            properties,
            health,
            node_ids: BTreeMap::new(),
            trail: Vec::new(),
            cells: Indexed::default(),
            fresh: None,
            defaults: BTreeMap::new(),
            bodies: BTreeMap::new(),
            doomed: Vec::new(),
            reported: BTreeSet::new(),
            spare: meta::MOST_SPARE_INSTANCES,
        }
    }

    /// Tells people that something they configured does not count as they wrote it.
    fn warn(&mut self, id: &str, what: &str) {
        self.at.warnings.push(format!("{id} {what}"));
    }

    fn finish(mut self) -> Situation<'a> {
        self.recheck_parameters();
        for node in self.at.nodes.keys() {
            let sum = self.health.sum(&self.at.nodes[node].attributes);
            self.at.nodes[node].health = sum.value();
        }
        self.at
    }
}

fn tickets(facts: &Facts<'_>) -> BTreeMap<String, TicketState> {
    let tickets = facts.status.tickets.iter().map(|(name, ticket)| {
        let state = TicketState {
            is_granted: ticket.granted,
            is_standby: ticket.standby,
            last_granted: ticket.last_granted,
            attributes: ticket.attributes.clone(),
        };
        (name.clone(), state)
    });
    tickets.collect()
}
