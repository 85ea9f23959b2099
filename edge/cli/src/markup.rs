//! Answers as XML, in the form of Pacemaker's API.

use cluster::{Element, Extra, ExtraNode};
use report::xml::Form;

/// An element.
pub(crate) fn element<V: AsRef<str>>(
    name: &str,
    attributes: &[(&str, V)],
    children: Vec<Element>,
) -> Element {
    let owned = |(name, value): &(&str, V)| ((*name).to_owned(), value.as_ref().to_owned());
    let attributes = attributes.iter().map(owned).collect();
    let children = children.into_iter().map(ExtraNode::Element).collect();
    Element { name: name.to_owned(), extra: Extra { attributes, children, ..Extra::default() } }
}

/// An element with nothing but words in it.
pub(crate) fn text(name: &str, attributes: &[(&str, &str)], words: &str) -> Element {
    let mut element = element(name, attributes, Vec::new());
    element.extra.children.push(ExtraNode::Text(words.to_owned()));
    element
}

/// A whole answer of a tool to its arguments, with the outcome at its end.
pub(crate) fn result(
    tool: &str,
    args: &[String],
    parts: Vec<Element>,
    outcome: (u8, &str),
) -> String {
    let request = [&[tool.to_owned()], args].concat().join(" ");
    cib::write_element(&report::xml::result(Form::Presented, &request, parts, outcome))
}
