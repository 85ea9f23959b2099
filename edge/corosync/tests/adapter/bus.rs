//! An imitation of Corosync: what is multicast waits with its sender, then takes its place in the
//! order of its sender's ring. Who is parted from others has its own order from there on.

use base::{BootId, Instant, NodeId, Rng};
use corosync::{Adapter, Input, Output, Process, Reason, RingName, Tally};
use group::{Birth, Channel, Delivery, GroupCommand, GroupEvent, View};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// What has happened to one process, in its order.
pub(crate) type Log = Vec<GroupEvent>;

pub(crate) struct Bus {
    pub(crate) now: Instant,
    voters: u32,
    sequence: u64,
    births: u32,
    /// The rings, as sets of nodes.
    parts: Vec<BTreeSet<u32>>,
    pub(crate) stations: BTreeMap<u32, Station>,
    /// The logs of processes that have ended.
    pub(crate) ended: Vec<(Process, Log)>,
    counters: BTreeMap<u32, u64>,
}

pub(crate) struct Station {
    me: Process,
    adapter: Adapter,
    inbox: VecDeque<Told>,
    outbox: VecDeque<Vec<u8>>,
    leaves: bool,
    hangs: bool,
    pub(crate) ending: Option<String>,
    pub(crate) log: Log,
}

#[derive(Clone)]
enum Told {
    Configuration {
        members: BTreeSet<Process>,
        left: BTreeMap<Process, Reason>,
        joined: BTreeMap<Process, Reason>,
    },
    Ring(RingName),
    Quorum {
        ring: RingName,
        nodes: BTreeSet<NodeId>,
        tally: Tally,
    },
    Delivered {
        from: Process,
        bytes: Vec<u8>,
    },
}

impl Bus {
    pub(crate) fn new(voters: u32) -> Self {
        Self {
            now: Instant::default(),
            voters,
            sequence: 0,
            births: 0,
            parts: vec![(1..=voters).collect()],
            stations: BTreeMap::new(),
            ended: Vec::new(),
            counters: BTreeMap::new(),
        }
    }

    /// A process begins on a node.
    pub(crate) fn start(&mut self, node: u32) {
        self.births += 1;
        let me = Process { node: NodeId(node), pid: 100 + self.births };
        let birth = Birth {
            node: NodeId(node),
            incarnation: u64::from(self.births),
            boot: BootId(u128::from(node)),
            view_counter: self.counters.get(&node).copied().unwrap_or(0),
            expected_votes: 0,
            seed: 0,
        };
        let mut adapter = Adapter::new(me, birth);
        adapter.step(
            self.now,
            Input::Command(GroupCommand::SetProfile(node.to_le_bytes().to_vec())),
            &mut Vec::new(),
        );
        let station = Station {
            me,
            adapter,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            leaves: false,
            hangs: false,
            ending: None,
            log: Vec::new(),
        };
        self.stations.insert(node, station);
        let part = self.part_of(node);
        let told = self.count(&part);
        self.station(node).inbox.push_back(told);
        self.regroup(&part, &BTreeMap::new(), &[(me, Reason::Joined)].into());
    }

    /// The process of a node ends.
    pub(crate) fn end(&mut self, node: u32, reason: Reason) {
        let Some(mut station) = self.stations.remove(&node) else { return };
        station.read_all(self.now);
        let part = self.part_of(node);
        self.ended.push((station.me, station.log));
        self.regroup(&part, &[(station.me, reason)].into(), &BTreeMap::new());
    }

    /// The network falls into these parts. What was on its way reaches those who stay with its
    /// sender only, still in their old configuration.
    pub(crate) fn split(&mut self, parts: &[&[u32]]) {
        self.sequence += 4;
        let before = std::mem::take(&mut self.parts);
        self.parts = parts.iter().map(|part| part.iter().copied().collect()).collect();
        for part in self.parts.clone() {
            for old in &before {
                let common: BTreeSet<u32> = part.intersection(old).copied().collect();
                while self.order_one(&common, &mut Rng::new(self.sequence)) {}
            }
            for node in part
                .iter()
                .filter(|node| self.stations.contains_key(node))
                .copied()
                .collect::<Vec<_>>()
            {
                let old =
                    before.iter().find(|old| old.contains(&node)).expect("every node is in a part");
                let gone = |peer: &&u32| !part.contains(peer);
                let come = |peer: &&u32| !old.contains(peer);
                let left = self.processes(old.iter().filter(gone), Reason::NodeDown);
                let joined = self.processes(part.iter().filter(come), Reason::NodeUp);
                let members = self.members(&part);
                let station = self.station(node);
                if !(left.is_empty() && joined.is_empty()) {
                    station.inbox.push_back(Told::Configuration { members, left, joined });
                }
            }
            let ring = self.ring(&part);
            let told = self.count(&part);
            // On some nodes the votes are heard of first, on some the group.
            for node in &part {
                let Some(station) = self.stations.get_mut(node) else { continue };
                if (u64::from(*node) + self.sequence / 4).is_multiple_of(2) {
                    station.inbox.push_front(told.clone());
                    station.inbox.push_back(Told::Ring(ring));
                } else {
                    station.inbox.push_back(Told::Ring(ring));
                    station.inbox.push_back(told.clone());
                }
            }
        }
    }

