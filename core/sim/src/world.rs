//! Time, and everything that happens in it.

use crate::fault::Fault;
use crate::network::Network;
use crate::server::{Running, Server, Site};
use crate::truth::{Activity, Truth};
use base::{Instant, NodeId, Rng, WallTime};
use cluster::{AttributeSet, Configuration, Edit, NodeEntry, Object, OperationStatus};
use group::LinkId;
use manager::{Command, FenceRun, Outcome, PlanRequest, RequestId, Run, RunId};
use node::Node;
use scheduler::plan::{PowerAction, Task};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Everything random comes from it.
    pub seed: u64,
    /// How many servers.
    pub nodes: u32,
    /// How many redundant networks.
    pub rings: u8,
    /// What is on every disk at the start.
    pub configuration: Configuration,
}

/// A world in virtual time.
pub struct World {
    now: Instant,
    rng: Rng,
    network: Network,
    site: Site,
    servers: BTreeMap<NodeId, Server>,
    truth: Truth,
    /// Ordered by time, then by the order in which they were put in.
    queue: BinaryHeap<Reverse<Entry>>,
    entries: u64,
    log: Vec<String>,
    fences: u64,
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    number: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// Something that happens to a server. What a process waited for is lost with it.
#[derive(Debug)]
enum Event {
    Wake(NodeId),
    Datagram { to: NodeId, link: LinkId, bytes: Arc<[u8]> },
    Planned { to: NodeId, incarnation: u64, request: Box<PlanRequest> },
    AgentEnds { on: NodeId, incarnation: u64, run: RunId },
    PowerSwitched { by: NodeId, incarnation: u64, run: Box<FenceRun> },
    Stored { on: NodeId, incarnation: u64, configuration: Box<Configuration> },
    DaemonStarts(NodeId),
    Fault(Fault),
}

impl World {
    /// A world in which all servers are switched on at about the same time.
    pub fn new(options: &Options) -> Self {
        let mut rng = Rng::new(options.seed);
        let names: BTreeMap<NodeId, String> =
            (1..=options.nodes).map(|node| (NodeId(node), format!("n{node}"))).collect();
        let servers = names
            .keys()
            .map(|&id| {
                let rng = rng.fork("server");
                (id, Server::new(id, options.configuration.clone(), rng))
            })
            .collect();
        let mut world = Self {
            now: Instant::default(),
            network: Network::new(rng.fork("network")),
            rng: rng.fork("world"),
            site: Site { names, rings: options.rings },
            servers,
            truth: Truth::default(),
            queue: BinaryHeap::new(),
            entries: 0,
            log: Vec::new(),
            fences: 0,
        };
        for node in 1..=options.nodes {
            let delay = Duration::from_millis(world.rng.below(1500));
            world.fault_at(world.now + delay, Fault::PowerOn(NodeId(node)));
        }
        world
    }

    /// The time in this world.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What is really active where.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// What happened, a line each, for whoever has to find out why.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// How often a server's power was switched by a fence device.
    pub const fn fences(&self) -> u64 {
        self.fences
    }

    /// The daemon of a node, if it runs.
    pub fn daemon(&self, node: NodeId) -> Option<&Node> {
        self.servers.get(&node)?.daemon.as_ref()
    }

    /// Something is to go wrong at a time.
    pub fn fault_at(&mut self, at: Instant, fault: Fault) {
        self.put(at, Event::Fault(fault));
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: Instant) {
        while self.queue.peek().is_some_and(|Reverse(entry)| entry.at <= end) {
            let Some(Reverse(entry)) = self.queue.pop() else { break };
            self.now = self.now.max(entry.at);
            self.happen(entry.event);
        }
        self.now = self.now.max(end);
    }

    /// All faults end: nothing is cut, nothing gets lost, all power is on; and when they have
    /// come together, nobody is left in standby.
    pub fn make_whole(&mut self) {
        self.network.heal();
        self.network.loss_percent = 0;
        let dark: Vec<NodeId> =
            self.servers.values().filter(|server| !server.powered).map(|s| s.id).collect();
        for node in dark {
            self.put(self.now, Event::Fault(Fault::PowerOn(node)));
        }
        let servers: Vec<NodeId> = self.servers.keys().copied().collect();
        for node in servers {
            self.fault_at(self.now + Duration::from_secs(40), Fault::Standby(node, false));
        }
    }

