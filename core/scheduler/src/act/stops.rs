//! Starts, stops, promotions and demotions of a primitive on a node.

use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{Operation, Relation, Task, Work};
use cluster::Role;

impl Work<'_> {
    /// A start, stop, promotion or demotion on `node`.
    pub(super) fn once(
        &mut self,
        resource: ResourceIndex,
        task: Task,
        node: Option<NodeIndex>,
        is_optional: bool,
    ) -> ActionIndex {
        self.act(resource, Operation::once(task), node, is_optional)
    }

    /// Whether what is active too often is right to be active on `node`, and only elsewhere wrong.
    fn is_where_expected(&self, resource: ResourceIndex, node: Option<NodeIndex>) -> bool {
        let state = &self.at.resources[resource];
        let draft = &self.drafts[resource];
        state.stops_unexpected
            && draft.is_restarting
            && state.next_role > Some(Role::Stopped)
            && draft.node.is_some()
            && draft.node == node
    }
}

/// Stops it everywhere.
pub(super) fn stop(work: &mut Work<'_>, resource: ResourceIndex, is_optional: bool) {
    let mut is_optional = is_optional;
    for position in 0..work.at.resources[resource].running_on.len() {
        let node = work.at.resources[resource].running_on[position];
        if work.is_where_expected(resource, Some(node)) {
            continue;
        }
        if let Some((_, target)) = work.at.resources[resource].partial_migration {
            if node == target && work.drafts[resource].node == Some(target) {
                continue; // The migration to there goes on.
            }
            is_optional = false;
        }
        stop_on(work, resource, node, is_optional);
    }
}

fn stop_on(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex, is_optional: bool) {
    let stop = work.once(resource, Task::Stop, Some(node), is_optional);
    let (state, draft) = (&work.at.resources[resource], &work.drafts[resource]);
    if draft.node.is_none() {
        work.actions[stop].set_reason("node availability", true);
    } else if draft.is_restarting && state.stops_unexpected {
        work.actions[stop].set_reason("being multiply active", true);
    }
    if !work.at.resources[resource].is_managed {
        work.actions[stop].flags.is_runnable = false;
    }
    if work.at.options.removes_after_stop {
        forget(work, resource, node, is_optional);
    }
    work.unfence_after_stop(resource, node, stop);
}

/// Starts it; what cannot be started is not counted as needed.
pub(super) fn start(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: Option<NodeIndex>,
    is_optional: bool,
) {
    let start = work.once(resource, Task::Start, node, true);
    work.unfence_before(resource, start, Relation::FIRST_REQUIRES_THEN);
    if work.actions[start].flags.is_runnable && !is_optional {
        work.actions[start].flags.is_optional = false;
    }
    if work.is_where_expected(resource, node) {
        work.actions[start].flags.is_pseudo = true;
    }
}

/// Promotes it, where it can be started.
pub(super) fn promote(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: Option<NodeIndex>,
    is_optional: bool,
) {
    let there = |work: &Work<'_>, task| -> Vec<ActionIndex> {
        work.actions.find(resource, Operation::once(task), node).collect()
    };
    let starts = there(work, Task::Start);
    if starts.iter().all(|start| work.actions[*start].flags.is_runnable) {
        let promote = work.once(resource, Task::Promote, node, is_optional);
        if work.is_where_expected(resource, node) {
            work.actions[promote].flags.is_pseudo = true;
        }
        return;
    }
    for promote in there(work, Task::Promote) {
        work.actions[promote].flags.is_runnable = false;
    }
}

/// Demotes it everywhere: who is promoted in two places is demoted in both.
pub(super) fn demote(work: &mut Work<'_>, resource: ResourceIndex, is_optional: bool) {
    for position in 0..work.at.resources[resource].running_on.len() {
        let node = work.at.resources[resource].running_on[position];
        if !work.is_where_expected(resource, Some(node)) {
            work.once(resource, Task::Demote, Some(node), is_optional);
        }
    }
}

/// Forgets what it did on a node, after it was stopped and before it is started again.
pub(super) fn forget(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    is_optional: bool,
) {
    let there = &work.at.nodes[node];
    if work.at.resources[resource].has_failed || there.is_unclean || !there.is_online {
        return;
    }
    work.once(resource, Task::Delete, Some(node), is_optional);
    let relation = if is_optional { Relation::FIRST_REQUIRES_THEN } else { Relation::ORDERED };
    work.order_operations((resource, Task::Stop), (resource, Task::Delete), relation);
    work.order_operations((resource, Task::Delete), (resource, Task::Start), relation);
}
