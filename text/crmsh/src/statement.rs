//! What a text says, object by object, before it is known what it is said about.

use crate::diagnostic::{Diagnostic, Position};
use crate::lexer::Word;
use cluster::{
    AttributeSet, Bundle, Constraint, Element, FencingLevel, NodeEntry, Object, OperationSettings,
    Primitive, Section, Tag,
};

/// A statement with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// What is said.
    pub value: T,
    /// Where the word stands that names the object: its id, else its keyword.
    pub position: Position,
    /// All words of the statement, for messages about it.
    pub words: Vec<Word>,
    /// Comments directly above it.
    pub comments: Vec<String>,
    /// What was taken but is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Which kind of options a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionKind {
    /// `property`
    Property,
    /// `rsc_defaults`
    ResourceDefaults,
    /// `op_defaults`
    OperationDefaults,
}

/// What a group and a clone have in common: they stand around other resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its id.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// The ids of what is inside, with their places.
    pub members: Vec<Word>,
    /// Parameters that the members inherit.
    pub parameters: Vec<AttributeSet>,
    /// Its options and those that the members inherit.
    pub meta: Vec<AttributeSet>,
}

/// One object of a text. Ids that were not written are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `node`
    Node(NodeEntry),
    /// `primitive`
    Primitive(Box<Primitive>),
    /// `rsc_template`
    Template(Box<Primitive>),
    /// `group`
    Group(Container),
    /// `clone`, and `ms`, which is a clone with `promotable=true`.
    Clone(Container),
    /// `bundle`; of the primitive inside only the id.
    Bundle(Box<Bundle>),
    /// `monitor`: one more operation for a primitive.
    Monitor(Word, Box<OperationSettings>),
    /// `location`, `colocation`, `order`, `rsc_ticket`
    Constraint(Box<Constraint>),
    /// `tag`
    Tag(Tag),
    /// `property`, `rsc_defaults`, `op_defaults`
    Options(OptionKind, AttributeSet),
    /// What has no type in the model: `role`, `acl_target`, `alert`, ...
    Opaque(Section, Element),
    /// `fencing_topology`: all levels of all targets.
    FencingLevels(Vec<FencingLevel>),
    /// `xml`: objects as the CIB writes them.
    Xml(Vec<Object>),
}

impl Statement {
    /// The id of the object, where it has one of its own.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Node(node) => Some(&node.name),
            Self::Primitive(primitive) | Self::Template(primitive) => Some(&primitive.id),
            Self::Group(container) | Self::Clone(container) => Some(&container.id),
            Self::Bundle(bundle) => Some(&bundle.id),
            Self::Constraint(constraint) => Some(constraint.id()),
            Self::Tag(tag) => Some(&tag.id),
            Self::Options(_, set) => Some(set.id.as_str()).filter(|id| !id.is_empty()),
            Self::Opaque(_, element) => element.attribute("id"),
            Self::Xml(objects) => objects.first().map(Object::id),
            Self::Monitor(..) | Self::FencingLevels(_) => None,
        }
    }
}
