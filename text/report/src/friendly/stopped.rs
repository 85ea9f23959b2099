//! What is not running, and why.

use super::page::Page;
use crate::reading::{is_orphan, shown_name};
use cluster::{Role, Score};
use scheduler::Situation;
use scheduler::gather::{Kind, Management, NodeState, PrimitiveState, QuorumPolicy};
use scheduler::index::{InstanceIndex, NodeIndex, ResourceIndex, UnitIndex};
use std::collections::BTreeMap;

/// Writes what should run and does not, each with the reason, and what is switched off.
pub(super) fn write(page: &mut Page, situation: &Situation<'_>) {
    let mut missing: BTreeMap<&str, String> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut off: Vec<&str> = Vec::new();
    for resource in situation.resources.keys() {
        for instance in stopped(situation, resource) {
            let name = shown_name(situation, instance);
            if missing.contains_key(name) || off.contains(&name) {
                continue;
            }
            let primitive = situation.primitive_of(instance);
            if primitive.settings.target_role == Role::Stopped {
                off.push(name);
            } else {
                missing.insert(name, reason(situation, instance));
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

/// The instances that are not active and should be: of a clone only as many as could be.
fn stopped(situation: &Situation<'_>, resource: ResourceIndex) -> Vec<InstanceIndex> {
    let state = &situation.resources[resource];
    let is_active = |instance: &InstanceIndex| !situation.instances[*instance].active.is_empty();
    let members = |unit: &UnitIndex| situation.units[*unit].members.clone();
    match state.kind {
        Kind::Orphan => Vec::new(),
        Kind::Primitive | Kind::Group => {
            state.units.iter().flat_map(members).filter(|it| !is_active(it)).collect()
        }
        Kind::Clone(settings) => {
            let nodes = situation.nodes.values().filter(|node| node.is_eligible()).count();
            let places = u32::try_from(nodes).unwrap_or(u32::MAX).saturating_mul(settings.node_max);
            let wanted = usize::try_from(settings.max.min(places).max(1)).unwrap_or(usize::MAX);
            let is_complete = |unit: &&UnitIndex| members(unit).iter().all(is_active);
            let complete = state.units.iter().filter(is_complete).count();
            let incomplete = state.units.iter().filter(|unit| !is_complete(unit));
            incomplete
                .take(wanted.saturating_sub(complete))
                .flat_map(members)
                .filter(|it| !is_active(it) && !is_orphan(situation, *it))
                .collect()
        }
    }
}

/// Why an instance is not active, the strongest reason first.
fn reason(situation: &Situation<'_>, index: InstanceIndex) -> String {
    let instance = &situation.instances[index];
    let primitive = situation.primitive_of(index);
    if let Some(why) = &instance.blocked {
        return format!("nothing is done with it until somebody has looked: {why}");
    }
    if let Some(why) = &instance.held {
        return format!("it stays stopped until somebody has looked: {why}");
    }
    if let Some(why) = &primitive.ban_everywhere {
        return format!("it can run nowhere: {why}");
    }
    match situation.management(index) {
        Management::Managed => {}
        Management::Unmanaged => return "it is not managed (is-managed=false)".into(),
        Management::Maintenance => return "it is in maintenance".into(),
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
    places(situation, primitive)
}

/// The first member of the same unit that is not active and comes earlier.
fn stopped_before<'s>(situation: &'s Situation<'_>, index: InstanceIndex) -> Option<&'s str> {
    let unit = &situation.units[situation.instances[index].unit];
    let earlier = unit.members.iter().take_while(|member| **member != index);
    let mut idle = earlier.filter(|member| situation.instances[**member].active.is_empty());
    idle.next().map(|member| shown_name(situation, *member))
}

/// What keeps a primitive from each node, when something does.
fn places(situation: &Situation<'_>, primitive: &PrimitiveState<'_>) -> String {
    let mut obstacles = Vec::new();
    for (node, state) in situation.nodes.iter() {
        match obstacle(primitive, node, state) {
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

fn obstacle(
    primitive: &PrimitiveState<'_>,
    node: NodeIndex,
    state: &NodeState<'_>,
) -> Option<String> {
    let name = state.name;
    let fails = primitive.fail_counts.get(&node).filter(|fails| !fails.is_expired);
    let count = fails.map_or(Score::ZERO, |fails| fails.count);
    let threshold = primitive.settings.migration_threshold;
    let is_worn_out = threshold.is_some_and(|most| count >= most);
    state
        .obstacle()
        .or_else(|| primitive.bans.get(&node).cloned())
        .or_else(|| is_worn_out.then(|| format!("it has failed too often on {name}")))
}
