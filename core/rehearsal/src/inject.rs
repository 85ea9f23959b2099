//! Changes to the state before anything is decided, as people ask for them.

use crate::events::Modification;
use crate::history::{self, Outcome};
use crate::nodes;
use crate::spec::{Spec, SpecError};
use base::WallTime;
use cluster::{
    Agent, AttributeSet, Configuration, NodeEntry, NodeStatus, Nvpair, Score, Status, TicketState,
    exit_code, fail_count_name, last_failure_name,
};
use std::collections::BTreeMap;

/// What is to become of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketChange {
    /// This site has it.
    Grant,
    /// This site has it no longer.
    Revoke,
    /// It is about to be taken away in order.
    Standby,
    /// It is not.
    Activate,
}

/// A change that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Injection {
    /// Whether there is an active watchdog.
    Watchdog(String),
    /// A node comes.
    NodeUp(String),
    /// A node leaves in order.
    NodeDown(String),
    /// A node is lost.
    NodeFailed(String),
    /// A ticket becomes something else.
    Ticket(String, TicketChange),
    /// An operation has ended like that: `ost0_monitor_10000@oss1=7`.
    Operation(String),
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectionError {
    /// The operation is not written as it should be.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no such resource.
    #[error("Invalid resource name: {0}")]
    UnknownResource(String),
    /// There is no such node.
    #[error("Invalid node name: {0}")]
    UnknownNode(String),
}

/// Makes a change, and says what was changed by it. `agent_of` knows the agents of resources.
///
/// # Errors
/// When it names what is not there; what was said before that is done.
pub fn inject(
    injection: &Injection,
    (configuration, status): (&mut Configuration, &mut Status),
    agent_of: impl Fn(&str) -> Option<Agent>,
    now: WallTime,
) -> (Vec<Modification>, Result<(), InjectionError>) {
    let mut said = Vec::new();
    let done = match injection {
        Injection::Watchdog(value) => {
            said.push(Modification::Watchdog(value.clone()));
            set_property(configuration, "have-watchdog", value);
            Ok(())
        }
        Injection::NodeUp(name) => {
            said.push(Modification::NodeUp(name.clone()));
            if configuration.node(name).is_none() {
                let (id, name) = (name.clone(), name.clone());
                configuration.nodes.push(NodeEntry { id, name, ..NodeEntry::default() });
            }
            change_node(configuration, status, name, nodes::bring_up)
        }
        Injection::NodeDown(name) => {
            said.push(Modification::NodeDown(name.clone()));
            change_node(configuration, status, name, nodes::bring_down)
        }
        Injection::NodeFailed(name) => {
            said.push(Modification::NodeFailed(name.clone()));
            change_node(configuration, status, name, nodes::lose)
        }
        Injection::Ticket(ticket, change) => {
            said.push(change_ticket(status, ticket, *change));
            Ok(())
        }
        Injection::Operation(text) => {
            said.push(Modification::Operation(text.clone()));
            operation((configuration, status), text, agent_of, now, &mut said)
        }
    };
    (said, done)
}

fn set_property(configuration: &mut Configuration, name: &str, value: &str) {
    let mut pairs = configuration.properties.iter_mut().flat_map(|set| &mut set.pairs);
    if let Some(pair) = pairs.find(|pair| pair.name == name) {
        pair.value = Some(value.to_owned());
        return;
    }
    if configuration.properties.is_empty() {
        let id = "cib-bootstrap-options".into();
        configuration.properties.push(AttributeSet { id, ..AttributeSet::default() });
    }
    if let Some(set) = configuration.properties.first_mut() {
        let id = format!("{}-{name}", set.id);
        set.pairs.push(Nvpair {
            id,
            name: name.to_owned(),
            value: Some(value.to_owned()),
            ..Nvpair::default()
        });
    }
}

fn change_node(
    configuration: &Configuration,
    status: &mut Status,
    name: &str,
    change: impl Fn(&mut NodeStatus),
) -> Result<(), InjectionError> {
    let found = nodes::find_or_add(status, configuration, (name, None));
    let (_, node) = found.ok_or_else(|| InjectionError::UnknownNode(name.to_owned()))?;
    change(node);
    Ok(())
}

fn change_ticket(status: &mut Status, ticket: &str, change: TicketChange) -> Modification {
    let state: &mut TicketState = status.tickets.entry(ticket.to_owned()).or_default();
    // What stands beside these as it was written says something else now.
    state.attributes.retain(|name, _| !matches!(name.as_str(), "granted" | "standby"));
    let how = match change {
        TicketChange::Grant => {
            state.granted = true;
            "Granting"
        }
        TicketChange::Revoke => {
            state.granted = false;
            "Revoking"
        }
        TicketChange::Standby => {
            state.standby = true;
            "Standby"
        }
        TicketChange::Activate => {
            state.standby = false;
            "Activating"
        }
    };
    Modification::Ticket { how, ticket: ticket.to_owned() }
}

fn operation(
    (configuration, status): (&Configuration, &mut Status),
    text: &str,
    agent_of: impl Fn(&str) -> Option<Agent>,
    now: WallTime,
    said: &mut Vec<Modification>,
) -> Result<(), InjectionError> {
    let spec = Spec::parse(text)?;
    let agent = agent_of(&spec.resource)
        .ok_or_else(|| InjectionError::UnknownResource(spec.resource.clone()))?;
    let found = nodes::find_or_add(status, configuration, (&spec.node, None));
    let (id, node) = found.ok_or_else(|| InjectionError::UnknownNode(spec.node.clone()))?;
    said.extend(count_failure((id, node), &spec, Fatal::No, now));
    let (name, history) = history::of(node, (&spec.resource, &spec.resource), &agent);
    let outcome = Outcome {
        task: &spec.task,
        interval: spec.interval,
        code: spec.code,
        expected: exit_code::OK,
        attributes: &BTreeMap::new(),
        now,
    };
    history::write(&name, history, &outcome);
    Ok(())
}

/// Whether one failure is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fatal {
    /// It is not.
    No,
    /// It is.
    Yes,
}

/// Counts a failure. What a probe misses has not failed.
pub(crate) fn count_failure(
    (id, node): (&str, &mut NodeStatus),
    spec: &Spec,
    fatal: Fatal,
    now: WallTime,
) -> Vec<Modification> {
    let is_idle = spec.code == exit_code::NOT_RUNNING && spec.interval.is_zero();
    if spec.code == exit_code::OK || is_idle {
        return Vec::new();
    }
    let name = fail_count_name(&spec.resource, &spec.task, spec.interval);
    let before = node.attributes.get(&name).and_then(|text| Score::parse(text));
    let (count, value) = match fatal {
        Fatal::Yes => (Score::INFINITY, Score::INFINITY.to_string()),
        Fatal::No => (before.unwrap_or_default() + Score::new(1), "value++".to_owned()),
    };
    node.attributes.insert(name.clone(), count.to_string());
    let count = Modification::Attribute { name, value, node: id.to_owned() };
    let name = last_failure_name(&spec.resource, &spec.task, spec.interval);
    let value = now.seconds().to_string();
    node.attributes.insert(name.clone(), value.clone());
    vec![count, Modification::Attribute { name, value, node: id.to_owned() }]
}
