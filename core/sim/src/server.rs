//! A machine: its power, its daemon, its disk, the agents that run on it.

use crate::conduct::Conduct;
use crate::hands_off::LeftAlone;
use crate::recording::Life;
use crate::script::{Luck, Setup};
use base::{BootId, Instant, NodeId, Rng};
use cluster::{Agent, OperationStatus, Role, exit_code};
use group::{
    Birth, Cipher, ClusterKey, Group, GroupConfig, LinkId, NodeConfig, QuorumConfig, QuorumRule,
    Timing, WaitForAll,
};
use manager::{FenceRun, Identity, Kept, Manager, Outcome, Run, RunId, Traits};
use node::Node;
use scheduler::plan::Task;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What all servers of a world share.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) names: BTreeMap<NodeId, String>,
    pub(crate) setup: Setup,
}

impl Site {
    pub(crate) fn new(setup: &Setup) -> Self {
        let names = (1..=setup.nodes).map(|node| (NodeId(node), format!("n{node}"))).collect();
        Self { names, setup: setup.clone() }
    }

    fn group_config(&self) -> GroupConfig {
        let links: Vec<LinkId> = (0..self.setup.rings).map(LinkId).collect();
        let node = |&node: &NodeId| NodeConfig { node, links: links.clone(), votes: 1 };
        let rule = match self.names.len() {
            2 => QuorumRule::TwoNode,
            _ => QuorumRule::Majority,
        };
        let wait_for_all =
            if self.setup.wait_for_all { WaitForAll::Required } else { WaitForAll::Unset };
        GroupConfig {
            cluster_name: "sim".into(),
            admission: group::Admission::Listed,
            nodes: self.names.keys().map(node).collect(),
            policy: self.setup.policy,
            timing: Timing::default(),
            quorum: QuorumConfig { rule, wait_for_all, ..QuorumConfig::default() },
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
    /// The place of its call in the truth.
    pub(crate) call: usize,
    pub(crate) conduct: Conduct,
    /// Whether its time is over before it ends by itself.
    pub(crate) is_late: bool,
    /// The process that wants to know its end.
    pub(crate) incarnation: u64,
}

/// One machine.
pub(crate) struct Server {
    pub(crate) id: NodeId,
    pub(crate) daemon: Option<Node>,
    pub(crate) boot: BootId,
    pub(crate) incarnation: u64,
    /// The place of its daemon's life in the recording.
    pub(crate) life: usize,
    /// The first process since the power came on.
    first_of_boot: u64,
    pub(crate) powered: bool,
    pub(crate) paused_until: Instant,
    /// How long hearing one datagram takes, and until when those that came are heard.
    pub(crate) slowness: Duration,
    pub(crate) busy_until: Instant,
    /// Until when the disk writes.
    pub(crate) disk_busy_until: Instant,
    /// Does its daemon's view give it the right to act?
    pub(crate) is_quorate: bool,
    /// What it has heard that it is to leave alone.
    pub(crate) left_alone: LeftAlone,
    /// Datagrams that came during a pause.
    pub(crate) held: u32,
    /// How far the date is off, in milliseconds.
    pub(crate) clock_off: i64,
    pub(crate) wake_at: Option<Instant>,
    pub(crate) running: BTreeMap<RunId, Running>,
    /// Fence devices that are at work for this process.
    pub(crate) shooting: BTreeSet<RunId>,
    /// Fence devices that are started here. They run nothing, so they are no part of the truth.
    pub(crate) devices: BTreeSet<String>,
    /// How agents behave, by service and task, where not well.
    pub(crate) conducts: BTreeMap<(String, String), Conduct>,
    pub(crate) rng: Rng,
    /// On disk.
    pub(crate) kept: Kept,
    view_counter: u64,
    /// How many disks it has lost.
    pub(crate) lost_disks: u64,
    /// The highest ever, on disk.
    pub(crate) expected_votes: u32,
}

impl Server {
    pub(crate) fn new(id: NodeId, kept: Kept, rng: Rng) -> Self {
        Self {
            id,
            daemon: None,
            boot: BootId(0),
            incarnation: 0,
            life: 0,
            first_of_boot: 0,
            powered: false,
            paused_until: Instant::default(),
            slowness: Duration::ZERO,
            busy_until: Instant::default(),
            disk_busy_until: Instant::default(),
            is_quorate: false,
            left_alone: LeftAlone::default(),
            held: 0,
            clock_off: 0,
            wake_at: None,
            running: BTreeMap::new(),
            shooting: BTreeSet::new(),
            devices: BTreeSet::new(),
            conducts: BTreeMap::new(),
            rng,
            kept,
            view_counter: 0,
            lost_disks: 0,
            expected_votes: 0,
        }
    }

    /// The power comes on: another life begins.
    pub(crate) fn boot(&mut self, now: Instant) {
        self.powered = true;
        self.boot = BootId((u128::from(self.id.0) << 64) | u128::from(self.rng.next_u64()));
        self.paused_until = now;
        self.busy_until = now;
        self.first_of_boot = self.incarnation + 1;
    }

    /// A process starts, with what is on disk.
    pub(crate) fn start_daemon(&mut self, now: Instant, site: &Site) -> Life {
        self.incarnation += 1;
        let birth = Birth {
            node: self.id,
            incarnation: self.incarnation,
            boot: self.boot,
            view_counter: self.view_counter,
            expected_votes: self.expected_votes,
            seed: self.rng.next_u64(),
        };
        let identity = Identity {
            node: self.id,
            name: site.names[&self.id].clone(),
            boot: self.boot,
            incarnation: self.incarnation,
            cores: 2,
            nodes: site.names.clone(),
        };
        let group = Group::new(site.group_config(), birth, now);
        let manager = Manager::new(identity, self.kept.clone(), now);
        self.daemon = Some(Node::new(group, manager));
        self.shooting.clear();
        self.wake_at = None;
        self.is_quorate = false;
        Life {
            node: self.id,
            incarnation: self.incarnation,
            boot: self.boot,
            disk: self.lost_disks,
            born: now,
            ended: None,
            told: Vec::new(),
            said: Vec::new(),
            stages: Vec::new(),
            most_kept: 0,
        }
    }

    /// Has the machine had power ever since that process wrote something?
    pub(crate) const fn has_power_since(&self, incarnation: u64) -> bool {
        self.powered && incarnation >= self.first_of_boot
    }

    /// The power goes.
    pub(crate) fn go_dark(&mut self) {
        self.powered = false;
        self.running.clear();
        self.devices.clear();
    }

    /// The disk is gone, and another one, empty, takes its place.
    pub(crate) fn lose_disk(&mut self) {
        self.kept = Kept::default();
        self.view_counter = 0;
        self.expected_votes = 0;
        self.lost_disks += 1;
    }

    pub(crate) fn persist_view_counter(&mut self, counter: u64) {
        self.view_counter = self.view_counter.max(counter);
    }

    /// How the agent behaves that is asked for this.
    pub(crate) fn conduct(&self, run: &Run) -> Conduct {
        let service = run.instance.split(':').next().unwrap_or_default().to_owned();
        let task = match run.task {
            Task::Monitor if run.interval.is_zero() => "probe",
            task => task.name(),
        };
        self.conducts.get(&(service, task.to_owned())).copied().unwrap_or(Conduct::Well)
    }

    /// How the device behaves, when it was said how.
    pub(crate) fn device_conduct(&self, run: &FenceRun) -> Option<Conduct> {
        self.conducts.get(&(run.device.clone(), run.how.name().to_owned())).copied()
    }

    /// What an agent says, when the service is in this state: mostly the truth about its success.
    pub(crate) fn outcome(&mut self, running: &Running, was: Option<Role>, luck: Luck) -> Outcome {
        let Running { run, conduct, is_late, .. } = running;
        if *is_late {
            let reason = "it did not end in time".into();
            return Outcome {
                status: OperationStatus::TimedOut,
                code: 1,
                reason,
                ..Outcome::default()
            };
        }
        let is_fickle = luck == Luck::Fickle && run.invocation.agent.class == "ocf";
        let fails = |rng: &mut Rng, per_mille: u64| rng.below(1000) < per_mille;
        let code = match (conduct, run.task) {
            (Conduct::Says(code), _) => *code,
            (Conduct::Pretends, _) => exit_code::OK,
            (_, Task::Start) if is_fickle && fails(&mut self.rng, 20) => exit_code::ERROR,
            (_, Task::Stop) if is_fickle && fails(&mut self.rng, 5) => exit_code::ERROR,
            (_, Task::MigrateTo) if is_fickle && fails(&mut self.rng, 50) => exit_code::ERROR,
            (_, Task::MigrateTo | Task::MigrateFrom) if was.is_none() => exit_code::ERROR,
            (_, Task::Monitor) => match was {
                None => exit_code::NOT_RUNNING,
                Some(Role::Promoted) => exit_code::PROMOTED,
                Some(_) => exit_code::OK,
            },
            _ => exit_code::OK,
        };
        let is_failure =
            !matches!(code, exit_code::OK | exit_code::NOT_RUNNING | exit_code::PROMOTED);
        let reason = if is_failure { "it was meant to fail".into() } else { String::new() };
        Outcome { code, reason, traits: traits_of(&run.invocation.agent), ..Outcome::default() }
    }
}

/// `ocf:sim:Reloadable` takes all parameters as it runs but `device`.
fn traits_of(agent: &Agent) -> Traits {
    let restart = (agent.kind == "Reloadable").then(|| vec!["device".to_owned()]);
    Traits { restart, ..Traits::default() }
}
