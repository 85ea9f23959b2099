//! Links and votes as `corosync-cfgtool -s` and `corosync-quorumtool -s` of Corosync 3.1 print
//! them. Scripts parse both.

use crate::words::date;
use base::{NodeId, WallTime};
use jiff::tz::TimeZone;
use std::fmt;

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

/// A rule of the quorum that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Two nodes, of which one is enough.
    TwoNode,
    /// These nodes have quorum.
    Quorate,
    /// After a cold start all nodes have to be seen first.
    WaitForAll,
    /// The number of expected votes sinks as nodes go.
    LastManStanding,
    /// One half of an even split is enough.
    AutoTieBreaker,
    /// Nodes that leave in order lower the expected votes.
    AllowDownscale,
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoNode => "2Node",
            Self::Quorate => "Quorate",
            Self::WaitForAll => "WaitForAll",
            Self::LastManStanding => "LastManStanding",
            Self::AutoTieBreaker => "AutoTieBreaker",
            Self::AllowDownscale => "AllowDownscale",
        })
    }
}

/// One member of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// The node.
    pub id: NodeId,
    /// How many votes it has.
    pub votes: u32,
    /// Its name.
    pub name: String,
}

/// The votes as this node counts them.
#[derive(Clone, Debug)]
pub struct Quorum {
    /// When this was read.
    pub date: WallTime,
    /// The zone in which dates are shown.
    pub zone: TimeZone,
    /// This node.
    pub local: NodeId,
    /// The view: who formed it, and its number.
    pub view: (NodeId, u64),
    /// Whether these nodes have quorum.
    pub is_quorate: bool,
    /// Votes of all configured nodes.
    pub expected: u32,
    /// The most votes that were ever expected.
    pub highest_expected: u32,
    /// Votes that are needed.
    pub needed: u32,
    /// Rules in force, in the order in which they are shown.
    pub flags: Vec<Flag>,
    /// The members of the view.
    pub members: Vec<Voter>,
}

/// The text of `corosync-quorumtool -s`.
pub fn quorum(quorum: &Quorum) -> String {
    let (founder, number) = quorum.view;
    let quorate = if quorum.is_quorate { "Yes" } else { "No" };
    let blocked = if quorum.is_quorate { " " } else { "Activity blocked" };
    let total: u32 = quorum.members.iter().map(|member| member.votes).sum();
    let flags: String = quorum.flags.iter().map(|flag| format!("{flag} ")).collect();
    let mut text = format!(
        "Quorum information\n\
         ------------------\n\
         Date:             {}\n\
         Quorum provider:  corosync_votequorum\n\
         Nodes:            {}\n\
         Node ID:          {}\n\
         Ring ID:          {:x}.{number:x}\n\
         Quorate:          {quorate}\n\
         \n\
         Votequorum information\n\
         ----------------------\n\
         Expected votes:   {}\n\
         Highest expected: {}\n\
         Total votes:      {total}\n\
         Quorum:           {} {blocked}\n\
         Flags:            {flags}\n\
         \n\
         Membership information\n\
         ----------------------\n",
        date(quorum.date, &quorum.zone),
        quorum.members.len(),
        quorum.local.0,
        founder.0,
        quorum.expected,
        quorum.highest_expected,
        quorum.needed,
    );
    text.push_str("    Nodeid      Votes Name\n");
    for member in &quorum.members {
        let local = if member.id == quorum.local { " (local)" } else { "" };
        let Voter { id, votes, name } = member;
        text.push_str(&format!("{:>10} {votes:>10} {name}{local}\n", id.0));
    }
    text
}
