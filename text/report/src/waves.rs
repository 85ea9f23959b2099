//! A transition in waves: what can begin at once, what then, and so on.

use scheduler::{Carrier, Transition, sequence};
use std::collections::BTreeSet;

/// Beyond so many actions, what is implied is not taken out: it would cost their square.
const MOST_REDUCED: usize = 20_000;

/// Where an action stands in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Its wave, from 1: how many actions are carried out one after another until it has ended.
    /// Points that nobody carries out take no time; one that waits for nothing is in wave 0.
    pub(crate) wave: usize,
    /// 0 for what is carried out; points follow the wave that they wait for, from 1.
    pub(crate) point: usize,
}

/// All actions of a transition, by their positions in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waves {
    /// All positions, each behind all that it waits for.
    pub(crate) order: Vec<usize>,
    /// When each is carried out.
    pub(crate) moments: Vec<Moment>,
    /// What each waits for, ascending; what another input waits for already is left out, and so
    /// is what would close a circle.
    pub(crate) inputs: Vec<Vec<usize>>,
}

impl Waves {
    /// Those of `transition`.
    pub(crate) fn of(transition: &Transition) -> Self {
        let is_point = |at: usize| transition.synapses[at].action.carrier == Carrier::Nobody;
        Self::new(transition.inputs(), is_point)
    }

    /// Those of a graph, told by what each waits for.
    fn new(mut inputs: Vec<Vec<usize>>, is_point: impl Fn(usize) -> bool) -> Self {
        let order = sequence(&inputs);
        let mut rank = vec![0; order.len()];
        for (place, at) in order.iter().enumerate() {
            rank[*at] = place;
        }
        for (at, inputs) in inputs.iter_mut().enumerate() {
            inputs.retain(|input| rank[*input] < rank[at]);
            inputs.sort_unstable();
            inputs.dedup();
        }
        if order.len() <= MOST_REDUCED {
            reduce(&order, &rank, &mut inputs);
        }
        let mut moments = vec![Moment::default(); order.len()];
        for at in &order {
            let last = inputs[*at].iter().map(|input| moments[*input]).max().unwrap_or_default();
            moments[*at] = if is_point(*at) {
                Moment { wave: last.wave, point: last.point + 1 }
            } else {
                Moment { wave: last.wave + 1, point: 0 }
            };
        }
        Self { order, moments, inputs }
    }

    /// What each waits for when points are left out: what they wait for takes their place, and
    /// what another input waits for already is left out again.
    pub(crate) fn inputs_without(&self, is_point: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let mut through = vec![BTreeSet::new(); self.order.len()];
        let mut rank = vec![0; self.order.len()];
        for (place, at) in self.order.iter().enumerate() {
            rank[*at] = place;
            let mut all = BTreeSet::new();
            for input in &self.inputs[*at] {
                match is_point(*input) {
                    true => all.extend(through[*input].iter().copied()),
                    false => drop(all.insert(*input)),
                }
            }
            through[*at] = all;
        }
        let mut inputs: Vec<Vec<usize>> =
            through.into_iter().map(|all| all.into_iter().collect()).collect();
        if self.order.len() <= MOST_REDUCED {
            reduce(&self.order, &rank, &mut inputs);
        }
        inputs
    }
}

/// Takes out every input that another input waits for already, directly or not.
fn reduce(order: &[usize], rank: &[usize], inputs: &mut [Vec<usize>]) {
    let words = order.len().div_ceil(64);
    // One bit for each that comes before, by rank.
    let mut before = vec![0_u64; words * order.len()];
    for (place, at) in order.iter().enumerate() {
        let (earlier, own) = before.split_at_mut(place * words);
        let own = &mut own[..words];
        let mut latest_first = std::mem::take(&mut inputs[*at]);
        latest_first.sort_unstable_by_key(|input| std::cmp::Reverse(rank[*input]));
        for input in latest_first {
            let (word, bit) = (rank[input] / 64, 1_u64 << (rank[input] % 64));
            if own[word] & bit != 0 {
                continue;
            }
            let of_input = &earlier[rank[input] * words..][..words];
            own.iter_mut().zip(of_input).for_each(|(own, other)| *own |= other);
            own[word] |= bit;
            inputs[*at].push(input);
        }
        inputs[*at].sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(waves: &Waves) -> Vec<(usize, usize)> {
        waves.moments.iter().map(|moment| (moment.wave, moment.point)).collect()
    }

    #[test]
    fn points_take_no_time() {
        // 0 and 1 at once, then the point 2, then 3; 3 waits for 0 through the point anyway.
        let waves = Waves::new(vec![vec![], vec![], vec![0, 1], vec![0, 2]], |at| at == 2);
        assert_eq!(moments(&waves), [(1, 0), (1, 0), (1, 1), (2, 0)]);
        assert_eq!(waves.inputs[3], [2]);
    }

    #[test]
    fn what_points_wait_for_takes_their_place_once() {
        // 0, then 1, then the point 2, then 3, which waits for 0 through 1.
        let inputs = vec![vec![], vec![0], vec![0, 1], vec![2]];
        let waves = Waves::new(inputs, |at| at == 2);
        assert_eq!(waves.inputs_without(|at| at == 2)[3], [1]);
        // Two points that bring what only one of them would have had.
        let inputs = vec![vec![], vec![0], vec![0], vec![1], vec![2, 3]];
        let is_point = |at: usize| at == 2 || at == 3;
        assert_eq!(Waves::new(inputs, is_point).inputs_without(is_point)[4], [1]);
    }

    #[test]
    fn circles_are_opened() {
        let waves = Waves::new(vec![vec![2], vec![0], vec![1, 2], vec![]], |_| false);
        assert_eq!(waves.order, [3, 0, 1, 2]);
        assert_eq!(moments(&waves), [(1, 0), (2, 0), (3, 0), (1, 0)]);
        assert_eq!(Waves::new(vec![], |_| false), Waves::default());
    }
}
