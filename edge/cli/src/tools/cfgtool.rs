//! `corosync-cfgtool`: this node's links, and orders to the cluster's communication.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::Connection;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use api::{LinkReport, NodeReport, PeerReport, Request};
use base::NodeId;
use report::rings::{Detail, Link, LinkState, Links};
use std::collections::BTreeSet;

const LINE: CommandLine = CommandLine {
    name: "corosync-cfgtool",
    purpose: "shows the links of this node, and gives orders to the cluster's communication",
    words: "",
    choices: &[
        flag("s", "status", "show all links and who is heard on them"),
        flag("b", "brief", "with -s: a character for each node"),
        flag("", "legacy", "with -s: as Corosync 1 and 2 showed rings"),
        flag("n", "nodes", "show all nodes that are heard, with their links"),
        value("i", "if", "with -s and -n: the link of this number or address only"),
        value("a", "address", "show the addresses of the node of this number"),
        flag("R", "reload", "have all nodes read corosync.conf again"),
        value("k", "kill", "end the daemon of the node of this number"),
        flag("H", "shutdown", "stop what runs on this node, then its daemon"),
        flag("", "force", "accepted for the sake of scripts: nothing vetoes -H"),
        flag("L", "reopen", "nothing to do: the log is standard error"),
        flag("r", "reset", "nothing to do: links come back by themselves"),
        flag("h", "help", "show this text"),
    ],
};

/// What there is to do, of which one is done.
const DEEDS: [&str; 9] =
    ["status", "nodes", "address", "reload", "kill", "shutdown", "reopen", "reset", "help"];

/// `corosync-cfgtool`
pub(crate) fn cfgtool(args: &[String]) -> Outcome {
    run(args).map_err(|failure| match failure {
        // Corosync's tool has no other code for what goes wrong.
        Failure::Usage(text) => Failure::Other(text),
        other => other,
    })
}

fn run(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    if let Some(word) = given.words.first() {
        return Err(Failure::Usage(format!("`{word}` is no option; `{} -h` lists all", LINE.name)));
    }
    let connection = Connection::to_node();
    match given.first_of(&DEEDS) {
        Some("status") => print(&status(&links_of(&connection, &given)?, &given)),
        Some("nodes") => print(&peers(&links_of(&connection, &given)?)),
        Some("address") => {
            let node = number(&given, "address")?;
            line(&addresses(&connection.node()?, node)?);
        }
        Some("reload") => {
            line("Reloading corosync.conf...");
            if let Err(failure) = connection.change(&Request::Reload) {
                let why = failure.to_string().replace('\n', "; ");
                line(&format!("ERROR from reload: {why} - see syslog for more information"));
                return Err(failure);
            }
            line("Done");
        }
        Some("kill") => {
            let node = number(&given, "kill")?;
            line(&format!("Killing node {node}"));
            connection.change(&Request::Kill { node })?;
        }
        Some("shutdown") => {
            line("Shutting down corosync");
            connection.change(&Request::Shutdown)?;
        }
        Some("reset") => line("Re-enabling all failed rings."),
        Some("reopen") => {}
        _ => {
            return Err(Failure::Usage(format!(
                "say what to do, for example -s or -n; `{} -h` lists all",
                LINE.name
            )));
        }
    }
    DONE
}

fn number(given: &Parsed, key: &str) -> Result<u32, Failure> {
    let number = given.required(key)?.parse();
    number.map_err(|_| Failure::Usage(format!("--{key} needs the number of a node")))
}

/// The node, with the links that are asked for.
fn links_of(connection: &Connection, given: &Parsed) -> Result<NodeReport, Failure> {
    let mut node = connection.node()?;
    if let Some(ring) = given.value("if") {
        node.links.retain(|link| link.ring.to_string() == ring || link.address == ring);
        if node.links.is_empty() {
            return Err(Failure::NoSuchObject(format!("there is no link {ring} here")));
        }
    }
    Ok(node)
}

fn status(node: &NodeReport, given: &Parsed) -> String {
    let links = links(node);
    match (given.has("legacy"), given.has("brief")) {
        (true, _) => report::rings::legacy(&links),
        (false, true) => report::rings::links(&links, Detail::Brief),
        (false, false) => report::rings::links(&links, Detail::Full),
    }
}

