//! Q1 and Q3 over all that can happen to small clusters: every way to split, to lose nodes and to
//! bring them back. Of up to four nodes again and again until nothing new comes; of five, whose
//! states are too many for that, twice after a story that leads to where it is dangerous.
//!
//! [`Naive`] states the rules a second time, node by node and without any code of the first. Both
//! go along every path and must agree. Of the modes in which two views can have quorum at once,
//! each says so here, and is seen to do it.

use super::*;
use crate::types::ViewId;
use base::Encode;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// Nodes as bits, node 1 the lowest.
type Set = u8;

/// Whether two separate views can be quorate at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Split {
    Never,
    /// As documented: something else has to keep them apart.
    Possible,
}

struct Mode {
    name: &'static str,
    nodes: u32,
    config: QuorumConfig,
    split: Split,
    /// What has happened before; with five nodes.
    story: Vec<Event>,
}

fn modes() -> Vec<Mode> {
    let plain = QuorumConfig::default;
    let waiting = || QuorumConfig { wait_for_all: WaitForAll::Required, ..plain() };
    let window = Some(Duration::from_secs(10));
    let breaking = |breaker, config| QuorumConfig { tie_breaker: Some(breaker), ..config };
    let standing = |config| QuorumConfig { last_man_standing: window, ..config };
    let shrinking = |config| QuorumConfig {
        expectation: Expectation::Downscale,
        expected_votes: Some(3),
        ..config
    };
    let two_node =
        |wait_for_all| QuorumConfig { rule: QuorumRule::TwoNode, wait_for_all, ..plain() };
    let arbiter = |votes| QuorumConfig { arbiter_votes: Some(votes), ..plain() };
    let list = || TieBreaker::List(vec![NodeId(3), NodeId(1)]);
    let mut modes = Vec::new();
    let mut add = |name, nodes: &[u32], config: QuorumConfig, split| {
        let mode = |nodes| Mode { name, nodes, config: config.clone(), split, story: Vec::new() };
        modes.extend(nodes.iter().copied().map(mode));
    };
    add("majority", &[1, 2, 3, 4], plain(), Split::Never);
    add("wait_for_all", &[1, 2, 3, 4], waiting(), Split::Never);
    add("two_node", &[2], two_node(WaitForAll::Unset), Split::Possible);
    add("two_node without wait_for_all", &[2], two_node(WaitForAll::Off), Split::Possible);
    add("two_node with three", &[3], two_node(WaitForAll::Unset), Split::Never);
    add("lowest", &[2, 3, 4], breaking(TieBreaker::Lowest, plain()), Split::Never);
    add("highest", &[2, 4], breaking(TieBreaker::Highest, plain()), Split::Never);
    add("list", &[4], breaking(list(), plain()), Split::Never);
    add("lowest of odd", &[3], breaking(TieBreaker::Lowest, waiting()), Split::Never);
    add("list, waiting", &[3, 4], breaking(list(), waiting()), Split::Never);
    add("last man", &[2, 3], standing(plain()), Split::Never);
    add("last man, waiting", &[2, 3], standing(waiting()), Split::Never);
    let last = |config| standing(breaking(TieBreaker::Lowest, config));
    add("last man, lowest", &[3], last(waiting()), Split::Never);
    add("arbiter", &[2, 3], arbiter(1), Split::Never);
    add("arbiter for the last man", &[3], arbiter(2), Split::Never);
    add("no provider", &[2], QuorumConfig { rule: QuorumRule::None, ..plain() }, Split::Possible);
    let all = Event::Views(vec![0b11111]);
    let fewer = || vec![all.clone(), Event::Views(vec![0b00111]), Event::Window(0b00111)];
    let mut five = |name, config: QuorumConfig, split, story| {
        modes.push(Mode { name, nodes: 5, config, split, story });
    };
    five("majority", plain(), Split::Never, vec![all.clone()]);
    five("lowest of odd", breaking(TieBreaker::Lowest, waiting()), Split::Never, vec![all.clone()]);
    five("last man, waiting", standing(waiting()), Split::Never, fewer());
    five("last man", standing(plain()), Split::Possible, fewer());
    let left = vec![
        all.clone(),
        Event::Leaving(0b11111, 5),
        Event::Views(vec![0b01111]),
        Event::Leaving(0b01111, 4),
        Event::Views(vec![0b00111]),
    ];
    five("downscale, waiting", shrinking(waiting()), Split::Never, left.clone());
    five("downscale", shrinking(plain()), Split::Possible, left);
    five("arbiter", arbiter(1), Split::Never, vec![all.clone()]);
    modes
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// These are the views now; who is in none is down.
    Views(Vec<Set>),
    /// `last_man_standing`: the window of this view is over.
    Window(Set),
    /// The arbiter says this to this view.
    Arbiter(Set, ArbiterVote),
    /// Node `.1` of view `.0` says good-bye.
    Leaving(Set, u32),
}

