//! Q1 over all that can happen to a small cluster within a few seconds: views that come and go,
//! reports and answers that are late, lost or overtake each other, an arbiter that restarts. Time
//! goes in whole seconds; what cannot be told apart any more is looked at once.

use super::*;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Seconds.
type Seconds = u64;

/// What the search goes through.
#[derive(Clone, Copy)]
struct Bounds {
    nodes: u32,
    until: Seconds,
    in_flight: usize,
    restarts: u32,
    /// Does an arbiter that starts believe that nobody holds the vote?
    forgetful: bool,
    /// Of views.
    changes: u32,
}

/// When it begins: the arbiter has run for long enough.
const START: Seconds = 3;

/// How members count what they were granted: everybody of a view alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seat {
    view: (u64, u32),
    members: BTreeSet<NodeId>,
    /// Until when the view counts the vote.
    granted: Option<Seconds>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Letter {
    /// Sent then, to the arbiter of that life.
    Report {
        by: u32,
        view: (u64, u32),
        members: BTreeSet<NodeId>,
        holds: bool,
        at: Seconds,
        life: u32,
    },
    /// The report it answers was sent then, about this view.
    Grant { view: (u64, u32), sent: Seconds },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    now: Seconds,
    seats: Vec<Seat>,
    letters: Vec<Letter>,
    arbitration: Arbitration,
    life: u32,
    changes: u32,
}

fn clock(seconds: Seconds) -> Instant {
    Instant::after_start(Duration::from_secs(seconds))
}

impl State {
    /// Every node in a view of its own.
    fn apart(bounds: &Bounds) -> Self {
        let seat =
            |node| Seat { view: (1, node), members: BTreeSet::from([NodeId(node)]), granted: None };
        Self {
            now: START,
            seats: (1..=bounds.nodes).map(seat).collect(),
            letters: Vec::new(),
            arbitration: Arbitration::new(SHORT, clock(0)),
            life: 0,
            changes: 0,
        }
    }

    /// The views that are live: all their members are in them. By their first member.
    fn live(&self) -> Vec<&Seat> {
        let seat_of = |node: &NodeId| &self.seats[node.0 as usize - 1];
        let is_live =
            |seat: &&Seat| seat.members.iter().all(|node| seat_of(node).view == seat.view);
        let firsts = (1..).zip(&self.seats);
        let firsts = firsts.filter(|(node, seat)| seat.members.first() == Some(&NodeId(*node)));
        firsts.map(|(_, seat)| seat).filter(is_live).collect()
    }

    /// Q1.
    fn is_safe(&self) -> bool {
        let counts = |seat: &&&Seat| seat.granted.is_some_and(|until| self.now < until);
        self.live().iter().filter(counts).count() <= 1
    }

    /// The members of one or two views make one, or one view falls in two.
    fn regroup(&self, members: &BTreeSet<NodeId>) -> Self {
        let mut next = self.clone();
        let of = |node: &NodeId| &self.seats[node.0 as usize - 1];
        let counter = members.iter().map(|node| of(node).view.0).max().unwrap_or(0) + 1;
        let first = members.first().map_or(0, |node| node.0);
        // The vote goes along where nobody of the view that has it is missing.
        let complete = |seat: &&Seat| seat.members.is_subset(members);
        let granted = members.iter().map(of).filter(complete).filter_map(|seat| seat.granted).max();
        for node in members {
            let seat = Seat { view: (counter, first), members: members.clone(), granted };
            next.seats[node.0 as usize - 1] = seat;
        }
        next.changes += 1;
        next
    }

    fn send(&self, by: u32, seat: &Seat) -> Self {
        let mut next = self.clone();
        let holds = seat.granted.is_some_and(|until| self.now < until);
        let (view, members) = (seat.view, seat.members.clone());
        next.letters.push(Letter::Report {
            by,
            view,
            members,
            holds,
            at: self.now,
            life: self.life,
        });
        next.letters.sort();
        next
    }

    fn arrive(&self, letter: usize, bounds: &Bounds) -> Self {
        let mut next = self.clone();
        match next.letters.remove(letter) {
            Letter::Report { life, .. } if life != self.life => {}
            Letter::Report { by, view, members, holds, at, .. } => {
                let report = Report {
                    node: NodeId(by),
                    view: ViewId { counter: view.0, proposer: NodeId(view.1) },
                    votes: u32::try_from(members.len()).unwrap_or(0),
                    members,
                    configured: (1..=bounds.nodes).map(NodeId).collect(),
                    patience: Duration::ZERO,
                    holds,
                };
                let answer = next.arbitration.answer(clock(self.now), "lustre", &report);
                if answer.verdict == Verdict::Granted {
                    next.letters.push(Letter::Grant { view, sent: at });
                    next.letters.sort();
                }
            }
            Letter::Grant { view, sent } => {
                let until = sent + SHORT.lease.as_secs();
                for seat in next.seats.iter_mut().filter(|seat| seat.view == view) {
                    seat.granted = seat.granted.max(Some(until));
                }
            }
        }
        next
    }

