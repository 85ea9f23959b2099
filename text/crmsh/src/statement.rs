//! What a text says, object by object, before it is known what it is said about.

use crate::diagnostic::{Diagnostic, Position};
use crate::element;
use crate::lexer::Word;
use cib::Part;
use cluster::Element;

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
    /// What is wrong, but can be kept as it is written.
    pub doubts: Vec<Diagnostic>,
}

/// One statement of a text.
///
/// Objects are elements as a CIB has them, but for ids of parts that were not said, and of a
/// resource inside a group, clone or bundle there is the id alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// An object of this part of the configuration. The id of a block of options may be missing.
    Object(Part, Element),
    /// `monitor`: one more operation for a primitive.
    Monitor(Word, Element),
    /// `fencing_topology`: all levels of all targets.
    FencingLevels(Vec<Element>),
    /// `sequence`: in which order things stand that the text shows in another one.
    Sequence(Sequence, Vec<Word>),
}

/// What a `sequence` is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// The objects of a part.
    Objects(Part),
    /// The sections of the configuration, empty ones too.
    Sections,
    /// In these groups and clones the members stand before the blocks of values.
    Members,
    /// The blocks and members of this group or clone.
    Inside(Word),
}

impl Located<Statement> {
    /// Whether it was said in XML, and has the ids it has.
    pub(crate) fn is_xml(&self) -> bool {
        self.words.first().is_some_and(|word| word.keyword() == "xml")
    }
}

impl Statement {
    /// The id of the object, for a node its name, where it has one of its own.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Object(Part::Nodes, node) => node.attribute("uname"),
            Self::Object(_, object) => Some(element::id(object)).filter(|id| !id.is_empty()),
            Self::Monitor(..) | Self::FencingLevels(_) | Self::Sequence(..) => None,
        }
    }

    /// The object, when it is a resource.
    pub(crate) const fn resource(&self) -> Option<&Element> {
        match self {
            Self::Object(Part::Resources, element) => Some(element),
            _ => None,
        }
    }
}
