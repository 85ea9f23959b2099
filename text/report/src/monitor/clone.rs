//! A clone: the nodes that have an instance by what the instances do there, and lines of their
//! own for instances about which there is more to say.

use super::{View, failures, instance, resources};
use crate::listing::{Listing, bracketed, parenthesized};
use crate::reading::{is_active, is_wholly_active, places, role, target_role};
use crate::words::by_name;
use cluster::Role;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::{CloneSettings, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// A clone's instances by what they do.
#[derive(Default)]
struct Instances<'v> {
    promoted: Vec<&'v str>,
    started: Vec<&'v str>,
    /// Those that need lines of their own.
    apart: Vec<ResourceIndex>,
}

/// Writes a clone.
pub(super) fn write(
    listing: &mut Listing,
    view: View<'_>,
    index: ResourceIndex,
    settings: CloneSettings,
) {
    let clone = &view.situation.resources[index];
    let mut remarks = Vec::new();
    if settings.is_promotable {
        remarks.push("promotable");
    }
    if settings.is_unique {
        remarks.push("unique");
    }
    remarks.extend(resources::general_remarks(view, index));
    let title =
        format!("Clone Set: {} [{}]{}", clone.id, child(view, index), parenthesized(&remarks));
    listing.list(&title, |listing| {
        let mut instances = sorted_out(view, clone, settings);
        for instance in &instances.apart {
            resources::write_resource(listing, view, *instance);
        }
        instances.promoted.sort_by(|one, other| by_name(one, other));
        instances.started.sort_by(|one, other| by_name(one, other));
        let started = match (settings.is_promotable, target_role(clone)) {
            (false, _) => "Started",
            (true, Some(Role::Unpromoted)) => "Unpromoted (target-role)",
            (true, _) => "Unpromoted",
        };
        for (title, names) in [("Promoted", &instances.promoted), (started, &instances.started)] {
            if !names.is_empty() {
                listing.entry(&format!("{title}: {}", bracketed(names)));
            }
        }
        let listed = instances.promoted.len() + instances.started.len();
        let is_complete = listed >= settings.max as usize;
        let shows_stopped = view.options.inactive && !view.options.detail;
        if shows_stopped && !settings.is_unique && !is_complete {
            write_stopped(listing, view, index);
        }
    });
}

/// What is cloned, by the configuration's name.
fn child<'v>(view: View<'v>, index: ResourceIndex) -> &'v str {
    let situation = view.situation;
    let clone = &situation.resources[index];
    let configured = situation.facts.configuration.resources.iter().find_map(|top| match top {
        cluster::Resource::Clone(it) if it.id == clone.id => Some(it.child.id()),
        _ => None,
    });
    let instance = clone.children.first().map(|first| situation.resources[*first].id.as_str());
    let instance = instance.map(|id| id.rsplit_once(':').map_or(id, |(base, _)| base));
    configured.or(instance).unwrap_or_default()
}

fn sorted_out<'v>(view: View<'v>, clone: &Resource<'_>, settings: CloneSettings) -> Instances<'v> {
    let mut instances = Instances::default();
    for &index in &clone.children {
        let situation = view.situation;
        let is_idle = !is_active(situation, index);
        if view.options.detail {
            instances.apart.push(index);
        } else if settings.is_unique {
            // Nobody misses what is no longer configured and does not run.
            if !(is_idle && situation.resources[index].is_removed) {
                instances.apart.push(index);
            }
        } else if instance::is_pending(view, index) {
            instances.apart.push(index);
        } else if is_idle {
            continue;
        } else if is_peculiar(view, index) || !is_wholly_active(situation, index) {
            instances.apart.push(index);
        } else {
            match place(view, index) {
                Some((name, Role::Promoted)) => instances.promoted.push(name),
                Some((name, _)) => instances.started.push(name),
                None => instances.apart.push(index),
            }
        }
    }
    instances
}

/// Whether anything of an instance is no longer configured, not managed, or has failed.
fn is_peculiar(view: View<'_>, index: ResourceIndex) -> bool {
    let resource = &view.situation.resources[index];
    resource.is_removed
        || !resource.is_managed
        || resource.has_failed
        || resource.children.iter().any(|child| is_peculiar(view, *child))
}

/// The one node on which an instance is, and its role there; `None` when that is not so simple.
fn place(view: View<'_>, index: ResourceIndex) -> Option<(&str, Role)> {
    let mut places = places(view.situation, index).into_iter();
    let (Some(only), None) = (places.next(), places.next()) else { return None };
    let node = &view.situation.nodes[only];
    let is_lost = !node.is_online && node.is_unclean;
    (!is_lost).then(|| (node.name.as_str(), role(view.situation, index)))
}

/// The nodes on which an anonymous clone could run and does not, by the reason.
fn write_stopped(listing: &mut Listing, view: View<'_>, index: ResourceIndex) {
    let situation = view.situation;
    let busy = places(situation, index);
    let allowed = may_run_on(view, index);
    let mut stopped: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for node in super::nodes::in_order(view) {
        if allowed.contains(&node) && !busy.contains(&node) {
            let title = stopped_title(view, index, node);
            stopped.entry(title).or_default().push(&situation.nodes[node].name);
        }
    }
    for (title, names) in stopped {
        listing.entry(&format!("{title}: {}", bracketed(&names)));
    }
}

/// In a cluster where nothing runs anywhere unless told to, only nodes that were asked count.
fn may_run_on(view: View<'_>, index: ResourceIndex) -> BTreeSet<NodeIndex> {
    let clone = &view.situation.resources[index];
    if clone.weights.is_empty() {
        return clone.known_on.iter().collect();
    }
    clone.weights.iter().map(|(node, _)| node).collect()
}

fn stopped_title(view: View<'_>, index: ResourceIndex, node: NodeIndex) -> String {
    match failures::failed_probe(view, index, Some(node)) {
        Some(outcome) => format!("Stopped ({outcome})"),
        None if target_role(&view.situation.resources[index]) == Some(Role::Stopped) => {
            "Stopped (disabled)".into()
        }
        None => "Stopped".into(),
    }
}
