//! The outputs of `corosync-cfgtool -s`. Scripts read them: every blank counts.

use crate::model::ClusterConf;
use base::NodeId;
use group::{LinkId, LinkState, LinkStatus};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Which generation of the tool speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusLayout {
    /// `-s` of Corosync 3.1.
    #[default]
    Links,
    /// `-sb` of Corosync 3.1: one character for each node.
    Brief,
    /// `-s` of Corosync 1 and 2.
    Rings,
}

/// The state of all links as `local` sees them.
pub fn link_status_text(
    conf: &ClusterConf,
    local: NodeId,
    links: &[LinkStatus],
    layout: StatusLayout,
) -> String {
    let mut text = match layout {
        StatusLayout::Links | StatusLayout::Brief => {
            format!("Local node ID {local}, transport {}\n", conf.transport)
        }
        StatusLayout::Rings => format!("Printing ring status.\nLocal node ID {local}\n"),
    };
    let rings: BTreeSet<LinkId> =
        conf.nodes.iter().flat_map(|node| node.addresses.keys().copied()).collect();
    for ring in rings {
        let view = RingView { conf, local, links, ring };
        // Writing to a String cannot fail.
        let _ = match layout {
            StatusLayout::Links => view.links(&mut text),
            StatusLayout::Brief => view.brief(&mut text),
            StatusLayout::Rings => view.rings(&mut text),
        };
    }
    text
}

struct RingView<'a> {
    conf: &'a ClusterConf,
    local: NodeId,
    links: &'a [LinkStatus],
    ring: LinkId,
}

impl RingView<'_> {
    fn address(&self) -> &str {
        let node = self.conf.nodes.iter().find(|node| node.id == self.local);
        node.and_then(|node| node.addresses.get(&self.ring)).map_or("", String::as_str)
    }

    fn state(&self, node: NodeId) -> LinkState {
        let link = self.links.iter().find(|link| link.node == node && link.link == self.ring);
        link.map_or(LinkState::Disconnected, |link| link.state)
    }

    fn heading(&self, text: &mut String) -> std::fmt::Result {
        write!(text, "LINK ID {} udp\n\taddr\t= {}\n", self.ring, self.address())
    }

    fn links(&self, text: &mut String) -> std::fmt::Result {
        self.heading(text)?;
        text.push_str("\tstatus:\n");
        for node in &self.conf.nodes {
            let state = match self.state(node.id) {
                _ if node.id == self.local => "localhost",
                LinkState::Connected => "connected",
                LinkState::Disconnected => "disconnected",
            };
            writeln!(text, "\t\tnodeid: {:>10}:\t{state}", node.id.0)?;
        }
        Ok(())
    }

    /// Bit 0: enabled; bit 1: connected; `n`: this node.
    fn brief(&self, text: &mut String) -> std::fmt::Result {
        self.heading(text)?;
        let letter = |node: NodeId| match self.state(node) {
            _ if node == self.local => 'n',
            LinkState::Connected => '3',
            LinkState::Disconnected => '1',
        };
        let letters: String = self.conf.nodes.iter().map(|node| letter(node.id)).collect();
        writeln!(text, "\tstatus\t= {letters}")
    }

    fn rings(&self, text: &mut String) -> std::fmt::Result {
        let (ring, address) = (self.ring, self.address());
        let mut others = self.conf.nodes.iter().filter(|node| node.id != self.local);
        write!(text, "RING ID {ring}\n\tid\t= {address}\n\tstatus\t= ")?;
        if others.all(|node| self.state(node.id) == LinkState::Connected) {
            writeln!(text, "ring {ring} active with no faults")
        } else {
            writeln!(text, "Marking ringid {ring} interface {address} FAULTY")
        }
    }
}
