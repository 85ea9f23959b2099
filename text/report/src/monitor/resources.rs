//! The list of resources: primitives, groups, clones, and what is no longer configured.

use super::brief::{self, Stopped};
use super::instance::{self, Place};
use super::{View, failures};
use crate::listing::{Listing, bracketed, parenthesized};
use crate::reading::{has_failed, is_orphan};
use crate::words::{by_name, count};
use cluster::value::boolean;
use cluster::{AttributeSet, Resource, Role, Score, first_value};
use scheduler::gather::{CloneSettings, Kind, Management, Presence, ResourceState};
use scheduler::index::{InstanceIndex, NodeIndex, ResourceIndex, UnitIndex};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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
            let kind = view.situation.resources[*index].kind;
            options.brief && !options.is_by_node() && matches!(kind, Kind::Primitive | Kind::Orphan)
        };
        let (counted, listed): (Vec<_>, Vec<_>) = shown.into_iter().partition(is_counted);
        let counted: Vec<InstanceIndex> =
            counted.iter().flat_map(|index| view.situation.instances_of(*index)).collect();
        let stopped = if options.inactive { Stopped::Counted } else { Stopped::LeftOut };
        brief::write_anywhere(listing, view, &counted, stopped);
        for index in listed {
            write_resource(listing, view, index);
        }
    });
}

/// All resources, highest priority first, then as they are configured.
fn in_order(view: View<'_>) -> Vec<ResourceIndex> {
    let mut resources: Vec<ResourceIndex> = view.situation.resources.keys().collect();
    let defaults = &view.situation.facts.configuration.resource_defaults;
    resources.sort_by_cached_key(|index| {
        let configured = instance::configured(view, *index);
        let own = configured.and_then(|resource| first_value(resource.meta(), "priority"));
        let priority = own.or_else(|| first_value(defaults, "priority")).and_then(Score::parse);
        Reverse(priority.unwrap_or_default())
    });
    resources
}

fn is_shown(view: View<'_>, index: ResourceIndex) -> bool {
    let is_active = |instance: InstanceIndex| !view.situation.instances[instance].active.is_empty();
    let mut instances = view.situation.instances_of(index);
    if view.situation.resources[index].kind == Kind::Orphan {
        return !view.options.is_by_node() && instances.any(is_active);
    }
    match (view.options.is_by_node(), view.options.inactive) {
        (true, _) => !instances.all(is_active),
        (false, true) => true,
        (false, false) => instances.any(is_active),
    }
}

fn write_resource(listing: &mut Listing, view: View<'_>, index: ResourceIndex) {
    let resource = &view.situation.resources[index];
    match resource.kind {
        Kind::Primitive | Kind::Orphan => {
            for instance in view.situation.instances_of(index) {
                listing.entry(&instance::line(view, instance, Place::Told));
            }
        }
        Kind::Group => {
            for unit in &resource.units {
                write_group(listing, view, *unit);
            }
        }
        Kind::Clone(settings) => write_clone(listing, view, index, settings),
    }
}

/// One instance of a group, with all its members.
fn write_group(listing: &mut Listing, view: View<'_>, unit: UnitIndex) {
    let state = &view.situation.units[unit];
    let Some(Resource::Group(group)) = body(view, state.resource) else { return };
    let is_active =
        |instance: &InstanceIndex| !view.situation.instances[*instance].active.is_empty();
    let shows_all = view.options.inactive || view.options.detail;
    let (active, inactive): (Vec<_>, Vec<_>) = state.members.iter().copied().partition(is_active);
    let mut remarks = Vec::new();
    if !shows_all && !inactive.is_empty() {
        remarks.push(format!("{} inactive", count(inactive.len(), "member")));
    }
    remarks.extend(general_remarks(view, &group.meta, false).map(String::from));
    let number = state.number.map(|number| format!(":{number}")).unwrap_or_default();
    let title = format!("Resource Group: {}{number}{}", group.id, parenthesized(&remarks));
    listing.list(&title, |listing| {
        let shown = if shows_all { &state.members } else { &active };
        if view.options.brief {
            brief::write_anywhere(listing, view, &state.members, Stopped::Counted);
        } else {
            for member in shown {
                listing.entry(&instance::line(view, *member, Place::Told));
            }
        }
    });
}

