//! Scores: how much something is wanted.

use std::fmt;
use std::ops::{Add, AddAssign, Neg};

/// A preference between -INFINITY (never) and INFINITY (must).
///
/// ±INFINITY is ±1 000 000. Sums saturate, and -INFINITY wins over INFINITY: what is forbidden
/// stays forbidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(i32);

impl Score {
    /// Must.
    pub const INFINITY: Self = Self(1_000_000);
    /// Never.
    pub const MINUS_INFINITY: Self = Self(-1_000_000);
    /// No preference.
    pub const ZERO: Self = Self(0);

    /// A score of `value`, saturated at ±INFINITY.
    pub fn new(value: i64) -> Self {
        let clamped = value.clamp(i64::from(Self::MINUS_INFINITY.0), i64::from(Self::INFINITY.0));
        Self(i32::try_from(clamped).unwrap_or(0))
    }

    /// The number, between -1 000 000 and 1 000 000.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Whether this is INFINITY or -INFINITY.
    pub fn is_infinite(self) -> bool {
        self == Self::INFINITY || self == Self::MINUS_INFINITY
    }

    /// Reads `100`, `-5`, `INFINITY`, `+INFINITY`, `-INFINITY` and the short `inf` forms, in any
    /// case; `red`, `yellow` and `green` are not scores here.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "infinity" | "+infinity" | "inf" | "+inf" => Some(Self::INFINITY),
            "-infinity" | "-inf" => Some(Self::MINUS_INFINITY),
            _ => text.parse::<i64>().ok().map(Self::new),
        }
    }
}

impl Add for Score {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        if self == Self::MINUS_INFINITY || other == Self::MINUS_INFINITY {
            Self::MINUS_INFINITY
        } else if self == Self::INFINITY || other == Self::INFINITY {
            Self::INFINITY
        } else {
            Self::new(i64::from(self.0) + i64::from(other.0))
        }
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Score {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INFINITY => f.write_str("INFINITY"),
            Self::MINUS_INFINITY => f.write_str("-INFINITY"),
            Self(value) => value.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Score;

    #[test]
    fn what_is_forbidden_stays_forbidden() {
        assert_eq!(Score::INFINITY + Score::MINUS_INFINITY, Score::MINUS_INFINITY);
        assert_eq!(Score::INFINITY + Score::new(-5), Score::INFINITY);
        assert_eq!(Score::new(999_999) + Score::new(2), Score::INFINITY);
    }

    #[test]
    fn every_spelling_is_read() {
        for (text, value) in [("-inf", -1_000_000), ("+INFINITY", 1_000_000), ("100", 100)] {
            assert_eq!(Score::parse(text).map(Score::value), Some(value), "{text}");
        }
        assert_eq!(Score::parse("many"), None);
    }
}
