//! What a decision comes to, whatever numbers it gave to actions and to instances that are all
//! alike.

use scheduler::Decision;
use scheduler::index::ActionIndex;
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
            let subject = common_name(decision, &line.subject);
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
    let Some(resource) = state.resource else { return format!("{} {node}", state.key) };
    let resource = &decision.situation.resources[resource];
    format!("{}_{} {node}", resource.history_id, state.operation)
}

/// The instance's id, without its number where that means nothing.
fn common_name<'d>(decision: &'d Decision<'_>, subject: &'d str) -> &'d str {
    let resource = decision.situation.resource(subject);
    resource.map_or(subject, |at| decision.situation.resources[at].history_id.as_str())
}
