//! The map of keys that `corosync-cmapctl` shows: the file this node was started with, and how it
//! sees the cluster now.

use api::{MapEntry, MapName, NodeReport, ViewReport};
use base::NodeId;
use conf::{ClusterConf, ConfError, Kind};
use group::QuorumFlag;
use manager::{EventKind, Snapshot};
use std::collections::BTreeMap;

/// The part that does not change while the node runs.
#[derive(Clone, Debug)]
pub(crate) struct ConfMap {
    entries: Vec<MapEntry>,
    /// Every listed node's name, and its addresses as `runtime.members` has them.
    nodes: BTreeMap<u32, (String, String)>,
    config_version: String,
}

fn entry(key: impl Into<String>, kind: Kind, value: &dyn ToString) -> MapEntry {
    MapEntry { key: key.into(), kind: kind.word().to_owned(), value: value.to_string() }
}

impl ConfMap {
    pub(crate) fn new(text: &str, conf: &ClusterConf, local: NodeId) -> Result<Self, ConfError> {
        let settings = conf::map(text, local)?;
        let given = settings.iter().find(|setting| setting.key == "totem.config_version");
        let config_version = given.map_or_else(|| "0".to_owned(), |setting| setting.value.clone());
        let nodes = conf.nodes.iter().map(|node| {
            let rings = node.addresses.iter();
            let ip = rings.map(|(ring, address)| format!("r({ring}) ip({address}) ")).collect();
            (node.id.0, (crate::site::name_of(node), ip))
        });
        let entries =
            settings.into_iter().map(|setting| entry(setting.key, setting.kind, &setting.value));
        Ok(Self { entries: entries.collect(), nodes: nodes.collect(), config_version })
    }

    /// All keys, ascending. `joins`: how often nodes have joined, by name.
    pub(crate) fn entries(&self, map: MapName, node: &NodeReport, joins: &Joins) -> Vec<MapEntry> {
        let mut entries = match map {
            MapName::Icmap => self.configuration(node, joins),
            MapName::Stats => statistics(node),
        };
        entries.sort_by(|left, right| left.key.cmp(&right.key));
        entries
    }

    fn configuration(&self, node: &NodeReport, joins: &Joins) -> Vec<MapEntry> {
        let mut entries = self.entries.clone();
        let view = node.view.clone().unwrap_or_default();
        for (id, (name, ip)) in &self.nodes {
            let is_member = view.members.iter().any(|member| member.id == *id);
            let joined = joins.get(name).copied().unwrap_or(0);
            // Who has never been here has no keys.
            let status = match (is_member, joined) {
                (true, _) => "joined",
                (false, 1..) => "left",
                (false, 0) => continue,
            };
            let key = |name: &str| format!("runtime.members.{id}.{name}");
            entries.extend([
                entry(key("ip"), Kind::Str, ip),
                entry(key("join_count"), Kind::U32, &joined.max(1)),
                entry(key("status"), Kind::Str, &status),
            ]);
        }
        // What the others' files say is not known here.
        let own = format!("runtime.members.{}.config_version", node.id);
        entries.push(entry(own, Kind::U64, &self.config_version));
        entries.extend(votes(node, &view));
        entries
    }
}

/// How often nodes have joined, by name.
pub(crate) type Joins = BTreeMap<String, u32>;

/// Counts them, as far as the cluster's journal goes back.
pub(crate) fn joins(snapshot: &Snapshot) -> Joins {
    let mut joins = Joins::new();
    for event in snapshot.state.journal.since(0) {
        if let EventKind::Joined { node } = &event.kind {
            *joins.entry(node.clone()).or_default() += 1;
        }
    }
    joins
}

fn votes(node: &NodeReport, view: &ViewReport) -> Vec<MapEntry> {
    let ids = || view.members.iter().map(|member| member.id);
    // As in votequorum: who has lost quorum waits for all again.
    let has = |flag: QuorumFlag| view.flags.contains(&flag.to_string());
    let waits = has(QuorumFlag::WaitForAll) && !view.quorate;
    let key = |name: &str| format!("runtime.votequorum.{name}");
    vec![
        entry(key("this_node_id"), Kind::U32, &node.id),
        entry(key("two_node"), Kind::U8, &u8::from(has(QuorumFlag::TwoNode))),
        entry(key("ev_barrier"), Kind::U32, &view.highest_expected),
        entry(key("wait_for_all_status"), Kind::U8, &u8::from(waits)),
        entry(key("lowest_node_id"), Kind::U32, &ids().min().unwrap_or(node.id)),
        entry(key("highest_node_id"), Kind::U32, &ids().max().unwrap_or(node.id)),
    ]
}

