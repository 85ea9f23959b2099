//! Storms: scripts that are a function of a seed.
//!
//! What a storm is made of is drawn too: how many servers and rings, how cables behave at the best
//! of times, which classes of trouble there are (each in about half of the storms), so that
//! some do not hide the effects of others ("swarm testing", Groce and others, 2012).

use crate::conduct::Conduct;
use crate::fault::Fault;
use crate::scenario::{DATABASE, service_names};
use crate::script::{Demands, Luck, Script, Setup};
use crate::wires::{Trouble, Wires};
use base::{Instant, NodeId, Rng};
use cluster::Forget;
use group::{LinkId, LinkPolicy};
use std::time::Duration;

/// Fewer changes of the configuration than this are asked for in a storm.
const MOST_EDITS: u64 = 40;

/// A kind of episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    PowerCut,
    PowerCutOfSeveral,
    PowerCutOfAll,
    LostDisk,
    Kill,
    KillAll,
    CleanLeave,
    Pause,
    Slow,
    Clock,
    Isolation,
    RingDown,
    LastRing,
    Flapping,
    Pair,
    OneWay,
    Halves,
    MajoritiesRing,
    Bridge,
    Swizzle,
    Loss,
    Delay,
    Mess,
    Corruption,
    Replay,
    SmallPath,
    Talk,
    Service,
    Agent,
    Operator,
    HandsOff,
}

const CLASSES: [Class; 31] = [
    Class::PowerCut,
    Class::PowerCutOfSeveral,
    Class::PowerCutOfAll,
    Class::LostDisk,
    Class::Kill,
    Class::KillAll,
    Class::CleanLeave,
    Class::Pause,
    Class::Slow,
    Class::Clock,
    Class::Isolation,
    Class::RingDown,
    Class::LastRing,
    Class::Flapping,
    Class::Pair,
    Class::OneWay,
    Class::Halves,
    Class::MajoritiesRing,
    Class::Bridge,
    Class::Swizzle,
    Class::Loss,
    Class::Delay,
    Class::Mess,
    Class::Corruption,
    Class::Replay,
    Class::SmallPath,
    Class::Talk,
    Class::Service,
    Class::Agent,
    Class::Operator,
    Class::HandsOff,
];

/// The storm of a seed.
pub fn storm(seed: u64) -> Script {
    let mut rng = Rng::new(seed).fork("storm");
    let mut script = Script::calm(seed, 0);
    script.setup = setup(seed, &mut rng);
    let classes: Vec<Class> = CLASSES.into_iter().filter(|_| rng.percent(50)).collect();
    let mut teller = Teller { at: Instant::default(), rng, script, may_lose_disk: true };
    teller.cold_start();
    teller.weather();
    let end = Instant::after_start(Duration::from_secs(60 + teller.rng.below(70)));
    teller.at = Instant::after_start(Duration::from_millis(3000 + teller.rng.below(6000)));
    while teller.at < end {
        let class = teller.rng.pick(&classes).copied().unwrap_or(Class::PowerCut);
        teller.tell(class);
        teller.script.episodes += 1;
        // Now and then one thing comes right after the other.
        let pause = if teller.rng.percent(20) { 700 } else { 10_000 };
        teller.at = teller.at + Duration::from_millis(teller.rng.below(pause) + pause / 7);
    }
    let mut edits = teller.rng.fork("edits");
    let mut script = teller.script;
    script.end = end;
    edit(&mut script, &mut edits);
    script.events.retain(|(at, _)| *at < end);
    script.events.sort_by_key(|(at, _)| *at);
    script
}

/// Changes of the configuration, most of them while something else is amiss.
fn edit(script: &mut Script, rng: &mut Rng) {
    let troubles: Vec<Instant> = script.events.iter().map(|(at, _)| *at).collect();
    for mark in 1..=rng.below(MOST_EDITS) {
        let trouble = rng.pick(&troubles).copied().unwrap_or_default();
        let at = trouble + Duration::from_millis(rng.below(3000));
        let node = 1 + rng.below(u64::from(script.setup.nodes));
        if let (Ok(node), Ok(mark)) = (node.try_into(), mark.try_into()) {
            script.events.push((at, Fault::Edit(NodeId(node), mark)));
        }
    }
}