    fn lose(&self, letter: usize) -> Self {
        let mut next = self.clone();
        next.letters.remove(letter);
        next
    }

    fn tick(&self) -> Self {
        let mut next = Self { now: self.now + 1, ..self.clone() };
        for seat in &mut next.seats {
            seat.granted = seat.granted.filter(|until| next.now < *until);
        }
        next
    }

    fn restart(&self, bounds: &Bounds) -> Self {
        let born = if bounds.forgetful { 0 } else { self.now };
        let arbitration = Arbitration::new(SHORT, clock(born));
        Self { arbitration, life: self.life + 1, ..self.clone() }
    }

    fn next(&self, bounds: &Bounds) -> Vec<Self> {
        let mut all = Vec::new();
        if self.now < bounds.until {
            all.push(self.tick());
        }
        if self.life < bounds.restarts {
            all.push(self.restart(bounds));
        }
        if self.changes < bounds.changes {
            let sets = 1..(1u32 << bounds.nodes);
            let live: Vec<&BTreeSet<NodeId>> =
                self.live().into_iter().map(|seat| &seat.members).collect();
            let set = |bits: u32| -> BTreeSet<NodeId> {
                (1..=bounds.nodes)
                    .filter(|node| bits & (1 << (node - 1)) != 0)
                    .map(NodeId)
                    .collect()
            };
            let others = sets.map(set).filter(|set| !live.contains(&set));
            all.extend(others.map(|set| self.regroup(&set)));
        }
        if self.letters.len() < bounds.in_flight {
            let live = self.live();
            // Who speaks for a view; and whoever has not noticed yet that the others have left it.
            let speaks = |(node, seat): &(u32, &Seat)| {
                seat.members.first() == Some(&NodeId(*node)) || !live.contains(seat)
            };
            let speakers = (1..).zip(&self.seats).filter(speaks);
            all.extend(speakers.map(|(node, seat)| self.send(node, seat)));
        }
        for letter in 0..self.letters.len() {
            all.push(self.arrive(letter, bounds));
            all.push(self.lose(letter));
        }
        all
    }
}

/// How many states there are, and the first that is not safe. `stretch`: by how much members count
/// the vote for longer than the arbiter says.
fn search(bounds: &Bounds, first: State, stretch: Seconds) -> (usize, Option<State>) {
    // Of what was seen the hash is enough, and a hundred times smaller.
    let hasher = RandomState::new();
    let mut seen = HashSet::from([hasher.hash_one(&first)]);
    let mut open = vec![first];
    while let Some(state) = open.pop() {
        for mut next in state.next(bounds) {
            for (before, after) in state.seats.iter().zip(&mut next.seats) {
                if after.view == before.view && after.granted > before.granted {
                    after.granted = after.granted.map(|until| until + stretch);
                }
            }
            if !next.is_safe() {
                return (seen.len(), Some(next));
            }
            if seen.insert(hasher.hash_one(&next)) {
                open.push(next);
            }
        }
    }
    (seen.len(), None)
}

/// Short terms, so that leases begin and end within a few seconds.
const SHORT: Terms = Terms {
    lease: Duration::from_secs(1),
    agreement: Duration::ZERO,
    collect: Duration::ZERO,
    interval: Duration::from_secs(1),
    hurry: Duration::from_secs(1),
};
const APART: Bounds =
    Bounds { nodes: 2, until: START + 4, in_flight: 2, restarts: 1, forgetful: false, changes: 0 };
const TOGETHER: Bounds = Bounds { changes: 2, restarts: 0, ..APART };
const RESTARTED: Bounds = Bounds { in_flight: 1, restarts: 1, ..TOGETHER };
const THREE: Bounds =
    Bounds { nodes: 3, until: START + 3, in_flight: 1, restarts: 0, forgetful: false, changes: 2 };

#[test]
fn never_two_partitions_have_the_vote() {
    let stories = [
        (APART, State::apart(&APART)),
        (TOGETHER, State::apart(&TOGETHER).regroup(&nodes("12"))),
        (RESTARTED, State::apart(&RESTARTED).regroup(&nodes("12"))),
        (THREE, State::apart(&THREE).regroup(&nodes("123"))),
    ];
    for (bounds, first) in stories {
        let (states, wrong) = search(&bounds, State { changes: 0, ..first }, 0);
        println!("{} nodes: {states} states", bounds.nodes);
        assert!(wrong.is_none(), "Q1: {wrong:#?}");
        assert!(states > 5_000, "it has looked at {states} only");
    }
}

/// The search finds what it is for.
#[test]
fn a_lease_that_outlives_the_hold_is_found() {
    let bounds = Bounds { restarts: 0, changes: 0, ..APART };
    assert_eq!(search(&bounds, State::apart(&bounds), 0).1, None);
    assert!(search(&bounds, State::apart(&bounds), 2).1.is_some());
}

/// An arbiter that would grant its vote at once after a restart.
#[test]
fn a_restart_that_forgets_the_leases_is_found() {
    let bounds = Bounds { forgetful: true, changes: 0, ..APART };
    assert!(search(&bounds, State::apart(&bounds), 0).1.is_some());
}
