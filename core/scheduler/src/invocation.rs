//! How an agent is run: parameters, time-out, and what it learns from the cluster.

use crate::gather::{PrimitiveState, Situation};
use crate::index::{InstanceIndex, NodeIndex};
use crate::plan::{Invocation, Task};
use cluster::value::duration;
use cluster::{OperationSettings, RuleContext, first_value, merged};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an agent may take when nobody says.
const USUAL_TIMEOUT: Duration = Duration::from_secs(20);

/// One run of an agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    pub(crate) instance: InstanceIndex,
    pub(crate) node: NodeIndex,
    pub(crate) task: Task,
    pub(crate) interval: Duration,
    /// What the configuration says about this operation.
    pub(crate) operation: Option<&'a OperationSettings>,
    /// The exit code that is expected.
    pub(crate) target_code: i32,
}

/// What `primitive`'s operation `name` with that interval is configured to be.
pub(crate) fn operation<'a>(
    primitive: &PrimitiveState<'a>,
    name: &str,
    interval: Duration,
) -> Option<&'a OperationSettings> {
    let operations = &primitive.configured?.operations;
    operations.iter().find(|it| it.name == name && it.interval.value == interval)
}

/// What a probe goes by: a monitor without interval, or the most frequent one.
pub(crate) fn probe_operation<'a>(primitive: &PrimitiveState<'a>) -> Option<&'a OperationSettings> {
    let operations = &primitive.configured?.operations;
    let monitors = operations.iter().filter(|it| it.name == "monitor");
    monitors.min_by_key(|it| it.interval.value)
}

/// The parameters of `primitive` on `node`, with those of the operation.
pub(crate) fn parameters(
    situation: &Situation<'_>,
    primitive: &PrimitiveState<'_>,
    node: NodeIndex,
    operation: Option<&OperationSettings>,
) -> BTreeMap<String, String> {
    let context = RuleContext {
        attributes: Some(&situation.nodes[node].attributes),
        ..RuleContext::default()
    };
    let own = operation.map(|operation| operation.parameters.as_slice());
    let mut all = BTreeMap::new();
    for sets in own.into_iter().chain(primitive.parameters.iter().copied()) {
        for (name, value) in merged(sets, |rule| rule.holds(&context)) {
            if !all.contains_key(name) {
                all.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    all
}

/// How `run` is carried out.
pub(crate) fn invocation(situation: &Situation<'_>, run: &Run<'_>) -> Invocation {
    let primitive = situation.primitive_of(run.instance);
    let is_probe = run.task == Task::Monitor && run.interval.is_zero();
    // Other operations' parameters, such as a check level, are none of a probe's business.
    let own = run.operation.filter(|it| !is_probe || it.interval.value.is_zero());
    let timeout = timeout(situation, run.operation);
    Invocation {
        agent: primitive.agent.clone(),
        primitive: primitive.configured.map_or_else(|| primitive.id.clone(), |it| it.id.clone()),
        timeout,
        parameters: parameters(situation, primitive, run.node, own),
        meta: meta(situation, run, timeout),
        target_code: run.target_code,
    }
}

fn timeout(situation: &Situation<'_>, operation: Option<&OperationSettings>) -> Duration {
    let own = operation.and_then(|operation| {
        let direct = operation.timeout.as_ref().map(|timeout| timeout.value);
        direct.or_else(|| first_value(&operation.meta, "timeout").and_then(duration))
    });
    let defaults = &situation.facts.configuration.operation_defaults;
    own.or_else(|| first_value(defaults, "timeout").and_then(duration)).unwrap_or(USUAL_TIMEOUT)
}

/// What the agent learns from the cluster.
fn meta(situation: &Situation<'_>, run: &Run<'_>, timeout: Duration) -> BTreeMap<String, String> {
    let node = &situation.nodes[run.node];
    let mut meta = BTreeMap::new();
    let mut say = |name: &str, value: String| {
        meta.insert(name.to_owned(), value);
    };
    say("name", run.task.name().to_owned());
    say("timeout", timeout.as_millis().to_string());
    say("on_node", node.name.to_owned());
    say("on_node_uuid", node.id.to_owned());
    if run.task == Task::Monitor || !run.interval.is_zero() {
        // Agents know a probe by its interval of 0.
        say("interval", run.interval.as_millis().to_string());
        say("op_target_rc", run.target_code.to_string());
    }
    let unit = &situation.units[situation.instances[run.instance].unit];
    let clone = situation.resources[unit.resource].clone_settings();
    if let Some((settings, number)) = clone.zip(unit.number) {
        say("clone", number.to_string());
        say("clone_max", settings.max.to_string());
        say("clone_node_max", settings.node_max.to_string());
        say("globally_unique", settings.is_unique.to_string());
        say("notify", settings.is_notified.to_string());
    }
    meta
}
