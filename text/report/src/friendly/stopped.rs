//! What is not running, and why.

use super::page::Page;
use crate::reading::{Fails, fails, is_active, is_wholly_active, shown_name, target_role};
use cluster::{Role, Score};
use scheduler::Situation;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::{Kind, Management, QuorumPolicy};
use std::collections::BTreeMap;

/// Writes what should run and does not, each with the reason, and what is switched off.
pub(super) fn write(page: &mut Page, situation: &Situation<'_>) {
    let mut missing: BTreeMap<&str, String> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut off: Vec<&str> = Vec::new();
    for top in &situation.top {
        for index in stopped(situation, *top) {
            let name = shown_name(situation, index);
            if missing.contains_key(name) || off.contains(&name) {
                continue;
            }
            if target_role(&situation.resources[index]) == Some(Role::Stopped) {
                off.push(name);
            } else {
                missing.insert(name, reason(situation, index));
                order.push(name);
            }
        }
    }
    if !missing.is_empty() {
        page.heading("Not running");
        let width = Page::column(order.iter().copied());
        for name in order {
            page.entry(name, width, &missing[name]);
        }
    }
    if !off.is_empty() {
        page.heading("Switched off");
        page.item(&off.join(", "));
    }
}

/// The primitives that are not active and should be: of a clone only as many as could be.
fn stopped(situation: &Situation<'_>, index: ResourceIndex) -> Vec<ResourceIndex> {
    let resource = &situation.resources[index];
    let idle = |index: ResourceIndex| -> Vec<ResourceIndex> {
        let primitives = situation.primitives_in(index).into_iter();
        primitives.filter(|primitive| !is_active(situation, *primitive)).collect()
    };
    match &resource.kind {
        _ if resource.is_removed => Vec::new(),
        Kind::Primitive | Kind::Group | Kind::Bundle(_) => idle(index),
        Kind::Clone(settings) => {
            let nodes = situation.nodes.values().filter(|node| node.is_usable()).count();
            let places = u32::try_from(nodes).unwrap_or(u32::MAX).saturating_mul(settings.node_max);
            let wanted = usize::try_from(settings.max.min(places).max(1)).unwrap_or(usize::MAX);
            let instances =
                resource.children.iter().filter(|it| !situation.resources[**it].is_removed);
            let (complete, incomplete): (Vec<ResourceIndex>, Vec<ResourceIndex>) =
                instances.copied().partition(|it| is_wholly_active(situation, *it));
            let lacking = incomplete.into_iter().take(wanted.saturating_sub(complete.len()));
            lacking.flat_map(idle).collect()
        }
    }
}

/// Why an instance is not active, the strongest reason first.
fn reason(situation: &Situation<'_>, index: ResourceIndex) -> String {
    let resource = &situation.resources[index];
    if resource.is_blocked {
        let why = last_failure(situation, index);
        return format!("nothing is done with it until somebody has looked{why}");
    }
    if resource.must_stop {
        let why = last_failure(situation, index);
        return format!("it stays stopped until somebody has looked{why}");
    }
    if let Some((node, _)) = resource.lock {
        let node = &situation.nodes[node].name;
        return format!("it waits for {node}, which was shut down and is to come back");
    }
    match resource.settings.management {
        Management::Maintenance => return "it is in maintenance".into(),
        _ if !resource.is_managed => return "it is not managed (is-managed=false)".into(),
        _ => {}
    }
    if situation.options.stops_all {
        return "everything is to be stopped (stop-all-resources)".into();
    }
    let is_held_back = situation.options.quorum_policy != QuorumPolicy::Ignore;
    if !situation.facts.has_quorum && is_held_back {
        return "these nodes have no quorum".into();
    }
    if let Some(first) = stopped_before(situation, index) {
        return format!("it waits for {first}, which comes first in its group");
    }
    obstacles(situation, index)
}

/// `: its stop failed on oss1`
fn last_failure(situation: &Situation<'_>, index: ResourceIndex) -> String {
    let mut failures = situation.failures.iter().rev();
    let last = failures.find(|failure| failure.resource == index);
    last.map_or_else(String::new, |failure| {
        let node = &situation.nodes[failure.node].name;
        format!(": its {} failed on {node}", failure.record.operation)
    })
}

/// The first member of the same group that is not active and comes earlier.
fn stopped_before<'s>(situation: &'s Situation<'_>, index: ResourceIndex) -> Option<&'s str> {
    let group = &situation.resources[situation.resources[index].parent?];
    let earlier = group.children.iter().take_while(|member| **member != index);
    let mut idle = earlier.filter(|member| group.is_group() && !is_active(situation, **member));
    idle.next().map(|member| shown_name(situation, *member))
}

/// What keeps a primitive from each node, when something does.
fn obstacles(situation: &Situation<'_>, index: ResourceIndex) -> String {
    let mut obstacles = Vec::new();
    for node in situation.nodes.keys() {
        match obstacle(situation, index, node) {
            Some(why) => obstacles.push(why),
            None => {
                return "it is about to be started, or its constraints allow it on no node that \
                        is there"
                    .into();
            }
        }
    }
    format!("no node can run it: {}", obstacles.join("; "))
}

fn obstacle(situation: &Situation<'_>, index: ResourceIndex, node: NodeIndex) -> Option<String> {
    let state = &situation.nodes[node];
    let name = &state.name;
    let Fails { count, .. } = fails(situation, index, node);
    let threshold = situation.resources[index].settings.migration_threshold;
    if state.is_unclean {
        let why = state.fence_reason.as_deref().unwrap_or("nobody knows what it does");
        Some(format!("{name} is unclean: {why}"))
    } else if state.is_pending {
        Some(format!("{name} has not joined yet"))
    } else if !state.is_online {
        Some(format!("{name} is offline"))
    } else if state.is_standby_on_fail {
        Some(format!("{name} is in standby after a failure"))
    } else if state.is_standby {
        Some(format!("{name} is in standby"))
    } else if state.is_in_maintenance {
        Some(format!("{name} is in maintenance"))
    } else if state.is_shutting_down {
        Some(format!("{name} is shutting down"))
    } else if threshold > Score::ZERO && count >= threshold {
        Some(format!("it has failed too often on {name}"))
    } else {
        None
    }
}
