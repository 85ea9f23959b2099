//! Keeps what is to be done and writes the answer.
//!
//! An action is part of the graph when it is needed (or shown in any case) and can be carried
//! out; of what comes before it only what matters is kept.

mod attributes;
mod describe;
mod inputs;
mod plan;
mod router;
mod summary;

use crate::Decision;
use crate::act::notify;
use crate::index::{ActionIndex, ResourceIndex};
use crate::model::{Task, Work};
use crate::order::collective;
use crate::transition::{Synapse, Transition};
use cluster::Score;

pub(crate) use inputs::counts_as_input;
pub(crate) use plan::plan;

/// The answer.
pub(crate) fn decision(mut work: Work<'_>) -> Decision<'_> {
    place_the_rest(&mut work);
    let summary = summary::summary(&work);
    let mut chosen = Vec::new();
    for top in work.turn.clone() {
        choose_of(&mut work, top, &mut chosen);
    }
    let rest: Vec<ActionIndex> = work.actions.keys().rev().collect();
    for action in rest {
        choose(&mut work, action, &mut chosen);
    }
    let synapses = chosen.iter().map(|action| synapse(&work, *action)).collect();
    let transition = Transition { synapses, ..header(&work) };
    let placements = crate::place::explain::placements(&work);
    Decision {
        situation: work.at,
        transition,
        summary,
        notes: work.notes,
        actions: work.actions,
        placements,
    }
}

/// Actions that only orders thought of have no node yet: they would happen where their resource
/// goes, or is.
fn place_the_rest(work: &mut Work<'_>) {
    let resources: Vec<ResourceIndex> = work.at.resources.keys().collect();
    for resource in resources {
        let state = &work.at.resources[resource];
        let Some(goal) = work.drafts[resource].node else { continue };
        if !state.is_primitive() || !state.is_managed {
            continue;
        }
        for position in 0..work.actions.of(resource).len() {
            let action = work.actions.of(resource)[position];
            let task = work.actions[action].operation.task;
            let is_up = matches!(task, Task::Start | Task::Promote | Task::Demote);
            if is_up && work.actions[action].node.is_none() {
                work.actions[action].node = Some(goal);
            }
        }
    }
}

fn header(work: &Work<'_>) -> Transition {
    let options = &work.at.options;
    let failed_start = if options.is_start_failure_fatal { "INFINITY" } else { "1" };
    Transition {
        cluster_delay: options.cluster_delay.clone(),
        fencing_timeout: options.fencing_timeout.clone(),
        failed_stop_offset: "INFINITY".into(),
        failed_start_offset: failed_start.into(),
        migration_limit: options.migration_limit,
        recheck: work.at.recheck,
        synapses: Vec::new(),
    }
}

/// The actions of a resource, newest first, and those of what is inside of it; a clone's own come
/// last, when its instances have been told what happens.
fn choose_of(work: &mut Work<'_>, resource: ResourceIndex, chosen: &mut Vec<ActionIndex>) {
    let state = &work.at.resources[resource];
    let (is_clone, is_bundle) = (state.is_clone(), state.is_bundle());
    if is_clone {
        look_again(work, resource);
        notify::tell(work, resource);
    } else if !is_bundle {
        choose_own(work, resource, chosen);
    }
    for child in parts(work, resource) {
        choose_of(work, child, chosen);
    }
    if is_clone {
        choose_own(work, resource, chosen);
    }
}

/// What a clone's points were told of its instances may have changed since.
fn look_again(work: &mut Work<'_>, clone: ResourceIndex) {
    for action in work.actions.of(clone).to_vec() {
        collective::flags(work, action, None);
    }
}

fn choose_own(work: &mut Work<'_>, resource: ResourceIndex, chosen: &mut Vec<ActionIndex>) {
    let own: Vec<ActionIndex> = work.actions.of(resource).iter().rev().copied().collect();
    for action in own {
        choose(work, action, chosen);
    }
}

/// What is inside of a resource; of a bundle the clone first, then each replica's parts.
fn parts(work: &Work<'_>, resource: ResourceIndex) -> Vec<ResourceIndex> {
    let state = &work.at.resources[resource];
    let Some(bundle) = state.bundle() else { return state.children.clone() };
    let replicas = bundle.replicas.iter();
    let each = replicas
        .flat_map(|it| [it.address, Some(it.container), it.connection].into_iter().flatten());
    bundle.child.into_iter().chain(each).collect()
}

fn choose(work: &mut Work<'_>, action: ActionIndex, chosen: &mut Vec<ActionIndex>) {
    if work.actions[action].flags.is_in_graph {
        return;
    }
    inputs::merge_twins(&mut work.actions[action].before);
    if !belongs(work, action) {
        return;
    }
    work.actions[action].flags.is_in_graph = true;
    inputs::keep_what_counts(work, action);
    chosen.push(action);
}

/// Whether an action is part of the graph.
pub(crate) fn belongs(work: &Work<'_>, action: ActionIndex) -> bool {
    let state = &work.actions[action];
    let flags = state.flags;
    let task = state.operation.task;
    if !flags.is_runnable || (flags.is_optional && !flags.is_always_shown) {
        return false;
    }
    if let Some(resource) = state.resource {
        let is_watching = task == Task::Monitor || state.operation.interval > 0;
        if !work.at.resources[resource].is_managed && !is_watching {
            return false;
        }
    }
    if flags.is_pseudo || matches!(task, Task::Fence | Task::Shutdown) {
        return true;
    }
    let Some(node) = state.node else { return flags.is_on_coordinator };
    let node = &work.at.nodes[node];
    flags.is_on_coordinator
        || (node.is_guest() && !node.needs_remote_reset)
        || (node.is_online && !node.is_unclean)
}

fn synapse(work: &Work<'_>, action: ActionIndex) -> Synapse {
    let state = &work.actions[action];
    let of_resource = state.resource.map_or(Score::ZERO, |it| work.at.priority(it));
    let links = state.before.iter().filter(|link| link.is_in_graph);
    Synapse {
        action: describe::describe(work, action),
        priority: of_resource.max(state.priority).max(Score::ZERO),
        inputs: links.map(|link| link.other).collect(),
    }
}
