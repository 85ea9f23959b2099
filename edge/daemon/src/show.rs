//! What this node knows, in the words of the API.

use crate::colleagues::{Answer, Answers};
use crate::groups::Directory;
use api::{
    ArbiterReport, EventReport, LinkReport, MemberReport, NamedGroupReport, NodeReport,
    ProcessReport, RingsReport, ViewReport,
};
use base::NodeId;
use cib::Cib;
use group::processes::{GroupName, Process};
use group::{ArbiterVote, LinkId, View};
use jiff::tz::TimeZone;
use manager::{Event, EventKind, Identity, Snapshot};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::rings::RingReport;

/// What we present to tools and agents as Pacemaker's version: that of Debian 12, so that its
/// crmsh and pcs take us for what they know.
pub const PRESENTED_VERSION: &str = "2.1.5";
/// The feature set that goes with it.
pub const CRM_FEATURE_SET: &str = "3.16.2";
/// The schema that goes with it.
pub const SCHEMA: &str = "pacemaker-3.9";

/// The whole CIB, as `cibadmin -Q` gives it.
pub(crate) fn cib(snapshot: &Snapshot) -> Cib {
    let state = &snapshot.state;
    let mut cib = Cib {
        configuration: state.configuration.as_ref().clone(),
        status: state.status.clone(),
        ..Cib::default()
    };
    cib.set_attribute("crm_feature_set", CRM_FEATURE_SET);
    cib.set_attribute("validate-with", SCHEMA);
    cib.set_attribute("have-quorum", if state.has_quorum { "1" } else { "0" });
    if let Some(change) = &state.revisions.newest() {
        let (user, client) = change.by.split_once(" via ").unwrap_or((&change.by, ""));
        cib.set_attribute("cib-last-written", &report::date(change.at, &TimeZone::system()));
        cib.set_attribute("update-origin", &change.origin);
        cib.set_attribute("update-client", client);
        cib.set_attribute("update-user", user);
    }
    if let Some(view) = &snapshot.view {
        cib.set_attribute("dc-uuid", &view.coordinator().to_string());
    }
    cib
}

