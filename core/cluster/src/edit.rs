//! Changes of a configuration: all of an edit list or nothing.

use crate::objects::List;
use crate::{
    AttributeSet, Configuration, Constraint, Element, Extra, FencingLevel, Group, NodeEntry,
    ObjectKind, Resource, Section, Swap, Tag,
};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

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
    /// Which list it stands in.
    pub const fn kind(&self) -> ObjectKind {
        match self {
            Self::Node(_) => ObjectKind::Node,
            Self::Resource(_) => ObjectKind::Resource,
            Self::Constraint(_) => ObjectKind::Constraint,
            Self::Properties(_) => ObjectKind::Properties,
            Self::ResourceDefaults(_) => ObjectKind::ResourceDefaults,
            Self::OperationDefaults(_) => ObjectKind::OperationDefaults,
            Self::Tag(_) => ObjectKind::Tag,
            Self::FencingLevel(_) => ObjectKind::FencingLevel,
            Self::Opaque(..) => ObjectKind::Opaque,
        }
    }

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

    /// What it carries beyond its typed fields, to change.
    pub fn extra_mut(&mut self) -> &mut Extra {
        match self {
            Self::Node(node) => &mut node.extra,
            Self::Resource(resource) => resource.extra_mut(),
            Self::Constraint(constraint) => constraint.extra_mut(),
            Self::Properties(set) | Self::ResourceDefaults(set) | Self::OperationDefaults(set) => {
                &mut set.extra
            }
            Self::Tag(tag) => &mut tag.extra,
            Self::FencingLevel(level) => &mut level.extra,
            Self::Opaque(_, element) => &mut element.extra,
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The object is to be exactly this: in the place of the one with its id, or added at the end.
    /// A group or bundle takes the primitives it names out of the top level, and a clone its child.
    Put(Box<Object>),
    /// The object of this id is to be gone.
    Remove(String),
    /// Everything is to be exactly this; the version stays.
    Replace(Box<Configuration>),
    /// The object becomes another, if it is what the edit was made against.
    Swap(Box<Swap>),
    /// Objects of this kind stand in this order, those that are not named after them.
    Arrange {
        /// Which list.
        kind: ObjectKind,
        /// The ids, first to stand first; what is not there is passed over.
        ids: Vec<String>,
    },
}

/// How long a change of the configuration is to last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lasting {
    /// Until somebody changes it.
    #[default]
    Always,
    /// It is taken back after so long, unless somebody confirms it.
    UnlessConfirmed(Duration),
    /// The constraints that it brings go when nothing would be done without them either.
    WhileNeeded,
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
    /// Somebody else was there first.
    #[error("`{id}` is no longer what the change was made against; look at it again")]
    Changed {
        /// The object.
        id: String,
    },
    /// Something else would be left hanging.
    #[error("`{id}` cannot be removed while {user} uses it; remove that first")]
    InUse {
        /// The object to be removed.
        id: String,
        /// The constraint, primitive, tag or fencing level that names it.
        user: String,
    },
}

impl Configuration {
    /// All its objects, part by part, in document order.
    pub fn into_objects(self) -> impl Iterator<Item = Object> {
        let opaque = self.opaque.into_iter();
        self.properties
            .into_iter()
            .map(Object::Properties)
            .chain(self.nodes.into_iter().map(Object::Node))
            .chain(self.resources.into_iter().map(Object::Resource))
            .chain(self.constraints.into_iter().map(Object::Constraint))
            .chain(self.resource_defaults.into_iter().map(Object::ResourceDefaults))
            .chain(self.operation_defaults.into_iter().map(Object::OperationDefaults))
            .chain(self.tags.into_iter().map(Object::Tag))
            .chain(self.fencing_levels.into_iter().map(Object::FencingLevel))
            .chain(opaque.map(|(section, element)| Object::Opaque(section, element)))
    }

    /// Carries out `edits` in order and counts the epoch up.
    ///
    /// # Errors
    /// On the first edit that cannot be carried out; the configuration is then as before.
    pub fn apply(&mut self, edits: &[Edit]) -> Result<(), Refusal> {
        *self = self.edited(edits)?;
        Ok(())
    }

