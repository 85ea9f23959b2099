//! The head: who coordinates, since when, how much there is.

use super::{Cluster, LastChange, Options, Section};
use crate::listing::{Listing, parenthesized};
use crate::reading::{is_disabled, primitives};
use crate::words::{count, date};
use cluster::Role;
use scheduler::Situation;
use scheduler::index::ResourceIndex;
use scheduler::model::QuorumPolicy;
use std::collections::BTreeSet;

/// How much there is.
pub(crate) struct Counts {
    /// Instances of all resources.
    pub(crate) instances: usize,
    /// Those that are not to run, or not in the role they could have.
    pub(crate) disabled: usize,
    /// Those that nothing is done with until somebody has looked.
    pub(crate) blocked: usize,
}

impl Counts {
    pub(crate) fn of(situation: &Situation<'_>) -> Self {
        let top = situation.top.iter().flat_map(|top| primitives(situation, *top));
        let counted: Vec<ResourceIndex> = top
            .filter(|index| {
                let primitive = &situation.resources[*index];
                !primitive.is_removed || primitive.role != Role::Stopped
            })
            .collect();
        let disabled = counted.iter().filter(|index| is_disabled(situation, **index));
        let blocked = counted.iter().filter(|index| situation.resources[**index].is_blocked);
        Self { instances: counted.len(), disabled: disabled.count(), blocked: blocked.count() }
    }
}

/// Writes the head, as far as it is asked for.
pub(super) fn write(listing: &mut Listing, cluster: &Cluster<'_>, options: &Options) {
    const LINES: [Section; 5] =
        [Section::Stack, Section::Coordinator, Section::Times, Section::Counts, Section::Options];
    let is_in_maintenance = cluster.situation.options.is_in_maintenance;
    let warns = is_in_maintenance && options.shows(Section::Maintenance);
    if !warns && !LINES.iter().any(|section| options.shows(*section)) {
        return;
    }
    listing.section("Cluster Summary", |listing| {
        lines(listing, cluster, options);
        if warns {
            listing.line("");
            listing.line("              *** Resource management is DISABLED ***");
            listing.line("  The cluster will not attempt to start, stop or recover services");
        }
    });
}

fn lines(listing: &mut Listing, cluster: &Cluster<'_>, options: &Options) {
    if options.shows(Section::Stack) {
        listing.entry(&format!("Stack: {}", cluster.stack));
    }
    if options.shows(Section::Coordinator) {
        listing.entry(&format!("Current DC: {}", coordinator(cluster, options)));
    }
    if options.shows(Section::Times) {
        let now = date(cluster.last_updated, &cluster.zone);
        let place = cluster.local_node.map(|node| format!(" on {node}")).unwrap_or_default();
        listing.entry(&format!("Last updated: {now}{place}"));
        let last = cluster.last_change.as_ref().map(|change| last_change(change, cluster));
        listing.entry(&format!("Last change:  {}", last.unwrap_or_default()));
    }
    if options.shows(Section::Counts) {
        let Counts { instances, disabled, blocked } = Counts::of(cluster.situation);
        let mut remarks = Vec::new();
        if disabled > 0 {
            remarks.push(format!("{disabled} DISABLED"));
        }
        if blocked > 0 {
            remarks.push(format!("{blocked} BLOCKED from further action due to failure"));
        }
        let nodes = count(cluster.situation.nodes.len(), "node");
        listing.entry(&format!("{nodes} configured"));
        let instances = count(instances, "resource instance");
        listing.entry(&format!("{instances} configured{}", parenthesized(&remarks)));
    }
    if options.shows(Section::Options) {
        write_options(listing, cluster.situation);
    }
}

fn coordinator(cluster: &Cluster<'_>, options: &Options) -> String {
    let Some(name) = cluster.coordinator else { return "NONE".into() };
    let node = cluster.situation.node(name).map(|node| &cluster.situation.nodes[node]);
    let id = match node {
        Some(node) if options.detail => format!(" ({})", node.id),
        _ => String::new(),
    };
    let mixed = if is_mixed(cluster.situation) { "MIXED-VERSION " } else { "" };
    let quorum = if cluster.situation.facts.has_quorum { "with" } else { "WITHOUT" };
    format!("{name}{id} (version {}) - {mixed}partition {quorum} quorum", cluster.version)
}

/// Whether the nodes that take part speak different feature sets.
pub(crate) fn is_mixed(situation: &Situation<'_>) -> bool {
    let online = situation.nodes.values().filter(|node| node.is_online);
    let spoken: BTreeSet<Option<&String>> =
        online.map(|node| node.attributes.get("#feature-set")).collect();
    spoken.len() > 1
}

fn last_change(change: &LastChange, cluster: &Cluster<'_>) -> String {
    let mut text = date(change.when, &cluster.zone);
    let details = [("by", &change.user), ("via", &change.client), ("on", &change.origin)];
    for (word, detail) in details {
        if let Some(detail) = detail {
            text.push_str(&format!(" {word} {detail}"));
        }
    }
    text
}

fn write_options(listing: &mut Listing, situation: &Situation<'_>) {
    let options = &situation.options;
    let enabled = if options.is_fencing_enabled { "enabled" } else { "disabled" };
    listing.entry(&format!("STONITH of failed nodes {enabled}"));
    let symmetry = if options.is_symmetric { "symmetric" } else { "asymmetric" };
    listing.entry(&format!("Cluster is {symmetry}"));
    let policy = match options.quorum_policy {
        QuorumPolicy::Stop => "Stop ALL resources",
        QuorumPolicy::Freeze => "Freeze resources",
        QuorumPolicy::Ignore => "Ignore",
        QuorumPolicy::Demote => "Demote promotable resources and stop all other resources",
        QuorumPolicy::Fence => "Suicide",
    };
    listing.entry(&format!("No quorum policy: {policy}"));
}
