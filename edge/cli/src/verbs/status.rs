//! `systole status`: the cluster for people, for programs, and for those who wait for it.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::connection::Connection;
use crate::output::{Form, tell};
use crate::picture::Picture;
use crate::terminal::interrupt;
use crate::terminal::paint;
use api::{ClientError, MemberReport, NodeReport};
use cluster::{NodeStatus, secret};
use jiff::tz::TimeZone;
use report::friendly::{Colour, SilentRing};
use report::monitor::FenceOutcome;
use scheduler::Situation;
use scheduler::index::ResourceIndex;
use scheduler::model::Node;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Shows the cluster.
pub(crate) fn show(connection: &Connection, form: Form) -> Outcome {
    let picture = Picture::take(connection)?;
    match form {
        Form::Text => print(&text(&picture, &fencing_failed(connection, &picture)?)),
        Form::Json => tell(as_json(&picture)),
    }
    DONE
}

/// The nodes whose last fencing has failed; a CIB from a file tells nothing of it.
fn fencing_failed(connection: &Connection, picture: &Picture) -> Result<Vec<String>, Failure> {
    if picture.node.is_none() {
        return Ok(Vec::new());
    }
    let mut seen = BTreeSet::new();
    let newest_first = crate::fencing::history_of(connection)?.into_iter();
    let last = newest_first.filter(|event| seen.insert(event.target.clone()));
    let failed = last.filter(|event| matches!(event.outcome, FenceOutcome::Failed(_)));
    Ok(failed.map(|event| event.target).collect())
}

/// The rings on which this node does not hear other members.
fn silent_rings(node: &NodeReport) -> Vec<SilentRing> {
    let members = node.view.iter().flat_map(|view| &view.members);
    let others: Vec<&MemberReport> = members.filter(|member| member.id != node.id).collect();
    let silent = node.links.iter().map(|link| {
        let hears = |id| link.peers.iter().any(|peer| peer.id == id && peer.connected);
        let unheard = others.iter().filter(|member| !hears(member.id));
        SilentRing {
            ring: link.ring,
            here: node.name.clone(),
            unheard: unheard.map(|member| member.name.clone()).collect(),
        }
    });
    silent.filter(|ring| !ring.unheard.is_empty()).collect()
}

