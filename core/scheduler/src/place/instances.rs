//! How the instances of a clone, or the containers of a bundle, are spread over nodes.

use super::terms::Which;
use super::wishes::{Manner, Trial};
use super::{assign, chain, table, wishes};
use crate::index::{Key, NodeIndex, ResourceIndex};
use crate::model::{Kind, Source, Weights, Work};
use cluster::{Role, Score};
use std::cmp::Ordering;

/// The instances of a clone, or the containers of a bundle.
pub(crate) fn instances_of(work: &Work<'_>, collective: ResourceIndex) -> Vec<ResourceIndex> {
    let state = &work.at.resources[collective];
    match &state.kind {
        Kind::Bundle(layout) => layout.replicas.iter().map(|replica| replica.container).collect(),
        _ => state.children.clone(),
    }
}

/// The instance of `collective` that goes with `other`: on its node, or, when it has none, on the
/// best of those that it may have. With a role, only one that has it.
pub(crate) fn compatible_instance(
    work: &Work<'_>,
    other: ResourceIndex,
    collective: ResourceIndex,
    role: Option<Role>,
    which: Which,
) -> Option<ResourceIndex> {
    let instances = instances_of(work, collective);
    let on = |node: NodeIndex| {
        instances.iter().copied().find(|instance| matches(work, *instance, node, role, which))
    };
    if let Some(node) = work.only_node(other, which) {
        return on(node);
    }
    table::sorted(work, other, None).into_iter().find_map(|(node, _)| on(node))
}

/// The container of `bundle` that goes with `other`. What is inside of a bundle itself is where
/// its own container goes.
pub(super) fn compatible_container(
    work: &Work<'_>,
    other: ResourceIndex,
    bundle: ResourceIndex,
) -> Option<ResourceIndex> {
    let containers = instances_of(work, bundle);
    let on = |node: NodeIndex| {
        let host = host_of(work, node)?;
        let mut containers = containers.iter().copied();
        containers.find(|container| matches(work, *container, host, None, Which::Planned))
    };
    if let Some(node) = work.node_of(other).filter(|node| host_of(work, *node).is_some()) {
        return on(node);
    }
    table::sorted(work, other, None).into_iter().find_map(|(node, _)| on(node))
}

/// The machine that a node is on: itself, but for a bundle's container.
fn host_of(work: &Work<'_>, node: NodeIndex) -> Option<NodeIndex> {
    if !work.is_bundle_node(node) {
        return Some(node);
    }
    work.guest_of(node).and_then(|container| work.node_of(container))
}

fn matches(
    work: &Work<'_>,
    instance: ResourceIndex,
    node: NodeIndex,
    role: Option<Role>,
    which: Which,
) -> bool {
    let has_role = || match which {
        Which::Current => role == Some(work.role_now(instance)),
        Which::Planned => role == work.next_role_of(instance),
    };
    (role.is_none() || has_role())
        && !work.is_blocked_within(instance)
        && work.only_node(instance, which) == Some(node)
}

/// Instances in the order in which they are placed.
pub(super) fn sorted(
    work: &mut Work<'_>,
    collective: ResourceIndex,
    mut instances: Vec<ResourceIndex>,
) -> Vec<ResourceIndex> {
    let keys: Vec<_> = instances.iter().map(|it| standing(work, collective, *it)).collect();
    let mut order: Vec<usize> = (0..instances.len()).collect();
    order.sort_by(|one, two| compare(&keys[*one], &keys[*two]));
    instances = order.into_iter().map(|at| instances[at]).collect();
    instances
}

/// What decides when an instance is placed.
pub(super) struct Standing {
    /// On how many nodes it is.
    nodes: usize,
    /// Whether it is nowhere, or where it may be.
    is_allowed: bool,
    priority: Score,
    /// How much it wants to be promoted.
    promotion: Score,
    /// Where it is.
    current: Option<Current>,
}

/// What decides about an instance that is active.
struct Current {
    is_usable: bool,
    /// How many instances the collective has there so far, when it may be there.
    others: Option<u32>,
    has_failed: bool,
    /// The node's score, with what all around wish.
    score: i32,
    /// The instance's number.
    number: u64,
}

