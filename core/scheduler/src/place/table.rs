//! What is done to tables of nodes, and how nodes compare.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{PlacementStrategy, Scope, Source, Work};
use cluster::{Discovery, Score};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Never.
pub(super) const NEVER: Score = Score::MINUS_INFINITY;

/// Adds to a node's score, for a resource and all that is inside of it.
pub(super) fn add(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    score: Score,
    source: &Source,
) {
    for child in work.at.resources[resource].children.clone() {
        add(work, child, node, score, source);
    }
    work.at.resources[resource].weights.add(node, score, source.clone());
}

/// Bans a resource and all that is inside of it from all nodes there are.
pub(super) fn ban_everywhere(work: &mut Work<'_>, resource: ResourceIndex, source: &Source) {
    for child in work.at.resources[resource].children.clone() {
        ban_everywhere(work, child, source);
    }
    let nodes = work.at.nodes.len();
    let weights = &mut work.at.resources[resource].weights;
    weights.add_to(Scope::All, NEVER, source.clone());
    if weights.len() < nodes {
        for node in work.at.nodes.keys() {
            if weights.cell(node).is_none() {
                weights.add(node, NEVER, source.clone());
            }
        }
    }
}

/// Brings a node's score to `score`, with a step that says why.
pub(super) fn set(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    score: Score,
    source: &Source,
) {
    let weights = &mut work.at.resources[resource].weights;
    let Some(old) = weights.score(node).filter(|old| *old != score) else { return };
    let change = Score::new(i64::from(score.value()) - i64::from(old.value()));
    let change = if score.is_infinite() { score } else { change };
    if old + change == score {
        weights.add(node, change, source.clone());
    } else {
        weights.replace(node, score, source.clone());
    }
}

/// Whether the resource may go to the node: the node can run resources, and nothing bans it.
pub(super) fn is_available(work: &Work<'_>, node: NodeIndex, score: Score) -> bool {
    score >= Score::ZERO && work.at.nodes[node].is_usable()
}

/// Whether there is any such node in the resource's table.
pub(super) fn has_available(work: &Work<'_>, resource: ResourceIndex) -> bool {
    let mut cells = work.at.resources[resource].weights.iter();
    cells.any(|(node, cell)| is_available(work, node, cell.score))
}

/// Which of two nodes, each with a score, comes first: the better score, then by strategy more
/// free capacity or fewer resources, then where it is active, then the name.
pub(super) fn compare(
    work: &Work<'_>,
    one: (NodeIndex, Score),
    two: (NodeIndex, Score),
    active: Option<NodeIndex>,
) -> Ordering {
    let score = |it: (NodeIndex, Score)| if work.at.nodes[it.0].is_usable() { it.1 } else { NEVER };
    let by_name = || work.ranks[one.0].cmp(&work.ranks[two.0]);
    let by_score = score(two).cmp(&score(one));
    if by_score != Ordering::Equal {
        return by_score;
    }
    match work.at.options.placement {
        PlacementStrategy::Minimal => return by_name(),
        PlacementStrategy::Balanced => {
            let by_capacity = compare_capacity(work, one.0, two.0);
            if by_capacity != Ordering::Equal {
                return by_capacity;
            }
        }
        PlacementStrategy::Default | PlacementStrategy::Utilization => {}
    }
    let load = |it: (NodeIndex, Score)| work.loads[it.0].resources;
    let is_elsewhere = |it: (NodeIndex, Score)| Some(it.0) != active;
    load(one)
        .cmp(&load(two))
        .then_with(|| is_elsewhere(one).cmp(&is_elsewhere(two)))
        .then_with(by_name)
}

/// Which of two nodes has more free capacity, counted by kinds of capacity.
pub(super) fn compare_capacity(work: &Work<'_>, one: NodeIndex, two: NodeIndex) -> Ordering {
    let (one, two) = (&work.loads[one].free, &work.loads[two].free);
    let value = |of: &BTreeMap<String, i64>, name: &str| of.get(name).copied().unwrap_or(0);
    let missing = two.keys().filter(|name| !one.contains_key(*name));
    let mut lead = 0;
    for name in one.keys().chain(missing) {
        match value(one, name).cmp(&value(two, name)) {
            Ordering::Greater => lead += 1,
            Ordering::Less => lead -= 1,
            Ordering::Equal => {}
        }
    }
    0.cmp(&lead)
}

/// The nodes of a resource's table, best first.
pub(super) fn sorted(
    work: &Work<'_>,
    resource: ResourceIndex,
    active: Option<NodeIndex>,
) -> Vec<(NodeIndex, Score)> {
    let cells = work.at.resources[resource].weights.iter();
    let mut nodes: Vec<_> = cells.map(|(node, cell)| (node, cell.score)).collect();
    nodes.sort_by(|one, two| compare(work, *one, *two, active));
    nodes
}

/// Which of two says more about probes.
pub(super) const fn rank_of(discovery: Discovery) -> u8 {
    match discovery {
        Discovery::Always => 0,
        Discovery::Never => 1,
        Discovery::Exclusive => 2,
    }
}
