//! The decision in the manager's words.

use crate::Decision;
use crate::index::ActionIndex;
use crate::model::{MultipleActive, Task};
use crate::plan::{
    Action, ActionId, ActionKey, Change, Facts, Graph, Invocation, Plan, PowerAction,
};
use crate::sequence::sequence;
use crate::transition::{Carrier, GraphAction, SummaryLine};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long an agent may take when nobody says.
const USUAL_TIMEOUT: Duration = Duration::from_secs(20);

/// The manager's plan.
pub(crate) fn plan(decision: Decision<'_>, facts: &Facts<'_>) -> Plan {
    let in_flight: BTreeSet<&ActionKey> = facts.in_flight.iter().collect();
    let order = sequence(&decision.transition.inputs());
    let place: BTreeMap<ActionIndex, ActionId> = (0..)
        .map(ActionId)
        .zip(&order)
        .map(|(id, it)| (decision.transition.synapses[*it].action.id, id))
        .collect();
    let actions = order.iter().zip(0..).map(|(position, id)| {
        let synapse = &decision.transition.synapses[*position];
        let key = key(&synapse.action);
        let after = synapse.inputs.iter().filter_map(|input| place.get(input));
        let after: Vec<ActionId> = after.copied().filter(|before| before.0 < id).collect();
        Action {
            id: ActionId(id),
            in_flight: in_flight.contains(&key),
            invocation: invocation(&decision, &synapse.action),
            after,
            reason: decision.actions[synapse.action.id].reason.clone().unwrap_or_default(),
            key,
        }
    });
    Plan {
        graph: Graph { actions: actions.collect() },
        placements: decision.placements,
        changes: decision.summary.iter().map(change).collect(),
        recheck: decision.situation.recheck,
    }
}

fn key(action: &GraphAction) -> ActionKey {
    let Some((node, _)) = &action.node else { return ActionKey::Pseudo(action.key.clone()) };
    match (action.carrier, action.operation.task) {
        (Carrier::Cluster, Task::Fence) => {
            let how = action.attributes.get("CRM_meta_stonith_action").map(String::as_str);
            let how = match how {
                Some("off" | "poweroff") => PowerAction::Off,
                Some("on") => PowerAction::On,
                _ => PowerAction::Reboot,
            };
            ActionKey::Fence { node: node.clone(), how }
        }
        (Carrier::Cluster, Task::Shutdown) => ActionKey::Release { node: node.clone() },
        (Carrier::Agent, task)
        | (Carrier::Cluster, task @ (Task::ClearFailCount | Task::Delete)) => ActionKey::Resource {
            instance: instance(action),
            node: node.clone(),
            task,
            interval: action.operation.every(),
        },
        _ => ActionKey::Pseudo(action.key.clone()),
    }
}

/// The instance's id, with its number.
fn instance(action: &GraphAction) -> String {
    let primitive = action.primitive.as_ref();
    let id = primitive.map(|it| it.long_id.as_ref().unwrap_or(&it.id));
    id.cloned().unwrap_or_default()
}

fn invocation(decision: &Decision<'_>, action: &GraphAction) -> Option<Invocation> {
    let primitive = action.primitive.as_ref()?;
    let is_meta = |name: &str| name.starts_with("CRM_meta_");
    let parameters = action.attributes.iter().filter(|(name, _)| !is_meta(name));
    let meta: BTreeMap<String, String> = action
        .attributes
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("CRM_meta_")?.to_owned(), value.clone()))
        })
        .collect();
    let number = |name: &str| meta.get(name).and_then(|text| text.parse::<u64>().ok());
    Some(Invocation {
        agent: primitive.agent.clone(),
        primitive: primitive.id.clone(),
        timeout: number("timeout").map_or(USUAL_TIMEOUT, Duration::from_millis),
        parameters: parameters.map(|(name, value)| (name.clone(), value.clone())).collect(),
        target_code: number("op_target_rc").and_then(|code| i32::try_from(code).ok()).unwrap_or(0),
        lock: action.shutdown_lock,
        stays: action.operation.task == Task::Stop && stays_stopped(decision, action.id),
        meta,
    })
}

/// What runs in several places, and is to run nowhere then.
fn stays_stopped(decision: &Decision<'_>, action: ActionIndex) -> bool {
    decision.actions[action].resource.is_some_and(|resource| {
        let settings = &decision.situation.resources[resource].settings;
        settings.multiple_active == MultipleActive::StopOnly
            && decision.situation.active_nodes(resource) > 1
    })
}

fn change(line: &SummaryLine) -> Change {
    let SummaryLine { verb, subject, course, reason, .. } = line.clone();
    let (from, to) = course.map_or((None, None), |course| (course.from, course.to));
    Change { subject, verb, from, to, reason }
}