// The real rules, played.

/// One node that is up.
#[derive(Clone, Debug)]
struct Seat {
    view: Set,
    /// When its line last had the right to act; only the order matters.
    acted: u32,
    memory: QuorumMemory,
}

#[derive(Clone, Debug)]
struct Played {
    seats: BTreeMap<u32, Seat>,
    /// Highest expected votes on each disk.
    disks: BTreeMap<u32, u32>,
}

fn nodes_of(set: Set) -> impl Iterator<Item = u32> {
    (1..=8).filter(move |node| set & bit(*node) != 0)
}

const fn bit(node: u32) -> Set {
    1 << (node - 1)
}

fn ids(set: Set) -> Vec<NodeId> {
    nodes_of(set).map(NodeId).collect()
}

/// Views of the test have no counters: a view is its members.
fn id(view: Set) -> ViewId {
    ViewId { counter: u64::from(view), proposer: NodeId(1) }
}

impl Played {
    fn views(&self) -> BTreeSet<Set> {
        self.seats.values().map(|seat| seat.view).collect()
    }

    fn decision(&self, rules: &Rules, view: Set) -> QuorumDecision {
        let seat = self.seats.values().find(|seat| seat.view == view).expect("a view");
        rules.decide(&ids(view), &seat.memory)
    }

    fn step(&mut self, rules: &Rules, event: &Event) {
        match event {
            Event::Views(views) => {
                let whole: Set = views.iter().sum();
                self.seats.retain(|node, _| whole & bit(*node) != 0);
                let before = self.clone();
                let clock = 1 + before.seats.values().map(|seat| seat.acted).max().unwrap_or(0);
                for view in views {
                    // All of a view go on together: nothing happens to them.
                    let same = |node| before.seats.get(&node).is_some_and(|s| s.view == *view);
                    if !nodes_of(*view).all(same) {
                        self.enter(rules, &before, *view, clock);
                    }
                }
            }
            Event::Window(view) => {
                self.put(rules, *view, 1, Motion::WindowOver { view: id(*view) });
            }
            Event::Arbiter(view, vote) => {
                self.put(rules, *view, 1, Motion::ArbiterSpoke { view: id(*view), vote: *vote });
            }
            Event::Leaving(view, node) => self.put(rules, *view, *node, Motion::Leaving),
        }
        self.forget_times();
    }

    fn enter(&mut self, rules: &Rules, before: &Self, view: Set, clock: u32) {
        let tracks = rules.config.expectation != Expectation::Steady;
        let dowry = |node: u32| {
            let disk = before.disks.get(&node).copied().filter(|_| tracks).unwrap_or(0);
            let fresh = QuorumMemory::fresh(rules.configured().max(disk));
            let memory = before.seats.get(&node).map_or(fresh, |seat| seat.memory.clone());
            QuorumDowry { memory, delivered: 0, pending: Vec::new() }
        };
        let dowries: BTreeMap<u32, QuorumDowry> =
            nodes_of(view).map(|node| (node, dowry(node))).collect();
        let old: BTreeSet<Set> =
            nodes_of(view).filter_map(|node| Some(before.seats.get(&node)?.view)).collect();
        let acted = |old: &Set| {
            let mut seats = before.seats.iter().filter(|(node, _)| old & view & bit(**node) != 0);
            seats.next().map_or(0, |(_, seat)| seat.acted)
        };
        // As the agreement chooses the line that goes on.
        let line = old.iter().max_by_key(|old| {
            let here = **old & view;
            (acted(old), here.count_ones(), std::cmp::Reverse(here.trailing_zeros()))
        });
        let heritage = |old: &Set| Heritage {
            view: id(*old),
            target: 0,
            survivors: nodes_of(old & view).map(|node| (NodeId(node), &dowries[&node])).collect(),
        };
        let lines: Vec<_> = old.iter().map(heritage).collect();
        let line = line.map(|line| id(*line));
        let merged =
            memory::merge(rules, &dowries.values().collect::<Vec<_>>(), (&lines, line), &ids(view));
        let decision = rules.decide(&ids(view), &merged);
        let memory = merged.after(&decision, &ids(view));
        for node in nodes_of(view) {
            let own = before.seats.get(&node).map_or(0, |seat| seat.acted);
            let acted = if decision.quorate { clock } else { own };
            self.seats.insert(node, Seat { view, acted, memory: memory.clone() });
            let disk = self.disks.entry(node).or_default();
            *disk = if tracks { memory.highest.max(*disk) } else { 0 };
        }
    }