fn links(node: &NodeReport) -> Links {
    let peer = |peer: &PeerReport| {
        let state = match peer.connected {
            true => LinkState::Connected,
            false => LinkState::Disconnected,
        };
        (NodeId(peer.id), state)
    };
    let link = |link: &LinkReport| Link {
        ring: link.ring,
        address: link.address.clone(),
        peers: link.peers.iter().map(peer).collect(),
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
    let heard: BTreeSet<u32> = all.filter(|peer| peer.connected).map(|peer| peer.id).collect();
    for id in heard {
        text.push_str(&format!("nodeid: {id} reachable\n"));
        for link in &node.links {
            for peer in link.peers.iter().filter(|peer| peer.id == id) {
                let word = if peer.connected { " connected" } else { "" };
                let (ring, own, mtu) = (link.ring, &link.address, peer.datagram);
                let address = &peer.address;
                text.push_str(&format!(
                    "   LINK: {ring} udp ({own}->{address}) enabled{word} mtu: {mtu}\n"
                ));
            }
        }
        text.push('\n');
    }
    text
}

/// A node's addresses, by link.
fn addresses(node: &NodeReport, id: u32) -> Result<String, Failure> {
    let of_link = |link: &LinkReport| {
        let found = link.peers.iter().find(|peer| peer.id == id);
        let own = (node.id == id).then(|| link.address.clone());
        own.or_else(|| found.map(|peer| peer.address.clone())).filter(|address| !address.is_empty())
    };
    let found: Vec<String> = node.links.iter().filter_map(of_link).collect();
    if found.is_empty() {
        return Err(Failure::NoSuchObject(format!(
            "there is no node {id} here; `corosync-cfgtool -s` shows the numbers"
        )));
    }
    Ok(found.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodeReport {
        let peer = |ring, id, connected| PeerReport {
            id,
            address: format!("10.77.{ring}.{id}"),
            connected,
            datagram: if connected { 1397 } else { 0 },
            ..PeerReport::default()
        };
        let link = |ring, connected| LinkReport {
            ring,
            address: format!("10.77.{ring}.1"),
            peers: vec![peer(ring, 2, connected), peer(ring, 3, false)],
            ..LinkReport::default()
        };
        NodeReport { id: 1, links: vec![link(0, true), link(1, false)], ..NodeReport::default() }
    }

    fn parsed(args: &[&str]) -> Parsed {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        LINE.read(&args).expect("good")
    }

    #[test]
    fn links_are_shown_as_corosync_shows_them() {
        let full = "Local node ID 1, transport knet\n\
            LINK ID 0 udp\n\taddr\t= 10.77.0.1\n\tstatus:\n\
            \t\tnodeid:          1:\tlocalhost\n\
            \t\tnodeid:          2:\tconnected\n\
            \t\tnodeid:          3:\tdisconnected\n\
            LINK ID 1 udp\n\taddr\t= 10.77.1.1\n\tstatus:\n\
            \t\tnodeid:          1:\tlocalhost\n\
            \t\tnodeid:          2:\tdisconnected\n\
            \t\tnodeid:          3:\tdisconnected\n";
        let brief = "Local node ID 1, transport knet\n\
            LINK ID 0 udp\n\taddr\t= 10.77.0.1\n\tstatus\t= n31\n\
            LINK ID 1 udp\n\taddr\t= 10.77.1.1\n\tstatus\t= n11\n";
        let legacy = "Printing ring status.\nLocal node ID 1\n\
            RING ID 0\n\tid\t= 10.77.0.1\n\tstatus\t= ring 0 active with no faults\n\
            RING ID 1\n\tid\t= 10.77.1.1\n\
            \tstatus\t= Marking ringid 1 interface 10.77.1.1 FAULTY\n";
        for (args, expected) in [
            (&["-s"] as &[&str], full),
            (&["-sb"], brief),
            (&["--status", "--brief"], brief),
            (&["-s", "--legacy"], legacy),
        ] {
            assert_eq!(status(&node(), &parsed(args)), expected, "{args:?}");
        }
        let alone = LinkReport { peers: Vec::new(), ..node().links[1].clone() };
        let alone = NodeReport { links: vec![alone], ..node() };
        let said = status(&alone, &parsed(&["-s", "--legacy"]));
        assert!(said.ends_with("= ring 1 active with no faults\n"), "nobody is missed: {said}");
    }

    #[test]
    fn only_peers_that_are_heard_are_listed() {
        let expected = "Local node ID 1, transport knet\nnodeid: 2 reachable\n\
            \x20  LINK: 0 udp (10.77.0.1->10.77.0.2) enabled connected mtu: 1397\n\
            \x20  LINK: 1 udp (10.77.1.1->10.77.1.2) enabled mtu: 0\n\n";
        assert_eq!(peers(&node()), expected);
    }

    #[test]
    fn addresses_stand_in_a_line() {
        assert_eq!(addresses(&node(), 1).expect("it is here"), "10.77.0.1 10.77.1.1");
        assert_eq!(addresses(&node(), 3).expect("it is known"), "10.77.0.3 10.77.1.3");
        assert!(addresses(&node(), 4).is_err());
    }

    #[test]
    fn what_goes_wrong_is_told_before_anything_is_asked() {
        for args in [&[] as &[&str], &["-z"], &["-k", "oss1"], &["-a", "x"], &["-k"], &["-s", "x"]]
        {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            assert!(matches!(cfgtool(&args), Err(Failure::Other(_))), "{args:?}: code 1, not 2");
        }
        assert!(matches!(cfgtool(&["-h".into()]), Err(Failure::Help(_))));
    }
}
