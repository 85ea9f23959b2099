//! What a `corosync.conf` says, in our terms.

use crate::error::{ConfError, Problem, Warning};
use base::NodeId;
use group::{
    Admission, Cipher, ClusterKey, Expectation, GroupConfig, LinkId, LinkPolicy, NodeConfig,
    QuorumConfig, QuorumRule, TieBreaker, Timing, WaitForAll,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// What IPv6 and UDP put in front of a payload, in bytes; IPv4 takes less.
const HEADERS: u16 = 48;

/// The port of ring 0 when none is given; ring k uses the one k higher.
const BASE_PORT: u16 = 5405;

pub(crate) fn usual_port(link: LinkId) -> u16 {
    BASE_PORT.saturating_add(u16::from(link.0))
}

/// A cluster as its file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConf {
    /// `totem.cluster_name`; empty when absent.
    pub cluster_name: String,
    /// `totem.transport`. All of them mean our own sealed UDP; the word is kept for display.
    pub transport: Transport,
    /// `totem.link_mode`, or `rrp_mode` of Corosync 1 and 2.
    pub policy: LinkPolicy,
    /// From `totem.token`; see [`crate::parse`].
    pub timing: Timing,
    /// `totem.crypto_cipher`: `chacha20` selects ChaCha20-Poly1305, all else AES-256-GCM.
    pub cipher: Cipher,
    /// `totem.keyfile`.
    pub key_file: Option<String>,
    /// `totem.key`: the key itself.
    pub key: Option<String>,
    /// `nodelist`, ascending by id; empty for a file of Corosync 1 that searches by multicast.
    pub nodes: Vec<Node>,
    /// `totem.knet_mtu`, else `totem.netmtu`: the largest packet in bytes, headers of IP and UDP
    /// included; `None`: to be found out.
    pub mtu: Option<u16>,
    /// Of a file that lists no nodes: which number the node that reads it has.
    pub own_id: OwnId,
    /// `totem.interface`, by ring.
    pub interfaces: BTreeMap<LinkId, Interface>,
    /// `quorum`.
    pub quorum: QuorumConfig,
    /// `quorum.device`.
    pub arbiter: Option<Arbiter>,
    /// `logging`.
    pub logging: Logging,
    /// Is Pacemaker to be started with the stack (`service { name: pacemaker }`)?
    pub starts_pacemaker: bool,
    /// What has no effect, or another one than may be thought; by line.
    pub warnings: Vec<Warning>,
}

/// One `node` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `nodeid`, or the IPv4 address of ring 0 as Corosync makes a number of it.
    pub id: NodeId,
    /// `name`.
    pub name: Option<String>,
    /// `ringN_addr`: addresses or names, unresolved.
    pub addresses: BTreeMap<LinkId, String>,
    /// `quorum_votes`, 1 by default.
    pub votes: u32,
}

/// Where the third voice is to be found (`quorum { device { net { ... } } }`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arbiter {
    /// `host`: an address or a name, unresolved.
    pub host: String,
    /// `port`, TCP, 5403 by default.
    pub port: u16,
    /// `votes`; by default 1, with `algorithm: lms` one less than the nodes have.
    pub votes: u32,
    /// `fingerprint`: the SHA-256 of its certificate; without one it is not asked.
    pub fingerprint: Option<[u8; 32]>,
}

/// One `interface` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// `bindnetaddr`: the network whose local address is to be used, or that address.
    pub bind_network: Option<String>,
    /// Where nodes look for each other: `mcastaddr` or `broadcast`; where no nodes are listed and
    /// neither is given, made from the cluster's name.
    pub multicast: Option<Multicast>,
    /// `mcastport`.
    pub port: Option<u16>,
    /// `knet_link_priority`, 1 by default: [`LinkPolicy::Passive`] uses the working ring that has
    /// the highest.
    pub priority: u8,
}

impl Default for Interface {
    fn default() -> Self {
        Self { bind_network: None, multicast: None, port: None, priority: 1 }
    }
}

/// Where packets go that are for whoever listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multicast {
    /// `mcastaddr`; 255.255.255.255 for `broadcast: yes`.
    pub group: IpAddr,
    /// The port of the ring, as [`ClusterConf::port`] has it.
    pub port: u16,
    /// `ttl`, 1 by default: not beyond the first router.
    pub ttl: u8,
}

/// Which number a node has that is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnId {
    /// `totem.nodeid`.
    Given(NodeId),
    /// The address of ring 0 makes it, as it lies in memory.
    OfAddress,
    /// The same without the highest bit: `clear_node_high_bit`.
    OfAddressPositive,
}

impl OwnId {
    /// The number of the node that has `address` on ring 0.
    pub fn at(self, address: Ipv4Addr) -> NodeId {
        let number = u32::from_le_bytes(address.octets());
        match self {
            Self::Given(id) => id,
            Self::OfAddress => NodeId(number),
            Self::OfAddressPositive => NodeId(number & 0x7fff_ffff),
        }
    }
}

/// `totem.transport`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Corosync 3's own.
    #[default]
    Knet,
    /// UDP to each.
    Udpu,
    /// UDP multicast, the default before Corosync 3.
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Knet => "knet",
            Self::Udpu => "udpu",
            Self::Udp => "udp",
        })
    }
}

/// `logging`, as far as it concerns us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// `to_syslog`, on by default.
    pub to_syslog: bool,
    /// `to_stderr`, on by default.
    pub to_stderr: bool,
    /// `logfile`, if `to_logfile` is on.
    pub file: Option<String>,
    /// `debug`, off by default.
    pub debug: bool,
}

