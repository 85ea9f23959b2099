//! Objects as plain elements: what the language is another way to write.

use crate::lexer::Word;
use cluster::{Element, ExtraNode};

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

/// Adds an attribute, or gives it another value.
pub(crate) fn set(element: &mut Element, name: &str, value: &str) {
    match element.extra.attributes.iter_mut().find(|(other, _)| other == name) {
        Some((_, place)) => value.clone_into(place),
        None => put(element, name, value),
    }
}

/// Adds a child.
pub(crate) fn push(element: &mut Element, child: Element) {
    element.extra.children.push(ExtraNode::Element(child));
}

/// The id; the empty text where there is none.
pub(crate) fn id(element: &Element) -> &str {
    element.attribute("id").unwrap_or_default()
}

/// The child elements of this name.
pub(crate) fn children<'a>(
    element: &'a Element,
    name: &'a str,
) -> impl Iterator<Item = &'a Element> {
    element.elements().filter(move |child| child.name == name)
}

/// The child elements, to change.
pub(crate) fn elements_mut(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.extra.children.iter_mut().filter_map(|child| match child {
        ExtraNode::Element(child) => Some(child),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
    })
}

/// Whether the element is a resource that stands in a group, clone or bundle.
pub(crate) fn is_resource(element: &Element) -> bool {
    ["primitive", "group"].contains(&element.name.as_str())
}

/// Whether a `container` can hold a resource of that kind. What is held is always less than what
/// holds it: whoever goes by this to what is inside comes to an end, whatever the ids say.
pub(crate) fn can_hold(container: &str, kind: &str) -> bool {
    match container {
        "group" | "bundle" => kind == "primitive",
        "clone" | "master" => ["primitive", "group"].contains(&kind),
        _ => false,
    }
}

/// A resource of which only the id is said: its own statement says the rest.
pub(crate) fn mention(name: &str, id: &str) -> Element {
    new(name, &[("id", id)])
}

/// Whether nothing but an id is said.
pub(crate) fn is_mention(element: &Element) -> bool {
    element.extra.children.is_empty() && element.extra.attributes.len() == 1
}

/// Takes the resources out of a group, clone or bundle, and those out of them; what stays are
/// their ids.
pub(crate) fn take_apart(element: &mut Element, apart: &mut Vec<Element>) {
    let container = element.name.clone();
    for child in elements_mut(element).filter(|child| can_hold(&container, &child.name)) {
        let mention = mention("primitive", id(child));
        let mut inside = std::mem::replace(child, mention);
        take_apart(&mut inside, apart);
        apart.push(inside);
    }
}

/// Puts comments above an object, in place of those it had.
pub(crate) fn set_comments(element: &mut Element, comments: &[String]) {
    if !comments.is_empty() {
        take_comments(element);
        let comments = comments.iter().cloned().map(ExtraNode::Comment);
        element.extra.children.splice(0..0, comments);
    }
}

/// Takes the comments out of an object, those inside its parts aside.
pub(crate) fn take_comments(element: &mut Element) -> Vec<String> {
    let mut comments = Vec::new();
    element.extra.children.retain_mut(|child| match child {
        ExtraNode::Comment(text) => {
            comments.push(std::mem::take(text));
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
