//! Links as `corosync-cfgtool -s` of Corosync 3.1 prints them. Scripts parse it.

use base::NodeId;

/// One ring as this node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub ring: u8,
    /// This node's address on it.
    pub address: String,
    /// The other nodes, and whether they are heard on it.
    pub peers: Vec<(NodeId, LinkState)>,
}

/// Whether a peer is heard on a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is.
    Connected,
    /// It is not.
    Disconnected,
}

/// All rings as this node sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// This node.
    pub local: NodeId,
    /// What carries the packets: `knet`.
    pub transport: String,
    /// The rings.
    pub links: Vec<Link>,
}

/// How much is said about every peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A line (`-s`).
    #[default]
    Full,
    /// A character (`-sb`): `n` for this node, `3` for enabled and connected, `1` for enabled.
    Brief,
}

/// The text of `corosync-cfgtool -s`, or `-sb`.
pub fn links(links: &Links, detail: Detail) -> String {
    let mut text = format!("Local node ID {}, transport {}\n", links.local.0, links.transport);
    for link in &links.links {
        text.push_str(&format!("LINK ID {} udp\n\taddr\t= {}\n", link.ring, link.address));
        let mut peers: Vec<(NodeId, Option<LinkState>)> =
            link.peers.iter().map(|(peer, state)| (*peer, Some(*state))).collect();
        peers.retain(|(peer, _)| *peer != links.local);
        peers.push((links.local, None));
        peers.sort_by_key(|(peer, _)| *peer);
        match detail {
            Detail::Full => {
                text.push_str("\tstatus:\n");
                for (peer, state) in peers {
                    text.push_str(&format!("\t\tnodeid: {:>10}:\t{}\n", peer.0, word(state)));
                }
            }
            Detail::Brief => {
                let letters: String = peers.into_iter().map(|(_, state)| letter(state)).collect();
                text.push_str(&format!("\tstatus\t= {letters}\n"));
            }
        }
    }
    text
}

/// The text of `corosync-cfgtool -s` as Corosync 1 and 2 printed it. A ring is faulty on which nobody
/// is heard who should be.
pub fn legacy(links: &Links) -> String {
    let mut text = format!("Printing ring status.\nLocal node ID {}\n", links.local.0);
    for Link { ring, address, peers } in &links.links {
        let mut others = peers.iter().filter(|(peer, _)| *peer != links.local).peekable();
        let is_alone = others.peek().is_none();
        let status = match is_alone || others.any(|(_, state)| *state == LinkState::Connected) {
            true => format!("ring {ring} active with no faults"),
            false => format!("Marking ringid {ring} interface {address} FAULTY"),
        };
        text.push_str(&format!("RING ID {ring}\n\tid\t= {address}\n\tstatus\t= {status}\n"));
    }
    text
}

const fn word(state: Option<LinkState>) -> &'static str {
    match state {
        None => "localhost",
        Some(LinkState::Connected) => "connected",
        Some(LinkState::Disconnected) => "disconnected",
    }
}

const fn letter(state: Option<LinkState>) -> char {
    match state {
        None => 'n',
        Some(LinkState::Connected) => '3',
        Some(LinkState::Disconnected) => '1',
    }
}
