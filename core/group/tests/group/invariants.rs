//! G1 to G7 over what all processes were told.

use crate::world::{Life, World};
use base::NodeId;
use group::{Delivery, GroupEvent, QuorumDecision, View, ViewId};
use std::collections::{BTreeMap, BTreeSet};

/// One process in one view.
struct Stay<'a> {
    view: &'a View,
    node: NodeId,
    /// Before the transitional event, and all.
    regular: Vec<&'a [u8]>,
    all: Vec<&'a [u8]>,
    /// Decisions within the view, and after how many messages.
    votes: Vec<(usize, &'a QuorumDecision)>,
    next: Option<ViewId>,
    over: bool,
}

fn stays(life: &Life) -> Vec<Stay<'_>> {
    let mut stays: Vec<Stay<'_>> = Vec::new();
    let mut regular = true;
    for told in &life.told {
        match &told.event {
            GroupEvent::View { view, .. } => {
                if let Some(stay) = stays.last_mut() {
                    stay.next = Some(view.id);
                }
                let over = life.over;
                stays.push(Stay {
                    view,
                    node: life.node,
                    regular: Vec::new(),
                    all: Vec::new(),
                    votes: Vec::new(),
                    next: None,
                    over,
                });
                regular = true;
            }
            GroupEvent::Transitional { .. } => regular = false,
            GroupEvent::Quorum { decision, .. } => {
                let stay = stays.last_mut().expect("decided in no view");
                // An answer to what was asked in the view before repeats the view's decision.
                let known = stay.votes.last().map_or(&stay.view.quorum, |(_, last)| last);
                if known != decision {
                    stay.votes.push((stay.all.len(), decision));
                }
            }
            GroupEvent::Deliver { payload, .. } => {
                let stay = stays.last_mut().expect("G4: delivered in no view");
                stay.all.push(payload);
                if regular {
                    stay.regular.push(payload);
                }
            }
            _ => {}
        }
    }
    stays
}

pub(crate) fn check(world: &World) {
    view_ids_grow(world);
    for life in &world.lives {
        once_each(world, life);
    }
    let mut by_view: BTreeMap<ViewId, Vec<Stay<'_>>> = BTreeMap::new();
    for stay in world.lives.iter().flat_map(stays) {
        by_view.entry(stay.view.id).or_default().push(stay);
    }
    let safe: BTreeSet<&[u8]> = world
        .lives
        .iter()
        .flat_map(|life| &life.submitted)
        .filter(|(_, delivery)| *delivery == Delivery::Safe)
        .map(|(payload, _)| payload.as_slice())
        .collect();
    for stays in by_view.values() {
        same_members_same_order(stays);
        together_means_equal(stays);
        safe_means_everybody(stays, &safe);
    }
}

fn view_ids_grow(world: &World) {
    let mut last: BTreeMap<NodeId, ViewId> = BTreeMap::new();
    for life in &world.lives {
        for stay in stays(life) {
            let old = last.insert(life.node, stay.view.id);
            assert!(old.is_none_or(|old| old < stay.view.id), "G1: {old:?} {}", stay.view.id);
            assert!(stay.view.contains(life.node), "G2: {} not in its view", life.node);
        }
    }
}

/// G4, and the order of each sender. A process merged into another line starts afresh, because so
/// does its state.
fn once_each(world: &World, life: &Life) {
    let submitted: BTreeSet<&[u8]> =
        world.lives.iter().flat_map(|life| &life.submitted).map(|(p, _)| p.as_slice()).collect();
    let place: BTreeMap<&[u8], (usize, usize)> = world
        .lives
        .iter()
        .enumerate()
        .flat_map(|(index, life)| {
            life.submitted.iter().enumerate().map(move |(n, (p, _))| (p.as_slice(), (index, n)))
        })
        .collect();
    let mut last: BTreeMap<usize, usize> = BTreeMap::new();
    for stay in stays(life) {
        let me = stay.view.member(life.node).expect("G2");
        if me.since == stay.view.id.counter {
            last.clear();
        }
        for payload in stay.all {
            assert!(submitted.contains(payload), "G4: never sent");
            let (sender, serial) = place[payload];
            let before = last.insert(sender, serial);
            assert!(before.is_none_or(|before| before < serial), "G4: twice or out of order");
        }
    }
}

fn same_members_same_order(stays: &[Stay<'_>]) {
    for stay in stays {
        assert_eq!(stay.view.members, stays[0].view.members, "G2");
        assert_eq!(stay.view.quorum, stays[0].view.quorum, "members judge alike");
        for other in stays {
            let common = stay.votes.len().min(other.votes.len());
            assert_eq!(stay.votes[..common], other.votes[..common], "members judge alike");
            let common = stay.all.len().min(other.all.len());
            assert_eq!(stay.all[..common], other.all[..common], "G3 in {}", stay.view.id);
        }
    }
}

fn together_means_equal(stays: &[Stay<'_>]) {
    let mut by_next: BTreeMap<ViewId, &Stay<'_>> = BTreeMap::new();
    for stay in stays {
        let Some(next) = stay.next else { continue };
        let first = by_next.entry(next).or_insert(stay);
        let (one, other) = (first.node, stay.node);
        assert_eq!(first.all, stay.all, "G6: {one} and {other} from {} to {next}", stay.view.id);
    }
}

fn safe_means_everybody(stays: &[Stay<'_>], safe: &BTreeSet<&[u8]>) {
    let promised = stays.iter().flat_map(|stay| &stay.regular).filter(|p| safe.contains(*p));
    let promised: BTreeSet<_> = promised.collect();
    for stay in stays.iter().filter(|stay| !stay.over || stay.next.is_some()) {
        for payload in &promised {
            assert!(stay.all.contains(payload), "G7: {} in {}", stay.node, stay.view.id);
        }
    }
}

/// After everything is mended: G5, one view, and nothing outstanding.
pub(crate) fn check_at_rest(world: &World) {
    let nodes: Vec<_> = world.nodes().iter().map(|node| node.0).collect();
    assert!(world.agree(&nodes), "one view at the end: {:#?}", world.summary());
    for node in nodes {
        let life = world.life(node);
        let mut settled: BTreeSet<&[u8]> = BTreeSet::new();
        for told in &life.told {
            match &told.event {
                GroupEvent::Deliver { payload, .. } | GroupEvent::Absorbed { payload, .. } => {
                    settled.insert(payload);
                }
                _ => {}
            }
        }
        for (payload, _) in &life.submitted {
            assert!(settled.contains(payload.as_slice()), "G5: {node} misses its own message");
        }
    }
}
