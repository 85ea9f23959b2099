//! Notes of scores, for those who want to see them.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{ScoreNote, Work};

/// Notes the table of a resource, and those of what is inside of it. Of what is no longer
/// configured nobody wants to know.
pub(super) fn tables(work: &mut Work<'_>, stage: &'static str, resource: ResourceIndex) {
    if !work.takes_notes || work.at.resources[resource].is_removed {
        return;
    }
    let state = &work.at.resources[resource];
    for node in &work.at.node_order {
        if let Some(score) = state.weights.score(*node) {
            work.notes.push(ScoreNote::Allocation {
                stage,
                resource: state.id.clone(),
                node: work.at.nodes[*node].name.clone(),
                score,
            });
        }
    }
    for child in work.at.resources[resource].children.clone() {
        tables(work, stage, child);
    }
}

/// Notes how much an instance wants to be promoted.
pub(super) fn promotion(work: &mut Work<'_>, instance: ResourceIndex) {
    if !work.takes_notes {
        return;
    }
    let node = work.node_of(instance).map(|node| work.at.nodes[node].name.clone());
    let resource = work.at.resources[instance].id.clone();
    let score = work.drafts[instance].promotion;
    work.notes.push(ScoreNote::Promotion { resource, node, score });
}

/// Notes what capacity all nodes have free.
pub(super) fn capacities(work: &mut Work<'_>, when: &'static str) {
    if !work.takes_notes {
        return;
    }
    for node in work.at.node_order.clone() {
        let (node, values) = (work.at.nodes[node].name.clone(), work.loads[node].free.clone());
        work.notes.push(ScoreNote::Capacity { when, node, values });
    }
}

/// Notes what a resource takes of its node's capacity.
pub(super) fn utilization(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) {
    if !work.takes_notes {
        return;
    }
    let values = work.at.resources[resource].utilization.clone();
    let resource = work.at.resources[resource].id.clone();
    let node = work.at.nodes[node].name.clone();
    work.notes.push(ScoreNote::Utilization { stage: "resource", resource, node, values });
}