/// What a group or clone says about itself: `disabled`, and how far it is managed.
fn general_remarks<'v>(
    view: View<'_>,
    meta: &'v [AttributeSet],
    is_promotable: bool,
) -> impl Iterator<Item = &'static str> + use<'v> {
    let defaults = &view.situation.facts.configuration.resource_defaults;
    let value = |name| first_value(meta, name).or_else(|| first_value(defaults, name));
    let is = |name, state| value(name).and_then(boolean) == Some(state);
    let target = target_role(view, meta);
    let is_disabled =
        target == Some(Role::Stopped) || (is_promotable && target == Some(Role::Unpromoted));
    let management = if view.situation.options.is_in_maintenance || is("maintenance", true) {
        Management::Maintenance
    } else if is("is-managed", false) {
        Management::Unmanaged
    } else {
        Management::Managed
    };
    let managed = instance::management_word(management);
    is_disabled.then_some("disabled").into_iter().chain(managed)
}

/// The role that a group or clone is to have, if it says so.
fn target_role(view: View<'_>, meta: &[AttributeSet]) -> Option<Role> {
    let defaults = &view.situation.facts.configuration.resource_defaults;
    let own = first_value(meta, "target-role");
    own.or_else(|| first_value(defaults, "target-role")).and_then(Role::parse)
}

/// The primitive, group or clone's child that the units of a resource are made of.
fn body(view: View<'_>, index: ResourceIndex) -> Option<&Resource> {
    match instance::configured(view, index)? {
        Resource::Clone(clone) => Some(&clone.child),
        resource => Some(resource),
    }
}

/// A clone's instances by what they do.
#[derive(Default)]
struct Instances<'v> {
    promoted: Vec<&'v str>,
    started: Vec<&'v str>,
    /// Those that need lines of their own.
    apart: Vec<UnitIndex>,
}

fn write_clone(
    listing: &mut Listing,
    view: View<'_>,
    index: ResourceIndex,
    settings: CloneSettings,
) {
    let resource = &view.situation.resources[index];
    let Some(Resource::Clone(clone)) = instance::configured(view, index) else { return };
    let mut remarks = Vec::new();
    if settings.is_promotable {
        remarks.push("promotable");
    }
    if settings.is_unique {
        remarks.push("unique");
    }
    let general: Vec<&str> = general_remarks(view, &clone.meta, settings.is_promotable).collect();
    // A clone says first how far it is managed, a group last.
    remarks.extend(general.iter().rev());
    let remarks = parenthesized(&remarks);
    let title = format!("Clone Set: {} [{}]{remarks}", resource.id, clone.child.id());
    listing.list(&title, |listing| {
        let mut instances = sorted_out(view, resource, settings);
        for unit in &instances.apart {
            write_unit(listing, view, *unit);
        }
        instances.promoted.sort_by(|one, other| by_name(one, other));
        instances.started.sort_by(|one, other| by_name(one, other));
        let unpromoted = match (settings.is_promotable, target_role(view, &clone.meta)) {
            (false, _) => "Started",
            (true, Some(Role::Unpromoted)) => "Unpromoted (target-role)",
            (true, _) => "Unpromoted",
        };
        for (title, names) in [("Promoted", &instances.promoted), (unpromoted, &instances.started)]
        {
            if !names.is_empty() {
                listing.entry(&format!("{title}: {}", bracketed(names)));
            }
        }
        if view.options.inactive && !settings.is_unique && !view.options.detail {
            write_stopped(listing, view, index, settings);
        }
    });
}

fn write_unit(listing: &mut Listing, view: View<'_>, unit: UnitIndex) {
    let state = &view.situation.units[unit];
    if matches!(body(view, state.resource), Some(Resource::Group(_))) {
        write_group(listing, view, unit);
    } else {
        for instance in &state.members {
            listing.entry(&instance::line(view, *instance, Place::Told));
        }
    }
}

