//! A deterministic network of [`Group`]s.

use base::{BootId, Instant, NodeId, Rng};
use group::{
    Admission, Birth, Channel, Cipher, ClusterKey, Delivery, Group, GroupCommand, GroupConfig,
    GroupEvent, Input, LinkId, LinkPolicy, NodeConfig, Output, QuorumConfig, Timing, View,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) type Millis = u64;

/// What one process was told, with the time in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Millis,
    pub(crate) event: GroupEvent,
}

/// The life of one process.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) node: NodeId,
    pub(crate) told: Vec<Told>,
    pub(crate) submitted: Vec<(Vec<u8>, Delivery)>,
    pub(crate) over: bool,
}

#[derive(Debug)]
struct Host {
    group: Option<Group>,
    life: usize,
    boot: u128,
    disk: u64,
    expected_votes: u32,
    asleep_until: Duration,
    clock_ahead: Duration,
    /// Whose addresses it has found out.
    met: BTreeSet<(LinkId, NodeId)>,
}

#[derive(Debug)]
struct Packet {
    link: LinkId,
    to: NodeId,
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) config: GroupConfig,
    pub(crate) lives: Vec<Life>,
    pub(crate) loss: u64,
    pub(crate) duplication: u64,
    /// The largest datagram that passes.
    pub(crate) width: usize,
    pub(crate) cuts: BTreeSet<(NodeId, NodeId, LinkId)>,
    /// Every datagram sent so far, kept when somebody wants to replay them.
    pub(crate) recording: Option<Vec<(LinkId, NodeId, Vec<u8>)>>,
    pub(crate) datagrams: u64,
    hosts: BTreeMap<NodeId, Host>,
    network: BTreeMap<(Duration, u64), Packet>,
    sent: u64,
    incarnations: u64,
    rng: Rng,
}

pub(crate) fn config(nodes: u32, links: u8, policy: LinkPolicy) -> GroupConfig {
    let links: Vec<_> = (0..links).map(LinkId).collect();
    let node = |id| NodeConfig { node: NodeId(id), links: links.clone(), votes: 1 };
    GroupConfig {
        cluster_name: "test".into(),
        admission: Admission::Listed,
        nodes: (1..=nodes).map(node).collect(),
        policy,
        timing: Timing::default(),
        quorum: QuorumConfig::default(),
        key: ClusterKey::new([7; 64]).expect("64 bytes are a key"),
        other_keys: Vec::new(),
        cipher: Cipher::default(),
        priorities: BTreeMap::new(),
        datagram_limit: None,
    }
}

impl World {
    pub(crate) fn new(config: GroupConfig, seed: u64) -> Self {
        let mut world = Self {
            now: Duration::from_secs(1000),
            lives: Vec::new(),
            loss: 0,
            duplication: 0,
            width: 1472,
            cuts: BTreeSet::new(),
            recording: None,
            datagrams: 0,
            hosts: BTreeMap::new(),
            network: BTreeMap::new(),
            sent: 0,
            incarnations: 0,
            rng: Rng::new(seed),
            config,
        };
        for node in world.nodes() {
            world.start(node);
        }
        world
    }

    /// Nodes of the configuration.
    pub(crate) fn nodes(&self) -> Vec<NodeId> {
        self.config.nodes.iter().map(|node| node.node).collect()
    }

    pub(crate) fn clock(&self) -> Millis {
        u64::try_from(self.now.as_millis()).expect("short")
    }

    /// Starts a process; with it the machine, if that was off.
    pub(crate) fn start(&mut self, node: NodeId) {
        let config = self.config.clone();
        self.start_with(node, config);
    }

    pub(crate) fn start_with(&mut self, node: NodeId, config: GroupConfig) {
        self.incarnations += 1;
        let clock_ahead = Duration::from_millis(self.rng.below(1_000_000));
        let life = self.lives.len();
        self.lives.push(Life { node, told: Vec::new(), submitted: Vec::new(), over: false });
        let fresh = Host {
            group: None,
            life,
            boot: u128::from(self.rng.next_u64()),
            disk: 0,
            expected_votes: 0,
            asleep_until: Duration::ZERO,
            clock_ahead,
            met: BTreeSet::new(),
        };
        let host = self.hosts.entry(node).or_insert(fresh);
        host.life = life;
        let birth = Birth {
            node,
            incarnation: self.incarnations,
            boot: BootId(host.boot),
            view_counter: host.disk,
            expected_votes: host.expected_votes,
            seed: self.rng.next_u64(),
        };
        let now = Instant::after_start(self.now + host.clock_ahead);
        host.group = Some(Group::new(config, birth, now));
    }

