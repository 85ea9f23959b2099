//! The transition graph as Pacemaker's XML.

use crate::xml::Build;
use cluster::Element;
use scheduler::{Carrier, GraphAction, Synapse, Transition};
use std::collections::HashMap;

/// What the graph says about itself.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    /// The features of who made it, as the CIB names them.
    pub feature_set: &'a str,
    /// `batch-limit`, as configured.
    pub batch_limit: &'a str,
    /// The graph's number.
    pub number: u32,
}

/// The graph as an element; how it is written is up to who can write XML.
pub fn graph(transition: &Transition, header: &Header<'_>) -> Element {
    let mut root = Build::new("transition_graph")
        .with("cluster-delay", &transition.cluster_delay)
        .with("fencing-timeout", &transition.fencing_timeout)
        .with("failed-stop-offset", &transition.failed_stop_offset)
        .with("failed-start-offset", &transition.failed_start_offset)
        .with("batch-limit", header.batch_limit)
        .with("transition_id", header.number);
    if let Some(limit) = transition.migration_limit {
        root = root.with("migration-limit", limit);
    }
    if let Some(recheck) = transition.recheck {
        root = root.with("recheck-by", recheck.seconds());
    }
    let actions: HashMap<_, &GraphAction> =
        transition.synapses.iter().map(|synapse| (synapse.action.id, &synapse.action)).collect();
    for (number, synapse) in transition.synapses.iter().enumerate() {
        let inputs = synapse.inputs.iter().filter_map(|input| actions.get(input).copied());
        root = root.child(self::synapse(number, synapse, inputs, header));
    }
    root.finish()
}

fn synapse<'a>(
    number: usize,
    synapse: &Synapse,
    inputs: impl Iterator<Item = &'a GraphAction>,
    header: &Header<'_>,
) -> Build {
    let mut element = Build::new("synapse").with("id", number);
    if synapse.priority.value() > 0 {
        element = element.with("priority", synapse.priority.value());
    }
    let triggers = inputs.map(|input| Build::new("trigger").child(action(input)));
    element
        .child(Build::new("action_set").child(detailed(&synapse.action, header)))
        .child(Build::new("inputs").children(triggers))
}

/// What names an action.
fn action(action: &GraphAction) -> Build {
    let name = match action.carrier {
        Carrier::Agent => "rsc_op",
        Carrier::Cluster => "crm_event",
        Carrier::Nobody => "pseudo_event",
    };
    let mut element = Build::new(name)
        .with("id", action.id.number())
        .with("operation", &action.task)
        .with("operation_key", &action.key);
    if let Some(key) = &action.internal_key {
        element = element.with("internal_operation_key", key);
    }
    if let Some((name, id)) = &action.node {
        element = element.with("on_node", name).with("on_node_uuid", id);
    }
    match &action.router {
        Some(router) => element.with("router_node", router),
        None => element,
    }
}

/// An action with all that carries it out has to know.
fn detailed(action: &GraphAction, header: &Header<'_>) -> Build {
    let mut element = self::action(action);
    if let Some(since) = action.shutdown_lock {
        element = element.with("shutdown-lock", since.seconds());
    }
    if let Some(primitive) = &action.primitive {
        let mut named = Build::new("primitive").with("id", &primitive.id);
        if let Some(long) = &primitive.long_id {
            named = named.with("long-id", long);
        }
        named = named.with("class", &primitive.agent.class);
        if let Some(provider) = &primitive.agent.provider {
            named = named.with("provider", provider);
        }
        element = element.child(named.with("type", &primitive.agent.kind));
    }
    element = element.child(attributes(action, header));
    if !action.downed.is_empty() {
        let nodes = action.downed.iter().map(|id| Build::new("node").with("id", id));
        element = element.child(Build::new("downed").children(nodes));
    }
    element
}

/// A name that begins with a digit is none in XML.
fn attributes(action: &GraphAction, header: &Header<'_>) -> Build {
    let told = action.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let is_number = |name: &str| name.starts_with(|first: char| first.is_ascii_digit());
    let (numbers, mut named): (Vec<_>, Vec<_>) = told.partition(|(name, _)| is_number(name));
    named.push(("crm_feature_set", header.feature_set));
    named.sort_unstable();
    let element =
        named.into_iter().fold(Build::new("attributes"), |it, (name, value)| it.with(name, value));
    element.children(
        numbers
            .into_iter()
            .map(|(name, value)| Build::new("param").with("name", name).with("value", value)),
    )
}
