//! A few durations, and what can be said about them.

use std::time::Duration;

/// Durations of the same thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(Vec<Duration>);

impl Figures {
    /// One more.
    pub fn add(&mut self, figure: Duration) {
        let place = self.0.partition_point(|other| *other <= figure);
        self.0.insert(place, figure);
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The shortest; none of none.
    pub fn least(&self) -> Option<Duration> {
        self.0.first().copied()
    }

    /// The one in the middle, the mean of two where there is none.
    pub fn median(&self) -> Option<Duration> {
        let (low, high) = (self.0.get((self.0.len().checked_sub(1)?) / 2)?, self.0.len() / 2);
        Some((*low + *self.0.get(high)?) / 2)
    }

    /// The longest.
    pub fn worst(&self) -> Option<Duration> {
        self.0.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_median_and_worst() {
        let cases: [(&[u64], Option<[u64; 3]>); 4] = [
            (&[], None),
            (&[7], Some([7, 7, 7])),
            (&[9, 1, 5], Some([1, 5, 9])),
            (&[4, 1, 9, 6], Some([1, 5, 9])),
        ];
        for (input, expected) in cases {
            let mut figures = Figures::default();
            input.iter().for_each(|ms| figures.add(Duration::from_millis(*ms)));
            let found = [figures.least(), figures.median(), figures.worst()];
            let expected =
                expected.map_or([None; 3], |all| all.map(Duration::from_millis).map(Some));
            assert_eq!(found, expected, "{input:?}");
        }
    }
}
