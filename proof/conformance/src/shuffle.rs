//! The same status, written down in another order.

use base::Rng;
use cluster::Status;

/// What is written in another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shuffled {
    /// The results in each history.
    Results,
    /// Those, the resources' histories on each node, and the states of nodes: the order in which a
    /// scheduler meets instances that are all alike, and numbers them.
    All,
}

/// Changes the order. What is newer than what follows from the results' numbers.
pub fn shuffle(status: &mut Status, what: Shuffled, random: &mut Rng) {
    let mut places = numbers(status.nodes.len(), random).into_iter();
    for node in status.nodes.values_mut() {
        let mut resources = numbers(node.history.len(), random).into_iter();
        if what == Shuffled::All {
            node.position = places.next().unwrap_or(0);
        }
        for history in node.history.values_mut() {
            if what == Shuffled::All {
                history.position = resources.next().unwrap_or(0);
            }
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
