//! From what people ask for to edits of the configuration.

use cluster::{
    AttributeSet, Configuration, Constraint, Edit, Extra, Location, LocationTarget, Object,
    Preference, Resource, ResourceRef, Score,
};

/// Why a request makes no edit. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoEdit {
    /// No such resource.
    #[error("there is no resource `{id}`{}", meant(near))]
    UnknownResource { id: String, near: Option<String> },
    /// No such node.
    #[error("there is no node `{name}`{}", meant(near))]
    UnknownNode { name: String, near: Option<String> },
    /// It is nowhere, so it cannot be banned from where it is.
    #[error("`{0}` is not running; name the node that it should move to")]
    NotRunning(String),
}

fn meant(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

fn put(object: Object) -> Edit {
    Edit::Put(Box::new(object))
}

/// The named resource, to be changed and put back.
fn resource(configuration: &Configuration, id: &str) -> Result<Resource, NoEdit> {
    match configuration.resource(id) {
        Some(ResourceRef::Top(resource)) => Ok(resource.clone()),
        Some(ResourceRef::Cloned { child, .. }) => Ok(child.clone()),
        Some(ResourceRef::Member { primitive, .. }) => Ok(Resource::Primitive(primitive.clone())),
        None => {
            let ids = configuration.resources.iter().flat_map(Resource::ids);
            let near = base::suggest::closest(id, ids).map(str::to_owned);
            Err(NoEdit::UnknownResource { id: id.to_owned(), near })
        }
    }
}

fn check_node(configuration: &Configuration, name: &str) -> Result<(), NoEdit> {
    if configuration.node(name).is_some() {
        return Ok(());
    }
    let names = configuration.nodes.iter().map(|node| node.name.as_str());
    let near = base::suggest::closest(name, names).map(str::to_owned);
    Err(NoEdit::UnknownNode { name: name.to_owned(), near })
}

/// Sets or removes `name` in the first block without rule, which is made when there is none.
fn assign(sets: &mut Vec<AttributeSet>, new_id: String, name: &str, value: Option<&str>) {
    let Some(value) = value else {
        for set in sets.iter_mut() {
            set.unset(name);
        }
        return;
    };
    let has_it = |set: &&mut AttributeSet| set.rule.is_none() && set.value(name).is_some();
    if let Some(set) = sets.iter_mut().find(has_it) {
        set.set(name, value);
        return;
    }
    if !sets.iter().any(|set| set.rule.is_none() && set.id_ref.is_none()) {
        sets.push(AttributeSet::new(new_id));
    }
    if let Some(set) = sets.iter_mut().find(|set| set.rule.is_none() && set.id_ref.is_none()) {
        set.set(name, value);
    }
}

/// Sets or removes a meta attribute of a resource.
pub(crate) fn resource_meta(
    configuration: &Configuration,
    id: &str,
    name: &str,
    value: Option<&str>,
) -> Result<Vec<Edit>, NoEdit> {
    let mut changed = resource(configuration, id)?;
    assign(changed.meta_mut(), format!("{id}-meta_attributes"), name, value);
    Ok(vec![put(Object::Resource(changed))])
}

/// Sets or removes a permanent attribute of a node.
pub(crate) fn node_attribute(
    configuration: &Configuration,
    node: &str,
    name: &str,
    value: Option<&str>,
) -> Result<Vec<Edit>, NoEdit> {
    check_node(configuration, node)?;
    let Some(mut changed) = configuration.node(node).cloned() else { return Ok(Vec::new()) };
    let new_id = format!("nodes-{}", changed.id);
    assign(&mut changed.attributes, new_id, name, value);
    Ok(vec![put(Object::Node(changed))])
}

/// Makes a resource prefer `to` above all others, or bans it from where it is.
pub(crate) fn relocate(
    configuration: &Configuration,
    id: &str,
    to: Option<&str>,
    active_on: &[String],
) -> Result<Vec<Edit>, NoEdit> {
    resource(configuration, id)?;
    if let Some(node) = to {
        check_node(configuration, node)?;
        let mut edits = clear(configuration, id)?;
        edits.push(prefer(format!("cli-prefer-{id}"), id, node, Score::INFINITY));
        return Ok(edits);
    }
    if active_on.is_empty() {
        return Err(NoEdit::NotRunning(id.to_owned()));
    }
    let ban =
        |node: &String| prefer(format!("cli-ban-{id}-on-{node}"), id, node, Score::MINUS_INFINITY);
    Ok(active_on.iter().map(ban).collect())
}

fn prefer(constraint: String, resource: &str, node: &str, score: Score) -> Edit {
    put(Object::Constraint(Constraint::Location(Location {
        id: constraint,
        target: LocationTarget::Resource(resource.to_owned()),
        preference: Preference::Node { node: node.to_owned(), score },
        role: None,
        discovery: None,
        extra: Extra::default(),
    })))
}

/// Takes back what [`relocate`] did.
pub(crate) fn clear(configuration: &Configuration, id: &str) -> Result<Vec<Edit>, NoEdit> {
    resource(configuration, id)?;
    let (prefer, ban) = (format!("cli-prefer-{id}"), format!("cli-ban-{id}-on-"));
    let ours =
        |constraint: &&Constraint| constraint.id() == prefer || constraint.id().starts_with(&ban);
    let remove = |constraint: &Constraint| Edit::Remove(constraint.id().to_owned());
    Ok(configuration.constraints.iter().filter(ours).map(remove).collect())
}

/// What a CIB from elsewhere changes: its objects one by one, or everything.
pub(crate) fn from_cib(cib: cib::Cib, replace: bool) -> Vec<Edit> {
    let configuration = cib.configuration;
    if replace {
        return vec![Edit::Replace(Box::new(configuration))];
    }
    configuration.into_objects().map(put).collect()
}

/// Removes objects. What is inside a removed group, clone or bundle stays, on its own.
pub(crate) fn remove(configuration: &Configuration, ids: &[String]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for id in ids {
        edits.push(Edit::Remove(id.clone()));
        let inside: Vec<Resource> = match configuration.resource(id) {
            Some(ResourceRef::Top(Resource::Clone(clone))) => vec![clone.child.as_ref().clone()],
            Some(
                ResourceRef::Top(Resource::Group(group))
                | ResourceRef::Cloned { child: Resource::Group(group), .. },
            ) => group.members.iter().cloned().map(Resource::Primitive).collect(),
            Some(ResourceRef::Top(Resource::Bundle(bundle))) => {
                bundle.primitive.iter().cloned().map(Resource::Primitive).collect()
            }
            _ => Vec::new(),
        };
        let stays = inside.into_iter().filter(|resource| !ids.iter().any(|id| id == resource.id()));
        edits.extend(stays.map(|resource| put(Object::Resource(resource))));
    }
    edits
}

/// The parameters that the agent of `primitive` will get: its own, and what it inherits.
pub(crate) fn parameter_names(
    configuration: &Configuration,
    primitive: &cluster::Primitive,
) -> Vec<String> {
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

/// The primitives that edits bring in or change.
pub(crate) fn primitives(edits: &[Edit]) -> Vec<&cluster::Primitive> {
    edits
        .iter()
        .flat_map(|edit| match edit {
            Edit::Put(object) => match object.as_ref() {
                Object::Resource(resource) => resource.primitives(),
                _ => Vec::new(),
            },
            Edit::Remove(_) => Vec::new(),
            Edit::Replace(configuration) => configuration.primitives().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::Primitive;

    fn configuration() -> Configuration {
        let primitive = Primitive { id: "ost0".into(), ..Primitive::default() };
        let node = cluster::NodeEntry { id: "1".into(), name: "oss1".into(), ..Default::default() };
        Configuration {
            resources: [Resource::Primitive(primitive)].into(),
            nodes: [node].into(),
            ..Configuration::default()
        }
    }

    #[test]
    fn a_move_can_be_taken_back() {
        let mut configuration = configuration();
        let edits = relocate(&configuration, "ost0", Some("oss1"), &[]).unwrap();
        configuration.apply(&edits).unwrap();
        assert_eq!(configuration.constraints[0].id(), "cli-prefer-ost0");
        configuration.apply(&clear(&configuration, "ost0").unwrap()).unwrap();
        assert!(configuration.constraints.is_empty());
        let ban = relocate(&configuration, "ost0", None, &["oss1".into()]).unwrap();
        configuration.apply(&ban).unwrap();
        assert_eq!(configuration.constraints[0].id(), "cli-ban-ost0-on-oss1");
    }

    #[test]
    fn what_is_inside_a_removed_clone_stays() {
        let mut configuration = configuration();
        let child = configuration.resources[0].clone();
        let clone = cluster::Clone {
            id: "c".into(),
            description: None,
            child: Box::new(child),
            parameters: Vec::new(),
            meta: Vec::new(),
            extra: Extra::default(),
        };
        configuration.apply(&[put(Object::Resource(Resource::Clone(clone)))]).unwrap();
        configuration.apply(&remove(&configuration, &["c".into()])).unwrap();
        assert_eq!(configuration.resources[0].id(), "ost0");
        configuration.apply(&remove(&configuration, &["ost0".into()])).unwrap();
        assert!(configuration.resources.is_empty());
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_right_one() {
        let refused = resource_meta(&configuration(), "ost1", "target-role", Some("Stopped"));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "there is no resource `ost1`; did you mean `ost0`?"
        );
    }

    #[test]
    fn a_meta_attribute_is_set_changed_and_removed() {
        let mut configuration = configuration();
        for value in [Some("Stopped"), Some("Started"), None] {
            let edits = resource_meta(&configuration, "ost0", "target-role", value).unwrap();
            configuration.apply(&edits).unwrap();
            let meta = configuration.resources[0].meta();
            assert_eq!(cluster::first_value(meta, "target-role"), value);
        }
    }
}