    /// What [`apply`](Self::apply) makes of it.
    ///
    /// # Errors
    /// On the first edit that cannot be carried out.
    pub fn edited(&self, edits: &[Edit]) -> Result<Self, Refusal> {
        let mut changed = self.clone();
        let mut keeps_names = true;
        for edit in edits {
            keeps_names = keeps_names && changed.keeps_names(edit);
            changed.apply_one(edit)?;
        }
        let is_whole = edits.iter().any(|edit| matches!(edit, Edit::Replace(_)));
        if !is_whole && !keeps_names {
            self.check_uses(&changed)?;
        }
        changed.version = self.version;
        changed.version.epoch += 1;
        changed.version.num_updates = 0;
        Ok(changed)
    }

    /// What is gone afterwards may not be named by what is left. The sequence of edits does not
    /// count; what hung before is not held against them.
    fn check_uses(&self, changed: &Self) -> Result<(), Refusal> {
        let left: BTreeSet<&str> = changed.names().collect();
        let gone: BTreeSet<&str> = self.names().filter(|id| !left.contains(id)).collect();
        let found = changed.uses().find(|(id, _)| gone.contains(id));
        found.map_or(Ok(()), |(id, user)| {
            Err(Refusal::InUse { id: id.to_owned(), user: user.to_string() })
        })
    }

    /// Whether everything that can be named now still can be after `edit`, as far as a look at what
    /// it touches tells.
    fn keeps_names(&self, edit: &Edit) -> bool {
        match edit {
            Edit::Arrange { .. } => true,
            Edit::Put(object) => match object.as_ref() {
                Object::Resource(after) => {
                    let before = self.resource(after.id());
                    before
                        .is_none_or(|before| before.ids().iter().all(|id| after.ids().contains(id)))
                }
                _ => true,
            },
            Edit::Swap(swap) => match (swap.before(), swap.after()) {
                (Some(Object::Resource(before)), Some(Object::Resource(after))) => {
                    before.ids() == after.ids()
                }
                (Some(Object::Tag(_) | Object::Resource(_)), None) => false,
                _ => true,
            },
            Edit::Remove(_) | Edit::Replace(_) => false,
        }
    }

    /// The ids that other objects may name.
    fn names(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.iter().map(|tag| tag.id.as_str());
        self.resources.iter().flat_map(Resource::ids).chain(tags)
    }

    /// What is named, and by whom.
    fn uses(&self) -> impl Iterator<Item = (&str, User<'_>)> {
        let by_constraints = self.constraints.iter().flat_map(|constraint| {
            let user = User("constraint", constraint.id());
            constraint.resources().into_iter().map(move |id| (id, user))
        });
        let by_primitives = self.primitives().filter_map(|primitive| {
            Some((primitive.template.as_deref()?, User("primitive", &primitive.id)))
        });
        let by_tags = self
            .tags
            .iter()
            .flat_map(|tag| tag.members.iter().map(|id| (id.as_str(), User("tag", &tag.id))));
        let by_levels = self.fencing_levels.iter().flat_map(|level| {
            level.devices.iter().map(|id| (id.as_str(), User("fencing level", &level.id)))
        });
        by_constraints.chain(by_primitives).chain(by_tags).chain(by_levels)
    }

