//! The list of nodes.

use super::{View, brief, instance};
use crate::listing::{Listing, bracketed};
use crate::reading::is_implied;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::{HealthStrategy, Node, NodeKind};

/// Before 3.15.1 nodes did not say which features they have.
const OLD_FEATURES: &str = "<3.15.1";

/// All nodes in the order of their names. What has reported a state but never its name can not be
/// shown, nor meant by anybody.
pub(super) fn in_order(view: View<'_>) -> Vec<NodeIndex> {
    let has_name = |node: &NodeIndex| !view.situation.nodes[*node].name.is_empty();
    view.situation.node_order.iter().copied().filter(has_name).collect()
}

/// A node's name; where details are wanted with its id, or with the node that a guest is on.
pub(super) fn label(view: View<'_>, node: NodeIndex) -> String {
    let state = &view.situation.nodes[node];
    let container = state.connection.and_then(|it| view.situation.resources[it].container);
    let container = container.filter(|_| state.is_guest() && view.options.detail);
    let host = container.and_then(|it| view.situation.resources[it].running_on.first());
    if let Some(host) = host {
        format!("{}@{}", state.name, view.situation.nodes[*host].name)
    } else if view.options.detail && state.name != state.id {
        format!("{} ({})", state.name, state.id)
    } else {
        state.name.clone()
    }
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

/// The lists of nodes about which there is nothing more to say. A guest that is not there is as
/// good as none.
const LISTS: [(NodeKind, &str, &str); 5] = [
    (NodeKind::Member, "online", "Online"),
    (NodeKind::Member, "OFFLINE", "OFFLINE"),
    (NodeKind::Remote, "online", "RemoteOnline"),
    (NodeKind::Remote, "OFFLINE", "RemoteOFFLINE"),
    (NodeKind::Guest, "online", "GuestOnline"),
];

fn write_together(listing: &mut Listing, view: View<'_>) {
    let mut plain: Vec<(NodeKind, &str, &str)> = Vec::new();
    for node in in_order(view) {
        let state = &view.situation.nodes[node];
        let standing = standing(state);
        let is_plain = matches!(standing, "online" | "OFFLINE") && health(view, state).is_none();
        if is_plain && !view.options.detail {
            plain.push((state.kind, standing, &state.name));
        } else {
            listing.entry(&headline(view, node));
        }
    }
    for (kind, standing, title) in LISTS {
        let of_list = plain.iter().filter(|(own, how, _)| (*own, *how) == (kind, standing));
        let names: Vec<&str> = of_list.map(|(_, _, name)| *name).collect();
        if !names.is_empty() {
            listing.entry(&format!("{title}: {}", bracketed(&names)));
        }
    }
}

/// Every node with what runs on it.
fn write_each(listing: &mut Listing, view: View<'_>) {
    for node in in_order(view) {
        listing.list(&headline(view, node), |listing| {
            listing.list("Resources", |listing| {
                let resources = &view.situation.resources;
                let running = view.situation.nodes[node].running.iter().copied();
                let running: Vec<ResourceIndex> =
                    running.filter(|index| !is_implied(&resources[*index])).collect();
                if view.options.brief {
                    brief::write_on_node(listing, view, &running);
                } else {
                    for index in running {
                        listing.entry(&instance::line(view, index, instance::Place::Known));
                    }
                }
            });
        });
    }
}

fn headline(view: View<'_>, node: NodeIndex) -> String {
    let state = &view.situation.nodes[node];
    let kind = match state.kind {
        NodeKind::Member => "Node",
        NodeKind::Remote => "RemoteNode",
        NodeKind::Guest => "GuestNode",
    };
    let health = health(view, state).unwrap_or_default();
    let is_member = state.kind == NodeKind::Member;
    let says_features = view.options.detail && state.is_online && is_member;
    let features = if says_features {
        let own = state.attributes.get("#feature-set").map(String::as_str);
        format!(", feature set {}", own.or(view.feature_set).unwrap_or(OLD_FEATURES))
    } else {
        String::new()
    };
    format!("{kind} {}: {}{health}{features}", label(view, node), standing(state))
}

/// A node's state in crm_mon's words.
fn standing(node: &Node<'_>) -> &'static str {
    match (node.is_online, node.is_pending) {
        (true, _) if node.is_unclean => "UNCLEAN (online)",
        (_, true) if node.is_unclean => "UNCLEAN (pending)",
        _ if node.is_unclean => "UNCLEAN (offline)",
        (_, true) => "pending",
        (true, _) if node.is_standby_on_fail => "standby (on-fail)",
        (true, _) if node.is_standby && !node.running.is_empty() => {
            "standby (with active resources)"
        }
        (true, _) if node.is_standby => "standby",
        _ if node.is_standby => "OFFLINE (standby)",
        (true, _) if node.is_in_maintenance => "maintenance",
        _ if node.is_in_maintenance => "OFFLINE (maintenance)",
        (true, _) => "online",
        _ => "OFFLINE",
    }
}

/// The worst that a node says of its health, where that counts.
fn health(view: View<'_>, node: &Node<'_>) -> Option<&'static str> {
    if !node.is_online || view.situation.options.health == HealthStrategy::None {
        return None;
    }
    let own = node.attributes.iter().filter(|(name, _)| name.starts_with("#health"));
    let is = |colour: &str| own.clone().any(|(_, value)| value.eq_ignore_ascii_case(colour));
    match (is("red"), is("yellow")) {
        (true, _) => Some(" (health is RED)"),
        (false, true) => Some(" (health is YELLOW)"),
        (false, false) => None,
    }
}
