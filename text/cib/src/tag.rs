//! An element on its way into a type, or out of it: what is taken out of it is typed, the rest is
//! extra.

mod attributes;

use crate::error::{Doubts, Fault};
use crate::words::Word;
use attributes::Attributes;
use cluster::{Element, Extra, ExtraNode, Written};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// An element whose names and values are those of the text that it was read from, or of the type
/// that it is made of, as far as they need not be changed. One that was read knows where it stood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    /// The offset of its `<`.
    pub(crate) at: usize,
    /// How many of the comments at its beginning stood above it.
    pub(crate) adopted: u32,
    attributes: Attributes<'a>,
    pub(crate) children: Vec<Child<'a>>,
}

/// What stands inside an element.
#[derive(Clone, Debug)]
pub(crate) enum Child<'a> {
    Tag(Tag<'a>),
    Comment(Cow<'a, str>),
    Text(Cow<'a, str>),
}

impl<'a> Child<'a> {
    /// The same as that.
    pub(crate) fn of(node: &'a ExtraNode) -> Self {
        match node {
            ExtraNode::Element(element) => Self::Tag(Tag::of(element)),
            ExtraNode::Comment(text) => Self::Comment(Cow::Borrowed(text)),
            ExtraNode::Text(text) => Self::Text(Cow::Borrowed(text)),
        }
    }

    /// Whether it is the same as that.
    pub(crate) fn is(&self, node: &ExtraNode) -> bool {
        match (self, node) {
            (Self::Tag(tag), ExtraNode::Element(element)) => tag.is(element),
            (Self::Comment(ours), ExtraNode::Comment(theirs))
            | (Self::Text(ours), ExtraNode::Text(theirs)) => ours == theirs,
            _ => false,
        }
    }

    /// See [`Tag::adopt_comments`].
    pub(crate) fn adopt_comments(&mut self) {
        if let Self::Tag(tag) = self {
            tag.adopt_comments();
        }
    }
}

impl<'a> Tag<'a> {
    /// An element without contents yet, with room for so many attributes.
    pub(crate) fn with_room(name: &'a str, at: usize, attributes: usize) -> Self {
        Self { name, at, attributes: Attributes::with_capacity(attributes), ..Self::default() }
    }

    /// A tree that was made otherwise than of a text.
    pub(crate) fn of(element: &'a Element) -> Self {
        let mut tag = Self::with_room(&element.name, 0, element.extra.attributes.len());
        for (name, value) in &element.extra.attributes {
            tag.keep(name, value);
        }
        tag.children.extend(element.extra.children.iter().map(Child::of));
        tag
    }

    /// Whether it says the same as that, in the same order.
    pub(crate) fn is(&self, element: &Element) -> bool {
        let Extra { attributes, children, .. } = &element.extra;
        let theirs = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.name == element.name
            && self.attributes().eq(theirs)
            && self.children.len() == children.len()
            && self.children.iter().zip(children).all(|(ours, theirs)| ours.is(theirs))
    }

    /// Takes the first `count` children of `whole`, those for which `is_object` holds by their names
    /// and ids alone. It is told whether one is the first of its name.
    pub(crate) fn outline(
        &mut self,
        whole: &Self,
        count: usize,
        is_object: impl Fn(&Self, bool) -> bool,
    ) {
        let mut names = BTreeSet::new();
        self.children.extend(whole.children.iter().take(count).map(|child| match child {
            Child::Tag(tag) if is_object(tag, names.insert(tag.name)) => {
                let mut outline = Self::with_room(tag.name, tag.at, 1);
                if let Some(id) = tag.attribute("id") {
                    outline.keep("id", id.to_owned());
                }
                Child::Tag(outline)
            }
            other => other.clone(),
        }));
    }

    /// The element without what is inside it.
    pub(crate) fn shell(&self) -> Self {
        Self {
            attributes: self.attributes.clone(),
            name: self.name,
            at: self.at,
            ..Self::default()
        }
    }

    /// Adds an attribute, at the end.
    pub(crate) fn keep(&mut self, name: &'a str, value: impl Into<Cow<'a, str>>) {
        self.attributes.push(name, value.into());
    }

    /// Adds the attributes that are not there yet.
    pub(crate) fn keep_missing(&mut self, extra: &'a Extra) {
        for (name, value) in &extra.attributes {
            if self.attribute(name).is_none() {
                self.keep(name, value);
            }
        }
    }

    /// Gives an attribute another value, or takes it away.
    pub(crate) fn put(&mut self, name: &'a str, value: Option<impl Into<Cow<'a, str>>>) {
        self.attributes.put(name, value.map(Into::into));
    }

    /// Puts the attributes into another order.
    pub(crate) fn arrange_attributes(
        &mut self,
        arrange: impl FnOnce(&mut Vec<(&'a str, Cow<'a, str>)>),
    ) {
        self.attributes.arrange(arrange);
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    /// The attributes that nobody has taken out.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter()
    }

    /// How many attributes nobody has taken out.
    pub(crate) const fn attributes_left(&self) -> usize {
        self.attributes.left()
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Tag(tag) => Some(tag),
            Child::Comment(_) | Child::Text(_) => None,
        })
    }

    /// The element as people would name it in a message.
    pub(crate) fn title(&self) -> String {
        match self.attribute("id") {
            Some(id) => format!("<{} id=\"{id}\">", self.name),
            None => format!("<{}>", self.name),
        }
    }

    pub(crate) fn fault(&self, what: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault::new(self.at, what, help)
    }

    /// Takes an attribute out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.attributes.take(name).map(Cow::into_owned)
    }

    /// Takes an attribute out to throw it away.
    pub(crate) fn discard(&mut self, name: &str) {
        self.attributes.take(name);
    }

    /// An attribute that has to be there and to say something; it stays.
    pub(crate) fn demand(&self, name: &str) -> Result<&str, Fault> {
        self.attribute(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            self.fault(
                format!("{} has no `{name}`", self.title()),
                format!("write {name}=\"...\" into it"),
            )
        })
    }

    /// An attribute that has to be there and to be of a kind; it stays.
    pub(crate) fn demand_value<T>(&self, name: &'static str, word: &Word<T>) -> Result<T, Fault> {
        let text = self.demand(name)?;
        (word.parse)(text).ok_or_else(|| self.wrong(name, text, word.expects))
    }

    /// Takes out an attribute that has to be there and to say something.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, Fault> {
        self.demand(name)?;
        Ok(self.take(name).unwrap_or_default())
    }

    /// Takes out the id; an element that stands for another (`id-ref`) may have none.
    pub(crate) fn own_id(&mut self) -> Result<String, Fault> {
        if self.attribute("id-ref").is_some() {
            Ok(self.take("id").unwrap_or_default())
        } else {
            self.required("id")
        }
    }

    /// Takes out an attribute that has to be there and to be of a kind.
    pub(crate) fn value<T>(&mut self, name: &'static str, word: &Word<T>) -> Result<T, Fault> {
        let value = self.demand_value(name, word)?;
        self.discard(name);
        Ok(value)
    }

    /// Takes out an attribute if it is there. When it is none of its kind, it stays and counts as
    /// not given.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        word: &Word<T>,
        doubts: &mut Doubts,
    ) -> Option<T> {
        let text = self.attribute(name)?;
        let value = (word.parse)(text);
        if value.is_none() {
            doubts.push(self.wrong(name, text, word.expects));
        } else {
            self.discard(name);
        }
        value
    }

    /// Takes out an attribute if it is there, with its text, also when it is none of its kind.
    pub(crate) fn attempt<T>(
        &mut self,
        name: &'static str,
        word: &Word<T>,
        doubts: &mut Doubts,
    ) -> Option<Written<Option<T>>> {
        let text = self.take(name)?;
        let written = Written::attempt(&text, word.parse);
        if written.value.is_none() {
            doubts.push(self.wrong(name, &text, word.expects));
        }
        Some(written)
    }

    fn wrong(&self, name: &'static str, text: &str, expects: &str) -> Fault {
        let what = format!("`{text}` is no value for {name}");
        Fault { attribute: Some(name), ..self.fault(what, expects) }
    }

    /// Hands out the child elements one by one. What comes back stays a child, in its place.
    pub(crate) fn sort_out(
        &mut self,
        mut typed: impl FnMut(Self) -> Result<Option<Self>, Fault>,
    ) -> Result<(), Fault> {
        for child in std::mem::take(&mut self.children) {
            match child {
                Child::Tag(tag) => self.children.extend(typed(tag)?.map(Child::Tag)),
                other => self.children.push(other),
            }
        }
        Ok(())
    }

    /// Joins the child elements of that name into the first of them, where only one is ever written.
    /// Of two values for an attribute the first stays. It has to be done before the element is
    /// compared with what is written of it: what was moved would be taken for new.
    pub(crate) fn join(&mut self, name: &str, doubts: &mut Doubts) {
        if self.tags().filter(|tag| tag.name == name).nth(1).is_none() {
            return;
        }
        let mut first = None;
        for child in std::mem::take(&mut self.children) {
            match (child, first.and_then(|place: usize| self.children.get_mut(place))) {
                (Child::Tag(more), Some(Child::Tag(first))) if more.name == name => {
                    first.extend(more, doubts);
                }
                (child, _) => {
                    if matches!(&child, Child::Tag(tag) if tag.name == name) {
                        first = Some(self.children.len());
                    }
                    self.children.push(child);
                }
            }
        }
    }

    /// Takes in what another element of the same name holds. Both may say the same.
    fn extend(&mut self, more: Self, doubts: &mut Doubts) {
        for (name, value) in more.attributes.into_left() {
            let there = self.attribute(name);
            if there.is_none() {
                self.keep(name, value);
            } else if there != Some(&value) {
                let what = format!("there are two <{}> here, each with its `{name}`", self.name);
                doubts.push(Fault::new(more.at, what, "join them into one"));
            }
        }
        self.children.extend(more.children);
    }

    /// Moves each comment into the element after it, to its beginning.
    pub(crate) fn adopt_comments(&mut self) {
        let mut waiting = Vec::new();
        for child in std::mem::take(&mut self.children) {
            match child {
                Child::Comment(_) => waiting.push(child),
                Child::Tag(mut tag) => {
                    tag.adopted = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
                    tag.children.splice(0..0, waiting.drain(..));
                    self.children.push(Child::Tag(tag));
                }
                Child::Text(_) => self.children.push(child),
            }
        }
        self.children.append(&mut waiting);
    }

    /// Moves the child elements of these names to the end, in this order: what is left of elements
    /// that are written in a place of their own.
    pub(crate) fn move_last(&mut self, names: &[&str]) {
        self.children.sort_by_key(|child| match child {
            Child::Tag(tag) => names.iter().position(|name| *name == tag.name).map(|at| at + 1),
            Child::Comment(_) | Child::Text(_) => None,
        });
    }

    /// Whether everything in it was taken out.
    pub(crate) const fn is_empty(&self) -> bool {
        self.attributes.left() == 0 && self.children.is_empty()
    }

    /// Everything nobody has taken out, in no more memory than it needs: a status holds some
    /// hundred thousand of these.
    pub(crate) fn into_extra(self) -> Extra {
        let mut children = Vec::with_capacity(self.children.len());
        children.extend(self.children.into_iter().map(|child| match child {
            Child::Tag(tag) => ExtraNode::Element(tag.into_element()),
            Child::Comment(text) => ExtraNode::Comment(text.into_owned()),
            Child::Text(text) => ExtraNode::Text(text.into_owned()),
        }));
        Extra { children, attributes: self.attributes.into_owned(), wording: None }
    }

    pub(crate) fn into_element(self) -> Element {
        Element { name: self.name.to_owned(), extra: self.into_extra() }
    }
}