/// Collects what decides about one instance.
pub(super) fn standing(
    work: &mut Work<'_>,
    collective: ResourceIndex,
    instance: ResourceIndex,
) -> Standing {
    let nodes = work.nodes_of(instance, Which::Current).len();
    let node = if nodes == 0 { None } else { work.at.current_node(instance) };
    let state = &work.at.resources[instance];
    let is_allowed =
        node.is_none_or(|node| state.weights.score(node).is_some_and(|it| it >= Score::ZERO));
    let priority = state.settings.priority;
    let promotion = work.drafts[instance].promotion;
    let current = node.filter(|_| is_allowed).map(|node| {
        let others = work.at.resources[collective].weights.cell(node);
        Current {
            is_usable: work.at.nodes[node].is_usable(),
            others: others.map(|_| count(work, collective, node)),
            has_failed: work.has_failed_within(instance),
            score: score_around(work, instance, node),
            number: number(&work.at.resources[instance].id),
        }
    });
    Standing { nodes, is_allowed, priority, promotion, current }
}

/// Which of two instances is placed first.
pub(super) fn compare(one: &Standing, two: &Standing) -> Ordering {
    if one.nodes > 0 && two.nodes > 0 && one.nodes != two.nodes {
        return one.nodes.cmp(&two.nodes);
    }
    let by_worth = two
        .is_allowed
        .cmp(&one.is_allowed)
        .then_with(|| two.priority.cmp(&one.priority))
        .then_with(|| two.promotion.cmp(&one.promotion))
        .then_with(|| two.current.is_some().cmp(&one.current.is_some()));
    let (Some(own), Some(other)) = (&one.current, &two.current) else { return by_worth };
    let by_place = by_worth
        .then_with(|| other.is_usable.cmp(&own.is_usable))
        .then_with(|| other.others.is_some().cmp(&own.others.is_some()));
    if by_place != Ordering::Equal || own.others.is_none() {
        return by_place;
    }
    own.others
        .cmp(&other.others)
        .then_with(|| own.has_failed.cmp(&other.has_failed))
        .then_with(|| other.score.cmp(&own.score))
        .then_with(|| own.number.cmp(&other.number))
}

/// What all around an instance wish of the node where it is.
fn score_around(work: &mut Work<'_>, instance: ResourceIndex, node: NodeIndex) -> i32 {
    let mut nodes: Trial = vec![(node, 0)];
    for colocation in chain::follows(work, instance) {
        let primary = work.colocations[colocation].primary;
        wishes::merge(work, (primary, instance), &mut nodes, colocation, Manner::default());
    }
    for colocation in chain::leads(work, instance) {
        let link = &work.colocations[colocation];
        if !work.has_influence(link, instance) {
            continue;
        }
        let dependent = link.dependent;
        let manner = Manner { only_positive: true, ..Manner::default() };
        wishes::merge(work, (dependent, instance), &mut nodes, colocation, manner);
    }
    nodes.first().map_or(0, |(_, value)| *value)
}

