//! Places one resource, with all that it depends on.

use super::{apply, bundle, chain, choice, clone, group, notes, table, utilization, wishes};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Colocation, Kind, QuorumPolicy, Source, Task, Work};
use cluster::{Role, Score};

/// How deep placing one resource may lead to others: no chain of colocations eats the stack (H1).
const MOST_DEPTH: usize = 250;

/// Places a resource. `prefer` is taken if it is as good as any; with `stops`, what finds no node
/// is to be stopped.
pub(super) fn assign(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    prefer: Option<NodeIndex>,
    stops: bool,
) -> Option<NodeIndex> {
    if work.depth >= MOST_DEPTH {
        return None;
    }
    work.depth += 1;
    let node = match work.at.resources[resource].kind {
        Kind::Primitive => primitive(work, resource, prefer, stops),
        Kind::Group => group::assign(work, resource, prefer, stops),
        Kind::Clone(_) => clone::assign(work, resource, prefer, stops),
        Kind::Bundle(_) => bundle::assign(work, resource, prefer, stops),
    };
    work.depth -= 1;
    node
}

fn primitive(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    prefer: Option<NodeIndex>,
    stops: bool,
) -> Option<NodeIndex> {
    if let Some(parent) = work.at.resources[resource].parent
        && !work.drafts[parent].is_being_placed
    {
        assign(work, parent, prefer, stops);
    }
    let draft = &mut work.drafts[resource];
    if draft.is_placed {
        return draft.node;
    }
    if draft.is_being_placed {
        return None;
    }
    draft.is_being_placed = true;
    heed_colocations(work, resource);
    heed_roles(work, resource);
    notes::tables(work, "primitive", resource);
    let options = &work.at.options;
    if options.is_fencing_enabled && !options.has_fencing_resource {
        work.at.resources[resource].is_managed = false;
    }
    if !work.at.resources[resource].is_managed {
        leave(work, resource, stops);
    } else if work.at.options.stops_all {
        work.drafts[resource].reason = Some("stop-all-resources".into());
        settle(work, resource, None, How { is_forced: true, stops });
    } else {
        choice::choose(work, resource, prefer, stops);
    }
    work.drafts[resource].is_being_placed = false;
    if work.at.resources[resource].remote_node.is_some() {
        heed_connection(work, resource);
    }
    work.drafts[resource].node
}

/// Colocations that must hold come first, so that as many as possible do.
fn heed_colocations(work: &mut Work<'_>, resource: ResourceIndex) {
    let follows = chain::follows(work, resource);
    let leads = chain::leads(work, resource);
    for is_mandatory in [true, false] {
        for colocation in &follows {
            if work.colocations[*colocation].score.is_infinite() == is_mandatory {
                let colocation = work.colocations[*colocation].clone();
                follow(work, resource, &colocation);
            }
        }
        for colocation in &leads {
            if work.colocations[*colocation].score.is_infinite() == is_mandatory {
                wishes::heed(work, *colocation, resource);
            }
        }
    }
}

/// Places the primary first, then lets the colocation have its say. One that is about the promoted
/// role, or optional and negative, is taken back when it leaves no node.
fn follow(work: &mut Work<'_>, resource: ResourceIndex, colocation: &Colocation) {
    let is_dispensable = colocation.dependent_role == Some(Role::Promoted)
        || (colocation.score < Score::ZERO && colocation.score > Score::MINUS_INFINITY);
    let backup = is_dispensable.then(|| work.at.resources[resource].weights.clone());
    if !work.drafts[colocation.primary].is_placed {
        let is_too_deep = work.depth >= MOST_DEPTH;
        assign(work, colocation.primary, None, true);
        if is_too_deep && colocation.score.is_infinite() {
            // Nobody knows where the primary goes: better nowhere than in the wrong place (R1).
            let source = Source::Because("too many colocations in a row".into());
            table::ban_everywhere(work, resource, &source);
            return;
        }
    }
    apply::apply_to_dependent(work, resource, colocation.primary, colocation);
    if let Some(backup) = backup
        && !table::has_available(work, resource)
    {
        work.at.resources[resource].weights = backup;
    }
}

fn heed_roles(work: &mut Work<'_>, resource: ResourceIndex) {
    let state = &work.at.resources[resource];
    let is_raised = state.next_role.is_some_and(|role| role > state.role);
    let is_frozen =
        !work.at.options.has_quorum && work.at.options.quorum_policy == QuorumPolicy::Freeze;
    if state.next_role == Some(Role::Stopped) {
        work.drafts[resource].reason = Some("target-role=Stopped".into());
        let source = Source::Because("target-role is Stopped".into());
        table::ban_everywhere(work, resource, &source);
    } else if is_raised && is_frozen {
        let role = state.role;
        work.at.resources[resource].next_role = Some(role);
    }
}

