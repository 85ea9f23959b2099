//! Who is there: `nodelist`, or the members of Corosync 1.4 and 2.

use super::totem::{link, own_id};
use super::{integer, merged, text_of, wrong};
use crate::error::{ConfError, Problem};
use crate::grammar::{Section, shown};
use crate::model::{Node, OwnId};
use base::NodeId;
use group::LinkId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

pub(super) fn nodes(root: &Section, totem: &Section) -> Result<Vec<Node>, ConfError> {
    let mut found = listed(root)?;
    if found.is_empty() {
        found = legacy_members(totem)?;
    }
    check(&found)?;
    let mut nodes: Vec<_> = found.into_iter().map(|(_, node)| node).collect();
    nodes.sort_by_key(|node| node.id);
    Ok(nodes)
}

/// The nodes of the nodelist in the file's order, each with its line.
pub(crate) fn listed(root: &Section) -> Result<Vec<(usize, Node)>, ConfError> {
    let totem = merged(root, "totem");
    let sections = root.all("nodelist").flat_map(|list| list.all("node"));
    sections.map(|section| Ok((section.line, node(section, &totem)?))).collect()
}

fn node(section: &Section, totem: &Section) -> Result<Node, ConfError> {
    let mut addresses = BTreeMap::new();
    for link in (0..8).map(LinkId) {
        let Some(setting) = section.setting(&format!("ring{link}_addr")) else { continue };
        if setting.value.is_empty() {
            return Err(wrong(setting, "an address or a name"));
        }
        addresses.insert(link, setting.value.clone());
    }
    let id = match section.setting("nodeid") {
        Some(setting) => match setting.value.parse() {
            Ok(0) | Err(_) => return Err(wrong(setting, "a number from 1")),
            Ok(id) => NodeId(id),
        },
        None => derived_id(&addresses, totem)?
            .ok_or_else(|| ConfError::new(section.line, Problem::NoNodeId))?,
    };
    let votes = integer(section, "quorum_votes")?.unwrap_or(1);
    Ok(Node { id, name: text_of(section, "name"), addresses, votes })
}

/// Corosync takes the four bytes of ring 0's IPv4 address as they lie in memory.
fn derived_id(
    addresses: &BTreeMap<LinkId, String>,
    totem: &Section,
) -> Result<Option<NodeId>, ConfError> {
    let address = addresses.get(&LinkId(0)).and_then(|text| text.parse::<Ipv4Addr>().ok());
    // `totem.nodeid` is one node's, not that of all who are listed.
    let rule = match own_id(totem)? {
        OwnId::Given(_) => OwnId::OfAddress,
        rule => rule,
    };
    Ok(address.map(|address| rule.at(address)))
}

/// `interface { member { memberaddr: ... } }` of Corosync 1.4 and 2: the n-th member of each ring is
/// one node.
fn legacy_members(totem: &Section) -> Result<Vec<(usize, Node)>, ConfError> {
    let mut rows: Vec<(usize, BTreeMap<LinkId, String>)> = Vec::new();
    for section in totem.all("interface") {
        let ring = link(section)?;
        for (index, member) in section.all("member").enumerate() {
            let Some(address) = text_of(member, "memberaddr") else { continue };
            if index >= rows.len() {
                rows.push((member.line, BTreeMap::new()));
            }
            if let Some((_, addresses)) = rows.get_mut(index) {
                addresses.insert(ring, address);
            }
        }
    }
    let node = |(line, addresses): (usize, BTreeMap<LinkId, String>)| {
        let id = derived_id(&addresses, totem)?
            .ok_or_else(|| ConfError::new(line, Problem::NoNodeId))?;
        Ok((line, Node { id, name: None, addresses, votes: 1 }))
    };
    rows.into_iter().map(node).collect()
}

fn check(nodes: &[(usize, Node)]) -> Result<(), ConfError> {
    if nodes.len() > group::MAX_NODES {
        let problem = Problem::TooManyNodes { found: nodes.len(), limit: group::MAX_NODES };
        return Err(ConfError::new(0, problem));
    }
    let rings: BTreeSet<LinkId> =
        nodes.iter().flat_map(|(_, node)| node.addresses.keys().copied()).collect();
    let rings = if rings.is_empty() { BTreeSet::from([LinkId(0)]) } else { rings };
    let mut seen = BTreeSet::new();
    let mut owners = BTreeMap::new();
    for (line, node) in nodes {
        let (line, id) = (*line, node.id.0);
        if !seen.insert(node.id) {
            return Err(ConfError::new(line, Problem::SameNodeId { id }));
        }
        if let Some(ring) = rings.iter().find(|ring| !node.addresses.contains_key(ring)) {
            return Err(ConfError::new(line, Problem::RingMissing { id, link: ring.0 }));
        }
        for place in &node.addresses {
            if let Some(id) = owners.insert(place, id) {
                let address = shown(place.1);
                return Err(ConfError::new(line, Problem::SameAddress { id, address }));
            }
        }
    }
    Ok(())
}
