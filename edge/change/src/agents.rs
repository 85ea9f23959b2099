//! Whether the agents of what changes are there, and take what they are given.

use crate::text::Places;
use crate::{Refusal, Scene, World};
use cluster::validate::Severity;
use cluster::{AttributeSet, Configuration, Difference, Object, Primitive, Resource};

/// Looks at the primitives that come or change. In a running cluster an agent that does not exist,
/// or lacks a parameter, is an error unless it is forced: nothing would start.
pub(crate) fn check(
    scene: &Scene<'_>,
    (after, difference): (&Configuration, &Difference),
    (name, places): (&str, &Places<'_>),
    force: bool,
) -> Result<Vec<String>, Refusal> {
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    for primitive in primitives(difference) {
        for (severity, problem) in doubts(scene.world, primitive, after) {
            let place = places.of(&primitive.id).map(|place| format!("{name}:{place}: "));
            let place = place.unwrap_or_default();
            match severity {
                Severity::Error if !force => {
                    errors.push(format!("{place}error: {}: {problem}", primitive.id));
                }
                _ => warnings.push(format!("{place}warning: {}: {problem}", primitive.id)),
            }
        }
    }
    if errors.is_empty() { Ok(warnings) } else { Err(Refusal::Agents(errors)) }
}

/// The primitives that come or change.
fn primitives(difference: &Difference) -> impl Iterator<Item = &Primitive> {
    let changed = difference.swaps.iter().filter_map(|swap| match swap.after() {
        Some(Object::Resource(resource)) => Some((resource, swap.before())),
        _ => None,
    });
    let changed = changed.flat_map(|(resource, before)| {
        let known = match before {
            Some(Object::Resource(before)) => before.primitives(),
            _ => Vec::new(),
        };
        resource.primitives().into_iter().filter(move |primitive| !known.contains(primitive))
    });
    let whole = difference.whole.iter().flat_map(|whole| whole.1.primitives());
    changed.chain(whole)
}

fn doubts(
    world: World<'_>,
    primitive: &Primitive,
    configuration: &Configuration,
) -> Vec<(Severity, String)> {
    let World::Running(agents) = world else { return Vec::new() };
    if primitive.template.is_some() {
        return Vec::new();
    }
    let names = parameter_names(configuration, primitive);
    let doubts = agents.doubts(&primitive.agent, &names).into_iter();
    doubts.map(|doubt| (doubt.severity, doubt.what)).collect()
}

/// The parameters that the agent of `primitive` will get: its own, and what it inherits.
fn parameter_names(configuration: &Configuration, primitive: &Primitive) -> Vec<String> {
    let mut sets: Vec<&AttributeSet> = primitive.parameters.iter().collect();
    let around = configuration.resources.iter().find(|top| top.ids().contains(&&*primitive.id));
    if let Some(Resource::Clone(clone)) = around {
        sets.extend(&clone.parameters);
        if let Resource::Group(group) = clone.child.as_ref() {
            sets.extend(&group.parameters);
        }
    } else if let Some(Resource::Group(group)) = around {
        sets.extend(&group.parameters);
    }
    sets.iter().flat_map(|set| set.pairs.iter().map(|pair| pair.name.clone())).collect()
}
