//! An element on its way out of a type: the typed parts first, then the extra.

use crate::tag::{Child, Tag};
use crate::wording;
use cluster::{Element, Extra, ExtraNode, Role, Score, Written};
use std::borrow::Cow;

/// An element under construction. What it says stays where it is, as far as that is text already.
pub(crate) struct Giving<'a>(Tag<'a>);

/// What can be the value of an attribute.
pub(crate) trait Value<'a> {
    fn text(self) -> Cow<'a, str>;
}

impl<'a> Value<'a> for &'a str {
    fn text(self) -> Cow<'a, str> {
        Cow::Borrowed(self)
    }
}

impl<'a> Value<'a> for &'a String {
    fn text(self) -> Cow<'a, str> {
        Cow::Borrowed(self)
    }
}

impl<'a> Value<'a> for String {
    fn text(self) -> Cow<'a, str> {
        Cow::Owned(self)
    }
}

impl<'a, T> Value<'a> for &'a Written<T> {
    fn text(self) -> Cow<'a, str> {
        Cow::Borrowed(&self.text)
    }
}

impl<'a> Value<'a> for bool {
    fn text(self) -> Cow<'a, str> {
        Cow::Borrowed(if self { "true" } else { "false" })
    }
}

impl<'a> Value<'a> for Role {
    fn text(self) -> Cow<'a, str> {
        Cow::Borrowed(self.name())
    }
}

macro_rules! shown_as_text {
    ($($type:ty),*) => {$(
        impl<'a> Value<'a> for $type {
            fn text(self) -> Cow<'a, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}
shown_as_text!(i32, i64, u32, u64, u128, usize, Score);

impl<'a> Giving<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        // Most elements that are given say an id, a name and something else.
        Self(Tag::with_room(name, 0, 4))
    }

    pub(crate) fn attribute(mut self, name: &'a str, value: impl Value<'a>) -> Self {
        self.0.keep(name, value.text());
        self
    }

    /// An attribute that is left out when there is nothing to say.
    pub(crate) fn maybe(self, name: &'a str, value: Option<impl Value<'a>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// An attribute that is left out when its text is empty.
    pub(crate) fn unless_empty(self, name: &'a str, value: &'a str) -> Self {
        self.maybe(name, Some(value).filter(|value| !value.is_empty()))
    }

    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Tag<'a>>) -> Self {
        self.0.children.extend(children.into_iter().map(Child::Tag));
        self
    }

    /// Adds what has no type: leading comments before the typed children, the rest after them.
    pub(crate) fn extra(self, extra: &'a Extra) -> Tag<'a> {
        self.extra_without(extra, &[])
    }

    /// As [`Giving::extra`], without the child elements of these names: what they hold has been
    /// written with its typed part (see [`section`]).
    pub(crate) fn extra_without(mut self, extra: &'a Extra, written: &[&str]) -> Tag<'a> {
        self.0.keep_missing(extra);
        let is_element = |node: &ExtraNode| matches!(node, ExtraNode::Element(_));
        let leading = extra.children.iter().position(is_element);
        let (before, after) = extra.children.split_at(leading.unwrap_or(extra.children.len()));
        let after = after.iter().filter(
            |node| !matches!(node, ExtraNode::Element(element) if written.contains(&element.name.as_str())),
        );
        self.0.children.splice(0..0, before.iter().map(Child::of));
        self.0.children.extend(after.map(Child::of));
        if let Some(wording) = &extra.wording {
            wording::restore(&mut self.0, wording);
        }
        self.0
    }

    pub(crate) fn finish(self) -> Tag<'a> {
        self.0
    }
}

/// An element of which nothing is said but the id.
pub(crate) fn mention<'a>(name: &'a str, id: &'a str) -> Tag<'a> {
    Giving::new(name).attribute("id", id).finish()
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
pub(crate) fn section<'a>(
    name: &'a str,
    extra: &'a Extra,
    children: Vec<Tag<'a>>,
) -> Option<Tag<'a>> {
    let mut kept = elements(extra, name).peekable();
    if children.is_empty() && kept.peek().is_none() {
        return None;
    }
    let mut tag = Giving::new(name).children(children).finish();
    for itself in kept {
        tag.keep_missing(&itself.extra);
        tag.children.extend(itself.extra.children.iter().map(Child::of));
    }
    Some(tag)
}