impl ClusterConf {
    /// The rings that nodes have addresses on; those of the interfaces, where no nodes are named.
    pub fn rings(&self) -> BTreeSet<LinkId> {
        match self.nodes.is_empty() {
            true => self.interfaces.keys().copied().collect(),
            false => self.nodes.iter().flat_map(|node| node.addresses.keys().copied()).collect(),
        }
    }

    /// Who may act, in one or more sentences.
    pub fn quorum_in_words(&self) -> Vec<String> {
        let listed = self.nodes.iter().fold(0_u32, |votes, node| votes.saturating_add(node.votes));
        let arbiter = self.quorum.arbiter_votes;
        let all = listed.saturating_add(arbiter.unwrap_or(0));
        let expected = self.quorum.expected_votes.unwrap_or(all);
        let needed = expected / 2 + 1;
        let rule = match self.quorum.rule {
            QuorumRule::None => "every partition may act".to_owned(),
            QuorumRule::TwoNode => "two_node: 1 of 2 votes is enough".to_owned(),
            QuorumRule::Majority if expected == 0 => "a majority of the nodes once seen".to_owned(),
            QuorumRule::Majority => format!("{needed} of {expected} votes are needed"),
        };
        let waits = match (self.quorum.wait_for_all, self.quorum.rule) {
            (WaitForAll::Required, _) | (WaitForAll::Unset, QuorumRule::TwoNode) => {
                Some("wait_for_all: after a cold start nobody acts before all were seen".to_owned())
            }
            _ => None,
        };
        [rule].into_iter().chain(waits).chain(self.modes_in_words()).collect()
    }

    /// What else changes who may act, where it is in force.
    fn modes_in_words(&self) -> impl Iterator<Item = String> {
        let quorum = &self.quorum;
        let window = quorum.last_man_standing.map(|window| {
            format!(
                "last_man_standing: only those who stay are expected, {} ms later",
                window.as_millis()
            )
        });
        let half = "auto_tie_breaker: half of the votes is enough, with";
        let breaker = quorum.tie_breaker.as_ref().map(|breaker| match breaker {
            TieBreaker::Lowest => format!("{half} the lowest node"),
            TieBreaker::Highest => format!("{half} the highest node"),
            TieBreaker::List(_) => format!("{half} the first listed node"),
        });
        let expectation = match quorum.expectation {
            Expectation::Steady => None,
            Expectation::Tracked => Some("expected_votes_tracking: the most ever seen count"),
            Expectation::Downscale => Some("allow_downscale: who leaves in order is not expected"),
        };
        let arbiter = self.arbiter.as_ref().map(|arbiter| {
            format!("device: {} has {} more for one partition", arbiter.host, arbiter.votes)
        });
        [window, breaker, expectation.map(str::to_owned), arbiter].into_iter().flatten()
    }

    /// Whether a node of that id is named.
    pub fn has_node(&self, id: NodeId) -> bool {
        self.nodes.iter().any(|node| node.id == id)
    }

    /// The UDP port of `link`: the interface's `mcastport`, or 5405 and the ring's number.
    pub fn port(&self, link: LinkId) -> u16 {
        let given = self.interfaces.get(&link).and_then(|interface| interface.port);
        given.unwrap_or_else(|| usual_port(link))
    }

    /// Which of the nodes is the one that has `host_name` and `addresses`? First by its name, then
    /// by the name without its domain, then by address; names as addresses count as names.
    pub fn local_node(&self, host_name: &str, addresses: &[String]) -> Option<&Node> {
        let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let names = |node: &Node| -> Vec<String> {
            node.name.iter().chain(node.addresses.values()).cloned().collect()
        };
        let by = |matches: &dyn Fn(&str) -> bool| {
            self.nodes.iter().find(|node| names(node).iter().any(|name| matches(name)))
        };
        let is_word = |name: &str| name.parse::<IpAddr>().is_err();
        by(&|name| name == host_name)
            .or_else(|| by(&|name| is_word(name) && short(name) == short(host_name)))
            .or_else(|| by(&|name| addresses.iter().any(|address| address == name)))
    }

    /// What the group needs to know. Where the file names no nodes but networks, whoever speaks with
    /// the key there is one, and the list is empty: which node the reader itself is depends on its
    /// addresses.
    ///
    /// # Errors
    /// When the file names neither nodes nor networks.
    pub fn group_config(&self, key: ClusterKey) -> Result<GroupConfig, ConfError> {
        if self.nodes.is_empty() && self.interfaces.is_empty() {
            return Err(ConfError::new(0, Problem::NoNodes));
        }
        let node = |node: &Node| NodeConfig {
            node: node.id,
            links: node.addresses.keys().copied().collect(),
            votes: node.votes,
        };
        Ok(GroupConfig {
            cluster_name: self.cluster_name.clone(),
            admission: match self.nodes.is_empty() {
                true => Admission::Anyone,
                false => Admission::Listed,
            },
            nodes: self.nodes.iter().map(node).collect(),
            policy: self.policy,
            timing: self.timing,
            quorum: self.quorum.clone(),
            key,
            other_keys: Vec::new(),
            cipher: self.cipher,
            priorities: self.interfaces.iter().map(|(ring, it)| (*ring, it.priority)).collect(),
            datagram_limit: self.mtu.map(|mtu| mtu.saturating_sub(HEADERS)),
        })
    }
}