fn setup(seed: u64, rng: &mut Rng) -> Setup {
    // Almost all failures of distributed systems show with few nodes (Yuan and others, 2014).
    let sizes = [2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7];
    let policies = [LinkPolicy::Active, LinkPolicy::Passive, LinkPolicy::RoundRobin];
    Setup {
        seed,
        nodes: rng.pick(&sizes).copied().unwrap_or(3),
        rings: rng.pick(&[1, 2, 2, 2, 3]).copied().unwrap_or(2),
        policy: rng.pick(&policies).copied().unwrap_or_default(),
        wait_for_all: rng.percent(30),
        buffer: rng.pick(&[60, 250, 1000]).copied().unwrap_or(250),
        chatter: rng.percent(80),
        luck: Luck::Fickle,
        demands: Demands { order: rng.percent(50), roles: rng.percent(40), room: rng.percent(30) },
    }
}

/// Writes a script.
struct Teller {
    at: Instant,
    rng: Rng,
    script: Script,
    /// One disk may get lost; with several, what was acknowledged may be gone, and nothing more is
    /// promised.
    may_lose_disk: bool,
}

impl Teller {
    fn put(&mut self, after: u64, fault: Fault) {
        self.script.events.push((self.at + Duration::from_millis(after), fault));
    }

    fn wire(&mut self, after: u64, wires: Wires, trouble: Trouble) {
        self.put(after, Fault::Wires(wires, trouble));
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.below(bound)
    }

    fn nodes(&self) -> Vec<NodeId> {
        (1..=self.script.setup.nodes).map(NodeId).collect()
    }

    fn shuffled(&mut self) -> Vec<NodeId> {
        let mut nodes = self.nodes();
        for place in (1..nodes.len()).rev() {
            let other = usize::try_from(self.below(place as u64 + 1)).unwrap_or(0);
            nodes.swap(place, other);
        }
        nodes
    }

    fn ring(&mut self) -> LinkId {
        LinkId(u8::try_from(self.rng.below(u64::from(self.script.setup.rings))).unwrap_or(0))
    }

    /// All at about the same time, some an age later, or not all.
    fn cold_start(&mut self) {
        let late = self.rng.percent(25);
        let nodes = self.shuffled();
        let few = 1 + self.below(nodes.len() as u64);
        for (place, node) in (0u64..).zip(nodes) {
            let delay = if late && place >= few { 15_000 } else { 1500 };
            let after = delay / 2 + self.below(delay);
            self.put(after, Fault::PowerOn(node));
        }
    }

    /// Cables that are never perfect.
    fn weather(&mut self) {
        if self.rng.percent(40) {
            let loss = self.below(4);
            self.wire(0, Wires::ALL, Trouble::Loss(loss));
        }
        if self.rng.percent(30) {
            let duplicate = self.below(5);
            self.wire(0, Wires::ALL, Trouble::Duplicate(duplicate));
        }
    }

    /// One episode.
    fn tell(&mut self, class: Class) {
        let nodes = self.shuffled();
        let one = nodes[0];
        match class {
            Class::PowerCut => self.power_cut(&nodes[..1]),
            Class::PowerCutOfSeveral => {
                let few = 1 + usize::try_from(self.below(nodes.len() as u64)).unwrap_or(0);
                self.power_cut(&nodes[..few]);
            }
            Class::PowerCutOfAll => self.power_cut(&nodes),
            Class::LostDisk => self.lose_disk(one),
            Class::Kill => self.put(0, Fault::KillDaemon(one)),
            Class::KillAll => nodes.iter().for_each(|node| self.put(0, Fault::KillDaemon(*node))),
            Class::CleanLeave => {
                let back = 2000 + self.below(15_000);
                self.put(0, Fault::Leave(one));
                self.put(back, Fault::Start(one));
            }
            Class::Pause => self.pause(one),
            Class::Slow => {
                let (each, until) = (200 + self.below(8000), 1000 + self.below(8000));
                self.put(0, Fault::Slow(one, Duration::from_micros(each)));
                self.put(until, Fault::Slow(one, Duration::ZERO));
            }
            Class::Clock => {
                let years = i64::try_from(self.below(20)).unwrap_or(0) - 10;
                let seconds = years * 31_000_000 + 12_345;
                self.put(0, Fault::ClockJump(one, seconds));
            }
            Class::Replay => {
                let count = 20 + u32::try_from(self.below(200)).unwrap_or(0);
                self.put(0, Fault::Replay(one, count));
                self.put(30, Fault::Garbage(one, count / 4));
            }
            Class::Talk => {
                let count = 20 + u32::try_from(self.below(60)).unwrap_or(0);
                nodes.iter().for_each(|node| self.put(0, Fault::Talk(*node, count)));
            }
            Class::Service => {
                let service = self.service();
                self.put(0, Fault::ServiceDies(one, service));
            }
            Class::Agent => self.misbehave(one),
            Class::Operator => self.operate(one),
            Class::HandsOff => self.take_hands_off(one),
            wires => self.trouble_wires(wires, &nodes),
        }
    }