    fn apply_one(&mut self, edit: &Edit) -> Result<(), Refusal> {
        match edit {
            Edit::Put(object) => self.put(object.as_ref().clone()),
            Edit::Remove(id) => self.remove(id),
            Edit::Replace(configuration) => {
                *self = configuration.as_ref().clone();
                Ok(())
            }
            Edit::Swap(swap) => self.apply_swap(swap),
            Edit::Arrange { kind, ids } => {
                self.arrange(*kind, ids);
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
        let (kind, ids) = match object {
            Object::Resource(resource) => (RESOURCE, resource.ids()),
            Object::Constraint(constraint) => (CONSTRAINT, vec![constraint.id()]),
            Object::Tag(tag) => (TAG, vec![tag.id.as_str()]),
            _ => return Ok(()),
        };
        for id in ids {
            if let Some(other) = self.kind_of(id).filter(|other| *other != kind) {
                return Err(Refusal::Taken { id: id.to_owned(), other });
            }
        }
        Ok(())
    }

    fn kind_of(&self, id: &str) -> Option<&'static str> {
        if self.resource(id).is_some() {
            Some(RESOURCE)
        } else if self.constraints.iter().any(|constraint| constraint.id() == id) {
            Some(CONSTRAINT)
        } else {
            self.tag(id).map(|_| TAG)
        }
    }

    fn put_resource(&mut self, resource: Resource) {
        if let Resource::Primitive(primitive) = &resource
            && let Some(place) = self.primitive_mut(&primitive.id)
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
        let has_it = |resource: &Resource| match resource {
            Resource::Clone(clone) => matches!(&*clone.child, Resource::Group(g) if g.id == id),
            _ => false,
        };
        match self.resources.find_mut(has_it)? {
            Resource::Clone(clone) => match clone.child.as_mut() {
                Resource::Group(group) => Some(group),
                _ => None,
            },
            _ => None,
        }
    }

    /// What stands inside `resource` no longer stands at the top level.
    fn take_out_children(&mut self, resource: &Resource) {
        let inside: Vec<&str> = resource.ids().into_iter().skip(1).collect();
        self.resources.retain(|top| !inside.contains(&top.id()));
    }

    fn remove_resource(&mut self, id: &str) {
        let has_it = |resource: &Resource| resource.ids().contains(&id);
        while let Some(place) = self.resources.iter().position(has_it) {
            let resource = self.resources.get_mut(place).expect("it was just found");
            if !keeps_something_without(resource, id) {
                self.resources.remove(place);
            }
        }
    }

    fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        if self.resource(id).is_some() {
            self.remove_resource(id);
            return Ok(());
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
}

const RESOURCE: &str = "a resource";
const CONSTRAINT: &str = "a constraint";
const TAG: &str = "a tag";

/// Who names another object: its kind and id.
#[derive(Clone, Copy)]
struct User<'a>(&'static str, &'a str);

impl fmt::Display for User<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.0, self.1)
    }
}

/// Removing the last member of a group, or the child of a clone, removes that too; removing a
/// group, clone or bundle removes what is inside it.
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

fn put_by<T: PartialEq, K: PartialEq>(list: &mut impl List<T>, item: T, key: impl Fn(&T) -> K) {
    let wanted = key(&item);
    match list.place_of(|old| key(old) == wanted) {
        Some(place) => list.replace(place, item),
        None => list.add(item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bundle, Extra, Primitive};

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
    fn what_something_names_is_not_removed_before_it() {
        let template = Resource::Template(primitive("t"));
        let user = Primitive { template: Some("t".into()), ..primitive("a") };
        let location = crate::Location {
            id: "l".into(),
            target: crate::LocationTarget::Resource("b".into()),
            preference: crate::Preference::Rules(vec![]),
            role: None,
            discovery: None,
            extra: Extra::default(),
        };
        let tag =
            Tag { id: "both".into(), members: vec!["a".into(), "b".into()], ..Tag::default() };
        let mut configuration = Configuration {
            resources: [template, Resource::Primitive(user), Resource::Primitive(primitive("b"))]
                .into(),
            constraints: [Constraint::Location(location)].into(),
            tags: vec![tag],
            ..Configuration::default()
        };
        let remove = |ids: &[&str]| -> Vec<Edit> {
            ids.iter().map(|id| Edit::Remove((*id).to_owned())).collect()
        };
        for (ids, user) in [
            (&["t"][..], "primitive `a`"),
            (&["b", "both"], "constraint `l`"),
            (&["b", "l"], "tag `both`"),
        ] {
            let refusal = configuration.apply(&remove(ids)).expect_err("it is in use");
            let id = ids[0].to_owned();
            assert_eq!(refusal, Refusal::InUse { id, user: user.to_owned() });
        }
        configuration.apply(&remove(&["t", "b", "l", "both", "a"])).expect("nothing hangs");
        assert!(configuration.resources.is_empty());
    }

    #[test]
    fn a_bundle_takes_its_primitive_out_of_the_top_level() {
        let mut configuration = Configuration::default();
        let inside = Some(primitive("a"));
        let bundle = Bundle { id: "box".into(), primitive: inside, ..Bundle::default() };
        configuration
            .apply(&[
                put(Resource::Primitive(primitive("a"))),
                put(Resource::Bundle(Box::new(bundle))),
            ])
            .unwrap();
        assert_eq!(configuration.resources.len(), 1);
        let mut changed = primitive("a");
        changed.description = Some("new".into());
        configuration.apply(&[put(Resource::Primitive(changed))]).unwrap();
        assert_eq!(configuration.primitive("a").unwrap().description.as_deref(), Some("new"));
        configuration.apply(&[Edit::Remove("a".into())]).unwrap();
        assert_eq!(configuration.resources[0].ids(), ["box"]);
    }
}
