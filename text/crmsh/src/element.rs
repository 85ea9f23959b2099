//! Elements, for the objects that the model keeps as they are: access rules and alerts. Blocks
//! inside them are made and read by `cib`.

use crate::lexer::Word;
use cib::{CibError, Part};
use cluster::{AttributeSet, Constraint, Element, Extra, ExtraNode, Object, Primitive, Resource};

/// An element with these attributes.
pub(crate) fn new(name: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    for (name, value) in attributes {
        put(&mut element, name, value);
    }
    element
}

/// Adds an attribute.
pub(crate) fn put(element: &mut Element, name: &str, value: &str) {
    element.extra.attributes.push((name.to_owned(), value.to_owned()));
}

/// Adds a child.
pub(crate) fn push(element: &mut Element, child: Element) {
    element.extra.children.push(ExtraNode::Element(child));
}

/// The child elements of this name.
pub(crate) fn children<'a>(
    element: &'a Element,
    name: &'a str,
) -> impl Iterator<Item = &'a Element> {
    element.elements().filter(move |child| child.name == name)
}

/// What stands behind the keyword `xml`: one object, or several in their section.
pub(crate) fn read_objects(text: &str) -> Result<Vec<Object>, CibError> {
    cib::read_object(text, None)
}

/// Adds blocks of values as children of this name.
pub(crate) fn push_blocks(parent: &mut Element, name: &str, sets: &[AttributeSet]) {
    let primitive = Primitive { parameters: sets.to_vec(), ..Primitive::default() };
    for child in of_object(&Object::Resource(Resource::Primitive(primitive))).elements() {
        push(parent, Element { name: name.to_owned(), ..child.clone() });
    }
}

/// The blocks of this name inside `parent`; none if one of them cannot be read.
pub(crate) fn read_blocks(parent: &Element, name: &str) -> Vec<AttributeSet> {
    let mut primitive = new("primitive", &[("id", "x"), ("template", "x")]);
    for child in children(parent, name) {
        let name = "instance_attributes".to_owned();
        push(&mut primitive, Element { name, ..child.clone() });
    }
    let objects = cib::read_object(&cib::write_element(&primitive), Some(Part::Resources));
    match objects.unwrap_or_default().pop() {
        Some(Object::Resource(Resource::Primitive(primitive))) => primitive.parameters,
        _ => Vec::new(),
    }
}

/// Puts comments above an object, in place of those it had.
pub(crate) fn set_comments(extra: &mut Extra, comments: &[String]) {
    if !comments.is_empty() {
        extra.children.retain(|child| !matches!(child, ExtraNode::Comment(_)));
        let comments = comments.iter().cloned().map(ExtraNode::Comment);
        extra.children.splice(0..0, comments);
    }
}

/// What an object carries beyond its typed fields, the comments above it among that.
pub(crate) fn extra_of(object: &mut Object) -> &mut Extra {
    match object {
        Object::Node(node) => &mut node.extra,
        Object::Resource(Resource::Primitive(primitive) | Resource::Template(primitive)) => {
            &mut primitive.extra
        }
        Object::Resource(Resource::Group(group)) => &mut group.extra,
        Object::Resource(Resource::Clone(clone)) => &mut clone.extra,
        Object::Resource(Resource::Bundle(bundle)) => &mut bundle.extra,
        Object::Constraint(Constraint::Location(location)) => &mut location.extra,
        Object::Constraint(Constraint::Colocation(colocation)) => &mut colocation.extra,
        Object::Constraint(Constraint::Order(order)) => &mut order.extra,
        Object::Constraint(Constraint::Ticket(ticket)) => &mut ticket.extra,
        Object::Properties(set)
        | Object::ResourceDefaults(set)
        | Object::OperationDefaults(set) => &mut set.extra,
        Object::Tag(tag) => &mut tag.extra,
        Object::FencingLevel(level) => &mut level.extra,
        Object::Opaque(_, element) => &mut element.extra,
    }
}

/// Takes the comments out of an object, those inside its parts aside.
pub(crate) fn take_comments(object: &mut Object) -> Vec<String> {
    let mut comments = Vec::new();
    extra_of(object).children.retain(|child| match child {
        ExtraNode::Comment(text) => {
            comments.push(text.clone());
            false
        }
        ExtraNode::Element(_) | ExtraNode::Text(_) => true,
    });
    comments
}

/// Comments in one line each, as the language has them.
pub(crate) fn join_comments(element: &mut Element) {
    for child in &mut element.extra.children {
        match child {
            ExtraNode::Comment(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                *text = format!(" {} ", words.join(" "));
            }
            ExtraNode::Element(child) => join_comments(child),
            ExtraNode::Text(_) => {}
        }
    }
}

/// An object of the model as a plain element.
pub(crate) fn of_object(object: &Object) -> Element {
    // What `cib` has written it also reads; an empty element stands for the impossible.
    cib::read_element(&cib::write_object(object)).unwrap_or_default()
}

/// Where in a statement a word stands that somebody found wrong: as it is, as the name or value
/// of `NAME=VALUE`, or with something behind its `:`.
pub(crate) fn find_word(words: &[Word], wanted: &str) -> Option<crate::Position> {
    if wanted.is_empty() {
        return None;
    }
    let exact = words.iter().find(|word| word.text == wanted).map(|word| word.position);
    let inside = |word: &Word| {
        let text = word.text.trim_start_matches(['(', '[', '{']);
        let offset = word.text.chars().count() - text.chars().count();
        let text = text.trim_end_matches([')', ']', '}']);
        let (name, value) = text.split_once(['=', ':']).unwrap_or((text, ""));
        if name == wanted {
            Some(word.place(offset))
        } else if value == wanted {
            Some(word.place(offset + name.chars().count() + 1))
        } else {
            None
        }
    };
    exact.or_else(|| words.iter().skip(1).find_map(inside))
}
