//! The configured resources as units and instances.

use super::options::{Layers, Usual};
use super::{
    CloneSettings, Instance, Kind, Management, PrimitiveState, Requires, ResourceState, Situation,
    Target, Unit,
};
use crate::index::{Indexed, PrimitiveIndex, ResourceIndex, UnitIndex};
use cluster::{Agent, AttributeSet, Primitive, Resource, Role, Score};
use std::collections::BTreeMap;

/// Adds all configured resources.
pub(super) fn read(situation: &mut Situation<'_>) {
    for resource in &situation.facts.configuration.resources {
        // Bundles are not carried out yet; a template runs nowhere.
        let Some((kind, body)) = shape(situation, resource) else { continue };
        let id = resource.id();
        let index = situation.resources.push(ResourceState { id, kind, units: Vec::new() });
        situation.names.insert(id, Target { resource: index, member: None });
        name_parts(situation, index, body);
        match kind {
            Kind::Clone(settings) => add_clone(situation, index, (resource, body), settings),
            Kind::Primitive | Kind::Group | Kind::Orphan => {
                let primitives = add_primitives(situation, (resource, body), None);
                add_unit(situation, index, None, &primitives);
            }
        }
    }
}

/// What `resource` is, and the primitive or group that its units are made of.
fn shape<'a>(situation: &Situation<'a>, resource: &'a Resource) -> Option<(Kind, &'a Resource)> {
    match resource {
        Resource::Primitive(_) => Some((Kind::Primitive, resource)),
        Resource::Group(_) => Some((Kind::Group, resource)),
        Resource::Clone(clone) => {
            let defaults = &situation.facts.configuration.resource_defaults;
            let layers = Layers::new(&[&clone.meta, defaults]);
            let settings = layers.clone_settings(situation.nodes.len());
            Some((Kind::Clone(settings), &clone.child))
        }
        Resource::Bundle(_) | Resource::Template(_) => None,
    }
}

/// Constraints may name a clone's child, which means the clone, or a group's member.
fn name_parts<'a>(situation: &mut Situation<'a>, resource: ResourceIndex, body: &'a Resource) {
    let whole = Target { resource, member: None };
    situation.names.entry(body.id()).or_insert(whole);
    if let Resource::Group(group) = body {
        for (position, member) in group.members.iter().enumerate() {
            let target = Target { resource, member: Some(position) };
            situation.names.entry(&member.id).or_insert(target);
        }
    }
}

/// Adds the units of a clone. The instances of an anonymous clone share their primitives; each
/// instance of a globally unique one has its own, as they differ from each other.
fn add_clone<'a>(
    situation: &mut Situation<'a>,
    index: ResourceIndex,
    shape: (&'a Resource, &'a Resource),
    settings: CloneSettings,
) {
    // One at the least, even if none is wanted: what is found running needs a name to be stopped by.
    let count = settings.max.max(1);
    if settings.is_unique {
        for number in 0..count {
            let primitives = add_primitives(situation, shape, Some(number));
            add_unit(situation, index, Some(number), &primitives);
        }
    } else {
        let primitives = add_primitives(situation, shape, None);
        for number in 0..count {
            add_unit(situation, index, Some(number), &primitives);
        }
    }
}

