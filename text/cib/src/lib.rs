//! Pacemaker's XML and the cluster model, each made from the other.
//!
//! Read in this order: [`read`] and [`write`] (a whole CIB), [`read_object`] and [`write_object`]
//! (one object of it), [`read_element`], [`write_element`] and [`find`] (the plain tree, for tools
//! that ask by XPath), [`Patch`] and [`digest`] (what differs, and whether it is the same), [`position_of`] (where an id
//! stands, for messages of the validation), [`access`] (what somebody may see and change of a tree).
//!
//! **What it is.** A translation without loss. What has a type is read once, here, and refused with
//! line and column when it is wrong; what has none rides along in `Extra`. Old spellings
//! (`master`, the roles Master and Slave) are understood, and a CIB is written as it was read, word
//! for word and in its order (`wording`), for as long as nobody changes what it says.
//! **What it never does.** Open files, decide anything, resolve references (`id-ref`, templates).
//!
//! A comment in front of an object is part of that object, so that it goes where the object goes.
//! White space between elements is not kept, nor the order of attributes, nor where comments stand
//! between the nodes of a status.

pub mod access;
mod bundles;
mod configuration;
mod constraints;
mod digest;
mod error;
mod giving;
mod ids;
mod markup;
mod merge;
mod objects;
mod operations;
mod patch;
mod place;
mod resources;
mod rules;
mod schema;
mod sets;
mod status;
mod tag;
mod topology;
mod transient;
mod upgrade;
mod wording;
mod words;
mod xpath;

#[cfg(test)]
mod tests;

pub use configuration::{arrange_sections, section_names};
pub use digest::{digest, digest_on_disk};
pub use error::CibError;
pub use ids::{lines_of_ids, position_of};
pub use merge::{Conflict, merge};
pub use objects::{Part, object_element, objects_of, read_object, write_object};
pub use patch::{Base, Change, Order, Patch, PatchError, Path, Versions};
pub use place::Place;
pub use schema::{is_known_schema, known_schemas};
pub use upgrade::{Upgraded, upgrade};
pub use xpath::{XpathError, find, find_places};

/// Objects of each kind as plain trees.
pub mod elements {
    use crate::{constraints, objects, resources, sets, topology};
    use cluster::{
        AttributeSet, Constraint, Element, FencingLevel, NodeEntry, Primitive, Resource, Tag,
    };

    /// A node.
    pub fn node(node: &NodeEntry) -> Element {
        objects::node_element(node).into_element()
    }

    /// A resource with all that is inside it.
    pub fn resource(resource: &Resource) -> Element {
        resources::resource_element(resource).into_element()
    }

    /// A primitive.
    pub fn primitive(primitive: &Primitive) -> Element {
        resources::primitive_element(primitive).into_element()
    }

    /// A constraint.
    pub fn constraint(constraint: &Constraint) -> Element {
        constraints::constraint_element(constraint).into_element()
    }

    /// A block of values, as an element of this name.
    pub fn set(name: &str, set: &AttributeSet) -> Element {
        sets::set_element(name, set).into_element()
    }

    /// A tag.
    pub fn tag(tag: &Tag) -> Element {
        topology::tag_element(tag).into_element()
    }

    /// A level of fencing.
    pub fn level(level: &FencingLevel) -> Element {
        topology::level_element(level).into_element()
    }
}

use cluster::{Configuration, Element, Extra, Status};
use error::Fault;
use status::Nodes;
use tag::Tag;

/// A whole CIB: what people want, what is, and what the root says about both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cib {
    /// What people want; its version stands in the root's attributes.
    pub configuration: Configuration,
    /// What is.
    pub status: Status,
    /// The other attributes of the root (`validate-with`, `crm_feature_set`, `have-quorum`,
    /// `dc-uuid`, `cib-last-written`, ...) and what else it holds, comments before it among that.
    pub extra: Extra,
}

impl Cib {
    /// The value of an attribute of the root other than the three version numbers.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.extra.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Sets an attribute of the root other than the three version numbers.
    pub fn set_attribute(&mut self, name: &str, value: &str) {
        let place = self.extra.attributes.iter_mut().find(|(key, _)| key == name);
        match place {
            Some((_, place)) => value.clone_into(place),
            None => self.extra.attributes.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Reads a whole `<cib>`.
///
/// # Errors
/// On the first thing that is wrong: text that ends early or is no XML, another root, an id given
/// twice, a value that is none of its kind, something missing.
pub fn read(text: &str) -> Result<Cib, CibError> {
    let (cib, doubts) = read_tolerant(text)?;
    doubts.into_iter().next().map_or(Ok(cib), Err)
}

/// Reads a whole `<cib>` as a scheduler must that is handed what it did not write: an optional
/// value that is none of its kind counts as not given and is kept as it came, an id may be there
/// twice. What was passed over is listed in the order of the text.
///
/// # Errors
/// On text that is no XML, another root, or something missing without which nothing can be made
/// of an object.
pub fn read_tolerant(text: &str) -> Result<(Cib, Vec<CibError>), CibError> {
    let located = |fault: Fault| fault.locate(text);
    let mut nodes = Nodes::default();
    let root = markup::parse_with(text, |around, tag| nodes.take(around, tag)).map_err(located)?;
    let mut doubts = ids::duplicates(&root);
    let cib = configuration::cib(root, nodes, &mut doubts).map_err(located)?;
    doubts.sort_by_key(|fault| fault.at);
    Ok((cib, doubts.into_iter().map(located).collect()))
}

/// Writes a whole `<cib>`, indented by two blanks a level; equal values give equal text.
pub fn write(cib: &Cib) -> String {
    markup::write(&configuration::cib_element(cib))
}

/// The whole CIB as a plain tree, for questions by XPath.
pub fn to_element(cib: &Cib) -> Element {
    configuration::cib_element(cib).into_element()
}

/// Makes a CIB of a plain tree.
///
/// # Errors
/// As [`read`]; lines count in what [`write_element`] makes of the tree.
pub fn from_element(element: &Element) -> Result<Cib, CibError> {
    read(&write_element(element))
}

/// Reads any one element without asking what it means.
///
/// # Errors
/// When the text is no well-formed XML, nests deeper than 200 levels, or declares entities.
pub fn read_element(text: &str) -> Result<Element, CibError> {
    markup::parse(text).map(Tag::into_element).map_err(|fault| fault.locate(text))
}

/// Reads an agent's description of itself. Agents name the DTD of theirs; nobody follows such a link.
///
/// # Errors
/// As [`read_element`].
pub fn read_metadata(text: &str) -> Result<Element, CibError> {
    let doctype = text.find("<!DOCTYPE").map(|start| (start, text[start..].find('>')));
    match doctype {
        Some((start, Some(end))) => {
            read_element(&format!("{}{}", &text[..start], &text[start + end + 1..]))
        }
        _ => read_element(text),
    }
}

/// Writes any element, indented by two blanks a level, with a line break at the end.
pub fn write_element(element: &Element) -> String {
    markup::write(&Tag::of(element))
}
