//! The list of resources: primitives, groups, clones, bundles, and what is no longer configured.

use super::brief::{self, Stopped};
use super::instance::{self, Place};
use super::{View, bundle, clone};
use crate::listing::{Listing, parenthesized};
use crate::reading::{is_active, is_disabled, is_implied, is_wholly_active, management_word};
use crate::words::count;
use scheduler::index::ResourceIndex;
use scheduler::model::Kind;
use std::cmp::Reverse;

/// Writes the list. Grouped by node, only what the nodes did not show is left for it.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    let options = view.options;
    let title = match (options.is_by_node(), options.inactive) {
        (false, true) => "Full List of Resources",
        (false, false) => "Active Resources",
        (true, true) => "Inactive Resources",
        (true, false) => return,
    };
    listing.section(title, |listing| {
        let shown: Vec<ResourceIndex> =
            in_order(view).into_iter().filter(|index| is_shown(view, *index)).collect();
        if shown.is_empty() {
            listing.entry(match (options.is_by_node(), options.inactive) {
                (false, true) => "No resources",
                (false, false) => "No active resources",
                (true, _) => "No inactive resources",
            });
        }
        let is_counted = |index: &ResourceIndex| {
            let is_primitive = view.situation.resources[*index].is_primitive();
            options.brief && !options.is_by_node() && is_primitive
        };
        let (counted, listed): (Vec<_>, Vec<_>) = shown.into_iter().partition(is_counted);
        let stopped = if options.inactive { Stopped::Counted } else { Stopped::LeftOut };
        brief::write_anywhere(listing, view, &counted, stopped);
        for index in listed {
            write_resource(listing, view, index);
        }
    });
}

/// All resources, highest priority first, then as they are configured; what is no longer
/// configured comes last.
fn in_order(view: View<'_>) -> Vec<ResourceIndex> {
    let mut resources = view.situation.top.clone();
    resources.sort_by_key(|index| {
        let resource = &view.situation.resources[*index];
        (resource.is_removed, Reverse(resource.settings.priority))
    });
    resources
}

fn is_shown(view: View<'_>, index: ResourceIndex) -> bool {
    let situation = view.situation;
    if is_implied(&situation.resources[index]) && !view.options.detail {
        return false;
    }
    if situation.resources[index].is_removed {
        return !view.options.is_by_node() && is_wholly_active(situation, index);
    }
    match (view.options.is_by_node(), view.options.inactive) {
        (true, _) => !is_wholly_active(situation, index),
        (false, true) => true,
        (false, false) => is_active(situation, index),
    }
}

/// One resource with all that is inside of it.
pub(super) fn write_resource(listing: &mut Listing, view: View<'_>, index: ResourceIndex) {
    match &view.situation.resources[index].kind {
        Kind::Primitive => listing.entry(&instance::line(view, index, Place::Told)),
        Kind::Group => write_group(listing, view, index),
        Kind::Clone(settings) => clone::write(listing, view, index, *settings),
        Kind::Bundle(layout) => bundle::write(listing, view, index, layout),
    }
}

/// A group, or one instance of a cloned one, with all its members.
fn write_group(listing: &mut Listing, view: View<'_>, index: ResourceIndex) {
    let group = &view.situation.resources[index];
    let shows_all = view.options.inactive || view.options.detail;
    let active = |member: &ResourceIndex| is_active(view.situation, *member);
    let (active, inactive): (Vec<_>, Vec<_>) = group.children.iter().copied().partition(active);
    let mut remarks = Vec::new();
    if !shows_all && !inactive.is_empty() {
        remarks.push(format!("{} inactive", count(inactive.len(), "member")));
    }
    remarks.extend(general_remarks(view, index).map(String::from));
    let title = format!("Resource Group: {}{}", group.id, parenthesized(&remarks));
    listing.list(&title, |listing| {
        let shown = if shows_all { &group.children } else { &active };
        if view.options.brief {
            brief::write_anywhere(listing, view, &group.children, Stopped::Counted);
        } else {
            for member in shown {
                listing.entry(&instance::line(view, *member, Place::Told));
            }
        }
    });
}

/// What a group or clone says about itself: `disabled`, and how far it is managed.
pub(super) fn general_remarks(
    view: View<'_>,
    index: ResourceIndex,
) -> impl Iterator<Item = &'static str> {
    let is_disabled = is_disabled(view.situation, index);
    let managed = management_word(&view.situation.resources[index]);
    is_disabled.then_some("disabled").into_iter().chain(managed)
}