    fn put(&mut self, at: Instant, event: Event) {
        self.entries += 1;
        self.queue.push(Reverse(Entry { at, number: self.entries, event }));
    }

    fn note(&mut self, line: &str) {
        self.log.push(format!("{} {line}", self.now));
    }
}

/// What happens.
impl World {
    fn happen(&mut self, event: Event) {
        if let Some(until) = self.held_up(&event) {
            self.put(until, event);
            return;
        }
        match event {
            Event::Wake(node) => {
                let due = self.servers.get_mut(&node).is_some_and(|server| {
                    let due = server.wake_at.is_some_and(|at| at <= self.now);
                    if due {
                        server.wake_at = None;
                    }
                    due
                });
                if due {
                    self.step(node, node::Input::Wake);
                }
            }
            Event::Datagram { to, link, bytes } => {
                self.step(to, node::Input::Datagram { link, bytes: &bytes });
            }
            Event::Planned { to, incarnation, request } => {
                let input = manager::Input::Planned {
                    serial: request.serial,
                    plan: Box::new(request.plan()),
                };
                self.tell(to, incarnation, input);
            }
            Event::AgentEnds { on, incarnation, run } => self.agent_ends(on, incarnation, run),
            Event::PowerSwitched { by, incarnation, run } => self.fenced(by, incarnation, &run),
            Event::Stored { on, incarnation, configuration } => {
                let version = configuration.version;
                if let Some(server) = self.servers.get_mut(&on) {
                    server.configuration = *configuration;
                }
                self.tell(on, incarnation, manager::Input::Stored(version));
            }
            Event::DaemonStarts(node) => self.daemon_starts(node),
            Event::Fault(fault) => self.fail(fault),
        }
    }

    /// A paused server sees everything when it goes on.
    fn held_up(&self, event: &Event) -> Option<Instant> {
        let node = match event {
            Event::Wake(node) | Event::DaemonStarts(node) => node,
            Event::Datagram { to, .. } | Event::Planned { to, .. } => to,
            Event::AgentEnds { on, .. } | Event::Stored { on, .. } => on,
            Event::PowerSwitched { .. } | Event::Fault(_) => return None,
        };
        let until = self.servers.get(node)?.paused_until;
        (until > self.now).then_some(until)
    }

    fn tell(&mut self, node: NodeId, incarnation: u64, input: manager::Input) {
        let is_same = |server: &Server| server.incarnation == incarnation;
        if self.servers.get(&node).is_some_and(is_same) {
            self.step(node, node::Input::Manager(input));
        }
    }

    fn step(&mut self, node: NodeId, input: node::Input<'_>) {
        let now = self.now;
        let wall = WallTime::from_seconds(1_700_000_000) + now.since_start();
        let mut out = Vec::new();
        let Some(server) = self.servers.get_mut(&node) else { return };
        let Some(daemon) = server.daemon.as_mut() else { return };
        daemon.step(now, wall, input, &mut out);
        let wake = daemon.next_wake().max(now + Duration::from_micros(50));
        if server.wake_at.is_none_or(|at| at > wake) {
            server.wake_at = Some(wake);
            self.put(wake, Event::Wake(node));
        }
        for output in out {
            self.carry_out(node, output);
        }
    }

    fn carry_out(&mut self, node: NodeId, output: node::Output) {
        match output {
            node::Output::Send { link, to, bytes } => {
                if let Some(delay) = self.network.carry(node, to, link) {
                    self.put(self.now + delay, Event::Datagram { to, link, bytes });
                }
            }
            // All nodes are listed, with their addresses.
            node::Output::Announce { .. } | node::Output::Met { .. } => {}
            node::Output::PersistViewCounter(counter) => {
                if let Some(server) = self.servers.get_mut(&node) {
                    server.persist_view_counter(counter);
                }
            }
            node::Output::Manager(output) => self.manage(node, *output),
        }
    }

