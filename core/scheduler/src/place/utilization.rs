//! What resources need of a node's capacity.

use super::{apply, chain, table};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Kind, PlacementStrategy, Source, Work};
use base::planted::{self, Planted};
use cluster::Score;
use std::collections::{BTreeMap, BTreeSet};

/// Takes what the resource needs from the node's free capacity.
pub(super) fn consume(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) {
    let is_there = work.at.resources[resource].running_on.contains(&node);
    if planted::is(Planted::FillTwice) && !is_there {
        return;
    }
    let free = &mut work.loads[node].free;
    for (name, value) in &work.at.resources[resource].utilization {
        // Capacity that a node does not have is none, however much of it is taken.
        let left = free.get(name).map_or(0, |left| left.saturating_sub(*value));
        free.insert(name.clone(), left);
    }
}

/// Gives it back.
pub(super) fn release(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) {
    let free = &mut work.loads[node].free;
    for (name, value) in &work.at.resources[resource].utilization {
        let left = free.entry(name.clone()).or_default();
        *left = left.saturating_add(*value);
    }
}

/// Bans a resource from nodes that have no room for it and all that must be with it; where no
/// node has room for all of them, from those that have none for it alone. Then the roomiest node
/// is preferred, and given back.
pub(super) fn ban_where_too_small(
    work: &mut Work<'_>,
    resource: ResourceIndex,
) -> Option<NodeIndex> {
    if work.at.options.placement == PlacementStrategy::Default {
        return None;
    }
    let together = needed_together(work, resource);
    let cells = work.at.resources[resource].weights.iter();
    let usable = cells.filter(|(node, cell)| table::is_available(work, *node, cell.score));
    let mut usable: Vec<_> = usable.map(|(node, _)| node).collect();
    usable.sort_by_key(|node| work.ranks[*node]);
    let has_room = |needed: &BTreeMap<String, i64>, node: &NodeIndex| {
        let free = &work.loads[*node].free;
        needed.iter().all(|(name, value)| *value <= free.get(name).copied().unwrap_or(0))
    };
    let is_any_capable = usable.iter().any(|node| has_room(&together, node));
    let alone = &work.at.resources[resource].utilization;
    let needed = if is_any_capable { &together } else { alone };
    let too_small: Vec<_> = usable.iter().filter(|node| !has_room(needed, node)).copied().collect();
    let roomiest = usable.iter().copied().reduce(|best, node| {
        if table::compare_capacity(work, node, best).is_lt() { node } else { best }
    });
    for node in too_small {
        table::add(work, resource, node, Score::MINUS_INFINITY, &Source::Capacity);
    }
    roomiest.filter(|_| !is_any_capable)
}

/// What all that must be on one node with `resource`, and is not placed yet, needs.
fn needed_together(work: &Work<'_>, resource: ResourceIndex) -> BTreeMap<String, i64> {
    let mut found = Together { work, from: resource, seen: BTreeSet::new(), list: Vec::new() };
    found.collect(resource);
    let mut needed = BTreeMap::new();
    for other in &found.list {
        found.add(*other, &mut needed);
    }
    needed
}

/// The resources that must be on one node.
struct Together<'w, 'a> {
    work: &'w Work<'a>,
    from: ResourceIndex,
    seen: BTreeSet<ResourceIndex>,
    list: Vec<ResourceIndex>,
}

impl Together<'_, '_> {
    /// Finds them along all colocations that must hold.
    fn collect(&mut self, first: ResourceIndex) {
        let mut open = vec![first];
        while let Some(resource) = open.pop() {
            if !self.seen.insert(resource) {
                continue;
            }
            self.list.push(resource);
            let state = &self.work.at.resources[resource];
            if state.is_group() {
                let parent = state.parent;
                let is_cloned =
                    parent.is_some_and(|parent| self.work.at.resources[parent].is_clone());
                let all = self.work.keeps_together(resource) || is_cloned;
                let count = if all { state.children.len() } else { 1 };
                open.extend(state.children.iter().take(count).rev());
            } else {
                self.neighbours(resource, &mut open);
            }
        }
    }

    fn neighbours(&self, resource: ResourceIndex, open: &mut Vec<ResourceIndex>) {
        let work = self.work;
        let must = |at: &usize, dependent, primary| {
            let colocation = &work.colocations[*at];
            colocation.score == Score::INFINITY
                && apply::affects(work, dependent, primary, colocation, true)
                    == apply::Affects::Location
        };
        for at in chain::follows(work, resource) {
            let primary = work.colocations[at].primary;
            if primary != self.from && must(&at, resource, primary) {
                open.push(primary);
            }
        }
        for at in chain::leads(work, resource) {
            let dependent = work.colocations[at].dependent;
            let is_anywhere =
                work.at.resources[resource].is_clone() && !work.at.resources[dependent].is_clone();
            if dependent != self.from && !is_anywhere && must(&at, dependent, resource) {
                open.push(dependent);
            }
        }
    }

    /// Adds what `resource` needs, if it is not placed yet; of instances what one needs.
    fn add(&self, resource: ResourceIndex, needed: &mut BTreeMap<String, i64>) {
        if self.work.drafts[resource].is_placed {
            return;
        }
        let state = &self.work.at.resources[resource];
        match &state.kind {
            Kind::Primitive => {
                for (name, value) in &state.utilization {
                    let sum: &mut i64 = needed.entry(name.clone()).or_default();
                    *sum = sum.saturating_add(*value);
                }
            }
            Kind::Group => {
                let is_cloned =
                    state.parent.is_some_and(|parent| self.work.at.resources[parent].is_clone());
                let all = self.work.keeps_together(resource) || is_cloned;
                let count = if all { state.children.len() } else { 1 };
                for member in state.children.iter().take(count) {
                    if !self.seen.contains(member) {
                        self.add(*member, needed);
                    }
                }
            }
            Kind::Clone(_) => {
                let is_there = |it: &ResourceIndex| {
                    let members = &self.work.at.resources[*it].children;
                    self.seen.contains(it) || members.iter().any(|it| self.seen.contains(it))
                };
                if let Some(first) = state.children.first()
                    && !state.children.iter().any(is_there)
                {
                    self.add(*first, needed);
                }
            }
            Kind::Bundle(layout) => {
                if let Some(replica) = layout.replicas.first() {
                    self.add(replica.container, needed);
                }
            }
        }
    }
}
