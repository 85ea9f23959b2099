//! What a configuration means on this machine: which node it is, where it listens, where the others
//! are.

use base::NodeId;
use cluster::Configuration;
use conf::{ClusterConf, Multicast};
use group::{Admission, GroupConfig, LinkId, NodeConfig};
use os::network::Interface;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};

/// This machine's place in the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) node: NodeId,
    /// What the nodes are called, this one included.
    pub(crate) names: BTreeMap<NodeId, String>,
    pub(crate) group: GroupConfig,
    pub(crate) addresses: Addresses,
}

/// Who is where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    /// Of this node.
    pub(crate) own: BTreeMap<LinkId, SocketAddr>,
    /// Of all listed nodes, this one included.
    pub(crate) peers: BTreeMap<(LinkId, NodeId), SocketAddr>,
    /// Where nodes that are not listed find each other.
    pub(crate) meeting: BTreeMap<LinkId, Multicast>,
}

/// Why this machine is none of the cluster's nodes.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// It is not listed.
    #[error(
        "none of the nodes ({}) is this machine (`{host}`); name it in the nodelist as \
         `hostname` prints it, or give it one of this machine's addresses",
        nodes.join(", ")
    )]
    NotListed {
        /// The nodes in it.
        nodes: Vec<String>,
        /// This machine's name.
        host: String,
    },
    /// A name cannot be resolved.
    #[error("node {node}: cannot resolve `{address}`: {source}")]
    Address {
        /// Whose.
        node: NodeId,
        /// What is written.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// No interface is in the network of a ring, so that the node has no address there.
    #[error(
        "ring {ring}: no interface of this machine has an address in the network of `{network}` \
         (there are: {}); set bindnetaddr to one of its networks",
        there.join(", ")
    )]
    NoInterface {
        /// Which ring.
        ring: LinkId,
        /// What is written.
        network: String,
        /// The addresses there are.
        there: Vec<String>,
    },
    /// A ring without a network, in a file without a nodelist.
    #[error("ring {0}: without a nodelist its interface section needs a bindnetaddr")]
    NoNetwork(LinkId),
    /// The machine's addresses cannot be listed.
    #[error("cannot list this machine's addresses: {0}")]
    Interfaces(io::Error),
    /// A number cannot be made of an IPv6 address.
    #[error("ring 0 has the IPv6 address {0}, of which no node id can be made; set totem.nodeid")]
    NoNodeId(IpAddr),
}

impl Site {
    /// Works it out. `known`: the configuration on disk; where no nodes are listed it says who has
    /// been here before.
    ///
    /// # Errors
    /// When the configuration is not for this machine.
    pub(crate) fn new(
        conf: &ClusterConf,
        group: GroupConfig,
        known: &Configuration,
    ) -> Result<Self, SiteError> {
        match group.admission {
            Admission::Listed => listed(conf, group),
            Admission::Anyone => {
                let interfaces = os::network::interfaces().map_err(SiteError::Interfaces)?;
                found_there(conf, group, known, &interfaces)
            }
        }
    }
}

/// What a node is called.
pub(crate) fn name_of(node: &conf::Node) -> String {
    let address = || node.addresses.values().next().cloned();
    node.name.clone().or_else(address).unwrap_or_else(|| node.id.to_string())
}

fn listed(conf: &ClusterConf, group: GroupConfig) -> Result<Site, SiteError> {
    let names: BTreeMap<NodeId, String> =
        conf.nodes.iter().map(|node| (node.id, name_of(node))).collect();
    let node = this_node(conf).ok_or_else(|| SiteError::NotListed {
        nodes: names.values().cloned().collect(),
        host: os::machine::host_name(),
    })?;
    let addresses = Addresses::listed(conf, node)?;
    Ok(Site { node, names, group, addresses })
}

impl Addresses {
    /// As the nodelist has them, seen from `node`.
    ///
    /// # Errors
    /// When a name cannot be resolved.
    pub(crate) fn listed(conf: &ClusterConf, node: NodeId) -> Result<Self, SiteError> {
        let peers = resolved(conf)?;
        let own = peers.iter().filter(|((_, owner), _)| *owner == node);
        let own = own.map(|((link, _), address)| (*link, *address)).collect();
        Ok(Self { own, peers, meeting: BTreeMap::new() })
    }
}

impl Addresses {
    /// Those of all others, ring by ring.
    pub(crate) fn peers_of(&self, node: NodeId) -> Vec<SocketAddr> {
        let others = self.peers.iter().filter(|((_, peer), _)| *peer != node);
        others.map(|(_, address)| *address).collect()
    }
}

/// By its name, or because it has the addresses.
fn this_node(conf: &ClusterConf) -> Option<NodeId> {
    let is_ours = |address: &&String| {
        let ip: Option<IpAddr> = address.parse().ok();
        ip.is_some_and(|ip| UdpSocket::bind((ip, 0)).is_ok())
    };
    let all = conf.nodes.iter().flat_map(|node| node.addresses.values());
    let ours: Vec<String> = all.filter(is_ours).cloned().collect();
    conf.local_node(&os::machine::host_name(), &ours).map(|node| node.id)
}

fn resolved(conf: &ClusterConf) -> Result<BTreeMap<(LinkId, NodeId), SocketAddr>, SiteError> {
    let mut found = BTreeMap::new();
    for node in &conf.nodes {
        for (&link, address) in &node.addresses {
            let failed =
                |source| SiteError::Address { node: node.id, address: address.clone(), source };
            let mut resolved =
                (address.as_str(), conf.port(link)).to_socket_addrs().map_err(failed)?;
            let first = resolved
                .next()
                .ok_or_else(|| failed(io::Error::new(io::ErrorKind::NotFound, "no address")))?;
            found.insert((link, node.id), first);
        }
    }
    Ok(found)
}

