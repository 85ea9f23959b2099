//! The same status, written down in another order.

use base::Rng;
use cluster::Status;

/// Changes the order of nodes' states, of resources' histories on each node, and of the results in
/// each history. What is newer than what follows from the results' numbers, not from their order.
pub fn shuffle(status: &mut Status, random: &mut Rng) {
    let mut places = numbers(status.nodes.len(), random).into_iter();
    for node in status.nodes.values_mut() {
        node.position = places.next().unwrap_or(0);
        let mut places = numbers(node.history.len(), random).into_iter();
        for history in node.history.values_mut() {
            history.position = places.next().unwrap_or(0);
            mix(&mut history.operations, random);
        }
    }
}

fn numbers(count: usize, random: &mut Rng) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..).take(count).collect();
    mix(&mut numbers, random);
    numbers
}

/// Fisher and Yates' shuffle.
fn mix<T>(items: &mut [T], random: &mut Rng) {
    for end in (1..items.len()).rev() {
        let other = usize::try_from(random.below(end as u64 + 1)).unwrap_or(0);
        items.swap(end, other);
    }
}