    pub(crate) fn say(&mut self, node: u32, text: &str, delivery: Delivery) {
        let now = self.now;
        let payload = text.as_bytes().to_vec();
        if let Some(station) = self.stations.get_mut(&node) {
            station.step(
                now,
                Input::Command(GroupCommand::Submit {
                    channel: Channel::Cluster,
                    payload,
                    delivery,
                }),
            );
        }
    }

    pub(crate) fn leave(&mut self, node: u32) {
        let now = self.now;
        self.station(node).step(now, Input::Command(GroupCommand::Leave));
    }

    pub(crate) fn hang(&mut self, node: u32, hangs: bool) {
        self.station(node).hangs = hangs;
    }

    /// The votes count differently without anybody coming or going.
    pub(crate) fn set_voters(&mut self, voters: u32) {
        self.voters = voters;
        for part in self.parts.clone() {
            let told = self.count(&part);
            for node in &part {
                if let Some(station) = self.stations.get_mut(node) {
                    station.inbox.push_back(told.clone());
                }
            }
        }
    }

    /// One thing happens somewhere; says whether there was anything.
    pub(crate) fn happen(&mut self, random: &mut Rng) -> bool {
        let nodes: Vec<u32> = self.stations.keys().copied().collect();
        if random.below(2) == 0 {
            let ready: Vec<u32> =
                nodes.iter().copied().filter(|node| self.can_read(*node)).collect();
            if let Some(node) = random.pick(&ready).copied() {
                self.read(node);
                return true;
            }
        }
        if (0..self.parts.len()).any(|part| self.order_one(&self.parts[part].clone(), random)) {
            return true;
        }
        let reader = nodes.into_iter().find(|node| self.can_read(*node));
        reader.is_some_and(|node| {
            self.read(node);
            true
        })
    }

    /// Everything happens that can, and nobody's time comes.
    pub(crate) fn calm(&mut self, random: &mut Rng) {
        while self.happen(random) {}
    }

    /// So much time passes; all that can happen does.
    pub(crate) fn pass(&mut self, time: Duration, random: &mut Rng) {
        let end = self.now + time;
        loop {
            self.calm(random);
            let due = |station: &Station| station.adapter.next_wake().filter(|_| !station.hangs);
            let next = self.stations.values().filter_map(due).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            let now = self.now;
            for station in self.stations.values_mut() {
                if due(station).is_some_and(|due| due <= now) {
                    station.step(now, Input::Wake);
                }
            }
        }
        self.now = end;
    }

    fn can_read(&self, node: u32) -> bool {
        let station = &self.stations[&node];
        !station.hangs && !station.inbox.is_empty()
    }

    fn read(&mut self, node: u32) {
        let now = self.now;
        let station = self.station(node);
        station.read(now);
        let (has_ended, view) = (station.ending.is_some(), station.view().map(|view| view.id));
        // As on disk: room above what was used.
        let counter = self.counters.entry(node).or_default();
        *counter = view.map_or(*counter, |view| view.counter + 10).max(*counter);
        if has_ended {
            self.end(node, Reason::ProcessDown);
        }
    }