/// A node that finds the others on its networks: its addresses are those it has there.
fn found_there(
    conf: &ClusterConf,
    mut group: GroupConfig,
    known: &Configuration,
    interfaces: &[Interface],
) -> Result<Site, SiteError> {
    let mut own = BTreeMap::new();
    for (&ring, interface) in &conf.interfaces {
        let network = interface.bind_network.as_deref().ok_or(SiteError::NoNetwork(ring))?;
        let address = address_in(network, interfaces).ok_or_else(|| SiteError::NoInterface {
            ring,
            network: network.to_owned(),
            there: interfaces.iter().map(|there| there.address.to_string()).collect(),
        })?;
        own.insert(ring, SocketAddr::new(address, conf.port(ring)));
    }
    let node = match own.first_key_value() {
        Some((_, SocketAddr::V4(first))) => conf.own_id.at(*first.ip()),
        // An id that is given needs no address.
        Some((_, SocketAddr::V6(first))) => match conf.own_id {
            given @ conf::OwnId::Given(_) => given.at(Ipv4Addr::UNSPECIFIED),
            _ => return Err(SiteError::NoNodeId((*first.ip()).into())),
        },
        None => return Err(SiteError::NoNetwork(LinkId(0))),
    };
    let mut names = BTreeMap::from([(node, os::machine::host_name())]);
    for entry in &known.nodes {
        if let Ok(id) = entry.id.parse() {
            names.entry(NodeId(id)).or_insert_with(|| entry.name.clone());
        }
    }
    let links: Vec<LinkId> = own.keys().copied().collect();
    let member = |node: &NodeId| NodeConfig { node: *node, links: links.clone(), votes: 1 };
    group.nodes = names.keys().map(member).collect();
    let meeting = conf.interfaces.iter().filter_map(|(ring, it)| Some((*ring, it.multicast?)));
    let addresses = Addresses { own, peers: BTreeMap::new(), meeting: meeting.collect() };
    Ok(Site { node, names, group, addresses })
}

/// The address that this machine has in a network, or that address itself.
fn address_in(network: &str, interfaces: &[Interface]) -> Option<IpAddr> {
    let network: IpAddr = network.parse().ok()?;
    let itself = interfaces.iter().find(|interface| interface.address == network);
    let inside = || {
        interfaces.iter().find(|interface| {
            masked(interface.address, interface.prefix) == masked(network, interface.prefix)
                && interface.address.is_ipv4() == network.is_ipv4()
        })
    };
    itself.or_else(inside).map(|interface| interface.address)
}

/// The leading bits of an address, the others zero.
pub(crate) fn masked(address: IpAddr, prefix: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let prefix = u32::from(prefix).min(width);
    if prefix == 0 { 0 } else { bits & (u128::MAX << (128 - prefix)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use group::ClusterKey;

    const GUIDE: &str = "totem {\nversion: 2\nsecauth: off\nrrp_mode: active\n\
        interface {\nringnumber: 0\nbindnetaddr: 10.0.0.0\nmcastaddr: 226.94.1.1\nmcastport: 5400\n}\n\
        interface {\nringnumber: 1\nbindnetaddr: 10.0.1.0\nmcastaddr: 226.94.1.2\nmcastport: 5401\n}\n}\n";

    fn interfaces(addresses: &[&str]) -> Vec<Interface> {
        let interface = |text: &&str| {
            let (address, prefix) = text.split_once('/').expect("with a prefix");
            let (address, prefix) = (address.parse().expect("good"), prefix.parse().expect("good"));
            Interface { name: "eth".into(), address, prefix }
        };
        addresses.iter().map(interface).collect()
    }

    fn site(addresses: &[&str]) -> Result<Site, SiteError> {
        let conf = conf::parse(GUIDE).expect("good");
        let key = ClusterKey::new([1; 32]).expect("a key");
        let group = conf.group_config(key).expect("good");
        let mut known = Configuration::default();
        let entry = |id: &str, name: &str| cluster::NodeEntry {
            id: id.into(),
            name: name.into(),
            ..cluster::NodeEntry::default()
        };
        known.nodes = [entry("33554442", "oss02"), entry("remote", "far")].into();
        found_there(&conf, group, &known, &interfaces(addresses))
    }

    #[test]
    fn the_guides_file_needs_no_nodelist() {
        let site = site(&["127.0.0.1/8", "10.0.1.1/24", "10.0.0.1/24"]).expect("good");
        assert_eq!(site.node, NodeId(16_777_226), "10.0.0.1, as it lies in memory");
        let own: Vec<_> = site.addresses.own.values().map(ToString::to_string).collect();
        assert_eq!(own, ["10.0.0.1:5400", "10.0.1.1:5401"]);
        let meeting = &site.addresses.meeting[&LinkId(1)];
        assert_eq!((meeting.group.to_string().as_str(), meeting.port), ("226.94.1.2", 5401));
        assert_eq!(site.names[&NodeId(33_554_442)], "oss02", "it has been here before");
        assert_eq!(site.group.nodes.len(), 2);
    }

    #[test]
    fn a_machine_outside_of_a_rings_network_is_told() {
        let error = site(&["127.0.0.1/8", "10.0.0.1/24"]).expect_err("no ring 1");
        assert_eq!(
            error.to_string(),
            "ring 1: no interface of this machine has an address in the network of `10.0.1.0` \
             (there are: 127.0.0.1, 10.0.0.1); set bindnetaddr to one of its networks"
        );
    }
}