/// How this node sees the cluster.
pub(crate) fn node(
    me: &Identity,
    links: Vec<LinkReport>,
    snapshot: &Snapshot,
    rings: Option<&RingReport>,
) -> NodeReport {
    NodeReport {
        id: me.node.0,
        name: me.name.clone(),
        joined: snapshot.joined,
        view: snapshot.view.as_ref().map(|v| view(me, snapshot, v, rings)),
        links,
        foreign_packets: rings.map_or(0, |rings| rings.counters.foreign),
        warnings: warnings(snapshot),
        views_installed: rings.map_or(0, |rings| rings.counters.views),
        suspicions: rings.map_or(0, |rings| rings.history.suspicions),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What a person who asks this node has to know beside the state.
fn warnings(snapshot: &Snapshot) -> Vec<String> {
    let clock = snapshot.clock_off.iter().map(ToString::to_string);
    clock.chain(snapshot.waits.iter().map(ToString::to_string)).collect()
}

pub(crate) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// What all members say of their links.
pub(crate) fn rings(me: &Identity, snapshot: &Snapshot, answers: Answers) -> Vec<RingsReport> {
    let report = |(node, outcome): (NodeId, Result<Answer, String>)| {
        let id = node.0;
        match outcome {
            Ok(Answer::Rings { name, links }) => RingsReport { id, name, links, failure: None },
            Ok(_) => {
                let failure = Some("it has answered another question".to_owned());
                RingsReport { id, name: name(me, snapshot, node), links: Vec::new(), failure }
            }
            Err(why) => {
                let (name, links) = (name(me, snapshot, node), Vec::new());
                RingsReport { id, name, links, failure: Some(why) }
            }
        }
    };
    answers.into_iter().map(report).collect()
}

/// A node that was found on the network is known by its number until it has said its name.
fn name(me: &Identity, snapshot: &Snapshot, node: NodeId) -> String {
    match snapshot.state.node_name(node) {
        number if number == node.to_string() => me.nodes.get(&node).cloned().unwrap_or(number),
        said => said,
    }
}

fn view(me: &Identity, snapshot: &Snapshot, view: &View, rings: Option<&RingReport>) -> ViewReport {
    // The manager's view and the rings' may be of two moments.
    let installed = rings.and_then(|rings| rings.history.view).filter(|(id, _)| *id == view.id);
    let voters = &view.quorum.voters;
    let votes = |node: NodeId| {
        voters.iter().find(|voter| voter.node == node).map_or(0, |voter| voter.votes)
    };
    ViewReport {
        id: view.id.to_string(),
        installed_at: installed.map(|(_, at)| microseconds(at.since_start())),
        members: view
            .nodes()
            .into_iter()
            .map(|node| MemberReport {
                id: node.0,
                name: name(me, snapshot, node),
                votes: votes(node),
            })
            .collect(),
        coordinator: name(me, snapshot, view.coordinator()),
        quorate: view.quorum.quorate,
        quorum: view.quorum.to_string(),
        votes: view.quorum.votes,
        expected_votes: view.quorum.expected,
        needed_votes: view.quorum.needed,
        highest_expected: view.quorum.highest_expected,
        flags: view.quorum.flags.iter().map(ToString::to_string).collect(),
        arbiter: view.quorum.arbiter.map(arbiter),
    }
}

fn arbiter(arbiter: group::Arbiter) -> ArbiterReport {
    let vote = match arbiter.vote {
        ArbiterVote::Granted => "granted",
        ArbiterVote::Withheld => "withheld",
        ArbiterVote::Unknown => "unknown",
    };
    ArbiterReport { votes: arbiter.votes, vote: vote.to_owned() }
}

/// An event.
pub(crate) fn event(event: &Event) -> EventReport {
    let mut report = EventReport {
        number: event.number,
        at_ms: event.at.0,
        text: event.kind.to_string(),
        ..EventReport::default()
    };
    let (kind, subject) = match &event.kind {
        EventKind::Suspected { node, .. } => ("suspected", node.clone()),
        EventKind::View { members, .. } => ("view", members.join(" ")),
        EventKind::Quorum { quorate, .. } => {
            report.failed = !quorate;
            ("quorum", if *quorate { "regained" } else { "lost" }.to_owned())
        }
        EventKind::Joined { node } => ("joined", node.clone()),
        EventKind::Departed { node } => ("departed", node.clone()),
        EventKind::FencingStarted { target, by, how, .. } => {
            report.node = Some(by.clone());
            report.task = Some(how.name().to_owned());
            ("fencing-started", target.clone())
        }
        EventKind::FencingEnded { target, failure, .. } => {
            report.failed = failure.is_some();
            ("fencing-ended", target.clone())
        }
        EventKind::ConfirmedDown { target, .. } => ("confirmed-down", target.clone()),
        EventKind::Action { instance, node, task, failure, .. } => {
            report.node = Some(node.clone());
            report.task = Some(task.name().to_owned());
            report.failed = failure.is_some();
            ("action", instance.clone())
        }
        EventKind::Configured { version, .. } => ("configured", version.to_string()),
        EventKind::Alarm { text } => {
            report.failed = true;
            ("alarm", text.clone())
        }
    };
    report.kind = kind.to_owned();
    report.subject = subject;
    report
}

/// Named groups and their members.
pub(crate) fn groups(
    directory: Directory,
    nodes: &BTreeMap<(LinkId, NodeId), SocketAddr>,
) -> Vec<NamedGroupReport> {
    let address = |id| nodes.iter().find(|((_, node), _)| *node == id);
    let process = |process: Process| ProcessReport {
        node: process.node.0,
        pid: process.pid,
        connection: process.connection.0,
        address: address(process.node).map(|(_, address)| address.ip().to_string()),
    };
    let report = |(name, members): (GroupName, Vec<Process>)| NamedGroupReport {
        name: name.to_string(),
        members: members.into_iter().map(process).collect(),
    };
    directory.into_iter().map(report).collect()
}
