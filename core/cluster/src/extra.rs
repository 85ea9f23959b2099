//! What an element carries that the typed model has no field for.
//!
//! It travels, it is compared, it is printed again, and it decides nothing.

use crate::Wording;

/// Attributes and children beyond the typed ones, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Attributes as name and value.
    pub attributes: Vec<(String, String)>,
    /// Child elements and comments.
    pub children: Vec<Node>,
    /// How the element was written, where that was not the usual way. Only objects, the states of
    /// nodes, and the sections around them have one, for all that is inside them.
    pub wording: Option<Box<Wording>>,
}

impl Extra {
    /// Whether there is nothing beyond the typed fields.
    pub const fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// How many of the comments at the element's beginning stood above it.
    pub fn comments_above(&self) -> u32 {
        self.wording.as_ref().map_or(0, |wording| wording.above)
    }

    /// The value of attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The child elements, without comments and text.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Comment(_) | Node::Text(_) => None,
        })
    }

    /// The first child element of that name.
    pub fn element(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.name == name)
    }
}

/// A child that is kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// A comment's text.
    Comment(String),
    /// Text between elements.
    Text(String),
}

/// A whole element without a type of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The tag.
    pub name: String,
    /// Attributes and children.
    pub extra: Extra,
}

impl Element {
    /// The value of attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.extra.attribute(name)
    }

    /// The child elements, without comments and text.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.extra.elements()
    }
}
