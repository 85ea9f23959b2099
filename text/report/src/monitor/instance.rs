//! One primitive as one line: name, agent, state, node, flags.

use super::{View, failures};
use crate::listing::{bracketed, parenthesized};
use crate::reading::{is_promotable, management_word, shown_name, shown_role};
use cluster::Role;
use scheduler::Task;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::Resource;

/// Whether the line has to say where the instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has to.
    Told,
    /// It stands below its node.
    Known,
}

/// The line of one primitive.
pub(super) fn line(view: View<'_>, index: ResourceIndex, place: Place) -> String {
    let name = shown_name(view.situation, index);
    let node = match view.situation.resources[index].running_on.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    named_line(view, index, (name, node), place)
}

/// The same under another name and on another node, as the replicas of bundles have it.
pub(super) fn named_line(
    view: View<'_>,
    index: ResourceIndex,
    (name, node): (&str, Option<NodeIndex>),
    place: Place,
) -> String {
    let situation = view.situation;
    let resource = &situation.resources[index];
    let lock = resource.lock.map(|(node, _)| node);
    let is_in_many = resource.running_on.len() > 1;
    let node = node.or(lock).filter(|_| place == Place::Told && !is_in_many);
    let removed = if resource.is_removed { "ORPHANED " } else { "" };
    let mut text = format!("{name}\t({}):\t {removed}{}", resource.agent, state(view, index));
    if let Some(node) = node {
        text.push_str(&format!(" {}", situation.nodes[node].name));
    }
    if shown_role(situation, index) == Role::Stopped
        && let Some(outcome) = failures::failed_probe(view, index, node)
    {
        text.push_str(&format!(" ({outcome}) "));
    }
    text.push_str(&parenthesized(&flags(view, index, node)));
    if is_in_many {
        let definition = resource.definition.as_deref();
        if let Some(about) = definition.and_then(|primitive| primitive.description.as_deref()) {
            text.push_str(&format!(" ({about})"));
        }
        if place == Place::Told {
            let nodes = resource.running_on.iter();
            let names: Vec<&str> = nodes.map(|it| situation.nodes[*it].name.as_str()).collect();
            text.push_str(&format!(" {}", bracketed(&names)));
        }
    }
    text
}

/// Whether something is under way with it.
pub(super) fn is_pending(view: View<'_>, index: ResourceIndex) -> bool {
    view.options.pending && view.situation.resources[index].pending.is_some()
}

/// What is under way with it, where that is shown.
fn pending(view: View<'_>, resource: &Resource<'_>) -> Option<Task> {
    resource.pending.filter(|_| view.options.pending).map(|pending| pending.task)
}

fn state(view: View<'_>, index: ResourceIndex) -> &'static str {
    let resource = &view.situation.resources[index];
    let role = shown_role(view.situation, index);
    if resource.has_failed {
        return if role == Role::Promoted { "FAILED Promoted" } else { "FAILED" };
    }
    match pending(view, resource) {
        Some(Task::Start) => "Starting",
        Some(Task::Stop) => "Stopping",
        Some(Task::Promote) => "Promoting",
        Some(Task::Demote) => "Demoting",
        Some(Task::MigrateTo | Task::MigrateFrom) => "Migrating",
        _ => role.name(),
    }
}

fn flags(view: View<'_>, index: ResourceIndex, node: Option<NodeIndex>) -> Vec<String> {
    let resource = &view.situation.resources[index];
    let mut flags: Vec<String> = Vec::new();
    if let Some(node) = node {
        let state = &view.situation.nodes[node];
        if !state.is_online && state.is_unclean {
            flags.push("UNCLEAN".into());
        }
        if resource.lock.is_some_and(|(lock, _)| lock == node) {
            flags.push("LOCKED".into());
        }
    }
    if pending(view, resource) == Some(Task::Monitor) {
        flags.push("Monitoring".into());
    }
    if let Some(written) = resource.meta.get("target-role") {
        match Role::parse(written) {
            Some(Role::Stopped) => flags.push("disabled".into()),
            Some(Role::Unpromoted) if is_promotable(view.situation, index) => {
                flags.push(format!("target-role:{written}"));
            }
            _ => {}
        }
    }
    if resource.is_blocked {
        flags.push("blocked".into());
    } else if let Some(word) = management_word(resource) {
        flags.push(word.into());
    }
    if resource.is_failure_ignored {
        flags.push("failure ignored".into());
    }
    flags
}
