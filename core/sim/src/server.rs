//! A machine: its power, its daemon, its disk, the agents that run on it.

use base::{BootId, Instant, NodeId, Rng};
use cluster::Configuration;
use group::{
    Birth, Cipher, ClusterKey, Group, GroupConfig, LinkId, LinkPolicy, NodeConfig, QuorumConfig,
    QuorumRule, Timing, WaitForAll,
};
use manager::{Identity, Manager, Outcome, Run, RunId};
use node::Node;
use scheduler::plan::Task;
use std::collections::{BTreeMap, BTreeSet};

/// What all servers of a world share.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) names: BTreeMap<NodeId, String>,
    pub(crate) rings: u8,
}

impl Site {
    fn group_config(&self) -> GroupConfig {
        let links: Vec<LinkId> = (0..self.rings).map(LinkId).collect();
        let node = |&node: &NodeId| NodeConfig { node, links: links.clone(), votes: 1 };
        let rule = match self.names.len() {
            2 => QuorumRule::TwoNode,
            _ => QuorumRule::Majority,
        };
        GroupConfig {
            cluster_name: "sim".into(),
            admission: group::Admission::Listed,
            nodes: self.names.keys().map(node).collect(),
            policy: LinkPolicy::Active,
            timing: Timing::default(),
            quorum: QuorumConfig { rule, expected_votes: None, wait_for_all: WaitForAll::Unset },
            key: ClusterKey::new(vec![7; 64]).expect("64 bytes are enough for a key"),
            other_keys: Vec::new(),
            cipher: Cipher::default(),
            priorities: BTreeMap::new(),
            datagram_limit: None,
        }
    }
}

/// An agent that runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) run: Run,
    /// The process that wants to know its end.
    pub(crate) incarnation: u64,
}

/// One machine.
pub(crate) struct Server {
    pub(crate) id: NodeId,
    pub(crate) daemon: Option<Node>,
    pub(crate) boot: BootId,
    pub(crate) incarnation: u64,
    pub(crate) powered: bool,
    pub(crate) paused_until: Instant,
    pub(crate) wake_at: Option<Instant>,
    pub(crate) running: BTreeMap<RunId, Running>,
    /// Fence devices that are started here. They run nothing, so they are no part of the truth.
    pub(crate) devices: BTreeSet<String>,
    pub(crate) rng: Rng,
    /// On disk.
    pub(crate) configuration: Configuration,
    view_counter: u64,
}

impl Server {
    pub(crate) fn new(id: NodeId, configuration: Configuration, rng: Rng) -> Self {
        Self {
            id,
            daemon: None,
            boot: BootId(0),
            incarnation: 0,
            powered: false,
            paused_until: Instant::default(),
            wake_at: None,
            running: BTreeMap::new(),
            devices: BTreeSet::new(),
            rng,
            configuration,
            view_counter: 0,
        }
    }

    /// The power comes on: another life begins.
    pub(crate) fn boot(&mut self, now: Instant, site: &Site) {
        self.powered = true;
        self.boot = BootId((u128::from(self.id.0) << 64) | u128::from(self.rng.next_u64()));
        self.paused_until = now;
        self.start_daemon(now, site);
    }

    /// A process starts, with what is on disk.
    pub(crate) fn start_daemon(&mut self, now: Instant, site: &Site) {
        self.incarnation += 1;
        let birth = Birth {
            node: self.id,
            incarnation: self.incarnation,
            boot: self.boot,
            view_counter: self.view_counter,
            seed: self.rng.next_u64(),
        };
        let identity = Identity {
            node: self.id,
            name: site.names[&self.id].clone(),
            boot: self.boot,
            incarnation: self.incarnation,
            nodes: site.names.clone(),
        };
        let group = Group::new(site.group_config(), birth, now);
        let manager = Manager::new(identity, self.configuration.clone(), now);
        self.daemon = Some(Node::new(group, manager));
        self.wake_at = None;
    }

    /// The power goes.
    pub(crate) fn go_dark(&mut self) {
        self.powered = false;
        self.daemon = None;
        self.running.clear();
        self.devices.clear();
    }

    pub(crate) fn persist_view_counter(&mut self, counter: u64) {
        self.view_counter = self.view_counter.max(counter);
    }

    /// What an agent says, when the service is in this state: mostly the truth about its success.
    pub(crate) fn outcome(&mut self, run: &Run, was_active: bool) -> Outcome {
        let fails = |rng: &mut Rng, per_mille: u64| rng.below(1000) < per_mille;
        let is_service = run.invocation.agent.class == "ocf";
        let code = match run.task {
            Task::Start if is_service && fails(&mut self.rng, 20) => 1,
            Task::Stop if is_service && fails(&mut self.rng, 5) => 1,
            Task::Monitor if !was_active => 7,
            _ => 0,
        };
        let reason = if code == 1 { "it was meant to fail".into() } else { String::new() };
        Outcome { code, reason, ..Outcome::default() }
    }
}
