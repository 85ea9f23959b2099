//! An element on its way out of a type: the typed parts first, then the extra.

use crate::wording;
use cluster::{Element, Extra, ExtraNode};
use std::fmt::Display;

/// An element under construction.
pub(crate) struct Giving(Element);

impl Giving {
    pub(crate) fn new(name: &str) -> Self {
        Self(Element { name: name.to_owned(), extra: Extra::default() })
    }

    pub(crate) fn attribute(mut self, name: &str, value: impl Display) -> Self {
        self.0.extra.attributes.push((name.to_owned(), value.to_string()));
        self
    }

    /// An attribute that is left out when there is nothing to say.
    pub(crate) fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// An attribute that is left out when its text is empty.
    pub(crate) fn unless_empty(self, name: &str, value: &str) -> Self {
        self.maybe(name, Some(value).filter(|value| !value.is_empty()))
    }

    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.0.extra.children.extend(children.into_iter().map(ExtraNode::Element));
        self
    }

    /// Adds what has no type: leading comments before the typed children, the rest after them.
    pub(crate) fn extra(self, extra: &Extra) -> Element {
        self.extra_without(extra, &[])
    }

    /// As [`Giving::extra`], without the child elements of these names: what they hold has been
    /// written with its typed part (see [`section`]).
    pub(crate) fn extra_without(mut self, extra: &Extra, written: &[&str]) -> Element {
        let typed = self.0.extra.attributes.len();
        for (name, value) in &extra.attributes {
            if self.0.extra.attributes[..typed].iter().all(|(other, _)| other != name) {
                self.0.extra.attributes.push((name.clone(), value.clone()));
            }
        }
        let is_element = |node: &ExtraNode| matches!(node, ExtraNode::Element(_));
        let leading = extra.children.iter().position(is_element);
        let (before, after) = extra.children.split_at(leading.unwrap_or(extra.children.len()));
        let after = after.iter().filter(
            |node| !matches!(node, ExtraNode::Element(element) if written.contains(&element.name.as_str())),
        );
        self.0.extra.children.splice(0..0, before.iter().cloned());
        self.0.extra.children.extend(after.cloned());
        if let Some(wording) = &extra.wording {
            wording::restore(&mut self.0, wording);
        }
        self.0
    }

    pub(crate) fn finish(self) -> Element {
        self.0
    }
}

/// The child elements of that name.
pub(crate) fn elements<'a>(
    extra: &'a Extra,
    name: &'a str,
) -> impl Iterator<Item = &'a Element> + 'a {
    extra.children.iter().filter_map(move |child| match child {
        ExtraNode::Element(element) if element.name == name => Some(element),
        _ => None,
    })
}

/// An element that only groups others, `<operations>` for one: `children`, then what `extra` keeps
/// of such an element itself, of two values for an attribute the first: written twice, nobody could
/// read it. Nothing when there is neither.
pub(crate) fn section(name: &str, extra: &Extra, children: Vec<Element>) -> Option<Element> {
    let mut kept = elements(extra, name).peekable();
    if children.is_empty() && kept.peek().is_none() {
        return None;
    }
    let mut element = Giving::new(name).children(children).finish();
    for itself in kept {
        for (name, value) in &itself.extra.attributes {
            if element.attribute(name).is_none() {
                element.extra.attributes.push((name.clone(), value.clone()));
            }
        }
        element.extra.children.extend(itself.extra.children.iter().cloned());
    }
    Some(element)
}
