//! Places in a list from which some are left out.

/// How many of a list's places count, before each of them. Both questions take logarithmic time
/// (Fenwick, 1994): a status has sections with thousands of entries.
pub(super) struct Places {
    sums: Vec<usize>,
}

impl Places {
    /// So many places, all of which count.
    pub(super) fn new(count: usize) -> Self {
        let lowest_bit = |number: usize| number & number.wrapping_neg();
        Self { sums: (0..=count).map(lowest_bit).collect() }
    }

    /// How many places before this one count.
    pub(super) fn before(&self, place: usize) -> usize {
        let mut sum = 0;
        let mut at = place;
        while at > 0 {
            sum += self.sums[at];
            at &= at - 1;
        }
        sum
    }

    /// Leaves out a place that has counted so far.
    pub(super) fn skip(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.sums.len() {
            self.sums[at] -= 1;
            at += at & at.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn what_is_left_out_does_not_count() {
        let mut places = Places::new(13);
        assert_eq!((0..13).map(|at| places.before(at)).collect::<Vec<_>>(), Vec::from_iter(0..13));
        for skipped in [0, 5, 12, 6] {
            places.skip(skipped);
        }
        let counted: Vec<usize> = (0..13).map(|at| places.before(at)).collect();
        assert_eq!(counted, [0, 0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9]);
    }
}