fn number(id: &str) -> u64 {
    id.rsplit_once(':').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

pub(super) fn count(work: &Work<'_>, collective: ResourceIndex, node: NodeIndex) -> u32 {
    work.drafts[collective].counts.get(node.position()).copied().unwrap_or(0)
}

/// One more instance on the node, if the collective may be there at all.
pub(super) fn add_to_count(work: &mut Work<'_>, collective: ResourceIndex, node: NodeIndex) {
    if work.at.resources[collective].weights.cell(node).is_none() {
        return;
    }
    let counts = &mut work.drafts[collective].counts;
    if counts.len() <= node.position() {
        counts.resize(node.position() + 1, 0);
    }
    counts[node.position()] += 1;
}

/// Forgets the counts. Gives the number of nodes that can run resources.
pub(super) fn reset_counts(work: &mut Work<'_>, collective: ResourceIndex) -> u32 {
    work.drafts[collective].counts.clear();
    let cells = work.at.resources[collective].weights.iter();
    let usable = cells.filter(|(node, _)| work.at.nodes[*node].is_usable()).count();
    u32::try_from(usable).unwrap_or(u32::MAX)
}

/// Gives nodes to instances: first to each the one where it is, as far as that is as good as any,
/// then to the others the best that is left.
pub(super) fn spread(
    work: &mut Work<'_>,
    collective: ResourceIndex,
    instances: &[ResourceIndex],
    (most, per_node): (u32, u32),
) {
    let nodes = reset_counts(work, collective);
    let optimal = most.checked_div(nodes).unwrap_or(0).max(1);
    let mut assigned = 0;
    for instance in instances {
        if assigned >= most {
            break;
        }
        if work.drafts[*instance].is_placed {
            continue;
        }
        if let Some(current) = preferred(work, collective, *instance, optimal)
            && keep(work, (collective, *instance), current, (per_node, most - assigned))
        {
            assigned += 1;
        }
    }
    for instance in instances {
        if work.drafts[*instance].is_placed {
            continue;
        }
        if assigned >= most {
            let source = Source::Because("there are enough instances".into());
            table::ban_everywhere(work, *instance, &source);
            work.drafts[*instance].reason = Some("enough instances".into());
        } else if try_one(work, (collective, *instance), None, per_node).is_some() {
            assigned += 1;
        }
    }
}

/// The node where an instance is, if it can stay there.
fn preferred(
    work: &Work<'_>,
    collective: ResourceIndex,
    instance: ResourceIndex,
    optimal: u32,
) -> Option<NodeIndex> {
    let state = &work.at.resources[instance];
    if !work.is_active_within(instance) || state.has_failed {
        return None;
    }
    let node = work.at.current_node(instance)?;
    let is_usable = work.at.nodes[node].is_usable() && !work.is_bundle_node(node);
    let is_known = work.at.resources[collective].weights.cell(node).is_some();
    let is_full = is_known && count(work, collective, node) >= optimal;
    (is_usable && !is_full).then_some(node)
}

/// Tries to leave an instance where it is. Where another node is better for it, that node is
/// taken to have one instance more, and it is tried again: so nodes get as many instances as they
/// deserve, and the fewest instances move.
fn keep(
    work: &mut Work<'_>,
    (collective, instance): (ResourceIndex, ResourceIndex),
    current: NodeIndex,
    (per_node, available): (u32, u32),
) -> bool {
    let score = work.at.resources[instance].weights.score(current);
    if !score.is_some_and(|score| table::is_available(work, current, score)) {
        return false;
    }
    let tables = tables(work, instance);
    let counts = work.drafts[collective].counts.clone();
    let mut is_kept = false;
    for _ in 0..available {
        let chosen = try_one(work, (collective, instance), Some(current), per_node);
        if chosen == Some(current) {
            is_kept = true;
            break;
        }
        for (resource, weights) in &tables {
            work.at.resources[*resource].weights = weights.clone();
        }
        if chosen.is_none() {
            // Members of a group that found nothing find nothing later either.
            work.drafts[instance].is_placed = false;
            break;
        }
        assign::unassign(work, instance);
    }
    work.drafts[collective].counts = counts;
    if is_kept {
        add_to_count(work, collective, current);
    }
    is_kept
}

/// The tables of a resource and of what is inside of it.
fn tables(work: &Work<'_>, resource: ResourceIndex) -> Vec<(ResourceIndex, Weights)> {
    let state = &work.at.resources[resource];
    let mut list = vec![(resource, state.weights.clone())];
    for child in &state.children {
        list.extend(tables(work, *child));
    }
    list
}

/// Places one instance where there is room. A first try, for the node where it is, does not stop
/// what finds no node.
fn try_one(
    work: &mut Work<'_>,
    (collective, instance): (ResourceIndex, ResourceIndex),
    prefer: Option<NodeIndex>,
    per_node: u32,
) -> Option<NodeIndex> {
    if work.drafts[instance].is_being_placed {
        return None;
    }
    ban_where_full(work, (collective, instance), per_node);
    let chosen = assign::assign(work, instance, prefer, prefer.is_none());
    if let Some(node) = chosen {
        add_to_count(work, collective, node);
    }
    chosen
}

/// Bans an instance from nodes where it cannot be: those that can run nothing, those that the
/// collective is banned from, those with as many instances as may be on one.
fn ban_where_full(
    work: &mut Work<'_>,
    (collective, instance): (ResourceIndex, ResourceIndex),
    per_node: u32,
) {
    let is_removed = work.at.resources[instance].is_removed;
    let can_run = |node: NodeIndex, score: Score| {
        let around = work.at.resources[collective].weights.score(node);
        !is_removed
            && table::is_available(work, node, score)
            && around.is_some_and(|score| score >= Score::ZERO)
            && count(work, collective, node) < per_node
    };
    let cells = work.at.resources[instance].weights.iter();
    let full = cells.filter(|(node, cell)| !can_run(*node, cell.score));
    let full: Vec<_> = full.map(|(node, _)| node).collect();
    let children = work.at.resources[instance].children.clone();
    let source = Source::Because("no room for another instance".into());
    for node in full {
        table::set(work, instance, node, Score::MINUS_INFINITY, &source);
        for child in &children {
            table::set(work, *child, node, Score::MINUS_INFINITY, &source);
        }
    }
}
