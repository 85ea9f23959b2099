//! From hellos to a view.

use crate::door::Process;
use crate::message::Hello;
use crate::order::{Floors, Trail};
use base::NodeId;
use group::{Member, View, ViewId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A round: opened at one place of the order, ended where the last hello of it stands.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) ballot: ViewId,
    /// Its count of the votes is the view's.
    pub(crate) opener: Process,
    pub(crate) members: BTreeSet<Process>,
    pub(crate) hellos: BTreeMap<Process, Hello>,
}

/// What came of it, the same for all its members.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Its counter was used before (G1), or its opener did not know how the votes stand: the
    /// opener has to open another.
    Void,
    View(Box<Agreed>),
}

#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) view: View,
    /// Which process is which member, with its incarnation.
    pub(crate) processes: BTreeMap<Process, u64>,
    /// How far the line has heard everybody.
    pub(crate) floors: Floors,
}

impl Agreed {
    /// Those who go on together from `old`.
    pub(crate) fn survivors(&self, old: ViewId) -> Vec<NodeId> {
        let came = self.view.members.iter().filter(|member| member.came_from == Some(old));
        came.map(|member| member.node).collect()
    }
}

/// Those who come from the same view with the same messages.
type Parties<'a> = BTreeMap<(ViewId, Trail), Vec<(NodeId, &'a Hello)>>;

impl Round {
    /// Those whose hello is missing.
    pub(crate) fn late(&self) -> BTreeSet<Process> {
        let missing = self.members.iter().filter(|process| !self.hellos.contains_key(process));
        missing.copied().collect()
    }

    /// The view, when all hellos are here.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        if self.hellos.is_empty() || self.hellos.len() < self.members.len() {
            return None;
        }
        let tally = self.hellos.get(&self.opener).and_then(|hello| hello.tally);
        let used = self.hellos.values().map(|hello| hello.counter).max().unwrap_or(0);
        let Some(tally) = tally.filter(|_| used < self.ballot.counter) else {
            return Some(Outcome::Void);
        };
        let parties = self.parties();
        let line = line(&parties);
        let member = |(process, hello): (&Process, &Hello)| {
            // Who comes from the same view with other messages than the rest has another state:
            // it comes as if from none.
            let came_from =
                hello.came_from.filter(|view| parties.contains_key(&(*view, hello.trail)));
            let continues =
                line.is_some_and(|(view, trail)| came_from == Some(view) && hello.trail == trail);
            Member {
                node: process.node,
                incarnation: hello.incarnation,
                boot: hello.boot,
                since: if continues { hello.since } else { self.ballot.counter },
                came_from,
                profile: hello.profile.clone(),
            }
        };
        let members = self.hellos.iter().map(member).collect();
        let view = View { id: self.ballot, members, quorum: tally.decision() };
        let floors = line
            .and_then(|line| parties.get(&line)?.first())
            .map(|(_, hello)| hello.floors.clone());
        let processes = self.hellos.iter().map(|(process, hello)| (*process, hello.incarnation));
        let (processes, floors) = (processes.collect(), floors.unwrap_or_default());
        Some(Outcome::View(Box::new(Agreed { view, processes, floors })))
    }

    /// For each old view the largest party that comes from it, the one with the lowest node among
    /// equals.
    fn parties(&self) -> Parties<'_> {
        let mut all = Parties::new();
        for (process, hello) in &self.hellos {
            if let Some(view) = hello.came_from {
                all.entry((view, hello.trail)).or_default().push((process.node, hello));
            }
        }
        let mut best: BTreeMap<ViewId, (usize, Reverse<NodeId>, Trail)> = BTreeMap::new();
        for ((view, trail), hellos) in &all {
            let rank = (hellos.len(), Reverse(hellos[0].0), *trail);
            best.entry(*view).and_modify(|best| *best = rank.max(*best)).or_insert(rank);
        }
        all.retain(|(view, trail), _| best.get(view).is_some_and(|best| best.2 == *trail));
        all
    }
}

/// The party whose line goes on: the one that held the right to act last; on a tie the one with
/// more members here, then the one with the lowest node.
fn line(parties: &Parties<'_>) -> Option<(ViewId, Trail)> {
    let weight = |(_, hellos): &(&(ViewId, Trail), &Vec<(NodeId, &Hello)>)| {
        let acted = hellos.iter().map(|(_, hello)| hello.acted).max();
        (acted, hellos.len(), Reverse(hellos.first().map(|(node, _)| *node)))
    };
    parties.iter().max_by_key(weight).map(|(key, _)| *key)
}
