//! `systole status`: the cluster for people, for programs, and for those who wait for it.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::Connection;
use crate::picture::Picture;
use api::{ClientError, NodeReport};
use jiff::tz::TimeZone;
use report::friendly::Colour;
use scheduler::Situation;
use scheduler::gather::{Management, NodeState, Presence};
use scheduler::index::InstanceIndex;
use serde_json::{Value, json};
use std::time::Duration;

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Shows the cluster.
pub(crate) fn show(connection: &Connection, form: Form) -> Outcome {
    let picture = Picture::take(connection)?;
    match form {
        Form::Text => print(&text(&picture)),
        Form::Json => line(&format!("{:#}", as_json(&picture))),
    }
    DONE
}

fn text(picture: &Picture) -> String {
    let situation = picture.situation();
    let coordinator = picture.coordinator();
    let colour = if os::terminal::output_is_terminal() { Colour::Ansi } else { Colour::Plain };
    let shown = report::friendly::Picture {
        situation: &situation,
        coordinator: coordinator.as_deref(),
        zone: TimeZone::system(),
    };
    let mut text = report::friendly::text(&shown, colour);
    if picture.node.as_ref().is_some_and(|node| !node.joined) {
        text.push_str("\nThis node has not joined: what it shows may be older than the cluster.\n");
    }
    text
}

fn as_json(picture: &Picture) -> Value {
    let situation = picture.situation();
    let nodes: Vec<Value> = situation.nodes.values().map(node_json).collect();
    let resources: Vec<Value> =
        situation.instances.keys().map(|instance| instance_json(&situation, instance)).collect();
    json!({
        "node": picture.node.as_ref().and_then(|node| serde_json::to_value(node).ok()),
        "quorate": picture.has_quorum(),
        "coordinator": picture.coordinator(),
        "configuration": picture.cib.configuration.version.to_string(),
        "nodes": nodes,
        "resources": resources,
    })
}

fn node_json(node: &NodeState<'_>) -> Value {
    let presence = match node.presence {
        Presence::Online => "online",
        Presence::Pending => "pending",
        Presence::Offline => "offline",
    };
    json!({
        "id": node.id,
        "name": node.name,
        "presence": presence,
        "unclean": node.unclean,
        "standby": node.standby.is_some(),
        "maintenance": node.is_in_maintenance,
        "attributes": node.status.map(|status| &status.attributes),
    })
}

fn instance_json(situation: &Situation<'_>, index: InstanceIndex) -> Value {
    let instance = &situation.instances[index];
    let active: Vec<Value> = instance
        .active
        .iter()
        .map(|activity| {
            json!({
                "node": situation.nodes[activity.node].name,
                "role": activity.role.name(),
                "under-way": activity.pending.map(scheduler::Task::name),
                "failed": activity.failure.is_some(),
            })
        })
        .collect();
    json!({
        "id": instance.id,
        "resource": situation.resources[situation.resource_of(index)].id,
        "managed": situation.management(index) == Management::Managed,
        "blocked": instance.blocked,
        "held": instance.held,
        "active": active,
    })
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// So many nodes have to be in the view.
    pub(crate) members: usize,
    /// For so long.
    pub(crate) timeout: Duration,
}

/// Between two questions.
const AGAIN: Duration = Duration::from_millis(10);

/// Waits until this node has joined and sees enough others. A node that is only just starting
/// does not answer yet, and is waited for as well.
pub(crate) fn wait(connection: &Connection, waiting: &Waiting) -> Outcome {
    let end = os::clock::monotonic() + waiting.timeout;
    loop {
        let said = match connection.node() {
            Ok(node) if is_ready(&node, waiting.members) => return DONE,
            Ok(node) => standing(&node),
            Err(Failure::Client(error @ ClientError::NotRunning { .. })) => error.to_string(),
            Err(failure) => return Err(failure),
        };
        if os::clock::monotonic() >= end {
            let (members, seconds) = (waiting.members, waiting.timeout.as_secs());
            return Err(Failure::TimedOut(format!(
                "no view of {members} nodes in {seconds} s: {said}"
            )));
        }
        std::thread::sleep(AGAIN);
    }
}

fn is_ready(node: &NodeReport, members: usize) -> bool {
    node.joined && node.view.as_ref().is_some_and(|view| view.members.len() >= members)
}

fn standing(node: &NodeReport) -> String {
    let members: Vec<&str> = node
        .view
        .iter()
        .flat_map(|view| view.members.iter().map(|member| member.name.as_str()))
        .collect();
    let joined = if node.joined { "has joined" } else { "has not joined yet" };
    format!("{} {joined} and sees: {}", node.name, members.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{MemberReport, ViewReport};

    #[test]
    fn ready_means_joined_and_enough() {
        let mut node = NodeReport { name: "oss1".into(), ..NodeReport::default() };
        assert!(!is_ready(&node, 1));
        let member = MemberReport { id: 1, name: "oss1".into() };
        node.view = Some(ViewReport { members: vec![member], ..ViewReport::default() });
        assert!(!is_ready(&node, 1));
        assert_eq!(standing(&node), "oss1 has not joined yet and sees: oss1");
        node.joined = true;
        assert!(is_ready(&node, 1));
        assert!(!is_ready(&node, 2));
    }

    #[test]
    fn json_says_where_things_are() {
        let text = "<cib have-quorum='1' dc-uuid='1'><configuration><nodes>\
            <node id='1' uname='oss1'/></nodes><resources>\
            <primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/></resources>\
            </configuration><status/></cib>";
        let picture = Picture::of_file(cib::read(text).expect("the text is right"));
        let told = as_json(&picture);
        assert_eq!(told["quorate"], true);
        assert_eq!(told["coordinator"], "oss1");
        assert_eq!(told["nodes"][0]["presence"], "offline");
        assert_eq!(told["resources"][0]["id"], "a");
        assert_eq!(told["resources"][0]["active"], json!([]));
    }
}
