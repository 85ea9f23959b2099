//! This node's links, with the interfaces below them.

use crate::managing::now;
use crate::rings::{RingReport, ToRings};
use crate::standing::Standing;
use api::{BondReport, LinkReport, PeerReport, SlaveReport};
use base::NodeId;
use group::{LinkId, LinkState, LinkStatus};
use os::bonding::{Bond, bond};
use os::network::{Interface, interfaces};
use std::net::SocketAddr;

/// What is told of them.
#[derive(Clone)]
pub(crate) struct Links {
    /// This node.
    pub(crate) node: NodeId,
    pub(crate) standing: Standing,
    pub(crate) rings: ToRings,
}

impl Links {
    /// How they are now; without peers when the group layer's thread has ended.
    pub(crate) fn reports(&self, rings: Option<&RingReport>) -> Vec<LinkReport> {
        let interfaces = interfaces().unwrap_or_else(|error| {
            tracing::warn!("the kernel does not list network interfaces: {error}");
            Vec::new()
        });
        let report = |(link, address): (&LinkId, &SocketAddr)| {
            let peers = rings.map(|rings| self.peers(*link, rings)).unwrap_or_default();
            let mut report = LinkReport { peers, ..place(*link, *address, &interfaces) };
            if let Some(rings) = rings {
                report.warnings.extend(self.taken(*link, rings, &interfaces));
                let own = rings.complaints.iter().filter(|(at, _)| at == link);
                report.warnings.extend(own.map(|(_, line)| line.clone()));
            }
            report
        };
        self.standing.now().own.iter().map(report).collect()
    }

    /// Says in the log what people should know of the addresses before anything fails.
    pub(crate) async fn tell_warnings(self) {
        let mut rings = self.rings.report().await;
        // What comes is told by those who listen.
        rings.iter_mut().for_each(|rings| rings.complaints.clear());
        for link in self.reports(rings.as_ref()) {
            link.warnings.iter().for_each(|line| tracing::warn!("ring {}: {line}", link.ring));
        }
    }

    /// Addresses of other nodes that this machine has.
    fn taken(&self, link: LinkId, rings: &RingReport, interfaces: &[Interface]) -> Vec<String> {
        let others =
            rings.addresses.iter().filter(|((at, node), _)| *at == link && *node != self.node);
        let here = others.filter(|(_, address)| {
            !address.ip().is_loopback() && interfaces.iter().any(|it| it.address == address.ip())
        });
        let line = |((_, node), address): (&(LinkId, NodeId), &SocketAddr)| {
            format!(
                "{} is an address of this machine, but listed as that of node {node}: correct the \
                 nodelist of corosync.conf, or take the address away, and restart this node",
                address.ip()
            )
        };
        here.map(line).collect()
    }

    /// A node that is not listed is called by its number, until it tells its name.
    pub(crate) fn name(&self, node: NodeId) -> String {
        self.standing.now().names.get(&node).cloned().unwrap_or_else(|| node.to_string())
    }

    fn peers(&self, link: LinkId, rings: &RingReport) -> Vec<PeerReport> {
        let of_link = rings.links.iter().filter(|status| status.link == link);
        of_link.map(|status| self.peer(status, rings.addresses.get(&(link, status.node)))).collect()
    }

    fn peer(&self, status: &LinkStatus, address: Option<&SocketAddr>) -> PeerReport {
        let millis = now().saturating_since(status.since).as_millis();
        PeerReport {
            id: status.node.0,
            name: self.name(status.node),
            address: address.map_or_else(String::new, |address| address.ip().to_string()),
            connected: status.state == LinkState::Connected,
            since_ms: u64::try_from(millis).unwrap_or(u64::MAX),
            failure: status.failure.map(|failure| failure.to_string()),
            downs: status.downs,
            round_trip_us: status.round_trip.map(crate::show::microseconds),
            loss_per_mille: status.loss_per_mille,
            datagram: status.datagram,
        }
    }
}

/// Where this node is on a ring: the interface with its address, and what that is made of.
fn place(link: LinkId, address: SocketAddr, interfaces: &[Interface]) -> LinkReport {
    let holder = interfaces.iter().find(|interface| interface.address == address.ip());
    let bond = holder.and_then(|interface| {
        bond(&interface.name).unwrap_or_else(|error| {
            tracing::warn!("{}: the kernel does not tell its bond: {error}", interface.name);
            None
        })
    });
    LinkReport {
        ring: link.0,
        address: address.ip().to_string(),
        interface: holder.map(|interface| interface.name.clone()),
        warnings: warning(address, holder, bond.as_ref()).into_iter().collect(),
        bond: bond.map(bond_report),
        peers: Vec::new(),
    }
}

fn bond_report(bond: Bond) -> BondReport {
    let slave = |slave: os::bonding::Slave| SlaveReport { name: slave.name, is_up: slave.is_up };
    BondReport {
        name: bond.name,
        mode: bond.mode,
        active: bond.active,
        slaves: bond.slaves.into_iter().map(slave).collect(),
    }
}

/// What people should know before the next failure tells them.
fn warning(address: SocketAddr, holder: Option<&Interface>, bond: Option<&Bond>) -> Option<String> {
    if holder.is_none() {
        return Some(format!(
            "no interface has the address {}: nothing passes until one gets it, or corosync.conf \
             gives this node one that it has",
            address.ip()
        ));
    }
    let bond = bond?;
    let dead = bond.slaves.iter().filter(|slave| !slave.is_up);
    let dead: Vec<&str> = dead.map(|slave| slave.name.as_str()).collect();
    let (name, all) = (&bond.name, bond.slaves.len());
    match (bond.healthy(), all) {
        (0, 0) => Some(format!("{name} has no slaves: nothing passes")),
        (0, _) => Some(format!("{name} has no healthy slave: look at {}", dead.join(", "))),
        (1, 1) => Some(format!("{name} has one slave only: it protects from nothing")),
        (1, _) => {
            Some(format!("{name} has only one healthy slave of {all}: look at {}", dead.join(", ")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use os::bonding::Slave;

    #[test]
    fn what_hangs_by_a_thread_is_told() {
        let address: SocketAddr = "10.0.0.1:5405".parse().expect("good");
        let holder = Interface { name: "bond0".into(), address: address.ip(), prefix: 24 };
        let bond = |states: &[bool]| Bond {
            name: "bond0".into(),
            slaves: (0..)
                .zip(states)
                .map(|(number, is_up): (u32, _)| Slave {
                    name: format!("eth{number}"),
                    is_up: *is_up,
                })
                .collect(),
            ..Bond::default()
        };
        let stories: [(&[bool], Option<&str>); 6] = [
            (&[true, true], None),
            (&[true, true, false], None),
            (&[false, true], Some("bond0 has only one healthy slave of 2: look at eth0")),
            (&[false, false], Some("bond0 has no healthy slave: look at eth0, eth1")),
            (&[true], Some("bond0 has one slave only: it protects from nothing")),
            (&[], Some("bond0 has no slaves: nothing passes")),
        ];
        for (states, expected) in stories {
            let said = warning(address, Some(&holder), Some(&bond(states)));
            assert_eq!(said.as_deref(), expected, "{states:?}");
        }
        assert_eq!(warning(address, Some(&holder), None), None);
        let absent = place(LinkId(1), address, &[]);
        let expected = "no interface has the address 10.0.0.1: nothing passes until one gets it, or \
                        corosync.conf gives this node one that it has";
        assert_eq!((absent.ring, absent.warnings), (1, vec![expected.to_owned()]));
    }
}