    fn manage(&mut self, node: NodeId, output: manager::Output) {
        let Some(server) = self.servers.get(&node) else { return };
        let incarnation = server.incarnation;
        match output {
            manager::Output::Plan(request) => {
                // A busy machine takes its time now and then.
                let slow = if self.rng.percent(10) { self.rng.below(2000) } else { 0 };
                let at = self.now + Duration::from_millis(5 + slow);
                let request = Box::new(request);
                self.put(at, Event::Planned { to: node, incarnation, request });
            }
            manager::Output::Run(run) => self.agent_begins(node, incarnation, run),
            manager::Output::End(run) => self.put(
                self.now + Duration::from_millis(1),
                Event::AgentEnds { on: node, incarnation, run },
            ),
            manager::Output::Fence(run) => {
                self.note(&format!("n{node} fences {}", run.target));
                // One device in ten is slow: by then the node may have come back by itself.
                let slow = if self.rng.percent(10) { self.rng.below(15_000) } else { 0 };
                let at = self.now + Duration::from_millis(200 + self.rng.below(800) + slow);
                self.put(at, Event::PowerSwitched { by: node, incarnation, run: Box::new(run) });
            }
            manager::Output::Store(configuration) => {
                let configuration = Box::new(configuration.as_ref().clone());
                let at = self.now + Duration::from_millis(1 + self.rng.below(20));
                self.put(at, Event::Stored { on: node, incarnation, configuration });
            }
            manager::Output::Event(event) => self.note(&format!("n{node}: {}", event.kind)),
            manager::Output::Group(_) | manager::Output::Reply(..) | manager::Output::Finished => {}
        }
    }
}

/// The edit that puts a node into standby or takes it out.
fn standby(node: NodeId, on: bool) -> Command {
    let mut attributes = AttributeSet::new(format!("nodes-{node}"));
    attributes.set("standby", if on { "on" } else { "off" });
    let entry = NodeEntry {
        id: node.to_string(),
        name: format!("n{node}"),
        attributes: vec![attributes],
        ..NodeEntry::default()
    };
    let edits = vec![Edit::Put(Box::new(Object::Node(entry)))];
    Command::Edit { edits, base: None, by: "somebody".into() }
}

/// Agents and power.
impl World {
    /// From here on the service may be active.
    fn agent_begins(&mut self, node: NodeId, incarnation: u64, run: Run) {
        if run.task == Task::Start && !run.invocation.agent.is_fencing() {
            self.truth.set(self.now, node, &run.instance, Activity::Active);
        }
        let slow = if self.rng.percent(4) { self.rng.below(15_000) } else { 0 };
        let took = Duration::from_millis(10 + self.rng.below(300) + slow);
        let id = run.id;
        if let Some(server) = self.servers.get_mut(&node) {
            server.running.insert(id, Running { run, incarnation });
        }
        self.put(self.now + took, Event::AgentEnds { on: node, incarnation, run: id });
    }

    fn agent_ends(&mut self, node: NodeId, incarnation: u64, id: RunId) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        let Some(Running { run, .. }) =
            server.running.get(&id).filter(|running| running.incarnation == incarnation).cloned()
        else {
            return;
        };
        server.running.remove(&id);
        let is_device = run.invocation.agent.is_fencing();
        let was_active = match is_device {
            true => server.devices.contains(&run.instance),
            false => self.truth.is_active(node, &run.instance),
        };
        let outcome = server.outcome(&run, was_active);
        match run.task {
            Task::Start if is_device => {
                server.devices.insert(run.instance);
            }
            Task::Stop if is_device => {
                server.devices.remove(&run.instance);
            }
            Task::Stop if outcome.code == 0 => {
                self.truth.set(self.now, node, &run.instance, Activity::Inactive);
            }
            _ => {}
        }
        self.tell(node, incarnation, manager::Input::Ran { run: id, outcome });
    }

