//! What a change is worked out from.

use base::WallTime;
use cluster::access::Rights;
use cluster::validate::Severity;
use cluster::{Agent, Configuration, Status};
use scheduler::plan::Facts;

/// A configuration, and what goes on around it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What people want.
    pub configuration: &'a Configuration,
    /// What is.
    pub status: &'a Status,
    /// Whether the nodes may act.
    pub has_quorum: bool,
    /// The date.
    pub now: WallTime,
    /// What whoever wishes may do.
    pub rights: &'a Rights,
    /// Whether any of it is real.
    pub world: World<'a>,
}

/// Where the configuration is.
#[derive(Clone, Copy)]
pub enum World<'a> {
    /// In a running cluster: agents have to be there, and what runs is not lost by a slip.
    Running(&'a dyn Agents),
    /// In a file: its agents are on machines elsewhere, and nothing of it runs.
    Paper,
}

/// Which agents there are, and what they take.
pub trait Agents {
    /// What speaks against using `agent` with parameters of these names.
    fn doubts(&self, agent: &Agent, parameters: &[String]) -> Vec<AgentDoubt>;
}

/// Something that speaks against using an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDoubt {
    /// Whether nothing would start.
    pub severity: Severity,
    /// In words, with what would be right.
    pub what: String,
}

impl<'a> Scene<'a> {
    /// What a plan is made from, with `configuration` in the place of what is.
    pub(crate) const fn facts(&self, configuration: &'a Configuration) -> Facts<'a> {
        Facts {
            configuration,
            status: self.status,
            in_flight: &[],
            has_quorum: self.has_quorum,
            has_lost_quorum: false,
            is_masked: false,
            coordinator: None,
            now: self.now,
        }
    }

    /// The names of the nodes on which a resource, or anything inside it, is active.
    pub(crate) fn active_on(&self, id: &str) -> Vec<String> {
        let facts = self.facts(self.configuration);
        let situation = scheduler::situation(&facts);
        let Some(resource) = situation.resource(id) else { return Vec::new() };
        let nodes = situation.active_on(resource).into_iter();
        let mut names: Vec<String> = nodes.map(|node| situation.nodes[node].name.clone()).collect();
        names.sort();
        names
    }
}