    fn put(&mut self, rules: &Rules, view: Set, by: u32, motion: Motion) {
        let clock = 1 + self.seats.values().map(|seat| seat.acted).max().unwrap_or(0);
        for seat in self.seats.values_mut().filter(|seat| seat.view == view) {
            if let Ok((memory, decision)) = rules.put(&seat.memory, id(view), NodeId(by), &motion) {
                let gains = decision.quorate && seat.memory.standing == Standing::Barred;
                seat.memory = memory;
                if gains {
                    seat.acted = clock;
                }
            }
        }
    }

    /// Keeps only who acted before whom, so that states repeat.
    fn forget_times(&mut self) {
        let times: BTreeSet<u32> = self.seats.values().map(|seat| seat.acted).collect();
        for seat in self.seats.values_mut() {
            let rank = times.iter().filter(|time| **time > 0 && **time <= seat.acted).count();
            seat.acted = u32::try_from(rank).expect("small");
        }
    }
}

// The rules said again.

/// Later than all that was before.
const NOW: u32 = 9;

#[derive(Clone, Debug, Default)]
struct Naive {
    view: [Set; 5],
    expects: [u32; 5],
    remembers: [u32; 5],
    has_right: [bool; 5],
    seen_all: [bool; 5],
    granted: [bool; 5],
    left: [Set; 5],
    last_right: [u32; 5],
}

impl Naive {
    fn follow(&mut self, mode: &Mode, event: &Event) {
        match event {
            Event::Views(views) => {
                self.lose(mode, views);
                let before = self.clone();
                let mut after = Self { remembers: self.remembers, ..Self::default() };
                for &view in views {
                    let first = view.trailing_zeros() as usize;
                    let rest = nodes_of(view).all(|n| before.view[n as usize - 1] == view);
                    if rest {
                        nodes_of(view).for_each(|n| after.copy(&before, n as usize - 1));
                    } else {
                        after.meet(mode, &before, view);
                    }
                    assert_eq!(after.view[first], view);
                }
                *self = after;
            }
            Event::Window(view) => {
                let here = view.count_ones();
                let node = view.trailing_zeros() as usize;
                let expects = self.expects[node];
                if self.has_right[node] && here > expects / 2 {
                    nodes_of(*view).for_each(|n| self.expects[n as usize - 1] = here);
                }
            }
            Event::Arbiter(view, vote) => {
                for n in nodes_of(*view) {
                    self.granted[n as usize - 1] = *vote == ArbiterVote::Granted;
                }
                self.settle(mode, *view, *view, self.has_right[view.trailing_zeros() as usize]);
            }
            Event::Leaving(view, node) => {
                let first = view.trailing_zeros() as usize;
                if self.left[first] & bit(*node) == 0 {
                    let least = self.expects[first].min(3);
                    let expects = (self.expects[first] - 1).max(least);
                    for n in nodes_of(*view) {
                        self.left[n as usize - 1] |= bit(*node);
                        self.expects[n as usize - 1] = expects;
                    }
                    self.settle(mode, *view, *view, self.has_right[first]);
                }
            }
        }
        let mut times: Vec<u32> = self.last_right.into_iter().filter(|time| *time > 0).collect();
        times.sort_unstable();
        times.dedup();
        for time in &mut self.last_right {
            *time = times.iter().position(|t| t == time).map_or(0, |at| at as u32 + 1);
        }
    }

    /// Before those who are left of a view meet others, they are by themselves.
    fn lose(&mut self, mode: &Mode, views: &[Set]) {
        let before = self.clone();
        for view in views {
            let olds: BTreeSet<Set> =
                nodes_of(*view).map(|n| before.view[n as usize - 1]).collect();
            for old in olds.into_iter().filter(|old| *old != 0 && old & view != *old) {
                if old & view != *view {
                    self.meet(mode, &before, old & view);
                }
            }
        }
        self.last_right = before.last_right;
    }

    fn copy(&mut self, from: &Self, i: usize) {
        self.view[i] = from.view[i];
        self.expects[i] = from.expects[i];
        self.has_right[i] = from.has_right[i];
        self.seen_all[i] = from.seen_all[i];
        self.granted[i] = from.granted[i];
        self.left[i] = from.left[i];
        self.last_right[i] = from.last_right[i];
    }

