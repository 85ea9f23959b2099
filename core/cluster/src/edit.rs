//! Changes of a configuration: all of an edit list or nothing.

use crate::{
    AttributeSet, Clone as CloneResource, Configuration, Constraint, Element, FencingLevel, Group,
    NodeEntry, Resource, Section, Tag,
};

/// A whole object of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A node.
    Node(NodeEntry),
    /// A resource with all that is inside it.
    Resource(Resource),
    /// A constraint.
    Constraint(Constraint),
    /// A block of cluster options.
    Properties(AttributeSet),
    /// A block of defaults for resources.
    ResourceDefaults(AttributeSet),
    /// A block of defaults for operations.
    OperationDefaults(AttributeSet),
    /// A tag.
    Tag(Tag),
    /// A fencing level.
    FencingLevel(FencingLevel),
    /// Something without a type here.
    Opaque(Section, Element),
}

impl Object {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Node(node) => &node.id,
            Self::Resource(resource) => resource.id(),
            Self::Constraint(constraint) => constraint.id(),
            Self::Properties(set) | Self::ResourceDefaults(set) | Self::OperationDefaults(set) => {
                &set.id
            }
            Self::Tag(tag) => &tag.id,
            Self::FencingLevel(level) => &level.id,
            Self::Opaque(_, element) => element.attribute("id").unwrap_or(&element.name),
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The object is to be exactly this: in the place of the one with its id, or added at the end.
    /// A group takes the primitives it names out of the top level, and a clone its child.
    Put(Box<Object>),
    /// The object of this id is to be gone.
    Remove(String),
    /// Everything is to be exactly this; the version stays.
    Replace(Box<Configuration>),
}

/// Why a change was refused. The configuration is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing of that id.
    #[error("there is no object `{id}`")]
    Unknown {
        /// The id that was asked for.
        id: String,
    },
    /// The id belongs to something of another kind.
    #[error("`{id}` is already the id of {other}; choose another id or remove that one first")]
    Taken {
        /// The id.
        id: String,
        /// What has it.
        other: &'static str,
    },
    /// Something else would be left hanging.
    #[error("`{id}` cannot be removed while {user} uses it; remove that first")]
    InUse {
        /// The object to be removed.
        id: String,
        /// The constraint, group or clone that names it.
        user: String,
    },
}

impl Configuration {
    /// Carries out `edits` in order and counts the epoch up.
    ///
    /// # Errors
    /// On the first edit that cannot be carried out; the configuration is then as before.
    pub fn apply(&mut self, edits: &[Edit]) -> Result<(), Refusal> {
        let mut changed = self.clone();
        for edit in edits {
            changed.apply_one(edit)?;
        }
        changed.version = self.version;
        changed.version.epoch += 1;
        changed.version.num_updates = 0;
        *self = changed;
        Ok(())
    }

    fn apply_one(&mut self, edit: &Edit) -> Result<(), Refusal> {
        match edit {
            Edit::Put(object) => self.put(object.as_ref().clone()),
            Edit::Remove(id) => self.remove(id),
            Edit::Replace(configuration) => {
                *self = configuration.as_ref().clone();
                Ok(())
            }
        }
    }

    fn put(&mut self, object: Object) -> Result<(), Refusal> {
        self.check_kind(&object)?;
        match object {
            Object::Node(node) => put_by(&mut self.nodes, node, |node| node.id.clone()),
            Object::Resource(resource) => self.put_resource(resource),
            Object::Constraint(constraint) => {
                put_by(&mut self.constraints, constraint, |constraint| constraint.id().to_owned());
            }
            Object::Properties(set) => put_by(&mut self.properties, set, |set| set.id.clone()),
            Object::ResourceDefaults(set) => {
                put_by(&mut self.resource_defaults, set, |set| set.id.clone());
            }
            Object::OperationDefaults(set) => {
                put_by(&mut self.operation_defaults, set, |set| set.id.clone());
            }
            Object::Tag(tag) => put_by(&mut self.tags, tag, |tag| tag.id.clone()),
            Object::FencingLevel(level) => {
                put_by(&mut self.fencing_levels, level, |level| level.id.clone());
            }
            Object::Opaque(section, element) => {
                put_by(&mut self.opaque, (section, element), |(section, element)| {
                    (*section, element.attribute("id").map(str::to_owned))
                });
            }
        }
        Ok(())
    }

    /// An id belongs to one kind of object.
    fn check_kind(&self, object: &Object) -> Result<(), Refusal> {
        let is_resource = matches!(object, Object::Resource(_));
        let is_constraint = matches!(object, Object::Constraint(_));
        let ids = match object {
            Object::Resource(resource) => resource.ids(),
            Object::Constraint(constraint) => vec![constraint.id()],
            _ => return Ok(()),
        };
        let other = ids.into_iter().find_map(|id| {
            if !is_resource && self.resource(id).is_some() {
                Some((id, "a resource"))
            } else if !is_constraint && self.constraints.iter().any(|c| c.id() == id) {
                Some((id, "a constraint"))
            } else {
                None
            }
        });
        match other {
            Some((id, other)) => Err(Refusal::Taken { id: id.to_owned(), other }),
            None => Ok(()),
        }
    }

