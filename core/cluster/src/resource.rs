//! Resources: what the cluster runs.

use crate::{AttributeSet, Bundle, Extra, OperationSettings};
use std::fmt;

/// Which program starts, stops and watches a resource: `ocf:heartbeat:Filesystem`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Agent {
    /// The standard it follows: `ocf`, `systemd`, `lsb`, `service`, `stonith`.
    pub class: String,
    /// Who wrote it; only `ocf` has providers.
    pub provider: Option<String>,
    /// Its name.
    pub kind: String,
}

impl Agent {
    /// Whether it is a fence device.
    pub fn is_fencing(&self) -> bool {
        self.class == "stonith"
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.provider {
            Some(provider) => write!(f, "{}:{provider}:{}", self.class, self.kind),
            None => write!(f, "{}:{}", self.class, self.kind),
        }
    }
}

/// One service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Primitive {
    /// Its id, unique in the configuration.
    pub id: String,
    /// Its agent; empty when it comes from `template`.
    pub agent: Agent,
    /// A template whose settings it inherits.
    pub template: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Parameters for the agent.
    pub parameters: Vec<AttributeSet>,
    /// Options for the cluster.
    pub meta: Vec<AttributeSet>,
    /// What it needs of a node's capacity.
    pub utilization: Vec<AttributeSet>,
    /// Its operations.
    pub operations: Vec<OperationSettings>,
    /// What else the element carries, what `<operations>` says of itself among it.
    pub extra: Extra,
}

impl Primitive {
    /// The id of the block of its operations, if that has one.
    pub fn operations_id(&self) -> Option<&str> {
        self.extra.element("operations")?.attribute("id")
    }

    /// The block of operations that its own stands for (`id-ref`).
    pub fn operations_ref(&self) -> Option<&str> {
        self.extra.element("operations")?.attribute("id-ref")
    }
}

/// Resources that start in order on one node and stop in reverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// The members, first to start first.
    pub members: Vec<Primitive>,
    /// Parameters that the members inherit.
    pub parameters: Vec<AttributeSet>,
    /// Options that the members inherit.
    pub meta: Vec<AttributeSet>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A resource that runs on several nodes at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clone {
    /// Its id.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// What is cloned: a primitive or a group, never a clone.
    pub child: Box<Resource>,
    /// Parameters that the instances inherit.
    pub parameters: Vec<AttributeSet>,
    /// Its options and those that the instances inherit.
    pub meta: Vec<AttributeSet>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A resource at the top level of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// One service.
    Primitive(Primitive),
    /// Services in order on one node.
    Group(Group),
    /// One of the two on several nodes.
    Clone(Clone),
    /// A container with what runs in it, in several replicas.
    Bundle(Box<Bundle>),
    /// Settings that primitives inherit by naming it; it runs nowhere itself.
    Template(Primitive),
}

impl Resource {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Primitive(primitive) | Self::Template(primitive) => &primitive.id,
            Self::Group(group) => &group.id,
            Self::Clone(clone) => &clone.id,
            Self::Bundle(bundle) => &bundle.id,
        }
    }

    /// Its own meta attributes.
    pub fn meta(&self) -> &[AttributeSet] {
        match self {
            Self::Primitive(primitive) | Self::Template(primitive) => &primitive.meta,
            Self::Group(group) => &group.meta,
            Self::Clone(clone) => &clone.meta,
            Self::Bundle(bundle) => &bundle.meta,
        }
    }

    /// Its own meta attributes, to change.
    pub const fn meta_mut(&mut self) -> &mut Vec<AttributeSet> {
        match self {
            Self::Primitive(primitive) | Self::Template(primitive) => &mut primitive.meta,
            Self::Group(group) => &mut group.meta,
            Self::Clone(clone) => &mut clone.meta,
            Self::Bundle(bundle) => &mut bundle.meta,
        }
    }

    /// What it carries beyond its typed fields.
    pub fn extra(&self) -> &Extra {
        match self {
            Self::Primitive(primitive) | Self::Template(primitive) => &primitive.extra,
            Self::Group(group) => &group.extra,
            Self::Clone(clone) => &clone.extra,
            Self::Bundle(bundle) => &bundle.extra,
        }
    }

    /// What it carries beyond its typed fields, to change.
    pub fn extra_mut(&mut self) -> &mut Extra {
        match self {
            Self::Primitive(primitive) | Self::Template(primitive) => &mut primitive.extra,
            Self::Group(group) => &mut group.extra,
            Self::Clone(clone) => &mut clone.extra,
            Self::Bundle(bundle) => &mut bundle.extra,
        }
    }

    /// The primitives inside it that run, in order; a primitive contains itself, a template none.
    pub fn primitives(&self) -> Vec<&Primitive> {
        match self {
            Self::Primitive(primitive) => vec![primitive],
            Self::Group(group) => group.members.iter().collect(),
            Self::Clone(clone) => clone.child.primitives(),
            Self::Bundle(bundle) => bundle.primitive.iter().collect(),
            Self::Template(_) => vec![],
        }
    }

    /// The primitives inside it that run, to change.
    pub fn primitives_mut(&mut self) -> Vec<&mut Primitive> {
        match self {
            Self::Primitive(primitive) => vec![primitive],
            Self::Group(group) => group.members.iter_mut().collect(),
            Self::Clone(clone) => clone.child.primitives_mut(),
            Self::Bundle(bundle) => bundle.primitive.iter_mut().collect(),
            Self::Template(_) => vec![],
        }
    }

    /// The ids of this resource and of all inside it.
    pub fn ids(&self) -> Vec<&str> {
        match self {
            Self::Primitive(primitive) | Self::Template(primitive) => vec![&primitive.id],
            Self::Group(group) => {
                let members = group.members.iter().map(|member| member.id.as_str());
                std::iter::once(group.id.as_str()).chain(members).collect()
            }
            Self::Clone(clone) => {
                let mut ids = vec![clone.id.as_str()];
                ids.extend(clone.child.ids());
                ids
            }
            Self::Bundle(bundle) => {
                let inside = bundle.primitive.iter().map(|primitive| primitive.id.as_str());
                std::iter::once(bundle.id.as_str()).chain(inside).collect()
            }
        }
    }
}