    /// One attempt in ten the device does not answer.
    fn fenced(&mut self, by: NodeId, incarnation: u64, run: &FenceRun) {
        let failed = self.rng.percent(10);
        let outcome = if failed {
            let status = OperationStatus::TimedOut;
            Outcome { status, code: 1, reason: "no answer".into(), ..Outcome::default() }
        } else {
            self.fences += 1;
            let target = self.site.names.iter().find(|(_, name)| **name == run.target);
            if let Some((&target, _)) = target {
                self.go_dark(target);
                if run.how == PowerAction::Reboot {
                    let at = self.now + Duration::from_millis(2000 + self.rng.below(3000));
                    self.put(at, Event::Fault(Fault::PowerOn(target)));
                }
            }
            Outcome::default()
        };
        // The one who pressed the button may stand still or be gone; then nobody hears of it.
        self.tell(by, incarnation, manager::Input::Ran { run: run.id, outcome });
    }

    fn go_dark(&mut self, node: NodeId) {
        self.note(&format!("n{node} goes dark"));
        self.truth.dark(self.now, node);
        if let Some(server) = self.servers.get_mut(&node) {
            server.go_dark();
        }
    }

    /// The parent ends what the dead daemon had running before it starts another: a start that
    /// was ended may have done its work all the same.
    fn daemon_starts(&mut self, node: NodeId) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        if server.powered && server.daemon.is_none() {
            server.running.clear();
            server.start_daemon(self.now, &self.site);
            self.step(node, node::Input::Wake);
        }
    }

    fn fail(&mut self, fault: Fault) {
        self.note(&format!("{fault:?}"));
        match fault {
            Fault::PowerOff(node) => self.go_dark(node),
            Fault::PowerOn(node) => {
                if let Some(server) = self.servers.get_mut(&node).filter(|server| !server.powered) {
                    server.boot(self.now, &self.site);
                    self.step(node, node::Input::Wake);
                }
            }
            Fault::KillDaemon(node) => {
                if let Some(server) = self.servers.get_mut(&node).filter(|server| server.powered) {
                    server.daemon = None;
                    let at = self.now + Duration::from_millis(50 + self.rng.below(100));
                    self.put(at, Event::DaemonStarts(node));
                }
            }
            Fault::Pause(node, pause) => {
                if let Some(server) = self.servers.get_mut(&node) {
                    server.paused_until = self.now + pause;
                }
            }
            Fault::Isolate(node, ring) => {
                let others: Vec<NodeId> = self.servers.keys().copied().collect();
                for other in others.into_iter().filter(|other| *other != node) {
                    self.cut_both_ways(node, other, ring);
                }
            }
            Fault::CutPair(one, other) => self.cut_both_ways(one, other, None),
            Fault::CutOneWay(from, to) => {
                for link in (0..self.site.rings).map(LinkId) {
                    self.network.cut(from, to, link);
                }
            }
            Fault::Loss(percent) => self.network.loss_percent = percent,
            Fault::Heal => self.network.heal(),
            Fault::ServiceDies(node, service) => {
                self.truth.set(self.now, node, &service, Activity::Inactive);
            }
            Fault::Standby(node, on) => self.ask_somebody(&standby(node, on)),
            Fault::Cleanup => self.ask_somebody(&Command::Cleanup { resource: None, node: None }),
        }
    }

    /// A person asks whichever node answers; a refusal is as good as an answer here.
    fn ask_somebody(&mut self, command: &Command) {
        let nodes: Vec<NodeId> = self.servers.keys().copied().collect();
        for node in nodes {
            let Some(server) = self.servers.get(&node) else { continue };
            let (incarnation, command) = (server.incarnation, command.clone());
            self.tell(node, incarnation, manager::Input::Request(RequestId(0), command));
        }
    }

    fn cut_both_ways(&mut self, one: NodeId, other: NodeId, ring: Option<u8>) {
        let links = (0..self.site.rings).filter(|link| ring.is_none_or(|ring| ring == *link));
        for link in links.map(LinkId) {
            self.network.cut(one, other, link);
            self.network.cut(other, one, link);
        }
    }
}
