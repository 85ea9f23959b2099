//! Positions as types: a node's number can not be mistaken for an instance's.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A position in one kind of list.
pub trait Key: Copy {
    /// The key of that position.
    fn from_position(position: usize) -> Self;
    /// The position of that key.
    fn position(self) -> usize;
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Key for $name {
            fn from_position(position: usize) -> Self {
                Self(u32::try_from(position).expect("invariant H1: lists stay below 2^32"))
            }
            fn position(self) -> usize {
                self.0 as usize
            }
        }
    };
}

key!(
    /// A node, in the order in which nodes became known.
    NodeIndex
);
key!(
    /// A resource of any kind: what is configured in document order, each with what is inside it,
    /// then what is no longer configured.
    ResourceIndex
);
key!(
    /// Something to do, in the order in which it was thought of.
    ActionIndex
);

impl ActionIndex {
    /// The number that graphs and messages call it by.
    pub const fn number(self) -> u64 {
        self.0 as u64 + 1
    }
}

/// A list whose positions have a type of their own.
#[derive(Clone, PartialEq, Eq)]
pub struct Indexed<K, T> {
    items: Vec<T>,
    key: PhantomData<K>,
}

impl<K: Key, T> Indexed<K, T> {
    /// A list of `count` copies of `item`.
    pub fn filled(item: T, count: usize) -> Self
    where
        T: Clone,
    {
        Self { items: vec![item; count], key: PhantomData }
    }

    /// Adds `item` at the end and says where that is.
    pub fn push(&mut self, item: T) -> K {
        self.items.push(item);
        K::from_position(self.items.len() - 1)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items with their keys, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(position, item)| (K::from_position(position), item))
    }

    /// The items, in order.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = K> + use<K, T> {
        (0..self.items.len()).map(K::from_position)
    }
}

impl<K, T> Default for Indexed<K, T> {
    fn default() -> Self {
        Self { items: Vec::new(), key: PhantomData }
    }
}

impl<K, T: fmt::Debug> fmt::Debug for Indexed<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.items).finish()
    }
}

impl<K: Key, T> Index<K> for Indexed<K, T> {
    type Output = T;
    fn index(&self, key: K) -> &T {
        &self.items[key.position()]
    }
}

impl<K: Key, T> IndexMut<K> for Indexed<K, T> {
    fn index_mut(&mut self, key: K) -> &mut T {
        &mut self.items[key.position()]
    }
}

impl<K: Key, T> FromIterator<T> for Indexed<K, T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self { items: items.into_iter().collect(), key: PhantomData }
    }
}
