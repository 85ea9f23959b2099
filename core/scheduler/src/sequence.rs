//! In which sequence a graph can be gone through, told by what each part of it waits for.

use std::collections::VecDeque;

/// All positions, each behind all that it waits for. Where some wait for each other in a circle,
/// the first of them goes first: half an order is better than no recovery.
pub fn sequence(inputs: &[Vec<usize>]) -> Vec<usize> {
    let count = inputs.len();
    let after = followers(inputs);
    let mut waits: Vec<usize> = inputs.iter().map(Vec::len).collect();
    let mut ready: VecDeque<usize> = (0..count).filter(|at| waits[*at] == 0).collect();
    let mut is_done = vec![false; count];
    let mut sequence = Vec::with_capacity(count);
    let mut stuck = 0;
    while sequence.len() < count {
        let at = ready.pop_front().unwrap_or_else(|| {
            while is_done[stuck] {
                stuck += 1;
            }
            stuck
        });
        if std::mem::replace(&mut is_done[at], true) {
            continue;
        }
        sequence.push(at);
        for next in &after[at] {
            waits[*next] -= 1;
            if waits[*next] == 0 && !is_done[*next] {
                ready.push_back(*next);
            }
        }
    }
    sequence
}

/// Those that wait for each other in circles, or between two of them: what is left when all has
/// been taken away that waits for nothing that is left, and all that nothing left waits for.
pub fn circles(inputs: &[Vec<usize>]) -> Vec<usize> {
    let after = followers(inputs);
    let mut is_left = vec![true; inputs.len()];
    for (links, back) in [(inputs, &after[..]), (&after[..], inputs)] {
        let mut waits: Vec<usize> =
            links.iter().map(|links| links.iter().filter(|it| is_left[**it]).count()).collect();
        let mut free: Vec<usize> =
            (0..links.len()).filter(|at| is_left[*at] && waits[*at] == 0).collect();
        while let Some(at) = free.pop() {
            is_left[at] = false;
            for next in &back[at] {
                waits[*next] = waits[*next].saturating_sub(1);
                if waits[*next] == 0 && is_left[*next] {
                    free.push(*next);
                }
            }
        }
    }
    (0..inputs.len()).filter(|at| is_left[*at]).collect()
}

/// Who waits for each.
fn followers(inputs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut after = vec![Vec::new(); inputs.len()];
    for (at, inputs) in inputs.iter().enumerate() {
        inputs.iter().for_each(|input| after[*input].push(at));
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_without_what_hangs_on_them() {
        // 0 before 1, 1 and 2 before each other, 2 before 3.
        let inputs = [vec![], vec![0, 2], vec![1], vec![2]];
        assert_eq!(circles(&inputs), [1, 2]);
        assert_eq!(sequence(&inputs), [0, 1, 2, 3]);
    }
}