fn sorted_out<'v>(
    view: View<'v>,
    resource: &ResourceState<'_>,
    settings: CloneSettings,
) -> Instances<'v> {
    let mut instances = Instances::default();
    for &unit in &resource.units {
        let members = &view.situation.units[unit].members;
        let is_active =
            |instance: &InstanceIndex| !view.situation.instances[*instance].active.is_empty();
        let is_peculiar = |instance: &InstanceIndex| {
            is_orphan(view.situation, *instance)
                || view.situation.management(*instance) != Management::Managed
                || has_failed(view.situation, *instance)
                || instance::is_pending(view, *instance)
        };
        if view.options.detail || settings.is_unique {
            instances.apart.push(unit);
        } else if !members.iter().any(is_active) {
            continue;
        } else if members.iter().any(is_peculiar) || !members.iter().all(is_active) {
            instances.apart.push(unit);
        } else {
            match place(view, members) {
                Some((name, Role::Promoted)) => instances.promoted.push(name),
                Some((name, _)) => instances.started.push(name),
                None => instances.apart.push(unit),
            }
        }
    }
    instances
}

/// The one node on which a unit is, and its role there; `None` when that is not so simple.
fn place<'v>(view: View<'v>, members: &[InstanceIndex]) -> Option<(&'v str, Role)> {
    let instances = || members.iter().map(|member| &view.situation.instances[*member]);
    let nodes: BTreeSet<NodeIndex> = instances()
        .flat_map(|instance| instance.active.iter().map(|activity| activity.node))
        .collect();
    let mut nodes = nodes.into_iter();
    let (Some(only), None) = (nodes.next(), nodes.next()) else { return None };
    let node = &view.situation.nodes[only];
    let is_certain = node.presence == Presence::Online || node.unclean.is_none();
    let role = instances().map(instance::role).max()?;
    is_certain.then_some((node.name, role))
}

/// The nodes on which an anonymous clone could run and does not, by the reason.
fn write_stopped(
    listing: &mut Listing,
    view: View<'_>,
    index: ResourceIndex,
    settings: CloneSettings,
) {
    let situation = view.situation;
    let instances = || situation.instances_of(index);
    let active_units = situation.resources[index].units.iter().filter(|unit| {
        let members = &situation.units[**unit].members;
        members.iter().any(|member| !situation.instances[*member].active.is_empty())
    });
    if active_units.count() >= settings.max as usize {
        return;
    }
    let busy: BTreeSet<NodeIndex> = instances()
        .flat_map(|instance| situation.instances[instance].active.iter())
        .map(|activity| activity.node)
        .collect();
    let mut stopped: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for node in super::nodes::in_order(view) {
        if !busy.contains(&node) && may_run(view, index, node) {
            let title = stopped_title(view, index, node);
            stopped.entry(title).or_default().push(situation.nodes[node].name);
        }
    }
    for (title, names) in stopped {
        listing.entry(&format!("{title}: {}", bracketed(&names)));
    }
}

/// In a cluster where nothing runs anywhere unless told to, only nodes that were asked count.
fn may_run(view: View<'_>, index: ResourceIndex, node: NodeIndex) -> bool {
    let mut instances = view.situation.instances_of(index);
    view.situation.options.is_symmetric
        || instances.any(|instance| view.situation.primitive_of(instance).known[node])
}

fn stopped_title(view: View<'_>, index: ResourceIndex, node: NodeIndex) -> String {
    let mut instances = view.situation.instances_of(index);
    let primitive = instances.next().map(|instance| view.situation.primitive_of(instance));
    if primitive.is_some_and(|primitive| primitive.settings.target_role == Role::Stopped) {
        return "Stopped (disabled)".into();
    }
    let primitives = view.situation.instances_of(index);
    let mut probes = primitives.filter_map(|instance| {
        let primitive = view.situation.instances[instance].primitive;
        failures::failed_probe(view, primitive, Some(node))
    });
    match probes.next() {
        Some(outcome) => format!("Stopped ({outcome})"),
        None => "Stopped".into(),
    }
}
