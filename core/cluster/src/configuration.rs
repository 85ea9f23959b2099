//! What people want: the configuration half of the CIB.

use crate::{
    AttributeSet, Constraint, Element, Extra, FencingLevel, Objects, Primitive, Resource, Tag,
    options,
};
use std::fmt;

/// A configuration's version; compared part by part, the first difference decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Set by people only.
    pub admin_epoch: u64,
    /// Counts changes of the configuration.
    pub epoch: u64,
    /// Counts changes of the status since the last change of the configuration.
    pub num_updates: u64,
}

impl Version {
    /// Counts one more change of the status.
    pub fn count_update(&mut self) {
        self.num_updates = self.num_updates.saturating_add(1);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.admin_epoch, self.epoch, self.num_updates)
    }
}

/// The parts of the configuration that are kept but have no type here yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Unknown elements among the resources.
    Resources,
    /// Unknown elements among the constraints.
    Constraints,
    /// Unknown elements and unreadable levels in `fencing-topology`.
    FencingTopology,
    /// `acls`.
    Acls,
    /// Unknown elements and unreadable tags in `tags`.
    Tags,
    /// `alerts`.
    Alerts,
}

/// A node as the configuration knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeEntry {
    /// Its id: the decimal node number in our clusters, any text in files from elsewhere.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `member`, `remote`, ...; a member when not given.
    pub kind: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Permanent attributes, `standby` among them.
    pub attributes: Vec<AttributeSet>,
    /// Its capacity.
    pub utilization: Vec<AttributeSet>,
    /// What else the element carries.
    pub extra: Extra,
}

/// Everything that people configure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Its version.
    pub version: Version,
    /// Cluster options.
    pub properties: Vec<AttributeSet>,
    /// The nodes, in document order.
    pub nodes: Objects<NodeEntry>,
    /// The resources, in document order (which decides between equals).
    pub resources: Objects<Resource>,
    /// The constraints, in document order.
    pub constraints: Objects<Constraint>,
    /// Defaults for the meta attributes of all resources.
    pub resource_defaults: Vec<AttributeSet>,
    /// Defaults for all operations.
    pub operation_defaults: Vec<AttributeSet>,
    /// Names for several objects at once, in document order.
    pub tags: Vec<Tag>,
    /// Which fence devices are used for which nodes, in document order.
    pub fencing_levels: Vec<FencingLevel>,
    /// Parts without a type here, kept as they came, each with the section it belongs to.
    pub opaque: Vec<(Section, Element)>,
    /// What else the root element carries.
    pub extra: Extra,
}

impl Configuration {
    /// The value of a cluster option, or its default; the empty text for an unknown option.
    /// Older names of the same option are asked too.
    pub fn property(&self, name: &str) -> &str {
        let option = options::property(name);
        let names = option.map_or(&[][..], options::ClusterOption::names);
        std::iter::once(name)
            .chain(names.iter().copied())
            .find_map(|name| crate::attributes::property(&self.properties, name))
            .unwrap_or_else(|| option.map_or("", |option| option.default))
    }

    /// A yes-or-no cluster option; its default when the value is neither.
    pub fn is_property_on(&self, name: &str) -> bool {
        let default = options::property(name).is_some_and(|option| option.default == "true");
        crate::value::boolean(self.property(name)).unwrap_or(default)
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&NodeEntry> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The resource of that id, at the top level or inside a group, clone or bundle.
    pub fn resource(&self, id: &str) -> Option<ResourceRef<'_>> {
        self.resources.iter().find_map(|resource| find(resource, id))
    }

    /// The primitive of that id, wherever it is.
    pub fn primitive(&self, id: &str) -> Option<&Primitive> {
        self.primitives().find(|primitive| primitive.id == id)
    }

    /// The same, to change; the resource that it stands in is copied, no other.
    pub fn primitive_mut(&mut self, id: &str) -> Option<&mut Primitive> {
        let has_it =
            |resource: &Resource| resource.primitives().into_iter().any(|inside| inside.id == id);
        let resource = self.resources.find_mut(has_it)?;
        resource.primitives_mut().into_iter().find(|inside| inside.id == id)
    }

    /// The template of that id.
    pub fn template(&self, id: &str) -> Option<&Primitive> {
        self.resources.iter().find_map(|resource| match resource {
            Resource::Template(template) if template.id == id => Some(template),
            _ => None,
        })
    }

    /// The tag of that id.
    pub fn tag(&self, id: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.id == id)
    }

    /// All primitives that run, in document order.
    pub fn primitives(&self) -> impl Iterator<Item = &Primitive> {
        self.resources.iter().flat_map(Resource::primitives)
    }
}

/// A resource, at the top level or inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceRef<'a> {
    /// One that stands alone, or a group, clone, bundle or template.
    Top(&'a Resource),
    /// The member of a group, or the primitive in a bundle.
    Member {
        /// The member.
        primitive: &'a Primitive,
        /// The top-level resource around it.
        within: &'a Resource,
    },
    /// The primitive or group inside a clone.
    Cloned {
        /// What is cloned.
        child: &'a Resource,
        /// The clone.
        within: &'a Resource,
    },
}

impl<'a> ResourceRef<'a> {
    /// Its id and those of what is inside it.
    pub fn ids(self) -> Vec<&'a str> {
        match self {
            Self::Top(resource) | Self::Cloned { child: resource, .. } => resource.ids(),
            Self::Member { primitive, .. } => vec![&primitive.id],
        }
    }
}

fn find<'a>(resource: &'a Resource, id: &str) -> Option<ResourceRef<'a>> {
    if resource.id() == id {
        return Some(ResourceRef::Top(resource));
    }
    if let Resource::Clone(clone) = resource
        && clone.child.id() == id
    {
        return Some(ResourceRef::Cloned { child: &clone.child, within: resource });
    }
    let primitive = resource.primitives().into_iter().find(|primitive| primitive.id == id)?;
    Some(ResourceRef::Member { primitive, within: resource })
}
