//! Node attributes, with a hint where one counts reachable hosts.

use super::{View, nodes};
use crate::listing::Listing;
use cluster::{first_value, secret};
use scheduler::index::NodeIndex;

/// Attributes that steer the cluster, or that have a section of their own.
fn is_internal(name: &str) -> bool {
    name.starts_with('#')
        || name.starts_with("fail-count-")
        || name.starts_with("last-failure-")
        || matches!(name, "shutdown" | "standby" | "terminate")
}

/// Writes the attributes of all nodes that are there.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    let shown: Vec<NodeIndex> = nodes::in_order(view)
        .into_iter()
        .filter(|node| {
            let state = &view.situation.nodes[*node];
            state.is_online && state.attributes.keys().any(|name| !is_internal(name))
        })
        .collect();
    if shown.is_empty() {
        return;
    }
    listing.section("Node Attributes", |listing| {
        for node in shown {
            listing.list(&format!("Node: {}", nodes::label(view, node)), |listing| {
                for (name, value) in &view.situation.nodes[node].attributes {
                    if !is_internal(name) {
                        let hint = connectivity(view, node, (name, value)).unwrap_or_default();
                        let value = secret::shown(name, value);
                        listing.entry(&format!("{name:<32}\t: {value:<10}{hint}"));
                    }
                }
            });
        }
    });
}

/// What a ping resource that runs on the node would like the attribute's value to be.
fn connectivity(view: View<'_>, node: NodeIndex, (name, value): (&str, &str)) -> Option<String> {
    let value: i64 = value.parse().ok()?;
    let running = &view.situation.nodes[node].running;
    let expected = running.iter().find_map(|index| {
        let resource = &view.situation.resources[*index];
        if !matches!(resource.agent.kind.as_str(), "ping" | "pingd") {
            return None;
        }
        let parameters = &resource.definition.as_deref()?.parameters;
        let written = first_value(parameters, "name").unwrap_or("pingd");
        let hosts = first_value(parameters, "host_list")?.split_whitespace().count();
        let multiplier = first_value(parameters, "multiplier").and_then(|it| it.parse().ok());
        let each: i64 = multiplier.unwrap_or(1);
        (written == name).then(|| each.saturating_mul(i64::try_from(hosts).unwrap_or(i64::MAX)))
    })?;
    if value <= 0 {
        Some("\t: Connectivity is lost".into())
    } else if value < expected {
        Some(format!("\t: Connectivity is degraded (Expected={expected})"))
    } else {
        None
    }
}
