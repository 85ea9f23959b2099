//! How two ordered actions depend on each other.

use std::ops::{BitOr, BitOrAssign};

/// What it means that one action (`first`) is ordered before another (`then`). Several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation(u32);

impl Relation {
    /// Nothing: the pair is of no concern (any more).
    pub const NONE: Self = Self(0);
    /// If both happen, `first` comes first.
    pub const ORDERED: Self = Self(1);
    /// When `first` happens, `then` must too.
    pub const FIRST_REQUIRES_THEN: Self = Self(1 << 1);
    /// When `then` happens, `first` must too.
    pub const THEN_REQUIRES_FIRST: Self = Self(1 << 2);
    /// As [`Self::THEN_REQUIRES_FIRST`], only where `then`'s resource is to be promoted.
    pub const PROMOTED_THEN_REQUIRES_FIRST: Self = Self(1 << 3);
    /// When `first` cannot happen, neither can `then`.
    pub const FIRST_MUST_BE_RUNNABLE: Self = Self(1 << 4);
    /// When `first` happens, `then` is shown in the graph.
    pub const FIRST_SHOWS_THEN: Self = Self(1 << 5);
    /// When `then` happens, `first` is shown in the graph.
    pub const THEN_SHOWS_FIRST: Self = Self(1 << 6);
    /// When `then` cannot be part of a live migration, neither can `first`.
    pub const FIRST_MIGRATES_WITH_THEN: Self = Self(1 << 7);
    /// `first` is a stop on the way of a restart of which `then` is part: a stop that cannot
    /// happen, or whose start cannot, holds back its own start.
    pub const RESTART: Self = Self(1 << 8);
    /// Only when both happen on the same node.
    pub const SAME_NODE: Self = Self(1 << 9);
    /// Only when both happen on the same node and `first` is required.
    pub const SAME_NODE_IF_REQUIRED: Self = Self(1 << 10);
    /// Only when both happen on the same node, or `first` is a migration towards `then`'s node.
    pub const SAME_NODE_OR_TARGET: Self = Self(1 << 11);
    /// `first` happens inside of, or to, the guest of `then`'s resource.
    pub const GUEST_ALLOWED: Self = Self(1 << 12);
    /// `then` needs only some of its `first`s.
    pub const ENOUGH: Self = Self(1 << 13);
    /// When `then` happens, `first` need not.
    pub const THEN_CANCELS_FIRST: Self = Self(1 << 14);
    /// `first` is a probe of something inside of a remote node whose start is `then`.
    pub const NESTED_PROBE: Self = Self(1 << 15);
    /// Holds in this direction only.
    pub const ONE_WAY: Self = Self(1 << 16);
    /// When `first` cannot happen, `then` is no mere point any more and no part of a migration.
    pub const FIRST_ELSE_THEN: Self = Self(1 << 20);
    /// Only when `first`'s resource is not being live migrated.
    pub const UNLESS_FIRST_MIGRATES: Self = Self(1 << 17);
    /// Never both at the same time, in any order.
    pub const SERIALIZE: Self = Self(1 << 18);
    /// When `first` happens, `then` must too, where `first` happens.
    pub const FIRST_REQUIRES_THEN_THERE: Self = Self(1 << 19);

    /// Whether all of `other` hold.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether one of `other` holds.
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is left without `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing holds.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Relation {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl BitOrAssign for Relation {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.with(other);
    }
}
