//! What speaks for and against nodes before anything is placed.

use super::{Which, locations, table};
use crate::gather::Expired;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{HealthStrategy, Kind, LocationRule, Scope, Source, Work};
use base::WallTime;
use cluster::{Discovery, Role, Score};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The steps in their order.
pub(super) fn weigh(work: &mut Work<'_>) {
    judge_health(work);
    if work.at.options.locks_on_shutdown {
        for top in work.turn.clone() {
            lock(work, top);
        }
    }
    for at in 0..work.locations.len() {
        let rule = work.locations[at].clone();
        apply(work, rule.resource, &rule);
    }
    for top in work.turn.clone() {
        stick(work, top);
    }
    remember_failures(work);
    for top in work.turn.clone() {
        respect_exclusive_discovery(work, top);
    }
}

/// Node health becomes location constraints; what allows unhealthy nodes is not driven away.
fn judge_health(work: &mut Work<'_>) {
    let strategy = match work.at.options.health {
        HealthStrategy::None | HealthStrategy::Custom => return,
        HealthStrategy::MigrateOnRed => "migrate-on-red",
        HealthStrategy::OnlyGreen => "only-green",
        HealthStrategy::Progressive => "progressive",
    };
    let nodes = work.at.nodes.iter();
    let health = nodes.map(|(node, state)| (node, Score::new(i64::from(state.health))));
    let all: Vec<_> = health.filter(|(_, health)| *health != Score::ZERO).collect();
    if all.is_empty() {
        return;
    }
    let good: Vec<_> = all.iter().copied().filter(|(_, health)| *health > Score::ZERO).collect();
    let id: Rc<str> = Rc::from(strategy);
    for resource in work.turn.clone() {
        let allows_unhealthy = work.at.resources[resource].settings.allows_unhealthy_nodes;
        let nodes = if allows_unhealthy { good.clone() } else { all.clone() };
        let discovery = Discovery::Always;
        let rule = LocationRule { id: id.clone(), resource, role: None, discovery, nodes };
        locations::add(work, rule);
    }
}

/// What ran alone on a node that was shut down in order waits for it, and goes nowhere else.
fn lock(work: &mut Work<'_>, resource: ResourceIndex) {
    match work.at.resources[resource].kind {
        Kind::Group => {
            for member in work.at.resources[resource].children.clone() {
                lock(work, member);
            }
        }
        Kind::Primitive => {}
        Kind::Clone(_) | Kind::Bundle(_) => return,
    }
    let state = &work.at.resources[resource];
    // Fence devices and connections are needed while the node is away.
    if state.agent.is_fencing() || state.remote_node.is_some() {
        return;
    }
    let active = work.nodes_of(resource, Which::Current);
    let lock = match (work.at.resources[resource].lock, active.as_slice()) {
        // It runs although it is locked: better not to disturb it now.
        (Some(_), [_, ..]) => None,
        (None, [node]) => {
            let leaves = work.at.nodes[*node].is_shutting_down && !work.at.nodes[*node].is_unclean;
            leaves.then(|| (*node, left_at(work, *node)))
        }
        (lock, _) => lock,
    };
    work.at.resources[resource].lock = lock;
    let Some((node, since)) = lock else { return };
    let limit = work.at.options.shutdown_lock_limit;
    if !limit.is_zero() {
        let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
        let seconds = since.seconds().saturating_add(limit).saturating_add(1);
        let end = WallTime::from_seconds(seconds);
        cluster::sooner(&mut work.at.recheck, Some(end));
    }
    let source = Source::Because(format!("locked to {}", work.at.nodes[node].name).into());
    for other in work.at.node_order.clone() {
        if other != node {
            table::add(work, resource, other, Score::MINUS_INFINITY, &source);
        }
    }
}

/// When the node began to leave.
fn left_at(work: &Work<'_>, node: NodeIndex) -> WallTime {
    let asked = work.at.nodes[node].attributes.get("shutdown");
    let seconds = asked.and_then(|value| value.parse().ok()).filter(|seconds: &i64| *seconds > 0);
    seconds.map_or(work.at.facts.now, WallTime::from_seconds)
}

/// Adds a location constraint's scores to a resource and what is inside of it.
pub(super) fn apply(work: &mut Work<'_>, resource: ResourceIndex, rule: &LocationRule) {
    apply_to_table(work, resource, rule, false);
    let children = work.at.resources[resource].children.clone();
    match &work.at.resources[resource].kind {
        Kind::Primitive => {}
        // What is said of a group is said once: its first member takes the others along.
        Kind::Group => {
            let is_once = work.keeps_together(resource);
            for (at, member) in children.into_iter().enumerate() {
                apply_to_table(work, member, rule, is_once && at > 0);
            }
        }
        Kind::Clone(_) => {
            for instance in children {
                apply(work, instance, rule);
            }
        }
        Kind::Bundle(layout) => {
            let layout = layout.clone();
            for replica in &layout.replicas {
                apply(work, replica.container, rule);
                if let Some(address) = replica.address {
                    apply(work, address, rule);
                }
            }
            if let Some(child) = layout.child
                && rule.role == Some(Role::Promoted)
            {
                apply(work, child, rule);
                let at = work.locations.len();
                work.locations.push(LocationRule { resource: child, ..rule.clone() });
                work.drafts[child].located.push(at);
            }
        }
    }
}

