//! Which of the orders before an action are part of the graph.

use super::belongs;
use crate::index::ActionIndex;
use crate::model::{Link, Relation, Task, Work};

/// What becomes of an order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is part of the graph.
    Counts,
    /// It is not.
    IsLeftOut,
    /// It has turned out to be of no concern at all.
    IsVoid,
}

/// Several orders between the same two actions become one, with all their meanings.
pub(super) fn merge_twins(links: &mut Vec<Link>) {
    links.sort_by_key(|link| link.other);
    links.dedup_by(|twin, kept| {
        let is_twin = twin.other == kept.other;
        if is_twin {
            kept.relation |= twin.relation;
        }
        is_twin
    });
}

/// Marks those orders before `action` that are part of the graph.
pub(super) fn keep_what_counts(work: &mut Work<'_>, action: ActionIndex) {
    for position in 0..work.actions[action].before.len() {
        let verdict = judge(work, action, position);
        let link = &mut work.actions[action].before[position];
        link.is_in_graph = verdict == Verdict::Counts;
        if verdict == Verdict::IsVoid {
            link.relation = Relation::NONE;
        }
    }
}

/// Whether `action` has to wait for its input at `position`.
pub(crate) fn counts_as_input(work: &Work<'_>, action: ActionIndex, position: usize) -> bool {
    judge(work, action, position) == Verdict::Counts
}

fn judge(work: &Work<'_>, action: ActionIndex, position: usize) -> Verdict {
    let link = work.actions[action].before[position];
    let relation = link.relation;
    let input = &work.actions[link.other];
    let is_stop = input.operation.task == Task::Stop && input.operation.interval == 0;
    if relation.is_none() {
        return Verdict::IsLeftOut;
    }
    if !input.flags.is_runnable && (!changes_actions(relation) || relation.has(Relation::ENOUGH)) {
        return Verdict::IsLeftOut;
    }
    if relation.has(Relation::FIRST_MIGRATES_WITH_THEN) && !input.flags.is_runnable {
        return Verdict::IsLeftOut;
    }
    if relation.has(Relation::UNLESS_FIRST_MIGRATES) && input.flags.is_migratable {
        return Verdict::IsLeftOut;
    }
    if relation == Relation::ORDERED && input.flags.is_migratable && is_stop {
        return Verdict::IsLeftOut;
    }
    if relation == Relation::SAME_NODE_OR_TARGET {
        let is_there = input.node.is_some() && input.node == place_that_counts(work, action);
        let is_migration = is_migration_away(work, action);
        let is_done = !is_migration && input.flags.is_optional;
        return if is_there && !is_done { Verdict::Counts } else { Verdict::IsVoid };
    }
    if relation == Relation::SAME_NODE_IF_REQUIRED {
        let nodes = (input.node, work.actions[action].node);
        let is_elsewhere = matches!(nodes, (Some(a), Some(b)) if a != b);
        let is_void = is_elsewhere || input.flags.is_optional;
        return if is_void { Verdict::IsVoid } else { Verdict::Counts };
    }
    if is_stop && is_stuck_elsewhere(work, action, link) {
        return Verdict::IsLeftOut;
    }
    let is_shown = input.flags.is_always_shown || input.flags.is_in_graph;
    if input.flags.is_optional && !is_shown && !belongs(work, link.other) {
        return Verdict::IsLeftOut;
    }
    Verdict::Counts
}

/// Whether an order does more than put in sequence.
const fn changes_actions(relation: Relation) -> bool {
    let mild = Relation::ORDERED.with(Relation::FIRST_SHOWS_THEN).with(Relation::THEN_SHOWS_FIRST);
    !relation.without(mild).is_none()
}

fn is_migration_away(work: &Work<'_>, action: ActionIndex) -> bool {
    let state = &work.actions[action];
    state.resource.is_some() && state.operation.task == Task::MigrateTo
}

/// The node whose load counts for an action: of a migration the one it goes to.
fn place_that_counts(work: &Work<'_>, action: ActionIndex) -> Option<crate::index::NodeIndex> {
    let state = &work.actions[action];
    match state.resource {
        Some(resource) if is_migration_away(work, action) => work.drafts[resource].node,
        _ => state.node,
    }
}

/// Something unmanaged that has failed cannot keep a clone from being stopped.
fn is_stuck_elsewhere(work: &Work<'_>, action: ActionIndex, link: Link) -> bool {
    let (mine, other) = (work.actions[action].resource, work.actions[link.other].resource);
    let (Some(mine), Some(other)) = (mine, other) else { return false };
    let state = &work.at.resources[other];
    mine != other && state.has_failed && !state.is_managed && work.at.resources[mine].is_clone()
}