    fn put_resource(&mut self, resource: Resource) {
        if let Resource::Primitive(primitive) = &resource
            && let Some(place) = self
                .resources
                .iter_mut()
                .flat_map(Resource::primitives_mut)
                .find(|place| place.id == primitive.id)
        {
            *place = primitive.clone();
            return;
        }
        if let Resource::Group(group) = &resource
            && let Some(place) = self.cloned_group_mut(&group.id)
        {
            *place = group.clone();
            return;
        }
        self.take_out_children(&resource);
        put_by(&mut self.resources, resource, |resource| resource.id().to_owned());
    }

    fn cloned_group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.resources.iter_mut().find_map(|resource| match resource {
            Resource::Clone(CloneResource { child, .. }) => match child.as_mut() {
                Resource::Group(group) if group.id == id => Some(group),
                _ => None,
            },
            _ => None,
        })
    }

    /// What stands inside `resource` no longer stands at the top level.
    fn take_out_children(&mut self, resource: &Resource) {
        let inside: Vec<&str> = resource.ids().into_iter().skip(1).collect();
        self.resources.retain(|top| !inside.contains(&top.id()));
    }

    fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        if self.resource(id).is_some() {
            return self.remove_resource(id);
        }
        let count = |configuration: &Self| {
            configuration.nodes.len()
                + configuration.constraints.len()
                + configuration.properties.len()
                + configuration.resource_defaults.len()
                + configuration.operation_defaults.len()
                + configuration.tags.len()
                + configuration.fencing_levels.len()
                + configuration.opaque.len()
        };
        let before = count(self);
        self.nodes.retain(|node| node.id != id && node.name != id);
        self.constraints.retain(|constraint| constraint.id() != id);
        for sets in
            [&mut self.properties, &mut self.resource_defaults, &mut self.operation_defaults]
        {
            sets.retain(|set| set.id != id);
        }
        self.tags.retain(|tag| tag.id != id);
        self.fencing_levels.retain(|level| level.id != id);
        self.opaque.retain(|(_, element)| element.attribute("id") != Some(id));
        if count(self) < before { Ok(()) } else { Err(Refusal::Unknown { id: id.to_owned() }) }
    }

    /// Removing the last member of a group, or the child of a clone, removes that too; removing
    /// a group or clone removes what is inside it.
    fn remove_resource(&mut self, id: &str) -> Result<(), Refusal> {
        let user = self.constraints.iter().find(|constraint| constraint.resources().contains(&id));
        if let Some(user) = user {
            let user = format!("constraint `{}`", user.id());
            return Err(Refusal::InUse { id: id.to_owned(), user });
        }
        self.resources.retain_mut(|resource| keeps_something_without(resource, id));
        Ok(())
    }
}

fn keeps_something_without(resource: &mut Resource, id: &str) -> bool {
    if resource.id() == id {
        return false;
    }
    match resource {
        Resource::Primitive(_) | Resource::Template(_) => true,
        Resource::Group(group) => {
            group.members.retain(|member| member.id != id);
            !group.members.is_empty()
        }
        Resource::Clone(clone) => keeps_something_without(&mut clone.child, id),
        Resource::Bundle(bundle) => {
            bundle.primitive.take_if(|primitive| primitive.id == id);
            true
        }
    }
}

fn put_by<T, K: PartialEq>(list: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    let wanted = key(&item);
    match list.iter_mut().find(|place| key(place) == wanted) {
        Some(place) => *place = item,
        None => list.push(item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Extra, Primitive};

    fn primitive(id: &str) -> Primitive {
        Primitive { id: id.into(), ..Primitive::default() }
    }

    fn put(resource: Resource) -> Edit {
        Edit::Put(Box::new(Object::Resource(resource)))
    }

    #[test]
    fn a_group_takes_its_members_out_of_the_top_level() {
        let mut configuration = Configuration::default();
        let group = Group {
            id: "g".into(),
            members: vec![primitive("a"), primitive("b")],
            ..Group::default()
        };
        configuration
            .apply(&[
                put(Resource::Primitive(primitive("a"))),
                put(Resource::Primitive(primitive("b"))),
                put(Resource::Group(group)),
            ])
            .unwrap();
        assert_eq!(configuration.resources.len(), 1);
        assert_eq!(configuration.version.epoch, 1);
        let mut changed = primitive("b");
        changed.description = Some("new".into());
        configuration.apply(&[put(Resource::Primitive(changed))]).unwrap();
        assert_eq!(configuration.primitive("b").unwrap().description.as_deref(), Some("new"));
    }

    #[test]
    fn a_refused_list_changes_nothing() {
        let mut configuration = Configuration::default();
        let refused = configuration
            .apply(&[put(Resource::Primitive(primitive("a"))), Edit::Remove("zzz".into())]);
        assert_eq!(refused, Err(Refusal::Unknown { id: "zzz".into() }));
        assert_eq!(configuration, Configuration::default());
    }

    #[test]
    fn what_a_constraint_names_is_not_removed() {
        let mut configuration = Configuration::default();
        let location = crate::Location {
            id: "l".into(),
            target: crate::LocationTarget::Resource("a".into()),
            preference: crate::Preference::Rules(vec![]),
            role: None,
            discovery: None,
            extra: Extra::default(),
        };
        configuration
            .apply(&[
                put(Resource::Primitive(primitive("a"))),
                Edit::Put(Box::new(Object::Constraint(Constraint::Location(location)))),
            ])
            .unwrap();
        assert!(matches!(
            configuration.apply(&[Edit::Remove("a".into())]),
            Err(Refusal::InUse { .. })
        ));
    }
}