    /// The next message of somebody in `part` takes its place; who leaves has left behind its last.
    fn order_one(&mut self, part: &BTreeSet<u32>, random: &mut Rng) -> bool {
        let has =
            |node: &u32| self.stations.get(node).is_some_and(|s| !s.outbox.is_empty() || s.leaves);
        let senders: Vec<u32> = part.iter().copied().filter(has).collect();
        let Some(sender) = random.pick(&senders).copied() else { return false };
        let station = self.station(sender);
        let from = station.me;
        let Some(bytes) = station.outbox.pop_front() else {
            station.leaves = false;
            let part = self.part_of(sender);
            let members = self.members(&part).into_iter().filter(|process| *process != from);
            let left: BTreeMap<_, _> = [(from, Reason::Left)].into();
            let (members, joined) = (members.collect(), BTreeMap::new());
            let told = Told::Configuration { members, left: left.clone(), joined };
            let mut station = self.stations.remove(&sender).expect("it runs");
            station.inbox.push_back(told);
            station.read_all(self.now);
            self.ended.push((from, station.log));
            self.regroup(&part, &left, &BTreeMap::new());
            return true;
        };
        for node in part {
            if let Some(station) = self.stations.get_mut(node) {
                station.inbox.push_back(Told::Delivered { from, bytes: bytes.clone() });
            }
        }
        true
    }

    fn regroup(
        &mut self,
        part: &BTreeSet<u32>,
        left: &BTreeMap<Process, Reason>,
        joined: &BTreeMap<Process, Reason>,
    ) {
        let members = self.members(part);
        for node in part {
            if let Some(station) = self.stations.get_mut(node) {
                let (members, left, joined) = (members.clone(), left.clone(), joined.clone());
                station.inbox.push_back(Told::Configuration { members, left, joined });
            }
        }
    }

    fn station(&mut self, node: u32) -> &mut Station {
        self.stations.get_mut(&node).expect("it runs")
    }

    fn part_of(&self, node: u32) -> BTreeSet<u32> {
        self.parts
            .iter()
            .find(|part| part.contains(&node))
            .cloned()
            .expect("every node is in a part")
    }

    fn members(&self, part: &BTreeSet<u32>) -> BTreeSet<Process> {
        part.iter().filter_map(|node| Some(self.stations.get(node)?.me)).collect()
    }

    fn processes<'a>(
        &self,
        nodes: impl Iterator<Item = &'a u32>,
        reason: Reason,
    ) -> BTreeMap<Process, Reason> {
        nodes.filter_map(|node| Some((self.stations.get(node)?.me, reason))).collect()
    }

    fn ring(&self, part: &BTreeSet<u32>) -> RingName {
        RingName { node: NodeId(*part.first().expect("a part has nodes")), sequence: self.sequence }
    }

    fn count(&self, part: &BTreeSet<u32>) -> Told {
        let votes = u32::try_from(part.len()).expect("few nodes");
        let (expected, needed) = (self.voters, self.voters / 2 + 1);
        let quorate = votes >= needed;
        let tally = Tally { quorate, votes, expected, needed, ..Tally::default() };
        let nodes = part.iter().copied().map(NodeId).collect();
        Told::Quorum { ring: self.ring(part), nodes, tally }
    }
}

impl Station {
    fn step(&mut self, now: Instant, input: Input<'_>) {
        let mut out = Vec::new();
        self.adapter.step(now, input, &mut out);
        for output in out {
            match output {
                Output::Multicast(bytes) => self.outbox.push_back(bytes),
                Output::Leave => self.leaves = true,
                Output::PersistViewCounter(_) => {}
                Output::Event(event) => self.log.push(event),
                Output::End(ending) => self.ending = Some(ending.to_string()),
            }
        }
    }

    fn read(&mut self, now: Instant) {
        let Some(told) = self.inbox.pop_front() else { return };
        let input = match &told {
            Told::Configuration { members, left, joined } => Input::Configuration {
                members: members.clone(),
                left: left.clone(),
                joined: joined.clone(),
            },
            Told::Ring(ring) => Input::Ring(*ring),
            Told::Quorum { ring, nodes, tally } => {
                Input::Quorum { ring: *ring, nodes: nodes.clone(), tally: *tally }
            }
            Told::Delivered { from, bytes } => Input::Delivered { from: *from, bytes },
        };
        self.step(now, input);
    }

    fn read_all(&mut self, now: Instant) {
        while !self.hangs && !self.inbox.is_empty() {
            self.read(now);
        }
    }

    pub(crate) const fn me(&self) -> Process {
        self.me
    }

    /// Its last view.
    pub(crate) fn view(&self) -> Option<&View> {
        self.log.iter().rev().find_map(|event| match event {
            GroupEvent::View { view, .. } => Some(view),
            _ => None,
        })
    }
}
