//! Who the nodes are, from Corosync's own list.

use base::NodeId;
use group::LinkId;
use rust_corosync::{CsError, cmap};
use std::collections::BTreeMap;

/// This node and the others, as Corosync knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// This one.
    pub node: NodeId,
    /// All that are listed, this one among them, by name: their first address where none is given.
    pub names: BTreeMap<NodeId, String>,
    /// This node's addresses.
    pub addresses: BTreeMap<LinkId, String>,
}

/// What is said of a node.
#[derive(Default)]
struct Entry {
    id: Option<u32>,
    name: Option<String>,
    addresses: BTreeMap<LinkId, String>,
}

impl Site {
    /// Reads Corosync's list.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) fn read(node: NodeId) -> Result<Self, CsError> {
        let handle = cmap::initialize(cmap::Map::Icmap)?;
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for item in cmap::CmapIterStart::new(&handle, "nodelist.node.")? {
            let key = item.key_name().strip_prefix("nodelist.node.").unwrap_or_default();
            let Some((place, what)) = key.split_once('.') else { continue };
            let value = cmap::get(&handle, item.key_name())?;
            entries.entry(place.to_owned()).or_default().learn(what, &value);
        }
        Ok(Self::of(node, entries.into_values()))
    }

    fn of(node: NodeId, entries: impl Iterator<Item = Entry>) -> Self {
        let mut site = Self { node, names: BTreeMap::new(), addresses: BTreeMap::new() };
        for Entry { id, name, addresses } in entries {
            let Some(id) = id.map(NodeId) else { continue };
            let name = name.or_else(|| addresses.values().next().cloned());
            site.names.insert(id, name.unwrap_or_else(|| id.to_string()));
            if id == node {
                site.addresses = addresses;
            }
        }
        // Where Corosync finds its nodes by multicast it has no list.
        site.names.entry(node).or_insert_with(|| node.to_string());
        site
    }
}

impl Entry {
    fn learn(&mut self, what: &str, value: &cmap::Data) {
        let ring = what.strip_prefix("ring").and_then(|rest| rest.strip_suffix("_addr"));
        match (what, ring.and_then(|ring| ring.parse().ok()), value) {
            ("nodeid", _, cmap::Data::UInt32(id)) => self.id = Some(*id),
            ("name", _, cmap::Data::String(name)) => self.name = Some(name.clone()),
            (_, Some(ring), cmap::Data::String(address)) => {
                self.addresses.insert(LinkId(ring), address.clone());
            }
            _ => {}
        }
    }
}
