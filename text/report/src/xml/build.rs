//! Elements, made step by step.

use cluster::{Element, Extra, ExtraNode};

/// An element under construction.
pub(crate) struct Build(Element);

impl Build {
    pub(crate) fn new(name: &str) -> Self {
        Self(Element { name: name.to_owned(), extra: Extra::default() })
    }

    pub(crate) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.0.extra.attributes.push((name.to_owned(), value.to_string()));
        self
    }

    /// An attribute that is left out when there is no value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn child(mut self, child: Self) -> Self {
        self.0.extra.children.push(ExtraNode::Element(child.0));
        self
    }

    pub(crate) fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    pub(crate) fn elements(self, elements: Vec<Element>) -> Self {
        self.children(elements.into_iter().map(Self))
    }

    pub(crate) fn finish(self) -> Element {
        self.0
    }
}