/// Adds the scores to one table; `only_allows` lets nodes into it and adds nothing.
fn apply_to_table(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    rule: &LocationRule,
    only_allows: bool,
) {
    let state = &mut work.at.resources[resource];
    if rule.role.is_some() && rule.role != state.next_role {
        return;
    }
    for (node, score) in &rule.nodes {
        let known = state.weights.cell(*node);
        if !only_allows {
            state.weights.add(*node, *score, Source::Location(rule.id.clone()));
        } else if known.is_none() {
            state.weights.add(*node, Score::ZERO, Source::Location(rule.id.clone()));
        }
        let discovery = known.map_or(Discovery::Always, |cell| cell.discovery);
        if table::rank_of(discovery) < table::rank_of(rule.discovery) {
            state.weights.set_discovery(*node, rule.discovery);
            state.has_exclusive_discovery |= rule.discovery == Discovery::Exclusive;
        }
    }
}

/// What runs on one node would rather stay there.
fn stick(work: &mut Work<'_>, resource: ResourceIndex) {
    let state = &work.at.resources[resource];
    if !state.children.is_empty() {
        for child in state.children.clone() {
            stick(work, child);
        }
        return;
    }
    let stickiness = state.settings.stickiness;
    let &[node] = state.running_on.as_slice() else { return };
    // Where everything needs permission, being there is none.
    let may_stay = work.at.options.is_symmetric || state.weights.cell(node).is_some();
    if state.is_managed && stickiness > Score::ZERO && may_stay {
        table::add(work, resource, node, stickiness, &Source::Stickiness);
    }
}

/// Nodes on which something failed too often are banned for it. Only what fail counts name is
/// looked at, and nothing that is about to be forgotten.
fn remember_failures(work: &mut Work<'_>) {
    let clearings = work.at.findings.clearings();
    let forgotten: Forgotten = clearings.map(|it| (it.resource, it.node)).collect();
    for node in work.at.node_order.clone() {
        let mut tops = BTreeSet::new();
        for name in failed_on(&work.at.nodes[node].attributes) {
            let found = work.at.resource(name).or_else(|| work.at.resource(&format!("{name}:0")));
            tops.extend(found.map(|resource| work.at.top_of(resource, true)));
            // What a container runs fails with it.
            let container = found.and_then(|resource| work.at.resources[resource].container);
            tops.extend(container.map(|container| work.at.top_of(container, true)));
        }
        for top in tops {
            heed_failures(work, top, node, &forgotten);
        }
    }
}

/// The resources that a node's fail counts name.
fn failed_on(attributes: &BTreeMap<String, String>) -> BTreeSet<&str> {
    const PREFIX: &str = "fail-count-";
    let from = attributes.range(PREFIX.to_owned()..);
    let names = from.map_while(|(name, _)| name.strip_prefix(PREFIX));
    names.map(|name| name.rsplit_once('#').map_or(name, |(resource, _)| resource)).collect()
}

/// Of which resources failures are forgotten, and where.
type Forgotten = BTreeSet<(ResourceIndex, NodeIndex)>;

fn heed_failures(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    forgotten: &Forgotten,
) {
    let children = work.at.resources[resource].children.clone();
    if !children.is_empty() {
        for child in children {
            heed_failures(work, child, node, forgotten);
        }
        return;
    }
    if forgotten.contains(&(resource, node)) {
        return;
    }
    if let Some(banned) = threshold_reached(work, resource, node) {
        table::add(work, banned, node, Score::MINUS_INFINITY, &Source::Failures);
    }
}

/// What has to leave the node because `resource` failed there too often: the resource, or the
/// clone around it when its instances cannot be told apart.
pub(super) fn threshold_reached(
    work: &Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
) -> Option<ResourceIndex> {
    let state = &work.at.resources[resource];
    let threshold = state.settings.migration_threshold;
    if threshold == Score::ZERO || state.is_failure_ignored {
        return None;
    }
    let count = work.at.fail_count(resource, node, Expired::Ignored, true).count;
    let is_reached = count > Score::ZERO && count >= threshold;
    let banned = if work.is_unique(resource) { resource } else { work.at.top_of(resource, false) };
    is_reached.then_some(banned)
}

/// Where a constraint says that probes look there and nowhere else, nothing is started elsewhere.
/// What is inside of a bundle asks what is around it below the bundle.
fn respect_exclusive_discovery(work: &mut Work<'_>, resource: ResourceIndex) {
    let around = work.at.top_of(resource, false);
    let is_exclusive = work.at.resources[resource].has_exclusive_discovery
        || work.at.resources[around].has_exclusive_discovery;
    if !is_exclusive {
        return;
    }
    for child in work.at.resources[resource].children.clone() {
        respect_exclusive_discovery(work, child);
    }
    let source = Source::Because("resource discovery is limited to other nodes".into());
    let weights = &mut work.at.resources[resource].weights;
    weights.add_to(Scope::Undiscovered, Score::MINUS_INFINITY, source);
}
