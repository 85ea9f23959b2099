//! What happened while a transition was played, and what was changed before.

use rehearsal::{Event, Modification};

/// An event as a line, without bullet.
pub fn event(event: &Event) -> String {
    match event {
        Event::Point { key, node: None } => format!("Pseudo action:   {key}"),
        Event::Point { key, node: Some(node) } => format!("Pseudo action:   {key} on {node}"),
        Event::Agent { resource, task, interval, node } => match interval.as_millis() {
            0 => format!("Resource action: {resource:<15} {task} on {node}"),
            every => format!("Resource action: {resource:<15} {task}={every} on {node}"),
        },
        Event::Cluster { task, resource: None, node } => {
            format!("Cluster action:  {task} on {node}")
        }
        Event::Cluster { task, resource: Some(resource), node } => {
            format!("Cluster action:  {task} for {resource} on {node}")
        }
        Event::Fence { node, how } => format!("Fencing {node} ({how})"),
        Event::Failed { action, code } => {
            format!("Pretending action {} failed with rc={code}", action.number())
        }
        Event::Modified(modification) => self::modification(modification),
    }
}

/// A modification as a line, without bullet.
pub fn modification(modification: &Modification) -> String {
    match modification {
        Modification::Quorum(value) => format!("Setting quorum: {value}"),
        Modification::Watchdog(value) => format!("Setting watchdog: {value}"),
        Modification::NodeUp(node) => format!("Bringing node {node} online"),
        Modification::NodeDown(node) => format!("Taking node {node} offline"),
        Modification::NodeFailed(node) => format!("Failing node {node}"),
        Modification::Ticket { how: "Standby", ticket } => {
            format!("Making ticket {ticket} standby")
        }
        Modification::Ticket { how, ticket } => format!("{how} ticket {ticket}"),
        Modification::Operation(spec) => format!("Injecting {spec} into the configuration"),
        Modification::Attribute { name, value, node } => {
            format!("Injecting attribute {name}={value} into /node_state '{node}'")
        }
    }
}