    /// A view of nodes that were apart, or lost somebody.
    fn meet(&mut self, mode: &Mode, before: &Self, view: Set) {
        let all = || nodes_of(view).map(|n| n as usize - 1);
        let arbiter = mode.config.arbiter_votes.unwrap_or(0);
        let configured = mode.config.expected_votes.unwrap_or(mode.nodes + arbiter);
        let expects = |i: usize| match before.view[i] {
            0 if mode.config.expectation == Expectation::Downscale => {
                configured.max(before.remembers[i])
            }
            0 => configured,
            _ => before.expects[i],
        };
        // Who speaks for the past: the old view that had the right last, then the one with most
        // here, then the one with the lowest node here.
        let mut past: Option<usize> = None;
        for i in all().filter(|i| before.view[*i] != 0) {
            let better = past.is_none_or(|p| {
                let weight = |x: usize| {
                    let last = all().filter(|y| before.view[*y] == before.view[x]);
                    let last = last.map(|y| before.last_right[y]).next().unwrap_or(0);
                    (last, (before.view[x] & view).count_ones())
                };
                weight(i) > weight(p)
            });
            if better {
                past = Some(i);
            }
        }
        let highest = all().map(expects).max().expect("somebody");
        let right = past.is_some_and(|p| before.has_right[p]);
        let common = if right { expects(past.expect("it has the right")) } else { highest };
        let old = past.map_or(0, |p| before.view[p]);
        let keeps = past.is_some_and(|p| before.granted[p]) && old & view == old;
        let left = past.map_or(0, |p| before.left[p]) & old & view;
        let seen = all().any(|i| before.view[i] != 0 && before.seen_all[i]);
        for i in all() {
            self.view[i] = view;
            self.expects[i] = common;
            self.granted[i] = keeps;
            self.left[i] = left;
            self.seen_all[i] = seen;
            self.last_right[i] = before.last_right[i] * u32::from(before.view[i] != 0);
        }
        self.settle(mode, view, old, right);
        for i in all() {
            if mode.config.expectation == Expectation::Downscale {
                let known = all().map(|j| before.remembers[j].max(expects(j))).max();
                let known = known.expect("somebody").max(self.expects[i]);
                self.remembers[i] = self.remembers[i].max(known);
            }
        }
    }

    /// May `view` act, that comes from `old`, which `had_right`?
    fn settle(&mut self, mode: &Mode, view: Set, old: Set, had_right: bool) {
        let i = view.trailing_zeros() as usize;
        let config = &mode.config;
        let gone = self.left[i];
        let heads = (view & !gone).count_ones();
        let voice = config.arbiter_votes.unwrap_or(0);
        let total = heads + if self.granted[i] { voice } else { 0 };
        let expects = self.expects[i].max(total);
        let waits = config.wait_for_all == WaitForAll::Required
            || config.rule == QuorumRule::TwoNode && config.wait_for_all == WaitForAll::Unset;
        let quorum = ((expects + 2) / 2).max((total + 2) / 2);
        let quorum = if config.rule == QuorumRule::TwoNode && expects <= 2 { 1 } else { quorum };
        let mut right = total >= quorum;
        if let Some(breaker) = &config.tie_breaker {
            let half = total == expects / 2 && total > 0 && (expects.is_multiple_of(2) || waits);
            let at_once = (old & !view & !gone).count_ones() < quorum;
            let rule_holds = match breaker {
                TieBreaker::Lowest => old != 0 && view & (1 << old.trailing_zeros()) != 0,
                TieBreaker::Highest => old != 0 && view & (1 << (7 - old.leading_zeros())) != 0,
                TieBreaker::List(list) => {
                    let first = list.iter().find(|n| old & bit(n.0) != 0);
                    first.is_some_and(|n| view & bit(n.0) != 0)
                }
            };
            right |= half && at_once && had_right && rule_holds;
        }
        let all = expects.max(config.expected_votes.unwrap_or(mode.nodes + voice));
        if waits && !self.seen_all[i] && heads + voice < all {
            right = false;
        }
        right |= config.rule == QuorumRule::None;
        for i in nodes_of(view).map(|n| n as usize - 1) {
            self.expects[i] = expects;
            self.has_right[i] = right;
            self.seen_all[i] = right;
            if right && !(had_right && old == view) {
                self.last_right[i] = NOW;
            }
        }
    }
}

// All that can happen.