/// Adds the primitives of `body`, and says which they are.
fn add_primitives<'a>(
    situation: &mut Situation<'a>,
    (outer, body): (&'a Resource, &'a Resource),
    number: Option<u32>,
) -> Vec<PrimitiveIndex> {
    let configuration = situation.facts.configuration;
    let group = match body {
        Resource::Group(group) => Some(group),
        _ => None,
    };
    let clone = match outer {
        Resource::Clone(clone) => Some(clone),
        _ => None,
    };
    let mut added = Vec::new();
    for primitive in body.primitives() {
        let mut meta: Vec<&'a [AttributeSet]> = vec![&primitive.meta];
        let mut parameters: Vec<&'a [AttributeSet]> = vec![&primitive.parameters];
        if let Some(group) = group {
            meta.push(&group.meta);
            parameters.push(&group.parameters);
        }
        if let Some(clone) = clone {
            meta.push(&clone.meta);
            parameters.push(&clone.parameters);
        }
        meta.push(&configuration.resource_defaults);
        let usual = usual(situation, &primitive.agent, clone.is_some());
        let state = PrimitiveState {
            id: instance_name(&primitive.id, number),
            configured: Some(primitive),
            agent: &primitive.agent,
            settings: Layers::new(&meta).settings(&situation.options, &usual),
            instances: Vec::new(),
            known: Indexed::filled(false, situation.nodes.len()),
            probing: Vec::new(),
            fail_counts: BTreeMap::new(),
            bans: BTreeMap::new(),
            ban_everywhere: None,
            parameters,
        };
        let name = state.id.clone();
        let index = situation.primitives.push(state);
        situation.primitive_names.entry(name).or_insert(index);
        added.push(index);
    }
    added
}

fn usual(situation: &Situation<'_>, agent: &Agent, is_cloned: bool) -> Usual {
    let configured = situation.facts.configuration.property("default-resource-stickiness");
    let configured = Score::parse(configured).unwrap_or_default();
    // The instances of a clone prefer to stay a little, so that they are not shuffled.
    let by_kind = if is_cloned { Score::new(1) } else { Score::ZERO };
    let stickiness = if configured == Score::ZERO { by_kind } else { configured };
    let is_protected = situation.options.is_fencing_enabled && !agent.is_fencing();
    let requires = if is_protected { Requires::Fencing } else { Requires::Quorum };
    Usual { stickiness, requires }
}

/// Adds a unit with one instance of each of `primitives`.
pub(super) fn add_unit(
    situation: &mut Situation<'_>,
    resource: ResourceIndex,
    number: Option<u32>,
    primitives: &[PrimitiveIndex],
) -> UnitIndex {
    let unit = situation.units.push(Unit { resource, number, members: Vec::new() });
    situation.resources[resource].units.push(unit);
    for &primitive in primitives {
        let state = &situation.primitives[primitive];
        let base = state.configured.map_or(state.id.as_str(), |primitive| &primitive.id);
        let instance = Instance {
            id: instance_name(base, number),
            primitive,
            unit,
            active: Vec::new(),
            blocked: None,
            held: None,
        };
        let instance = situation.instances.push(instance);
        situation.units[unit].members.push(instance);
        situation.primitives[primitive].instances.push(instance);
    }
    unit
}

/// Adds something that only the status knows: `id`, with the agent it had.
pub(super) fn add_orphan<'a>(
    situation: &mut Situation<'a>,
    id: &'a str,
    agent: &'a Agent,
) -> PrimitiveIndex {
    let usual = usual(situation, agent, false);
    let defaults: &[AttributeSet] = &situation.facts.configuration.resource_defaults;
    let mut settings = Layers::new(&[defaults]).settings(&situation.options, &usual);
    settings.target_role = Role::Stopped;
    if !situation.options.stops_orphans {
        settings.management = Management::Unmanaged;
    }
    let state = PrimitiveState {
        id: id.to_owned(),
        configured: None::<&Primitive>,
        agent,
        settings,
        instances: Vec::new(),
        known: Indexed::filled(false, situation.nodes.len()),
        probing: Vec::new(),
        fail_counts: BTreeMap::new(),
        bans: BTreeMap::new(),
        ban_everywhere: None,
        parameters: Vec::new(),
    };
    let primitive = situation.primitives.push(state);
    situation.primitive_names.insert(id.to_owned(), primitive);
    let resource =
        situation.resources.push(ResourceState { id, kind: Kind::Orphan, units: Vec::new() });
    add_unit(situation, resource, None, &[primitive]);
    primitive
}

fn instance_name(base: &str, number: Option<u32>) -> String {
    number.map_or_else(|| base.to_owned(), |number| format!("{base}:{number}"))
}
