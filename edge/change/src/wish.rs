//! Which requests change a configuration, and what each of them comes to.

use crate::text::{Places, Read};
use crate::{
    Change, Refusal, Scene, access, agents, checks, executors, labels, merging, places, values,
    wire,
};
use api::{Language, LoadMode, MoveEnd, ObjectChanges, Request};
use cluster::{Configuration, Difference, Edit, Lasting, Object, Resource, ResourceRef};
use std::time::Duration;

/// A request that changes a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is to be as a text says.
    Load(Text),
    /// Objects are to be as they were changed from what they were.
    Change(Box<ObjectChanges>),
    /// What once turned one configuration into another is to be done to what is now.
    Merge {
        /// What it was.
        difference: Box<Difference>,
        /// What to call it in messages.
        name: String,
        /// Although something that runs would be removed.
        force: bool,
        /// Why.
        message: String,
    },
    /// Objects are to be gone.
    Remove {
        /// Their ids; of a group or clone what is inside stays.
        ids: Vec<String>,
        /// Although something that runs would be removed.
        force: bool,
    },
    /// A text that alone says what carries a label.
    Apply {
        /// What it says.
        text: Text,
        /// The tag.
        label: String,
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
        /// How long that counts.
        until: MoveEnd,
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
            Request::Apply { text, language, label, name, force } => {
                let mode = LoadMode::Update;
                Self::Apply { text: Text { text, language, mode, name, force }, label }
            }
            Request::Change(changes) => Self::Change(changes),
            Request::Remove { ids, force } => Self::Remove { ids, force },
            Request::ResourceMeta { resource, name, value } => {
                Self::ResourceMeta { resource, name, value }
            }
            Request::NodeAttribute { node, name, value } => {
                Self::NodeAttribute { node, name, value }
            }
            Request::Move { resource, node, until } => Self::Move { resource, node, until },
            Request::Clear { resource } => Self::Clear { resource },
            other => return Err(Box::new(other)),
        })
    }

    /// Whether it is to be done although it looks wrong.
    pub fn is_forced(&self) -> bool {
        match self {
            Self::Load(text) | Self::Apply { text, .. } => text.force,
            Self::Change(changes) => changes.force,
            Self::Merge { force, .. } | Self::Remove { force, .. } => *force,
            _ => false,
        }
    }

    /// What it comes to.
    ///
    /// # Errors
    /// When it comes to nothing.
    pub fn work_out(&self, scene: &Scene<'_>) -> Result<Change, Refusal> {
        let before = scene.configuration;
        let outcome = self.outcome(scene).map_err(|why| access::discreet(scene.rights, why))?;
        let Outcome { after, mut warnings, places } = outcome;
        access::check_configuration(scene.rights, before, &after)?;
        let difference = Difference::between(before, &after);
        if !self.is_forced() {
            checks::keep_what_runs(scene, (&after, &difference))?;
        }
        executors::check(scene, (&after, &difference), self.is_forced())?;
        if let Some(name) = self.name() {
            warnings.extend(checks::new_warnings(before, &after));
            let changed = (&after, &difference);
            warnings.extend(agents::check(scene, changed, (name, &places), self.is_forced())?);
            warnings.sort();
            warnings.dedup();
        }
        Ok(Change { after, difference, warnings })
    }

    fn outcome(&self, scene: &Scene<'_>) -> Result<Outcome<'_>, Refusal> {
        let before = scene.configuration;
        let edits = match self {
            Self::Load(source) => {
                let Read { edits, warnings, places } = source.read(before)?;
                return Ok(Outcome { after: edited(before, &edits)?, warnings, places });
            }
            Self::Apply { text, label } => {
                let Read { edits, warnings, places } = text.read(before)?;
                let edits = labels::only(before, label, edits)?;
                return Ok(Outcome { after: edited(before, &edits)?, warnings, places });
            }
            Self::Change(changes) => {
                let after = merging::onto(before, &wire::from_wire(changes)?)?;
                return Ok(Outcome { after, warnings: Vec::new(), places: Places::None });
            }
            Self::Merge { difference, .. } => {
                let after = merging::onto(before, difference)?;
                return Ok(Outcome { after, warnings: Vec::new(), places: Places::None });
            }
            Self::Remove { ids, .. } => remove(before, ids),
            Self::ResourceMeta { resource, name, value } => {
                values::resource_meta(before, resource, name, value.as_deref())?
            }
            Self::NodeAttribute { node, name, value } => {
                values::node_attribute(before, node, name, value.as_deref())?
            }
            Self::Move { resource, node, .. } => {
                let active = scene.active_on(resource);
                places::relocate(before, resource, node.as_deref(), &active)?
            }
            Self::Clear { resource } => places::clear(before, resource)?,
        };
        let after = edited(before, &edits)?;
        Ok(Outcome { after, warnings: Vec::new(), places: Places::None })
    }

    /// What to call a change of whole objects in messages; single values have no name, and need no
    /// second look.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Load(text) | Self::Apply { text, .. } => Some(&text.name),
            Self::Change(changes) => Some(&changes.name),
            Self::Merge { name, .. } => Some(name),
            _ => None,
        }
    }

    /// How long it is to last.
    pub fn lasting(&self) -> Lasting {
        match self {
            Self::Change(changes) => match changes.confirm_within {
                Some(seconds) => Lasting::UnlessConfirmed(Duration::from_secs(seconds)),
                None => Lasting::Always,
            },
            Self::Move { until: MoveEnd::Settled, .. } => Lasting::WhileNeeded,
            _ => Lasting::Always,
        }
    }

    /// Why it is wished, in the words of who wishes.
    pub fn message(&self) -> &str {
        match self {
            Self::Change(changes) => &changes.message,
            Self::Merge { message, .. } => message,
            _ => "",
        }
    }
}

/// A configuration as it was wished, before it is looked at.
struct Outcome<'a> {
    after: Configuration,
    warnings: Vec<String>,
    places: Places<'a>,
}

fn edited(before: &Configuration, edits: &[Edit]) -> Result<Configuration, Refusal> {
    let mut after = before.edited(edits).map_err(Refusal::Edit)?;
    after.version = before.version;
    Ok(after)
}

/// Removes objects. What is inside a removed group, clone or bundle stays, on its own, unless it is
/// named as well.
pub(crate) fn remove(configuration: &Configuration, ids: &[String]) -> Vec<Edit> {
    let is_in = |id: &String, other: &String| {
        let resource = configuration.resource(other).filter(|_| id != other);
        resource.is_some_and(|resource| resource.ids().contains(&id.as_str()))
    };
    let goes_along = |id: &&String| ids.iter().any(|other| is_in(id, other));
    let mut edits = Vec::new();
    for id in ids.iter().filter(|id| !goes_along(id)) {
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
