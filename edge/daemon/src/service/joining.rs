//! A machine becomes a node: it is listed by all members, and gets their file and their key.

use super::{Door, done, refused};
use api::{Admission, ConfChange, Newcomer, Response, Secret};
use base::NodeId;
use conf::{ClusterConf, Node};
use manager::{Command, Reply};
use os::network::Interface;
use std::net::IpAddr;
use std::time::Duration;

/// No more addresses of a machine are looked at.
const MOST_ADDRESSES: usize = 64;

/// An invitation that let nobody in is good for so long again.
const ANOTHER_TRY: Duration = Duration::from_secs(3600);

impl Door {
    /// Lets a machine in that shows this invitation. When that cannot be, nothing has changed, and
    /// the invitation is still good.
    pub(super) async fn let_in(
        &self,
        invitation: u128,
        newcomer: &Newcomer,
    ) -> Result<Response, Response> {
        let place = self.place_for(newcomer).await?;
        match self.ask(Command::UseInvitation { id: invitation }).await {
            Some(Reply::Done(_)) => {}
            reply => return Err(done(reply, Vec::new())),
        }
        let admitted = match self.listed(place).await {
            Ok(id) => self.admission(id).await,
            Err(refusal) => Err(refusal),
        };
        if admitted.is_err() {
            let until = os::clock::wall() + ANOTHER_TRY;
            // Where that fails the cluster is stopping, and lets nobody in.
            let _ = self.ask(Command::Invite { id: invitation, until }).await;
        }
        admitted.map(|admission| Response::Admission(Box::new(admission)))
    }

    /// Has all members list it there; gives its number.
    async fn listed(&self, place: Place) -> Result<u32, Response> {
        match place {
            Place::Listed { id } => Ok(id),
            Place::New { id, change } => match self.change_conf(change).await {
                Response::Done { .. } => Ok(id),
                refusal => Err(refusal),
            },
        }
    }

    fn read_conf(&self) -> Result<(String, ClusterConf), Response> {
        let text = std::fs::read_to_string(&self.conf)
            .map_err(|error| refused(&format!("{}: {error}", self.conf.display())))?;
        let conf = conf::parse(&text);
        let conf = conf.map_err(|error| refused(&error.in_file(&self.conf.display())))?;
        Ok((text, conf))
    }

    /// Where it is to stand in the list of nodes.
    async fn place_for(&self, newcomer: &Newcomer) -> Result<Place, Response> {
        let snapshot = self.read().await?;
        let (_, conf) = self.read_conf()?;
        let addresses = self.addresses_of(newcomer)?;
        let of_this_name = |node: &&Node| node.name.as_ref() == Some(&newcomer.name);
        if let Some(node) = conf.nodes.iter().find(of_this_name) {
            let is_member = snapshot.view.iter().any(|view| view.contains(node.id));
            // It was let in before, and lost what it was given.
            if !is_member && node.addresses.values().eq(&addresses) {
                return Ok(Place::Listed { id: node.id.0 });
            }
            let name = &newcomer.name;
            return Err(refused(&format!(
                "there is a node {name} already: give this machine another name with --name, or take \
                 the old one out with `systole node remove {name}`"
            )));
        }
        let taken = conf
            .nodes
            .iter()
            .find(|node| node.addresses.values().any(|address| addresses.contains(address)));
        if let Some(node) = taken {
            let (id, name) = (node.id, self.links.name(node.id));
            return Err(refused(&format!(
                "node {id} ({name}) has one of the addresses {}: two nodes cannot share one",
                addresses.join(", ")
            )));
        }
        let highest = conf.nodes.iter().map(|node| node.id.0).max().unwrap_or(0);
        let (id, name) = (highest.saturating_add(1), newcomer.name.clone());
        Ok(Place::New { id, change: ConfChange::AddNode { id, name, addresses, votes: 1 } })
    }

    fn addresses_of(&self, newcomer: &Newcomer) -> Result<Vec<String>, Response> {
        if !newcomer.addresses.is_empty() {
            return Ok(newcomer.addresses.clone());
        }
        let here = os::network::interfaces().map_err(|error| refused(&error))?;
        let has = newcomer.has.iter().take(MOST_ADDRESSES).filter_map(|text| text.parse().ok());
        let has: Vec<IpAddr> = has.collect();
        let rings = self.links.standing.now();
        let own = rings.own.iter().map(|(ring, address)| (ring.0, address.ip()));
        let chosen: Result<Vec<String>, String> =
            own.map(|(ring, own)| chosen(ring, own, &here, &has)).collect();
        chosen.map_err(|why| refused(&why))
    }

    /// What it is given.
    async fn admission(&self, id: u32) -> Result<Admission, Response> {
        let snapshot = self.read().await?;
        let (conf, parsed) = self.read_conf()?;
        let reading = self.links.standing.now();
        let group = reading.group.as_ref();
        let group = group.ok_or_else(|| refused(&"the cluster's key is another program's"))?;
        let is_here = |node: NodeId| snapshot.view.iter().any(|view| view.contains(node));
        let absent = parsed.nodes.iter().filter(|node| node.id.0 != id && !is_here(node.id));
        let absent = absent.map(|node| self.links.name(node.id));
        let warning = |name: String| {
            format!(
                "{name} does not take part, so its corosync.conf does not list the new node: copy the \
                 file to it before it starts"
            )
        };
        let warnings = absent.map(warning).collect();
        Ok(Admission { id, conf, key: Secret(group.key.bytes().to_vec()), warnings })
    }
}

/// Where a newcomer stands in the list of nodes.
enum Place {
    /// It is there already.
    Listed { id: u32 },
    /// It comes there by this change.
    New { id: u32, change: ConfChange },
}

/// The first of these addresses that is in the network of a ring of ours.
fn chosen(ring: u8, own: IpAddr, here: &[Interface], has: &[IpAddr]) -> Result<String, String> {
    use crate::site::masked;
    let interface = here.iter().find(|interface| interface.address == own);
    let alone = if own.is_ipv4() { 32 } else { 128 };
    let prefix = interface.map_or(alone, |it| it.prefix);
    let is_near = |address: &&IpAddr| {
        address.is_ipv4() == own.is_ipv4() && masked(**address, prefix) == masked(own, prefix)
    };
    has.iter().find(is_near).map(ToString::to_string).ok_or_else(|| {
        let has: Vec<String> = has.iter().map(ToString::to_string).collect();
        format!(
            "ring {ring}: the new machine has no address in the network of {own}/{prefix} (it has {}); \
             say its address on each ring, with --address",
            has.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomers_address_is_in_the_rings_network() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let here = [("10.0.0.1", 24), ("fd00::1", 64)];
        let here =
            here.map(|(text, prefix)| Interface { name: "e".into(), address: ip(text), prefix });
        let has = ["192.168.0.2", "10.0.0.2", "fd00::2"].map(ip);
        for (ring, own, expected) in [
            (0, "10.0.0.1", Some("10.0.0.2")),
            (1, "fd00::1", Some("fd00::2")),
            (2, "10.0.9.1", None),
        ] {
            assert_eq!(chosen(ring, ip(own), &here, &has).ok().as_deref(), expected, "ring {ring}");
        }
        let why = chosen(2, ip("10.0.9.1"), &here, &has).expect_err("none is near");
        assert!(why.contains("ring 2") && why.contains("--address"), "{why}");
    }
}
