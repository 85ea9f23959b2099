//! A list of objects that copies share.
//!
//! A configuration is copied at every change, for whoever plans from it, shows it or writes it down.
//! A copy of this list points to the same objects; one that is changed is copied then, and no other.
//! So a change costs what it touches, and two versions are compared by looking at what differs.

use std::ops::{Index, IndexMut};
use std::slice;
use std::sync::Arc;

/// Objects of one kind in document order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects<T>(Vec<Arc<T>>);

impl<T> Objects<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object at this place.
    pub fn get(&self, place: usize) -> Option<&T> {
        self.0.get(place).map(Arc::as_ref)
    }

    /// The first object.
    pub fn first(&self) -> Option<&T> {
        self.get(0)
    }

    /// All of them.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.0.iter())
    }

    /// All of them as they are shared.
    pub fn shared(&self) -> &[Arc<T>] {
        &self.0
    }

    /// Adds one at the end.
    pub fn push(&mut self, object: T) {
        self.0.push(Arc::new(object));
    }

    /// Adds one at this place.
    pub fn insert(&mut self, place: usize, object: T) {
        self.0.insert(place, Arc::new(object));
    }

    /// Keeps those for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.0.retain(|object| keep(object));
    }
}

impl<T: Clone> Objects<T> {
    /// All of them, to be changed: every one is copied that other lists share.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(Arc::make_mut)
    }

    /// Takes the one at this place out.
    pub fn remove(&mut self, place: usize) -> T {
        Arc::unwrap_or_clone(self.0.remove(place))
    }

    /// The object at this place, to be changed.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.0.get_mut(place).map(Arc::make_mut)
    }

    /// The first for which `is_it` holds, to be changed; the others stay shared.
    pub fn find_mut(&mut self, mut is_it: impl FnMut(&T) -> bool) -> Option<&mut T> {
        let place = self.0.iter().position(|object| is_it(object))?;
        self.get_mut(place)
    }
}

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Index<usize> for Objects<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place]
    }
}

impl<T: Clone> IndexMut<usize> for Objects<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        Arc::make_mut(&mut self.0[place])
    }
}

impl<T> From<Vec<T>> for Objects<T> {
    fn from(objects: Vec<T>) -> Self {
        objects.into_iter().collect()
    }
}

impl<T, const N: usize> From<[T; N]> for Objects<T> {
    fn from(objects: [T; N]) -> Self {
        objects.into_iter().collect()
    }
}

impl<T> FromIterator<T> for Objects<T> {
    fn from_iter<I: IntoIterator<Item = T>>(objects: I) -> Self {
        Self(objects.into_iter().map(Arc::new).collect())
    }
}

impl<T> FromIterator<Arc<T>> for Objects<T> {
    fn from_iter<I: IntoIterator<Item = Arc<T>>>(objects: I) -> Self {
        Self(objects.into_iter().collect())
    }
}

impl<T> Extend<T> for Objects<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, objects: I) {
        self.0.extend(objects.into_iter().map(Arc::new));
    }
}

impl<'a, T> IntoIterator for &'a Objects<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Clone> IntoIterator for Objects<T> {
    type Item = T;
    type IntoIter = std::iter::Map<std::vec::IntoIter<Arc<T>>, fn(Arc<T>) -> T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(Arc::unwrap_or_clone)
    }
}

/// What edits do to a list of objects, however it keeps them.
pub(crate) trait List<T: PartialEq> {
    /// How many there are.
    fn count(&self) -> usize;
    /// The object at a place that is there.
    fn at(&self, place: usize) -> &T;
    /// Puts another into its place.
    fn replace(&mut self, place: usize, object: T);
    /// Takes the one at this place out.
    fn take(&mut self, place: usize);
    /// Adds one at the end.
    fn add(&mut self, object: T);
    /// Those of a lower rank come first; those of the same one stay as they stood.
    fn sort_by(&mut self, rank: impl Fn(&T) -> usize);

    /// Where the first stands for which `is_it` holds.
    fn place_of(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        (0..self.count()).find(|place| is_it(self.at(*place)))
    }

    /// Whether the object at `place` equals the one at `there` in another list.
    fn is_same(&self, place: usize, other: &Self, there: usize) -> bool {
        self.at(place) == other.at(there)
    }
}

impl<T: PartialEq> List<T> for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> &T {
        &self[place]
    }

    fn replace(&mut self, place: usize, object: T) {
        self[place] = object;
    }

    fn take(&mut self, place: usize) {
        self.remove(place);
    }

    fn add(&mut self, object: T) {
        self.push(object);
    }

    fn sort_by(&mut self, rank: impl Fn(&T) -> usize) {
        self.sort_by_cached_key(rank);
    }
}

impl<T: PartialEq> List<T> for Objects<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> &T {
        &self[place]
    }

    fn replace(&mut self, place: usize, object: T) {
        self.0[place] = Arc::new(object);
    }

    fn take(&mut self, place: usize) {
        self.0.remove(place);
    }

    fn add(&mut self, object: T) {
        self.push(object);
    }

    fn sort_by(&mut self, rank: impl Fn(&T) -> usize) {
        self.0.sort_by_cached_key(|object| rank(object));
    }

    /// Copies share what is equal: most of the time one look is enough.
    fn is_same(&self, place: usize, other: &Self, there: usize) -> bool {
        let (one, two) = (&self.0[place], &other.0[there]);
        Arc::ptr_eq(one, two) || one == two
    }
}

/// The objects of a list, one after the other.
#[derive(Clone, Debug)]
pub struct Iter<'a, T>(slice::Iter<'a, Arc<T>>);

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(Arc::as_ref)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(Arc::as_ref)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_shares_all_but_what_is_changed() {
        let before = Objects::from(["a", "b", "c"].map(String::from));
        let mut after = before.clone();
        after.find_mut(|name| name == "b").expect("it is there").push('!');
        let shared = |place: usize| Arc::ptr_eq(&before.shared()[place], &after.shared()[place]);
        assert_eq!([0, 1, 2].map(shared), [true, false, true]);
        assert_eq!((before[1].as_str(), after[1].as_str()), ("b", "b!"));
        assert_ne!(before, after);
    }
}