    fn power_cut(&mut self, nodes: &[NodeId]) {
        for node in nodes {
            // Together, but for the charge of a capacitor.
            let (apart, back) = (self.below(40), 500 + self.below(15_000));
            self.put(apart, Fault::PowerOff(*node));
            self.put(back, Fault::PowerOn(*node));
        }
    }

    fn lose_disk(&mut self, node: NodeId) {
        let back = 500 + self.below(12_000);
        let lost = std::mem::take(&mut self.may_lose_disk);
        self.put(0, if lost { Fault::Wipe(node) } else { Fault::PowerOff(node) });
        self.put(back, Fault::PowerOn(node));
    }

    fn pause(&mut self, node: NodeId) {
        let longest = self.rng.pick(&[50, 2000, 5000, 60_000]).copied().unwrap_or(600);
        let pause = Duration::from_millis(1 + self.below(longest));
        self.put(0, Fault::Pause(node, pause));
    }

    /// An agent does badly for a while. That nothing runs where something does no probe may say, nor a
    /// stop that it is done which is not (assumption A).
    fn misbehave(&mut self, node: NodeId) {
        let code = Conduct::Says(if self.rng.percent(50) { 1 } else { 7 });
        let takes = Conduct::Takes(Duration::from_millis(self.below(30_000)));
        let conducts = [
            ("start", Conduct::Says(1)),
            ("start", Conduct::Pretends),
            ("start", Conduct::Hangs),
            ("start", takes),
            ("stop", Conduct::Says(1)),
            ("stop", Conduct::Hangs),
            ("stop", takes),
            ("migrate_to", Conduct::Says(1)),
            ("migrate_to", Conduct::Hangs),
            ("migrate_from", Conduct::Says(1)),
            ("migrate_from", takes),
            ("promote", Conduct::Says(1)),
            ("promote", takes),
            ("demote", Conduct::Says(1)),
            ("demote", Conduct::Hangs),
            ("monitor", code),
            ("monitor", Conduct::Hangs),
            ("probe", Conduct::Says(1)),
            ("probe", Conduct::Hangs),
        ];
        let service = self.service();
        let (task, conduct) = self.rng.pick(&conducts).copied().unwrap_or(("start", code));
        let until = 500 + self.below(20_000);
        self.put(0, Fault::Agent(node, service.clone(), task.to_owned(), conduct));
        self.put(until, Fault::Agent(node, service, task.to_owned(), Conduct::Well));
    }

    fn service(&mut self) -> String {
        let mut services = service_names();
        if self.script.setup.demands.roles {
            services.push(DATABASE.to_owned());
        }
        self.rng.pick(&services).cloned().unwrap_or_default()
    }

    /// Somebody works on a service by hand, or on all, and it fails meanwhile.
    fn take_hands_off(&mut self, node: NodeId) {
        let service = self.service();
        let (dies, until) = (self.below(4000), 500 + self.below(12_000));
        let is_all = service == DATABASE || self.rng.percent(50);
        let fault = |left_alone: bool| match is_all {
            true => Fault::Maintenance(left_alone),
            false => Fault::Manage(service.clone(), !left_alone),
        };
        let mut after = 0;
        if self.rng.percent(50) {
            // Just when something else was to be done.
            after = self.below(40);
            self.put(0, Fault::Standby(node, true));
            self.put(until, Fault::Standby(node, false));
        }
        self.put(after, fault(true));
        if self.rng.percent(50) {
            self.put(dies, Fault::ServiceDies(node, service.clone()));
        }
        self.put(until, fault(false));
    }

    fn operate(&mut self, node: NodeId) {
        let until = 500 + self.below(12_000);
        if self.rng.percent(30) {
            let what = if self.rng.percent(40) { Forget::Everything } else { Forget::Failures };
            self.put(0, Fault::Cleanup(what));
        }
        self.put(0, Fault::Standby(node, true));
        self.put(until, Fault::Standby(node, false));
    }

