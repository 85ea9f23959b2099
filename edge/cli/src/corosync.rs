//! `corosync-cfgtool` and `corosync-quorumtool`: links and votes.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::arguments::{CommandLine, Parsed, flag, value};
use crate::connection::Connection;
use api::{LinkReport, NodeReport};
use base::NodeId;
use jiff::tz::TimeZone;
use report::rings::{Detail, Flag, Link, LinkState, Links, Quorum, Voter};
use std::collections::BTreeSet;
use std::process::ExitCode;

const CFGTOOL: CommandLine = CommandLine {
    name: "corosync-cfgtool",
    purpose: "shows the links of this node",
    words: "",
    choices: &[
        flag("s", "status", "show all links and who is heard on them"),
        flag("b", "brief", "with a character for each node"),
        flag("n", "nodes", "show all nodes that are heard, with their links"),
        value("i", "if", "this link only"),
        flag("r", "reset", "nothing to do: links come back by themselves"),
    ],
};

/// `corosync-cfgtool`
pub(crate) fn cfgtool(args: &[String]) -> Outcome {
    let given = CFGTOOL.read(args)?;
    if given.has("reset") {
        print("Re-enabling all failed rings.\n");
        return DONE;
    }
    let Some(what) = given.first_of(&["status", "nodes"]) else {
        return Err(Failure::Usage("say what to show: -s or -n".into()));
    };
    let mut node = Connection::usual().node()?;
    if let Some(ring) = given.value("if") {
        node.links.retain(|link| link.ring.to_string() == ring || link.address == ring);
        if node.links.is_empty() {
            return Err(Failure::NoSuchObject(format!("there is no link {ring} here")));
        }
    }
    let detail = if given.has("brief") { Detail::Brief } else { Detail::Full };
    print(&if what == "nodes" {
        peers(&node)
    } else {
        report::rings::links(&links(&node), detail)
    });
    DONE
}

fn links(node: &NodeReport) -> Links {
    let link = |link: &LinkReport| Link {
        ring: link.ring,
        address: link.address.clone(),
        peers: link
            .peers
            .iter()
            .map(|peer| {
                let state = match peer.connected {
                    true => LinkState::Connected,
                    false => LinkState::Disconnected,
                };
                (NodeId(peer.id), state)
            })
            .collect(),
    };
    Links {
        local: NodeId(node.id),
        transport: "knet".into(),
        links: node.links.iter().map(link).collect(),
    }
}

/// Those who are heard on any link, in the layout of `corosync-cfgtool -n`.
fn peers(node: &NodeReport) -> String {
    let mut text = format!("Local node ID {}, transport knet\n", node.id);
    let all = node.links.iter().flat_map(|link| &link.peers);
    let heard: BTreeSet<u32> =
        all.filter(|peer| peer.connected && peer.id != node.id).map(|peer| peer.id).collect();
    for id in heard {
        text.push_str(&format!("nodeid: {id} reachable\n"));
        for link in &node.links {
            let connected = link.peers.iter().any(|peer| peer.id == id && peer.connected);
            let word = if connected { " connected" } else { "" };
            let (ring, address) = (link.ring, &link.address);
            text.push_str(&format!("   LINK: {ring} udp ({address}) enabled{word}\n"));
        }
        text.push('\n');
    }
    text
}

const QUORUMTOOL: CommandLine = CommandLine {
    name: "corosync-quorumtool",
    purpose: "shows votes and quorum; exit code 2 without quorum",
    words: "",
    choices: &[
        flag("s", "status", "show everything (also without options)"),
        flag("l", "list", "show the members only"),
        flag("i", "ip", "accepted for the sake of scripts"),
    ],
};

/// The exit code that tells scripts that there is no quorum.
const NOT_QUORATE: u8 = 2;

