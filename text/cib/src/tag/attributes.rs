//! The attributes of an element.

use std::borrow::Cow;
use std::cell::Cell;

/// Attributes in the order of the text; what is taken out leaves its place empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes<'a> {
    list: Vec<(&'a str, Option<Cow<'a, str>>)>,
    left: usize,
    /// Where to look first: elements of one kind name their attributes in one order, and so do
    /// those who take them out.
    next: Cell<usize>,
}

impl<'a> Attributes<'a> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { list: Vec::with_capacity(capacity), ..Self::default() }
    }

    pub(super) fn push(&mut self, name: &'a str, value: Cow<'a, str>) {
        self.list.push((name, Some(value)));
        self.left += 1;
    }

    /// Gives an attribute another value, in its place, or takes it away. A new one stands last.
    pub(super) fn put(&mut self, name: &'a str, value: Option<Cow<'a, str>>) {
        match (self.position(name), value) {
            (Some(at), Some(value)) => self.list[at].1 = Some(value),
            (None, Some(value)) => self.push(name, value),
            (_, None) => drop(self.take(name)),
        }
    }

    /// Has the attributes put into another order.
    pub(super) fn arrange(&mut self, arrange: impl FnOnce(&mut Vec<(&'a str, Cow<'a, str>)>)) {
        let mut left: Vec<_> = std::mem::take(self).into_left().collect();
        arrange(&mut left);
        left.into_iter().for_each(|(name, value)| self.push(name, value));
    }

    pub(super) const fn left(&self) -> usize {
        self.left
    }

    /// What is left, in its order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.list.get(self.position(name)?)?;
        value.as_deref()
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let position = self.position(name)?;
        let value = self.list.get_mut(position)?.1.take();
        self.left -= usize::from(value.is_some());
        self.next.set(position + 1);
        value
    }

    fn position(&self, name: &str) -> Option<usize> {
        let next = self.next.get().min(self.list.len());
        let (before, after) = self.list.split_at(next);
        let is_it =
            |(other, value): &(&str, Option<Cow<'_, str>>)| *other == name && value.is_some();
        let position = match after.iter().position(is_it) {
            Some(offset) => next + offset,
            None => before.iter().position(is_it)?,
        };
        // Who looks at an attribute is likely to take it next.
        self.next.set(position);
        Some(position)
    }

    /// What is left, in its order.
    pub(super) fn into_left(self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.list.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// The same, as texts of its own.
    pub(super) fn into_owned(self) -> Vec<(String, String)> {
        let mut owned = Vec::with_capacity(self.left);
        let left = self.into_left();
        owned.extend(left.map(|(name, value)| (name.to_owned(), value.into_owned())));
        owned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_gone_and_the_rest_keeps_its_order() {
        let mut attributes = Attributes::default();
        for (name, value) in [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")] {
            attributes.push(name, Cow::Borrowed(value));
        }
        assert_eq!(attributes.take("c").as_deref(), Some("3"));
        assert_eq!(attributes.take("c"), None);
        assert_eq!(attributes.get("a"), Some("1"));
        assert_eq!(attributes.take("b").as_deref(), Some("2"));
        attributes.push("e", Cow::Borrowed("5"));
        assert_eq!(attributes.left(), 3);
        let left = attributes.into_owned();
        let names: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "d", "e"]);
    }
}
