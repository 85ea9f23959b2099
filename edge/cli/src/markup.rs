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

/// A whole answer of a tool to its arguments, with the outcome and what went wrong at its end.
pub(crate) fn result(
    tool: &str,
    args: &[String],
    parts: Vec<Element>,
    outcome: (u8, &str),
    errors: &[String],
) -> String {
    let request = [&[tool.to_owned()], args].concat().join(" ");
    let mut root = report::xml::result(Form::Presented, &request, parts, outcome);
    let errors: Vec<Element> = errors.iter().map(|words| text("error", &[], words)).collect();
    if let (false, Some(ExtraNode::Element(status))) =
        (errors.is_empty(), root.extra.children.last_mut())
    {
        let errors = element::<&str>("errors", &[], errors);
        status.extra.children.push(ExtraNode::Element(errors));
    }
    cib::write_element(&root)
}