/// What is wrong with the node that is asked, each once: all its rings may say the same.
fn warnings(node: &NodeReport) -> Vec<&String> {
    let mut lines: Vec<&String> = Vec::new();
    for line in node.warnings.iter().chain(node.links.iter().flat_map(|link| &link.warnings)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn text(picture: &Picture, fencing_failed: &[String]) -> String {
    let situation = picture.situation();
    let coordinator = picture.coordinator();
    let silent = picture.node.as_ref().map(silent_rings).unwrap_or_default();
    let colour = if paint::is_wanted() { Colour::Ansi } else { Colour::Plain };
    let shown = report::friendly::Picture {
        situation: &situation,
        coordinator: coordinator.as_deref(),
        zone: TimeZone::system(),
        silent: &silent,
        fencing_failed,
    };
    let mut text = report::friendly::text(&shown, colour);
    if let Some(node) = &picture.node {
        for line in warnings(node) {
            text.push_str(&format!("\n{}: {line}\n", node.name));
        }
    }
    if picture.node.as_ref().is_some_and(|node| !node.joined) {
        text.push_str("\nThis node has not joined: what it shows may be older than the cluster.\n");
    }
    text
}

fn as_json(picture: &Picture) -> Value {
    let situation = picture.situation();
    json!({
        "node": picture.node.as_ref().and_then(|node| serde_json::to_value(node).ok()),
        "quorate": picture.has_quorum(),
        "coordinator": picture.coordinator(),
        "configuration": picture.cib.configuration.version.to_string(),
        "nodes": nodes_as_json(&situation, |_| true),
        "resources": resources_as_json(&situation, &[]),
    })
}

/// The nodes whose names are wanted.
pub(crate) fn nodes_as_json(
    situation: &Situation<'_>,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<Value> {
    let nodes = situation.nodes.values().filter(|node| is_wanted(&node.name));
    nodes.map(node_json).collect()
}

/// The primitives of these names, and those inside of what is called so; all of them where none is
/// named.
pub(crate) fn resources_as_json(situation: &Situation<'_>, names: &[String]) -> Vec<Value> {
    let is_meant = |index: ResourceIndex| {
        let top = &situation.resources[situation.top_of(index, true)].id;
        let resource = &situation.resources[index];
        names.is_empty() || names.contains(&resource.id) || names.contains(top)
    };
    let primitives = situation.resources.iter().filter(|(_, resource)| resource.is_primitive());
    let meant = primitives.filter(|(index, _)| is_meant(*index));
    meant.map(|(index, _)| resource_json(situation, index)).collect()
}

fn node_json(node: &Node<'_>) -> Value {
    let presence = match (node.is_pending, node.is_online) {
        (true, _) => "pending",
        (false, true) => "online",
        (false, false) => "offline",
    };
    json!({
        "id": node.id,
        "name": node.name,
        "presence": presence,
        "unclean": node.is_unclean,
        "why-unclean": node.fence_reason,
        "standby": node.is_standby || node.is_standby_on_fail,
        "maintenance": node.is_in_maintenance,
        "attributes": node.status.map(attributes),
    })
}

fn resource_json(situation: &Situation<'_>, index: ResourceIndex) -> Value {
    let resource = &situation.resources[index];
    let active: Vec<Value> = resource
        .running_on
        .iter()
        .map(|node| {
            let pending = resource.pending.filter(|pending| pending.node == *node);
            json!({
                "node": situation.nodes[*node].name,
                "role": resource.role.name(),
                "under-way": pending.map(|pending| pending.task.name()),
                "failed": resource.has_failed,
            })
        })
        .collect();
    json!({
        "id": resource.id,
        "resource": situation.resources[situation.top_of(index, true)].id,
        "managed": resource.is_managed,
        "blocked": resource.is_blocked,
        "held": resource.must_stop,
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

/// Between two questions. On a machine with a lab of 64 nodes all of them ask.
const AGAIN: Duration = Duration::from_millis(50);

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
        interrupt::pause(AGAIN)?;
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

/// What agents and people said of a node until it leaves, without secrets.
fn attributes(status: &NodeStatus) -> BTreeMap<&str, &str> {
    let all = status.attributes.iter();
    all.map(|(name, value)| (name.as_str(), secret::shown(name, value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{LinkReport, PeerReport, ViewReport};

    #[test]
    fn ready_means_joined_and_enough() {
        let mut node = NodeReport { name: "oss1".into(), ..NodeReport::default() };
        assert!(!is_ready(&node, 1));
        let member = MemberReport { id: 1, name: "oss1".into(), votes: 1 };
        node.view = Some(ViewReport { members: vec![member], ..ViewReport::default() });
        assert!(!is_ready(&node, 1));
        assert_eq!(standing(&node), "oss1 has not joined yet and sees: oss1");
        node.joined = true;
        assert!(is_ready(&node, 1));
        assert!(!is_ready(&node, 2));
    }

    #[test]
    fn a_ring_is_silent_where_a_member_is_not_heard() {
        let member = |id, name: &str| MemberReport { id, name: name.into(), votes: 1 };
        let members = vec![member(1, "oss1"), member(2, "oss2")];
        let peer = |id, connected| PeerReport { id, connected, ..PeerReport::default() };
        // Node 3 is no member: nobody expects to hear it.
        let link = |ring, connected| LinkReport {
            ring,
            peers: vec![peer(2, connected), peer(3, false)],
            ..LinkReport::default()
        };
        let node = NodeReport {
            id: 1,
            name: "oss1".into(),
            view: Some(ViewReport { members, ..ViewReport::default() }),
            links: vec![link(0, true), link(1, false)],
            ..NodeReport::default()
        };
        let (here, unheard) = ("oss1".into(), vec!["oss2".into()]);
        assert_eq!(silent_rings(&node), [SilentRing { ring: 1, here, unheard }]);
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