fn statistics(node: &NodeReport) -> Vec<MapEntry> {
    let peers = node.links.iter().flat_map(|link| link.peers.iter().map(move |peer| (link, peer)));
    let of_link = peers.flat_map(|(link, peer)| {
        let key = |name: &str| format!("stats.knet.node{}.link{}.{name}", peer.id, link.ring);
        let latency =
            peer.round_trip_us.map(|micros| entry(key("latency_ave"), Kind::U32, &micros));
        let states = [
            entry(key("connected"), Kind::U8, &u8::from(peer.connected)),
            entry(key("down_count"), Kind::U32, &peer.downs),
            entry(key("mtu"), Kind::U32, &peer.datagram),
            // A link that is configured is used.
            entry(key("enabled"), Kind::U8, &1),
        ];
        states.into_iter().chain(latency)
    });
    of_link.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{LinkReport, MemberReport, PeerReport};

    #[test]
    fn what_this_node_sees_stands_among_its_settings() {
        let text = "totem {\nversion: 2\nconfig_version: 7\n}\nnodelist {\nnode {\nnodeid: 1\n\
            ring0_addr: 10.0.0.1\nring1_addr: 10.0.1.1\n}\nnode {\nnodeid: 2\nname: oss2\n\
            ring0_addr: 10.0.0.2\nring1_addr: 10.0.1.2\n}\nnode {\nnodeid: 3\nname: oss3\n\
            ring0_addr: 10.0.0.3\nring1_addr: 10.0.1.3\n}\n}\n";
        let conf = conf::parse(text).expect("good");
        let map = ConfMap::new(text, &conf, NodeId(1)).expect("good");
        let members = vec![MemberReport { id: 1, name: "oss1".into(), votes: 1 }];
        let view =
            ViewReport { members, flags: vec!["WaitForAll".into()], ..ViewReport::default() };
        let peers = vec![PeerReport {
            id: 2,
            connected: true,
            downs: 4,
            round_trip_us: Some(300),
            datagram: 1397,
            ..PeerReport::default()
        }];
        let links = vec![LinkReport { ring: 1, peers, ..LinkReport::default() }];
        let node = NodeReport { id: 1, view: Some(view), links, ..NodeReport::default() };
        let joins = Joins::from([("oss2".to_owned(), 4)]);
        let shown = |name| -> Vec<String> {
            let entries = map.entries(name, &node, &joins).into_iter();
            entries.map(|entry| format!("{} {} {}", entry.key, entry.kind, entry.value)).collect()
        };
        let keys = shown(MapName::Icmap);
        assert!(keys.is_sorted());
        for expected in [
            "nodelist.local_node_pos u32 0",
            "runtime.members.1.config_version u64 7",
            "runtime.members.1.ip str r(0) ip(10.0.0.1) r(1) ip(10.0.1.1) ",
            "runtime.members.1.status str joined",
            "runtime.members.2.join_count u32 4",
            "runtime.members.2.status str left",
            "runtime.votequorum.wait_for_all_status u8 1",
            "totem.version u32 2",
        ] {
            assert!(keys.contains(&expected.to_owned()), "{expected}: {keys:#?}");
        }
        let absent = keys.iter().find(|key| key.starts_with("runtime.members.3"));
        assert_eq!(absent, None, "it has never been here");
        assert_eq!(
            shown(MapName::Stats),
            [
                "stats.knet.node2.link1.connected u8 1",
                "stats.knet.node2.link1.down_count u32 4",
                "stats.knet.node2.link1.enabled u8 1",
                "stats.knet.node2.link1.latency_ave u32 300",
                "stats.knet.node2.link1.mtu u32 1397",
            ]
        );
    }
}
