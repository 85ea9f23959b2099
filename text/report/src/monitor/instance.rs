//! One instance of a primitive as one line: name, agent, state, node, flags.

use super::{View, failures};
use crate::listing::{bracketed, parenthesized};
use crate::reading::{has_failed, is_expired, is_orphan, shown_name};
use cluster::{OnFail, OperationStatus, Role};
use scheduler::Task;
use scheduler::gather::{Failure, Instance, Management, Presence};
use scheduler::index::{InstanceIndex, Key, NodeIndex, ResourceIndex};

/// Whether the line has to say where the instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has to.
    Told,
    /// It stands below its node.
    Known,
}

/// The line of one instance.
pub(super) fn line(view: View<'_>, index: InstanceIndex, place: Place) -> String {
    let instance = &view.situation.instances[index];
    let primitive = &view.situation.primitives[instance.primitive];
    let orphaned = if is_orphan(view.situation, index) { "ORPHANED " } else { "" };
    let state = state(view, index);
    let flags = parenthesized(&flags(view, index, place));
    let name = shown_name(view.situation, index);
    let start = format!("{name}\t({}):\t {orphaned}{state}", primitive.agent);
    let nodes: Vec<&str> =
        instance.active.iter().map(|activity| view.situation.nodes[activity.node].name).collect();
    match nodes.as_slice() {
        [] => match failures::failed_probe(view, instance.primitive, None) {
            Some(outcome) => format!("{start} ({outcome}) {flags}"),
            None => format!("{start}{flags}"),
        },
        _ if place == Place::Known => format!("{start}{flags}"),
        [node] => format!("{start} {node}{flags}"),
        several => format!("{start}{flags} {}", bracketed(several)),
    }
}

/// What is active on `node`.
pub(super) fn running_on(view: View<'_>, node: NodeIndex) -> Vec<InstanceIndex> {
    let instances = view.situation.instances.iter();
    instances.filter(|(_, instance)| instance.on(node).is_some()).map(|(index, _)| index).collect()
}

/// The role it has: the highest, when it is active in several places.
pub(super) fn role(instance: &Instance<'_>) -> Role {
    instance.active.iter().map(|activity| activity.role).max().unwrap_or(Role::Stopped)
}

/// What is under way with it, apart from probes.
pub(super) fn is_pending(view: View<'_>, index: InstanceIndex) -> bool {
    let instance = &view.situation.instances[index];
    pending_task(instance).is_some() || is_monitoring(instance)
}

fn pending_task(instance: &Instance<'_>) -> Option<Task> {
    instance.active.iter().find_map(|activity| activity.pending)
}

/// Whether the first run of a recurring monitor has not ended.
fn is_monitoring(instance: &Instance<'_>) -> bool {
    let mut operations = instance.active.iter().flat_map(|activity| activity.operations);
    operations.any(|record| {
        record.status == OperationStatus::Pending
            && record.operation == "monitor"
            && !record.interval.is_zero()
    })
}

fn is_promotable(view: View<'_>, index: InstanceIndex) -> bool {
    let resource = view.situation.resource_of(index);
    let settings = view.situation.resources[resource].clone_settings();
    settings.is_some_and(|settings| settings.is_promotable)
}

fn state(view: View<'_>, index: InstanceIndex) -> &'static str {
    let instance = &view.situation.instances[index];
    let role = role(instance);
    if has_failed(view.situation, index) {
        return if role == Role::Promoted { "FAILED Promoted" } else { "FAILED" };
    }
    match pending_task(instance) {
        Some(Task::Start) => return "Starting",
        Some(Task::Stop) => return "Stopping",
        Some(Task::Promote) => return "Promoting",
        Some(Task::Demote) => return "Demoting",
        Some(Task::Monitor | Task::Cancel) | None => {}
    }
    match role {
        Role::Started if is_promotable(view, index) => Role::Unpromoted.name(),
        role => role.name(),
    }
}

fn flags(view: View<'_>, index: InstanceIndex, place: Place) -> Vec<&'static str> {
    let instance = &view.situation.instances[index];
    let primitive = &view.situation.primitives[instance.primitive];
    let mut flags = Vec::new();
    if let ([only], Place::Told) = (instance.active.as_slice(), place) {
        let node = &view.situation.nodes[only.node];
        if node.presence != Presence::Online && node.unclean.is_some() {
            flags.push("UNCLEAN");
        }
    }
    if is_monitoring(instance) && pending_task(instance).is_none() {
        flags.push("Monitoring");
    }
    match primitive.settings.target_role {
        _ if primitive.configured.is_none() => {}
        Role::Stopped => flags.push("disabled"),
        Role::Unpromoted if is_promotable(view, index) => flags.push("target-role:Unpromoted"),
        _ => {}
    }
    if instance.blocked.is_some() {
        flags.push("blocked");
    } else if let Some(word) = management_word(view.situation.management(index)) {
        flags.push(word);
    }
    if is_failure_ignored(view, instance) {
        flags.push("failure ignored");
    }
    flags
}

/// The word for how far the cluster's hand reaches, when it does not reach all the way.
pub(super) const fn management_word(management: Management) -> Option<&'static str> {
    match management {
        Management::Managed => None,
        Management::Unmanaged => Some("unmanaged"),
        Management::Maintenance => Some("maintenance"),
    }
}

/// Whether a failure counts for nothing because the configuration says so.
fn is_failure_ignored(view: View<'_>, instance: &Instance<'_>) -> bool {
    let of_it = |failure: &&Failure<'_>| failure.primitive == instance.primitive;
    view.situation
        .failures
        .iter()
        .filter(of_it)
        .any(|failure| failure.on_fail == OnFail::Ignore && !is_expired(view.situation, failure))
}

/// The place of a resource in the configuration is its place among the resources.
pub(super) fn configured<'v>(
    view: View<'v>,
    resource: ResourceIndex,
) -> Option<&'v cluster::Resource> {
    view.situation.facts.configuration.resources.get(resource.position())
}
