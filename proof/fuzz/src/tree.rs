//! Elements: made in one expression, and walked by number.

use cluster::{Element, ExtraNode};

/// An element with these attributes.
pub(crate) fn tag<N: AsRef<str>, V: AsRef<str>>(name: &str, attributes: &[(N, V)]) -> Element {
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    for (name, value) in attributes {
        let pair = (name.as_ref().to_owned(), value.as_ref().to_owned());
        element.extra.attributes.push(pair);
    }
    element
}

/// An element with these children.
pub(crate) fn with(mut element: Element, children: impl IntoIterator<Item = Element>) -> Element {
    for child in children {
        put(&mut element, child);
    }
    element
}

/// Adds a child at the end.
pub(crate) fn put(element: &mut Element, child: Element) {
    element.extra.children.push(ExtraNode::Element(child));
}

/// Sets an attribute, in place of one of that name.
pub(crate) fn set(element: &mut Element, name: &str, value: &str) {
    let attributes = &mut element.extra.attributes;
    match attributes.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => value.clone_into(known),
        None => attributes.push((name.to_owned(), value.to_owned())),
    }
}

/// How many elements there are, this one and all inside of it.
pub(crate) fn count(element: &Element) -> usize {
    1 + element.elements().map(count).sum::<usize>()
}

/// The element of that number, counted from the root (0) in the order of the text.
pub(crate) fn nth(element: &mut Element, mut number: usize) -> Option<&mut Element> {
    if number == 0 {
        return Some(element);
    }
    number -= 1;
    for child in &mut element.extra.children {
        let ExtraNode::Element(child) = child else { continue };
        let inside = count(child);
        if number < inside {
            return nth(child, number);
        }
        number -= inside;
    }
    None
}

/// How deep elements are nested.
pub(crate) fn depth(element: &Element) -> usize {
    1 + element.elements().map(depth).max().unwrap_or(0)
}