/// What is not managed stays where it is.
fn leave(work: &mut Work<'_>, resource: ResourceIndex, stops: bool) {
    let role = work.at.resources[resource].role;
    work.at.resources[resource].next_role = Some(role);
    let node = work.at.current_node(resource);
    let state = &work.at.resources[resource];
    let reason = if state.is_blocked { "blocked" } else { "unmanaged" };
    work.drafts[resource].reason = Some(reason.into());
    settle(work, resource, node, How { is_forced: true, stops });
}

/// What it means for a remote node that its connection has been placed.
fn heed_connection(work: &mut Work<'_>, connection: ResourceIndex) {
    let Some(node) = work.at.resources[connection].remote_node else { return };
    let stops = work.at.resources[connection].next_role == Some(Role::Stopped);
    let state = &mut work.at.nodes[node];
    if work.drafts[connection].node.is_some() && !stops {
        state.is_online = true;
        // It will be connected to: that shows how it is, without fencing.
        state.is_unclean &= !state.is_unseen;
    } else {
        state.is_shutting_down = true;
    }
    if state.is_usable() {
        work.usable.insert(node);
    } else {
        work.usable.remove(node);
    }
}

/// How a choice becomes a placement.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// Whatever speaks against the node.
    pub(super) is_forced: bool,
    /// What gets no node is to be stopped.
    pub(super) stops: bool,
}

/// Gives a resource, and all that is inside of it, this node, or none; what gets none is to be
/// stopped. Unless forced, a node that cannot have it counts as none. Says whether that is
/// something new.
pub(crate) fn assign_node(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: Option<NodeIndex>,
    is_forced: bool,
) -> bool {
    settle(work, resource, node, How { is_forced, stops: true })
}

/// The same, where what gets none is not always to be stopped.
pub(super) fn settle(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: Option<NodeIndex>,
    how: How,
) -> bool {
    let children = work.at.resources[resource].children.clone();
    if !children.is_empty() {
        let mut is_new = false;
        for child in children {
            is_new |= settle(work, child, node, how);
        }
        return is_new;
    }
    let score = |node| work.at.resources[resource].weights.score(node).unwrap_or_default();
    let is_possible = |node: NodeIndex| {
        // Connections into guests will come up.
        let state = &work.at.nodes[node];
        how.is_forced || (score(node) >= Score::ZERO && (state.is_usable() || state.is_guest()))
    };
    let chosen = node.filter(|node| is_possible(*node));
    let node_score = chosen.filter(|_| !how.is_forced).map_or(Score::ZERO, score);
    let is_new = work.drafts[resource].node != chosen;
    unassign(work, resource);
    let draft = &mut work.drafts[resource];
    draft.is_placed = true;
    let Some(node) = chosen else {
        if how.stops {
            stop(work, resource);
        }
        return is_new;
    };
    draft.node = Some(node);
    draft.node_score = node_score;
    work.loads[node].resources += 1;
    utilization::consume(work, resource, node);
    notes::utilization(work, resource, node);
    is_new
}

/// It goes nowhere: what was thought of for it already changes accordingly.
fn stop(work: &mut Work<'_>, resource: ResourceIndex) {
    work.at.resources[resource].next_role = Some(Role::Stopped);
    for action in work.actions.of(resource).to_vec() {
        let action = &mut work.actions[action];
        let is_zero = |text: &String| text.trim_matches('0').is_empty();
        let recurs = action.operation.interval > 0
            || action.meta.get("interval").is_some_and(|text| !is_zero(text));
        let is_for_stopped = action.meta.get("op_target_rc").is_some_and(|code| code == "7");
        match action.operation.task {
            Task::Stop => action.flags.is_optional = false,
            Task::Start => action.flags.is_runnable = false,
            _ if recurs && !is_for_stopped => action.flags.is_runnable = false,
            _ => {}
        }
    }
}

/// Takes a resource, and all that is inside of it, from where it was to go: it is to be placed yet.
pub(super) fn unassign(work: &mut Work<'_>, resource: ResourceIndex) {
    for child in work.at.resources[resource].children.clone() {
        unassign(work, child);
    }
    let draft = &mut work.drafts[resource];
    draft.is_placed = false;
    let Some(node) = draft.node.take() else { return };
    work.loads[node].resources = work.loads[node].resources.saturating_sub(1);
    utilization::release(work, resource, node);
}