    pub(crate) fn crash(&mut self, node: NodeId) {
        let host = self.hosts.get_mut(&node).expect("known");
        host.group = None;
        self.lives[host.life].over = true;
    }

    pub(crate) fn pause(&mut self, node: NodeId, for_millis: Millis) {
        let until = self.now + Duration::from_millis(for_millis);
        self.hosts.get_mut(&node).expect("known").asleep_until = until;
    }

    pub(crate) fn is_up(&self, node: NodeId) -> bool {
        self.hosts[&node].group.is_some()
    }

    /// What the clock of `node` shows.
    pub(crate) fn time_of(&self, node: u32) -> Instant {
        Instant::after_start(self.now + self.hosts[&NodeId(node)].clock_ahead)
    }

    /// Cuts or mends one direction on all links.
    pub(crate) fn cut(&mut self, from: u32, to: u32) {
        for link in 0..8 {
            self.cuts.insert((NodeId(from), NodeId(to), LinkId(link)));
        }
    }

    pub(crate) fn cut_both(&mut self, one: u32, other: u32) {
        self.cut(one, other);
        self.cut(other, one);
    }

    pub(crate) fn cut_link(&mut self, link: u8) {
        for from in self.nodes() {
            for to in self.nodes() {
                self.cuts.insert((from, to, LinkId(link)));
            }
        }
    }

    pub(crate) fn submit(&mut self, node: u32, payload: &[u8], delivery: Delivery) {
        let life = self.hosts[&NodeId(node)].life;
        self.lives[life].submitted.push((payload.to_vec(), delivery));
        let (channel, payload) = (Channel::Cluster, payload.to_vec());
        self.command(node, GroupCommand::Submit { channel, payload, delivery });
    }

    pub(crate) fn command(&mut self, node: u32, command: GroupCommand) {
        self.step(NodeId(node), Input::Command(command));
    }

    /// Hands a datagram to `node` as if it had come over `link`.
    pub(crate) fn inject(&mut self, link: LinkId, node: NodeId, bytes: &[u8]) {
        self.step(node, Input::Datagram { link, bytes });
    }

    pub(crate) fn group(&self, node: u32) -> &Group {
        self.hosts[&NodeId(node)].group.as_ref().expect("up")
    }

    pub(crate) fn group_mut(&mut self, node: u32) -> &mut Group {
        self.hosts.get_mut(&NodeId(node)).and_then(|host| host.group.as_mut()).expect("up")
    }

    pub(crate) fn view(&self, node: u32) -> Vec<u32> {
        self.group(node).view().map_or_else(Vec::new, ids)
    }

    /// Whose addresses `node` has found out.
    pub(crate) fn addresses(&self, node: u32) -> Vec<(LinkId, NodeId)> {
        self.hosts[&NodeId(node)].met.iter().copied().collect()
    }

    /// Which of `lives` is the current one of `node`.
    pub(crate) fn life_index(&self, node: u32) -> usize {
        self.hosts[&NodeId(node)].life
    }

    /// The current life of `node`.
    pub(crate) fn life(&self, node: u32) -> &Life {
        &self.lives[self.life_index(node)]
    }

    fn step(&mut self, node: NodeId, input: Input<'_>) {
        let host = self.hosts.get_mut(&node).expect("known");
        let Some(group) = &mut host.group else { return };
        let mut out = Vec::new();
        group.step(Instant::after_start(self.now + host.clock_ahead), input, &mut out);
        let at = u64::try_from(self.now.as_millis()).expect("short");
        let life = &mut self.lives[host.life];
        let mut datagrams = Vec::new();
        for output in out {
            match output {
                Output::Event(event) => life.told.push(Told { at, event }),
                Output::PersistViewCounter(counter) => {
                    assert!(counter >= host.disk, "G1");
                    host.disk = counter;
                }
                Output::PersistExpectedVotes(votes) => {
                    assert!(votes > host.expected_votes, "only what is higher is kept");
                    host.expected_votes = votes;
                }
                Output::Send { link, to, bytes } => datagrams.push((link, to, bytes)),
                Output::Announce { link, bytes } => {
                    let others = self.config.nodes.iter().map(|other| other.node);
                    let others = others.filter(|other| *other != node);
                    datagrams.extend(others.map(|other| (link, other, bytes.clone())));
                }
                Output::Met { link, node } => {
                    host.met.insert((link, node));
                }
            }
        }
        for (link, to, bytes) in datagrams {
            self.send(node, link, to, &bytes);
        }
    }

