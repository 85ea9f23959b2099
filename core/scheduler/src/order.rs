//! Lets actions that are ordered pass necessity and impossibility on to each other.

pub(crate) mod collective;

use crate::index::ActionIndex;
use crate::model::{ActionFlags, Relation, Work};

/// Resolves orders into pairs of actions and settles what follows of them.
pub(crate) fn apply(work: &mut Work<'_>) {
    let _ = work;
}

/// Which of the two an order changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) first: bool,
    pub(crate) then: bool,
}

impl std::ops::BitOrAssign for Changed {
    fn bitor_assign(&mut self, other: Self) {
        self.first |= other.first;
        self.then |= other.then;
    }
}

/// Which facts of an action an order may look at and change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) optional: bool,
    pub(crate) runnable: bool,
}

/// One order between two actions, as it is being weighed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) first: ActionIndex,
    pub(crate) then: ActionIndex,
    /// The node that a collective resource's actions are looked at for; `None` for all.
    pub(crate) node: Option<crate::index::NodeIndex>,
    /// What is known of `first`, as seen from there.
    pub(crate) first_flags: ActionFlags,
    pub(crate) filter: Filter,
    pub(crate) relation: Relation,
}

/// What a pair of actions of primitives, or of nodes, means to each other.
pub(crate) fn update_pair(work: &mut Work<'_>, pair: Pair) -> Changed {
    let _ = (work, pair);
    Changed::default()
}
