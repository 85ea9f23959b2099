//! `corosync-cfgtool`: links.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::arguments::{CommandLine, flag, value};
use crate::connection::Connection;
use api::{LinkReport, NodeReport};
use base::NodeId;
use report::rings::{Detail, Link, LinkState, Links};
use std::collections::BTreeSet;

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

#[cfg(test)]
mod tests {
    use super::*;
    use api::PeerReport;

    fn node() -> NodeReport {
        let peer = |id, connected| PeerReport { id, connected, round_trip_us: None };
        let link = |ring, address: &str, connected| LinkReport {
            ring,
            address: address.into(),
            peers: vec![peer(2, connected), peer(3, false)],
        };
        NodeReport {
            id: 1,
            name: "oss1".into(),
            joined: true,
            links: vec![link(0, "10.77.0.1", true), link(1, "10.77.1.1", false)],
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
}