/// Every way to be down or in one of some views.
fn partitions(nodes: u32) -> Vec<Vec<Set>> {
    let mut found: Vec<Vec<Set>> = vec![Vec::new()];
    for node in 1..=nodes {
        let mut more = Vec::new();
        for views in found {
            for place in 0..views.len() {
                let mut joined = views.clone();
                joined[place] |= bit(node);
                more.push(joined);
            }
            let mut alone = views.clone();
            alone.push(bit(node));
            more.extend([alone, views]);
        }
        found = more;
    }
    found
}

fn events(mode: &Mode, partitions: &[Vec<Set>], state: &Played) -> Vec<Event> {
    let mut events: Vec<_> = partitions.iter().cloned().map(Event::Views).collect();
    for view in state.views() {
        if mode.config.last_man_standing.is_some() {
            events.push(Event::Window(view));
        }
        if mode.config.expectation == Expectation::Downscale {
            events.extend(nodes_of(view).map(|node| Event::Leaving(view, node)));
        }
        if mode.config.arbiter_votes.is_some() {
            // It is for one partition at a time: it takes its word back before it gives it again.
            let is_free = state.seats.values().all(|s| s.memory.arbiter != ArbiterVote::Granted);
            let vote = if is_free { ArbiterVote::Granted } else { ArbiterVote::Withheld };
            events.push(Event::Arbiter(view, vote));
        }
    }
    events
}

/// Both statements of the rules, which have come the same way.
#[derive(Clone, Debug)]
struct Path {
    played: Played,
    said: Naive,
    story: Vec<Event>,
}

impl Path {
    fn step(&mut self, mode: &Mode, rules: &Rules, event: &Event) {
        self.story.push(event.clone());
        self.played.step(rules, event);
        self.said.follow(mode, event);
        let what = |node: &u32| {
            let Mode { name, nodes, .. } = mode;
            format!("Q3: node {node}, {name} of {nodes}: {:?}", self.story)
        };
        for (node, Seat { view, acted, memory }) in &self.played.seats {
            let i = *node as usize - 1;
            let standing =
                if self.said.has_right[i] { Standing::Quorate } else { Standing::Barred };
            let told = (self.said.view[i], self.said.last_right[i], self.said.expects[i], standing);
            let known = (*view, *acted, memory.expected, memory.standing);
            assert_eq!(known, told, "{}", what(node));
            let granted = memory.arbiter == ArbiterVote::Granted;
            assert_eq!(granted, self.said.granted[i], "{}", what(node));
        }
    }

    /// How many views have quorum.
    fn quorate(&self, rules: &Rules) -> usize {
        let views = self.played.views();
        views.iter().filter(|view| self.played.decision(rules, **view).quorate).count()
    }

    fn key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        for (node, Seat { view, acted, memory }) in &self.played.seats {
            (*node, (*view, *acted)).encode(&mut key);
            memory.encode(&mut key);
        }
        self.played.disks.encode(&mut key);
        key
    }
}

/// Goes everywhere, and says whether two views had quorum at once, and through how many states.
fn explore(mode: &Mode) -> (Split, usize) {
    let rules = Rules {
        config: mode.config.clone(),
        votes: (1..=mode.nodes).map(|node| (NodeId(node), 1)).collect(),
    };
    let partitions = partitions(mode.nodes);
    let played = Played { seats: BTreeMap::new(), disks: BTreeMap::new() };
    let mut start = Path { played, said: Naive::default(), story: Vec::new() };
    mode.story.iter().for_each(|event| start.step(mode, &rules, event));
    let limit = if mode.story.is_empty() { usize::MAX } else { 2 };
    let mut seen = BTreeSet::from([start.key()]);
    let mut waiting = VecDeque::from([(start, 0)]);
    let mut split = Split::Never;
    while let Some((path, length)) = waiting.pop_front() {
        for event in events(mode, &partitions, &path.played) {
            let mut path = path.clone();
            path.step(mode, &rules, &event);
            if path.quorate(&rules) > 1 {
                let Mode { name, nodes, .. } = mode;
                assert_eq!(mode.split, Split::Possible, "Q1: {name} of {nodes}: {:?}", path.story);
                split = Split::Possible;
            }
            if seen.insert(path.key()) && length + 1 < limit {
                waiting.push_back((path, length + 1));
            }
        }
    }
    (split, seen.len())
}

#[test]
fn whatever_happens_only_the_documented_modes_let_two_views_act() {
    for mode in modes() {
        let (split, states) = explore(&mode);
        let Mode { name, nodes, .. } = mode;
        assert_eq!(split, mode.split, "Q1: {name} of {nodes}");
        assert!(states > 2 * nodes as usize, "{name} of {nodes}: {states} states are not all");
    }
}
