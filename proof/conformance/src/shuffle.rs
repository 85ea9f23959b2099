//! The same status, written down in another order.

use base::Rng;
use cluster::Status;

/// Changes the order of the results in each history: what is newer than what follows from their
/// numbers. (The order of nodes' states and of resources deals the numbers of clones' instances;
/// in a running cluster it is the order of ids.)
pub fn shuffle(status: &mut Status, random: &mut Rng) {
    let histories = status.nodes.values_mut().flat_map(|node| node.history.values_mut());
    for history in histories {
        mix(&mut history.operations, random);
    }
}

/// Fisher and Yates' shuffle.
fn mix<T>(items: &mut [T], random: &mut Rng) {
    for end in (1..items.len()).rev() {
        let other = usize::try_from(random.below(end as u64 + 1)).unwrap_or(0);
        items.swap(end, other);
    }
}
