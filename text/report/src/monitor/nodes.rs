//! The list of nodes.

use super::{View, brief, instance};
use crate::listing::{Listing, bracketed};
use crate::words::by_name;
use cluster::value::boolean;
use scheduler::gather::{Health, NodeState, Presence, Standby};
use scheduler::index::NodeIndex;
use std::collections::BTreeSet;

/// Before 3.15.1 nodes did not say which features they have.
const OLD_FEATURES: &str = "<3.15.1";

/// All nodes in the order of their names.
pub(super) fn in_order(view: View<'_>) -> Vec<NodeIndex> {
    let name = |node: NodeIndex| view.situation.nodes[node].name;
    // What has reported a state but never its name can not be shown, nor meant by anybody.
    let mut nodes: Vec<NodeIndex> =
        view.situation.nodes.keys().filter(|node| !name(*node).is_empty()).collect();
    nodes.sort_by(|one, other| by_name(name(*one), name(*other)));
    nodes
}

/// A node's name, with its id where details are wanted.
pub(super) fn label(view: View<'_>, node: NodeIndex) -> String {
    let state = &view.situation.nodes[node];
    if view.options.detail { format!("{} ({})", state.name, state.id) } else { state.name.into() }
}

/// Writes the list: what is unusual on a line of its own, the others together.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    listing.section("Node List", |listing| {
        if view.options.is_by_node() {
            write_each(listing, view);
        } else {
            write_together(listing, view);
        }
    });
}

fn write_together(listing: &mut Listing, view: View<'_>) {
    let busy = busy_nodes(view);
    let (mut online, mut offline) = (Vec::new(), Vec::new());
    for node in in_order(view) {
        let state = &view.situation.nodes[node];
        let standing = standing(view, state, busy.contains(&node));
        match standing.as_str() {
            "online" if !view.options.detail => online.push(state.name),
            "OFFLINE" if !view.options.detail => offline.push(state.name),
            _ => listing.entry(&headline(view, node, &standing)),
        }
    }
    for (title, names) in [("Online", online), ("OFFLINE", offline)] {
        if !names.is_empty() {
            listing.entry(&format!("{title}: {}", bracketed(&names)));
        }
    }
}

/// Every node with what runs on it.
fn write_each(listing: &mut Listing, view: View<'_>) {
    let busy = busy_nodes(view);
    for node in in_order(view) {
        let standing = standing(view, &view.situation.nodes[node], busy.contains(&node));
        listing.list(&headline(view, node, &standing), |listing| {
            listing.list("Resources", |listing| {
                let running = instance::running_on(view, node);
                if view.options.brief {
                    brief::write_on_node(listing, view, &running);
                } else {
                    for instance in running {
                        listing.entry(&instance::line(view, instance, instance::Place::Known));
                    }
                }
            });
        });
    }
}

fn headline(view: View<'_>, node: NodeIndex, standing: &str) -> String {
    let state = &view.situation.nodes[node];
    let is_remote = state.entry.and_then(|entry| entry.kind.as_deref()) == Some("remote");
    let kind = if is_remote { "RemoteNode" } else { "Node" };
    let says_features = view.options.detail && state.presence == Presence::Online;
    let features = if says_features {
        let own = state.attributes.get("#feature-set").map(String::as_str);
        format!(", feature set {}", own.or(view.feature_set).unwrap_or(OLD_FEATURES))
    } else {
        String::new()
    };
    format!("{kind} {}: {standing}{features}", label(view, node))
}

/// The nodes on which anything is active.
fn busy_nodes(view: View<'_>) -> BTreeSet<NodeIndex> {
    let instances = view.situation.instances.values();
    instances.flat_map(|instance| instance.active.iter().map(|activity| activity.node)).collect()
}

/// A node's state in crm_mon's words; `is_busy` says whether anything is active there.
fn standing(view: View<'_>, node: &NodeState<'_>, is_busy: bool) -> String {
    let is_maintained =
        node.attributes.get("maintenance").and_then(|value| boolean(value)) == Some(true);
    let is_online = node.presence == Presence::Online;
    let words = match (node.presence, node.standby) {
        (Presence::Online, _) if node.unclean.is_some() => "UNCLEAN (online)",
        (Presence::Pending, _) if node.unclean.is_some() => "UNCLEAN (pending)",
        (Presence::Offline, _) if node.unclean.is_some() => "UNCLEAN (offline)",
        (Presence::Pending, _) => "pending",
        (Presence::Online, Some(Standby::Failure)) => "standby (on-fail)",
        (Presence::Online, Some(Standby::Requested)) if is_busy => {
            "standby (with active resources)"
        }
        (Presence::Online, Some(Standby::Requested)) => "standby",
        (Presence::Offline, Some(_)) => "OFFLINE (standby)",
        (Presence::Online, None) if is_maintained => "maintenance",
        (Presence::Offline, None) if is_maintained => "OFFLINE (maintenance)",
        (Presence::Online, None) => "online",
        (Presence::Offline, None) => "OFFLINE",
    };
    let health_counts = is_online && view.situation.options.health.is_some();
    match node.health {
        Health::Red if health_counts => format!("{words} (health is RED)"),
        Health::Yellow if health_counts => format!("{words} (health is YELLOW)"),
        _ => words.into(),
    }
}