    fn send(&mut self, from: NodeId, link: LinkId, to: NodeId, bytes: &[u8]) {
        self.datagrams += 1;
        if let Some(recording) = &mut self.recording {
            recording.push((link, to, bytes.to_vec()));
        }
        if self.cuts.contains(&(from, to, link)) || bytes.len() > self.width {
            return;
        }
        let copies = 1 + u64::from(self.rng.percent(self.duplication));
        for _ in 0..copies {
            if self.rng.percent(self.loss) {
                continue;
            }
            let slow = if self.rng.percent(2) { 8000 } else { 800 };
            let delay = Duration::from_micros(150 + self.rng.below(slow));
            self.sent += 1;
            let packet = Packet { link, to, bytes: bytes.to_vec() };
            self.network.insert((self.now + delay, self.sent), packet);
        }
    }

    /// The next moment at which anything happens, and to whom.
    fn next(&self) -> (Duration, Option<NodeId>) {
        let arrival = self.network.first_key_value().map(|((at, _), _)| (*at, None));
        let wakes = self.hosts.iter().filter_map(|(node, host)| {
            let wake = host.group.as_ref()?.next_wake().since_start();
            let at = wake.saturating_sub(host.clock_ahead).max(host.asleep_until);
            Some((at, Some(*node)))
        });
        wakes.chain(arrival).min().unwrap_or((Duration::MAX, None))
    }

    pub(crate) fn run(&mut self, millis: Millis) {
        let end = self.now + Duration::from_millis(millis);
        let mut idle_steps = 0;
        loop {
            let (at, who) = self.next();
            if at > end {
                break;
            }
            idle_steps = if at > self.now { 0 } else { idle_steps + 1 };
            assert!(idle_steps < 10_000, "time stands still at {:?}", self.now);
            self.now = self.now.max(at);
            match who {
                Some(node) => self.step(node, Input::Wake),
                None => self.arrive(),
            }
        }
        self.now = end;
    }

    fn arrive(&mut self) {
        let Some((key, packet)) = self.network.pop_first() else { return };
        let host = &self.hosts[&packet.to];
        if host.asleep_until > self.now {
            // Waits in the socket's buffer.
            self.network.insert((host.asleep_until, key.1), packet);
            return;
        }
        self.step(packet.to, Input::Datagram { link: packet.link, bytes: &packet.bytes });
    }

    /// Runs until `done`, at most `limit`; how long that took.
    pub(crate) fn until(&mut self, limit: Millis, done: impl Fn(&Self) -> bool) -> Millis {
        let start = self.clock();
        while !done(self) {
            assert!(self.clock() - start < limit, "not within {limit} ms: {:#?}", self.summary());
            self.run(1);
        }
        self.clock() - start
    }

    /// Does each of `nodes` have a view of just them?
    pub(crate) fn agree(&self, nodes: &[u32]) -> bool {
        nodes.iter().all(|node| self.view(*node) == nodes)
            && nodes.iter().all(|node| {
                self.group(*node).view().map(|view| view.id)
                    == self.group(nodes[0]).view().map(|view| view.id)
            })
    }

    pub(crate) fn summary(&self) -> Vec<String> {
        let line = |told: &Told| match &told.event {
            GroupEvent::View { view, left } => {
                format!("{} view {} {:?} left {left:?}", told.at, view.id, ids(view))
            }
            GroupEvent::Deliver { sender, payload, .. } => {
                format!("{} deliver {} bytes of {sender}", told.at, payload.len())
            }
            event => format!("{} {event:?}", told.at),
        };
        let lives = self.lives.iter();
        let lines = lives.flat_map(|life| life.told.iter().map(move |told| (life.node, told)));
        let mut lines: Vec<_> =
            lines.map(|(node, told)| (told.at, format!("{node}: {}", line(told)))).collect();
        lines.sort_by_key(|(at, _)| *at);
        let skip = lines.len().saturating_sub(150);
        lines.into_iter().skip(skip).map(|(_, line)| line).collect()
    }
}

pub(crate) fn ids(view: &View) -> Vec<u32> {
    view.nodes().iter().map(|node| node.0).collect()
}

/// What `life` delivered, in order.
pub(crate) fn deliveries(life: &Life) -> Vec<Vec<u8>> {
    let payload = |told: &Told| match &told.event {
        GroupEvent::Deliver { payload, .. } => Some(payload.clone()),
        _ => None,
    };
    life.told.iter().filter_map(payload).collect()
}

/// How many views `life` has installed.
pub(crate) fn views(life: &Life) -> usize {
    life.told.iter().filter(|told| matches!(told.event, GroupEvent::View { .. })).count()
}
