//! What a decision comes to, whatever numbers it gave to actions and to instances that are all
//! alike.

use scheduler::Decision;
use scheduler::index::{ActionIndex, ResourceIndex};
use std::collections::BTreeMap;

/// A decision as sorted lines: what changes, and each action with what comes before it. Instances
/// of anonymous clones are called by what they are instances of, because which of them gets which
/// number is nobody's concern.
pub fn outline(decision: &Decision<'_>) -> Vec<String> {
    let synapses = &decision.transition.synapses;
    let names: BTreeMap<ActionIndex, String> =
        synapses.iter().map(|it| (it.action.id, name(decision, it.action.id))).collect();
    let mut lines: Vec<String> = decision
        .summary
        .iter()
        .map(|line| {
            let found = decision.situation.resource(&line.subject);
            let subject = found.map_or(line.subject.as_str(), |at| common_name(decision, at));
            let course = line.course.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {subject} {course} {}", line.verb, line.blocked)
        })
        .collect();
    for synapse in synapses {
        let mut inputs: Vec<&str> =
            synapse.inputs.iter().filter_map(|it| names.get(it)).map(String::as_str).collect();
        inputs.sort_unstable();
        lines.push(format!("{} after [{}]", names[&synapse.action.id], inputs.join(", ")));
    }
    lines.sort_unstable();
    lines
}

fn name(decision: &Decision<'_>, action: ActionIndex) -> String {
    let state = &decision.actions[action];
    let node = state.node.map_or("", |node| decision.situation.nodes[node].name.as_str());
    match state.resource {
        Some(resource) => {
            let resource = common_name(decision, resource);
            format!("{resource}_{} {node}", state.operation)
        }
        None => format!("{} {node}", state.key),
    }
}

/// A resource's id, without numbers where they mean nothing.
fn common_name<'d>(decision: &'d Decision<'_>, resource: ResourceIndex) -> &'d str {
    let situation = &decision.situation;
    let state = &situation.resources[resource];
    let mut line = std::iter::successors(state.parent, |at| situation.resources[*at].parent);
    let is_alike = !state.settings.is_unique && line.any(|at| situation.resources[at].is_clone());
    match state.id.rsplit_once(':') {
        Some((id, number)) if is_alike && number.bytes().all(|it| it.is_ascii_digit()) => id,
        _ => &state.id,
    }
}
