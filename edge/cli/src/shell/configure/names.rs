//! What can be named in a configuration, and what to say where a name is wrong.

use crate::answer::Failure;
use cluster::{Configuration, Resource};

/// Everything that has an id, nodes by their names too.
pub(super) fn ids(configuration: &Configuration) -> Vec<&str> {
    let sets = [
        &configuration.properties,
        &configuration.resource_defaults,
        &configuration.operation_defaults,
    ];
    let mut ids: Vec<&str> = configuration.resources.iter().flat_map(Resource::ids).collect();
    ids.extend(configuration.constraints.iter().map(cluster::Constraint::id));
    ids.extend(configuration.nodes.iter().flat_map(|node| [node.id.as_str(), node.name.as_str()]));
    ids.extend(sets.into_iter().flatten().map(|set| set.id.as_str()));
    ids.extend(configuration.tags.iter().map(|tag| tag.id.as_str()));
    ids.extend(configuration.fencing_levels.iter().map(|level| level.id.as_str()));
    ids.extend(configuration.opaque.iter().filter_map(|(_, element)| element.attribute("id")));
    ids
}

pub(super) fn knows(configuration: &Configuration, id: &str) -> bool {
    ids(configuration).contains(&id)
}

pub(super) fn unknown(configuration: &Configuration, id: &str) -> Failure {
    let near = base::suggest::closest(id, ids(configuration));
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Failure::NoSuchObject(format!("object {id} does not exist{help}"))
}
