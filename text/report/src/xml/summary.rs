//! The head: who coordinates, since when, how much there is, and what matters of the options.

use super::Build;
use crate::monitor::{Cluster, Counts, is_mixed};
use crate::words::date;
use cluster::Element;
use scheduler::model::QuorumPolicy;

/// `<summary>`
pub fn summary(cluster: &Cluster<'_>) -> Element {
    let Counts { instances, disabled, blocked } = Counts::of(cluster.situation);
    Build::new("summary")
        .child(Build::new("stack").with("type", cluster.stack))
        .child(coordinator(cluster))
        .children(times(cluster))
        .child(Build::new("nodes_configured").with("number", cluster.situation.nodes.len()))
        .child(
            Build::new("resources_configured")
                .with("number", instances)
                .with("disabled", disabled)
                .with("blocked", blocked),
        )
        .child(options(cluster))
        .finish()
}

fn coordinator(cluster: &Cluster<'_>) -> Build {
    let element = Build::new("current_dc");
    let situation = cluster.situation;
    let Some(name) = cluster.coordinator else { return element.with("present", false) };
    let id = situation.node(name).map_or("", |node| &situation.nodes[node].id);
    element
        .with("present", true)
        .with("version", cluster.version)
        .with("name", name)
        .with("id", id)
        .with("with_quorum", situation.facts.has_quorum)
        .with("mixed_version", is_mixed(situation))
}

/// Readers want both or neither, and who changed something even when that is not known.
fn times(cluster: &Cluster<'_>) -> [Build; 2] {
    let now = date(cluster.last_updated, &cluster.zone);
    let change = cluster.last_change.clone().unwrap_or_default();
    let when = cluster.last_change.as_ref().map(|change| date(change.when, &cluster.zone));
    [
        Build::new("last_update").with("time", now),
        Build::new("last_change")
            .with("time", when.unwrap_or_default())
            .with("user", change.user.unwrap_or_default())
            .with("client", change.client.unwrap_or_default())
            .with("origin", change.origin.unwrap_or_default()),
    ]
}

fn options(cluster: &Cluster<'_>) -> Build {
    let options = &cluster.situation.options;
    let policy = match options.quorum_policy {
        QuorumPolicy::Stop => "stop",
        QuorumPolicy::Freeze => "freeze",
        QuorumPolicy::Ignore => "ignore",
        QuorumPolicy::Demote => "demote",
        QuorumPolicy::Fence => "suicide",
    };
    let timeout = cluster::value::duration(&options.fencing_timeout).unwrap_or_default();
    Build::new("cluster_options")
        .with("stonith-enabled", options.is_fencing_enabled)
        .with("symmetric-cluster", options.is_symmetric)
        .with("no-quorum-policy", policy)
        .with("maintenance-mode", options.is_in_maintenance)
        .with("stop-all-resources", options.stops_all)
        .with("stonith-timeout-ms", timeout.as_millis())
        .with("priority-fencing-delay-ms", options.priority_fencing_delay.as_millis())
}
