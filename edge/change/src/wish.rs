//! Which requests change a configuration, and what each of them comes to.

use crate::{Change, Refusal, Scene, checks, places, text, values};
use api::{Language, LoadMode, Request};
use cluster::{Configuration, Edit, Object, Resource, ResourceRef};

/// A request that changes a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is to be as a text says.
    Load(Text),
    /// Objects are to be gone.
    Remove {
        /// Their ids; of a group or clone what is inside stays.
        ids: Vec<String>,
        /// Although something that runs would be removed.
        force: bool,
    },
    /// A meta attribute of a resource.
    ResourceMeta {
        /// The resource.
        resource: String,
        /// The attribute.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
    },
    /// A permanent attribute of a node.
    NodeAttribute {
        /// The node's name.
        node: String,
        /// The attribute.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
    },
    /// A resource is to prefer a node above all others, or to leave where it is.
    Move {
        /// The resource.
        resource: String,
        /// Where to; none bans it from where it is.
        node: Option<String>,
    },
    /// What a move did is to be taken back.
    Clear {
        /// The resource.
        resource: String,
    },
}

/// A configuration text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub(crate) text: String,
    pub(crate) language: Language,
    pub(crate) mode: LoadMode,
    pub(crate) name: String,
    pub(crate) force: bool,
}

impl Wish {
    /// What a request wishes.
    ///
    /// # Errors
    /// With the request, when it is none that changes a configuration.
    pub fn of(request: Request) -> Result<Self, Box<Request>> {
        Ok(match request {
            Request::Load { text, language, mode, name, force } => {
                Self::Load(Text { text, language, mode, name, force })
            }
            Request::Remove { ids, force } => Self::Remove { ids, force },
            Request::ResourceMeta { resource, name, value } => {
                Self::ResourceMeta { resource, name, value }
            }
            Request::NodeAttribute { node, name, value } => {
                Self::NodeAttribute { node, name, value }
            }
            Request::Move { resource, node } => Self::Move { resource, node },
            Request::Clear { resource } => Self::Clear { resource },
            other => return Err(Box::new(other)),
        })
    }

    /// Whether it is to be done although it looks wrong.
    pub fn is_forced(&self) -> bool {
        match self {
            Self::Load(text) => text.force,
            Self::Remove { force, .. } => *force,
            _ => false,
        }
    }

    /// What it comes to.
    ///
    /// # Errors
    /// When it comes to nothing.
    pub fn work_out(&self, scene: &Scene<'_>) -> Result<Change, Refusal> {
        let configuration = scene.configuration;
        match self {
            Self::Load(source) => {
                let change = text::load(source, scene)?;
                checks::keep_what_runs(scene, &change.edits, source.force)?;
                Ok(change)
            }
            Self::Remove { ids, force } => {
                let edits = remove(configuration, ids);
                checks::keep_what_runs(scene, &edits, *force)?;
                Ok(edits.into())
            }
            Self::ResourceMeta { resource, name, value } => {
                values::resource_meta(configuration, resource, name, value.as_deref())
                    .map(Change::from)
            }
            Self::NodeAttribute { node, name, value } => {
                values::node_attribute(configuration, node, name, value.as_deref())
                    .map(Change::from)
            }
            Self::Move { resource, node } => {
                let active = scene.active_on(resource);
                places::relocate(configuration, resource, node.as_deref(), &active)
                    .map(Change::from)
            }
            Self::Clear { resource } => places::clear(configuration, resource).map(Change::from),
        }
    }
}

/// Removes objects. What is inside a removed group, clone or bundle stays, on its own.
fn remove(configuration: &Configuration, ids: &[String]) -> Vec<Edit> {
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

pub(crate) fn put(object: Object) -> Edit {
    Edit::Put(Box::new(object))
}

/// The named resource, to be changed and put back.
pub(crate) fn resource(configuration: &Configuration, id: &str) -> Result<Resource, Refusal> {
    match configuration.resource(id) {
        Some(ResourceRef::Top(resource)) => Ok(resource.clone()),
        Some(ResourceRef::Cloned { child, .. }) => Ok(child.clone()),
        Some(ResourceRef::Member { primitive, .. }) => Ok(Resource::Primitive(primitive.clone())),
        None => {
            let ids = configuration.resources.iter().flat_map(Resource::ids);
            let near = base::suggest::closest(id, ids).map(str::to_owned);
            Err(Refusal::UnknownResource { id: id.to_owned(), near })
        }
    }
}

pub(crate) fn check_node(configuration: &Configuration, name: &str) -> Result<(), Refusal> {
    if configuration.node(name).is_some() {
        return Ok(());
    }
    let names = configuration.nodes.iter().map(|node| node.name.as_str());
    let near = base::suggest::closest(name, names).map(str::to_owned);
    Err(Refusal::UnknownNode { name: name.to_owned(), near })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::{Clone as CloneResource, Extra, Primitive};

    #[test]
    fn what_is_inside_a_removed_clone_stays() {
        let child = Resource::Primitive(Primitive { id: "ost0".into(), ..Primitive::default() });
        let clone = CloneResource {
            id: "c".into(),
            description: None,
            child: Box::new(child),
            parameters: Vec::new(),
            meta: Vec::new(),
            extra: Extra::default(),
        };
        let mut configuration = Configuration {
            resources: [Resource::Clone(clone)].into(),
            ..Configuration::default()
        };
        configuration.apply(&remove(&configuration, &["c".into()])).expect("it is there");
        assert_eq!(configuration.resources[0].id(), "ost0");
        configuration.apply(&remove(&configuration, &["ost0".into()])).expect("it is there");
        assert!(configuration.resources.is_empty());
    }
}
