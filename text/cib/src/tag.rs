//! An element on its way into a type: what is taken out of it is typed, the rest is extra.

use crate::error::{Doubts, Fault};
use crate::words::Word;
use cluster::{Element, Extra, ExtraNode, Written};

/// A parsed element that still knows where it stood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tag {
    pub(crate) name: String,
    /// The offset of its `<`.
    pub(crate) at: usize,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Child>,
}

/// What stands inside an element.
#[derive(Clone, Debug)]
pub(crate) enum Child {
    Tag(Tag),
    Comment(String),
    Text(String),
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
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
        let index = self.attributes.iter().position(|(key, _)| key == name)?;
        Some(self.attributes.remove(index).1)
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
        self.take(name);
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
        if value.is_some() {
            self.take(name);
        } else {
            doubts.push(self.wrong(name, text, word.expects));
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

    /// Moves each comment into the element after it, to its beginning.
    pub(crate) fn adopt_comments(&mut self) {
        let mut waiting = Vec::new();
        for child in std::mem::take(&mut self.children) {
            match child {
                Child::Comment(_) => waiting.push(child),
                Child::Tag(mut tag) => {
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
        self.attributes.is_empty() && self.children.is_empty()
    }

    pub(crate) fn into_extra(self) -> Extra {
        let children = self.children.into_iter().map(|child| match child {
            Child::Tag(tag) => ExtraNode::Element(tag.into_element()),
            Child::Comment(text) => ExtraNode::Comment(text),
            Child::Text(text) => ExtraNode::Text(text),
        });
        Extra { children: children.collect(), attributes: self.attributes }
    }

    pub(crate) fn into_element(mut self) -> Element {
        let name = std::mem::take(&mut self.name);
        Element { name, extra: self.into_extra() }
    }
}
