//! Lets actions that are ordered pass necessity and impossibility on to each other.
//!
//! An order is more than a sequence. `A start` before `B start`, mandatory, also says: where A
//! cannot be started, neither can B; where A is stopped, B is stopped before. [`apply`] resolves
//! orders between resources into links between actions, and then lets each link say what it means
//! ([`Relation`]) until nothing changes any more.

pub(crate) mod collective;
mod effect;
mod resolve;
mod settle;
mod validity;

use crate::act;
use crate::index::ActionIndex;
use crate::model::{ActionFlags, Fact, Relation, Task, Work};

pub(crate) use effect::update_pair;
use settle::{Settler, stir};

/// Resolves orders into pairs of actions and settles what follows of them.
pub(crate) fn apply(work: &mut Work<'_>) {
    resolve::resolve(work);
    let actions: Vec<ActionIndex> = work.actions.keys().rev().collect();
    let links: usize = work.actions.iter().map(|(_, action)| action.before.len()).sum();
    work.settling.patience = 1_000_000 + (actions.len() + links).saturating_mul(500);
    let mut settler = Settler::new(work);
    for action in &actions {
        settler.block_dependents(*action);
    }
    act::probes::order_probes(settler.work);
    let actions: Vec<ActionIndex> = settler.work.actions.keys().rev().collect();
    for action in actions {
        settler.settle(action);
    }
    if work.settling.is_exhausted {
        hold_back(work);
    }
    validity::drop_invalid(work);
}

/// Nobody knows all that a start would have to wait for: better none than a wrong one (R1).
fn hold_back(work: &mut Work<'_>) {
    for action in work.actions.keys() {
        let task = work.actions[action].operation.task;
        if matches!(task, Task::Start | Task::Promote | Task::MigrateTo) {
            work.actions.take(action, Fact::Runnable);
            work.actions[action].set_reason("orders that never come to an end", true);
        }
    }
    let told = "orders are too tangled to be followed: nothing is started";
    work.at.warnings.push(told.to_owned());
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

impl Filter {
    pub(crate) const OPTIONAL: Self = Self { optional: true, runnable: false };
    pub(crate) const RUNNABLE: Self = Self { optional: false, runnable: true };
    pub(crate) const BOTH: Self = Self { optional: true, runnable: true };
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
