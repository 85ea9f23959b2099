//! `systole rings`: every link of the cluster, as both ends see it.

use crate::answer::{DONE, Outcome, print};
use crate::connection::{Connection, unexpected};
use crate::output::{Form, tell};
use api::{BondReport, LinkReport, PeerReport, Request, Response, RingsReport};
use report::network::{Link, Network, Place, Ring};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Shows them.
pub(crate) fn show(connection: &Connection, form: Form) -> Outcome {
    let nodes = match connection.ask(&Request::Rings)? {
        Response::Rings { nodes } => nodes,
        other => return Err(unexpected(&other)),
    };
    match form {
        Form::Text => print(&report::network::network(&network(&nodes))),
        Form::Json => tell(json!({ "nodes": nodes })),
    }
    DONE
}

fn network(nodes: &[RingsReport]) -> Network {
    let numbers: BTreeSet<u8> =
        nodes.iter().flat_map(|node| &node.links).map(|link| link.ring).collect();
    let names: BTreeMap<u32, &str> =
        nodes.iter().map(|node| (node.id, node.name.as_str())).collect();
    let peers = nodes.iter().flat_map(|node| &node.links).flat_map(|link| &link.peers);
    let absent: BTreeMap<u32, String> = peers
        .filter(|peer| !names.contains_key(&peer.id))
        .map(|peer| (peer.id, peer.name.clone()))
        .collect();
    let silent = nodes.iter().filter_map(|node| Some((node.name.clone(), node.failure.clone()?)));
    Network {
        rings: numbers.into_iter().map(|number| ring(number, nodes, &names)).collect(),
        absent: absent.into_values().collect(),
        silent: silent.collect(),
    }
}

fn ring(number: u8, nodes: &[RingsReport], names: &BTreeMap<u32, &str>) -> Ring {
    let mut ring = Ring { number, ..Ring::default() };
    for node in nodes {
        for link in node.links.iter().filter(|link| link.ring == number) {
            ring.places.push(place(&node.name, link));
            ring.links.extend(link.peers.iter().map(|peer| seen(&node.name, peer, names)));
        }
    }
    ring
}

fn place(node: &str, link: &LinkReport) -> Place {
    Place {
        node: node.to_owned(),
        address: link.address.clone(),
        interface: link.interface.clone(),
        bond: link.bond.as_ref().map(bond),
        warnings: link.warnings.clone(),
    }
}

fn bond(bond: &BondReport) -> String {
    let slave = |slave: &api::SlaveReport| {
        let state = if slave.is_up { "up" } else { "down" };
        let used = if bond.active.as_ref() == Some(&slave.name) { " (in use)" } else { "" };
        format!("{} {state}{used}", slave.name)
    };
    let slaves: Vec<String> = bond.slaves.iter().map(slave).collect();
    format!("{}: {}", bond.mode, slaves.join(", "))
}

/// A node that is no member has not told its name: it is called as the one end has it.
fn seen(from: &str, peer: &PeerReport, names: &BTreeMap<u32, &str>) -> Link {
    Link {
        from: from.to_owned(),
        to: names.get(&peer.id).map_or_else(|| peer.name.clone(), ToString::to_string),
        is_connected: peer.connected,
        since: Duration::from_millis(peer.since_ms),
        round_trip: peer.round_trip_us.map(Duration::from_micros),
        loss_per_mille: peer.loss_per_mille,
        datagram: peer.datagram,
        downs: peer.downs,
        failure: peer.failure.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::SlaveReport;

    #[test]
    fn what_nodes_tell_is_sorted_by_ring() {
        let peer = |id, name: &str| PeerReport { id, name: name.into(), ..PeerReport::default() };
        let link = |ring, peers| LinkReport { ring, peers, ..LinkReport::default() };
        let node =
            |id, name: &str, links| RingsReport { id, name: name.into(), links, failure: None };
        let nodes = [
            node(1, "oss1", vec![link(0, vec![peer(2, "2"), peer(9, "oss9")]), link(1, vec![])]),
            node(2, "oss2", vec![link(0, vec![peer(1, "oss1")])]),
            RingsReport { failure: Some("no".into()), ..node(3, "oss3", vec![]) },
        ];
        let network = network(&nodes);
        let ends = |ring: &Ring| -> Vec<String> {
            ring.links.iter().map(|link| format!("{}-{}", link.from, link.to)).collect()
        };
        assert_eq!(ends(&network.rings[0]), ["oss1-oss2", "oss1-oss9", "oss2-oss1"]);
        assert_eq!((network.rings[1].number, network.rings[1].places.len()), (1, 1));
        assert_eq!(network.absent, ["oss9"]);
        assert_eq!(network.silent, [("oss3".to_owned(), "no".to_owned())]);
    }

    #[test]
    fn a_bond_is_told_in_a_line() {
        let slave = |name: &str, is_up| SlaveReport { name: name.into(), is_up };
        let told = bond(&BondReport {
            name: "bond0".into(),
            mode: "fault-tolerance (active-backup)".into(),
            active: Some("eth1".into()),
            slaves: vec![slave("eth0", false), slave("eth1", true)],
        });
        assert_eq!(told, "fault-tolerance (active-backup): eth0 down, eth1 up (in use)");
    }
}