/// `corosync-quorumtool`
pub(crate) fn quorumtool(args: &[String]) -> Outcome {
    let given: Parsed = QUORUMTOOL.read(args)?;
    let node = Connection::usual().node()?;
    let quorum = quorum(&node);
    let text = report::rings::quorum(&quorum);
    let shown = match given.has("list") {
        true => text.find("Membership information").map_or("", |at| &text[at..]),
        false => &text,
    };
    print(shown);
    Ok(if quorum.is_quorate { ExitCode::SUCCESS } else { ExitCode::from(NOT_QUORATE) })
}

/// The votes as the node tells them.
fn quorum(node: &NodeReport) -> Quorum {
    let view = node.view.clone().unwrap_or_default();
    let mut flags = Vec::new();
    if view.two_node {
        flags.push(Flag::TwoNode);
    }
    if view.quorate {
        flags.push(Flag::Quorate);
    }
    if view.wait_for_all {
        flags.push(Flag::WaitForAll);
    }
    let members = view.members.iter().map(|member| Voter {
        id: NodeId(member.id),
        votes: 1,
        name: member.name.clone(),
    });
    Quorum {
        date: os::clock::wall(),
        zone: TimeZone::system(),
        local: NodeId(node.id),
        view: founder_and_number(&view.id),
        is_quorate: view.quorate,
        expected: view.expected_votes,
        highest_expected: view.expected_votes,
        needed: view.needed_votes,
        flags,
        members: members.collect(),
    }
}

/// A view's id is written `FOUNDER.NUMBER`, in hexadecimal digits.
fn founder_and_number(id: &str) -> (NodeId, u64) {
    let (founder, number) = id.split_once('.').unwrap_or(("0", id));
    let founder = u32::from_str_radix(founder, 16).unwrap_or(0);
    (NodeId(founder), u64::from_str_radix(number, 16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{MemberReport, PeerReport, ViewReport};

    fn node() -> NodeReport {
        let peer = |id, connected| PeerReport { id, connected, ..PeerReport::default() };
        let link = |ring, address: &str, connected| LinkReport {
            ring,
            address: address.into(),
            peers: vec![peer(2, connected), peer(3, false)],
            ..LinkReport::default()
        };
        let member = |id, name: &str| MemberReport { id, name: name.into() };
        NodeReport {
            id: 1,
            name: "oss1".into(),
            joined: true,
            links: vec![link(0, "10.77.0.1", true), link(1, "10.77.1.1", false)],
            view: Some(ViewReport {
                id: "1.2f".into(),
                members: vec![member(1, "oss1"), member(2, "oss2")],
                coordinator: "oss1".into(),
                quorate: true,
                quorum: "quorate: 2 of 3 votes, 2 needed; a majority of the votes is here".into(),
                votes: 2,
                expected_votes: 3,
                needed_votes: 2,
                ..ViewReport::default()
            }),
            ..NodeReport::default()
        }
    }

    #[test]
    fn links_are_shown_as_corosync_shows_them() {
        let text = report::rings::links(&links(&node()), Detail::Full);
        assert!(text.starts_with(
            "Local node ID 1, transport knet\nLINK ID 0 udp\n\taddr\t= 10.77.0.1\n\tstatus:\n"
        ));
        assert!(text.contains("\t\tnodeid:          2:\tconnected\n"), "{text}");
    }

    #[test]
    fn only_peers_that_are_heard_are_listed() {
        let expected = "Local node ID 1, transport knet\nnodeid: 2 reachable\n\
            \x20  LINK: 0 udp (10.77.0.1) enabled connected\n\
            \x20  LINK: 1 udp (10.77.1.1) enabled\n\n";
        assert_eq!(peers(&node()), expected);
    }

    #[test]
    fn votes_are_those_that_the_node_counts() {
        let counted = quorum(&node());
        assert_eq!((counted.expected, counted.needed), (3, 2));
        assert_eq!(counted.view, (NodeId(1), 0x2f));
        assert_eq!(counted.flags, [Flag::Quorate]);
        let alone = NodeReport { view: None, ..node() };
        assert!(!quorum(&alone).is_quorate);
    }
}
