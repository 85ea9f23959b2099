//! Why something is where it is, or nowhere, in words.

use super::assign::Assigner;
use crate::gather::{Management, Situation};
use crate::index::{InstanceIndex, NodeIndex, UnitIndex};
use cluster::Score;

/// How many nodes are named one by one.
const MOST_NODES: usize = 4;

/// Why a unit is on `node`: the weightiest part of its score.
pub(super) fn there(assigner: &Assigner<'_, '_>, unit: UnitIndex, node: NodeIndex) -> String {
    let situation = assigner.situation;
    let members = situation.units[unit].members.iter();
    let parts = members.flat_map(|member| &assigner.scores.cell(*member, node).parts);
    let heaviest = parts
        .filter(|(score, _)| *score > Score::ZERO)
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    match heaviest {
        Some((score, source)) => format!("{source} gives {score}"),
        None if assigner.current_node(unit) == Some(node) => "it is there already".into(),
        None => format!("{} has the fewest resources", situation.nodes[node].name),
    }
}

/// Why no node can have the unit's members up to `position`.
pub(super) fn nowhere(assigner: &Assigner<'_, '_>, unit: UnitIndex, position: usize) -> String {
    let situation = assigner.situation;
    let members = &situation.units[unit].members;
    let mut reasons = Vec::new();
    for (node, state) in situation.nodes.iter() {
        let why = state.obstacle().or_else(|| {
            let parts = members.iter().take(position + 1).rev().flat_map(|member| {
                assigner.scores.cell(*member, node).parts.iter().map(|(score, from)| (*score, from))
            });
            let worst = parts.min_by_key(|(score, _)| *score);
            worst.map(|(score, from)| format!("{}: {from} gives {score}", state.name))
        });
        reasons.extend(why);
    }
    if reasons.is_empty() {
        return "there is no node for it".into();
    }
    let more = reasons.len().saturating_sub(MOST_NODES);
    reasons.truncate(MOST_NODES);
    let list = reasons.join("; ");
    match more {
        0 => format!("no node can have it: {list}"),
        more => format!("no node can have it: {list}; and {more} more"),
    }
}

/// Why something is left as it is.
pub(super) fn untouched(situation: &Situation<'_>, instance: InstanceIndex) -> String {
    if let Some(why) = &situation.instances[instance].blocked {
        return format!("it is blocked: {why}");
    }
    match situation.management(instance) {
        Management::Maintenance => "it is in maintenance".into(),
        Management::Unmanaged | Management::Managed => "it is not managed".into(),
    }
}