    /// Cables fail, and are mended after a while.
    fn trouble_wires(&mut self, class: Class, nodes: &[NodeId]) {
        let until = 300 + self.below(12_000);
        let (one, other) = (nodes[0], nodes[1]);
        let ring = self.ring();
        match class {
            Class::Flapping => return self.flap(ring),
            Class::Swizzle => return self.swizzle(nodes),
            Class::LastRing => return self.last_ring(one, other),
            _ => {}
        }
        let percent = 1 + self.below(35);
        let troubles: Vec<(Wires, Trouble)> = match class {
            Class::Isolation => vec![(Wires::of(one), Trouble::Cut)],
            Class::RingDown => vec![(Wires::ALL.on(ring), Trouble::Cut)],
            Class::Pair => vec![(Wires::between(one, other), Trouble::Cut)],
            Class::OneWay => vec![(Wires::one_way(one, other), Trouble::Cut)],
            Class::Halves => halves(nodes),
            Class::MajoritiesRing => majorities_ring(nodes),
            Class::Bridge => halves(&nodes[1..]),
            Class::Loss if self.rng.percent(40) => vec![(Wires::ALL, Trouble::Burst(percent / 9))],
            Class::Loss => vec![(Wires::ALL, Trouble::Loss(percent))],
            Class::Delay => {
                let delay = Duration::from_millis(20 + self.below(800));
                vec![(Wires::of(one), Trouble::Delay(delay))]
            }
            Class::Mess => vec![
                (Wires::ALL, Trouble::Duplicate(percent)),
                (Wires::ALL, Trouble::Reorder(percent)),
            ],
            Class::Corruption => vec![(Wires::ALL, Trouble::Corrupt(percent / 2))],
            Class::SmallPath => {
                let bytes = usize::try_from(500 + self.below(800)).unwrap_or(500);
                vec![(Wires::ALL.on(ring), Trouble::Swallow(bytes))]
            }
            _ => Vec::new(),
        };
        for (wires, trouble) in troubles {
            self.wire(0, wires, trouble);
            self.wire(until, wires, Trouble::Mended);
        }
    }

    fn flap(&mut self, ring: LinkId) {
        let half_period = 50 + self.below(900);
        for turn in 0..3 + self.below(8) {
            let trouble = if turn % 2 == 0 { Trouble::Cut } else { Trouble::Mended };
            self.wire(turn * half_period, Wires::ALL.on(ring), trouble);
        }
        self.wire(11 * half_period, Wires::ALL.on(ring), Trouble::Mended);
    }

    /// Some nodes lose their cables one after the other, and get them back in another order: what
    /// FoundationDB's authors found to go deepest.
    fn swizzle(&mut self, nodes: &[NodeId]) {
        let few = nodes.len().div_ceil(2);
        for node in &nodes[..few] {
            let (cut, mended) = (self.below(2500), 2500 + self.below(4000));
            self.wire(cut, Wires::of(*node), Trouble::Cut);
            self.wire(mended, Wires::of(*node), Trouble::Mended);
        }
    }

    /// All rings but one go between two nodes, and the last one is bad, as far as G9 allows.
    fn last_ring(&mut self, one: NodeId, other: NodeId) {
        let (pair, last) = (Wires::between(one, other), self.ring());
        for ring in (0..self.script.setup.rings).map(LinkId).filter(|ring| *ring != last) {
            let cut = self.below(1500);
            self.wire(cut, pair.on(ring), Trouble::Cut);
        }
        let loss = self.below(31);
        self.wire(0, pair.on(last), Trouble::Loss(loss));
        let until = 3000 + self.below(6000);
        self.wire(until, pair, Trouble::Mended);
    }
}

fn halves(nodes: &[NodeId]) -> Vec<(Wires, Trouble)> {
    let (left, right) = nodes.split_at(nodes.len() / 2);
    let pairs = left.iter().flat_map(|one| right.iter().map(|other| (*one, *other)));
    pairs.map(|(one, other)| (Wires::between(one, other), Trouble::Cut)).collect()
}

/// Every node hears another majority: those next to it in a circle.
fn majorities_ring(nodes: &[NodeId]) -> Vec<(Wires, Trouble)> {
    let (count, reach) = (nodes.len(), nodes.len() / 4 + 1);
    let mut troubles = Vec::new();
    for (place, one) in nodes.iter().enumerate() {
        for (far, other) in nodes.iter().enumerate().skip(place + 1) {
            let apart = (far - place).min(count - (far - place));
            if apart > reach {
                troubles.push((Wires::between(*one, *other), Trouble::Cut));
            }
        }
    }
    troubles
}
