//! How an agent behaves, when not as it should.

use std::fmt;
use std::time::Duration;

/// What an agent makes of a task. As text: what follows `agent n1 a start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// `says 1`: ends with this code, having done nothing.
    Says(i32),
    /// `pretends`: says that all went well, having done nothing.
    Pretends,
    /// `takes 9000`: does it well, in so many milliseconds. When that is too long, it is ended
    /// before it is done.
    Takes(Duration),
    /// `hangs`: does not end by itself, and does nothing.
    Hangs,
    /// `well`: does it well again.
    Well,
}

impl Conduct {
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        Some(match words {
            ["says", code] => Self::Says(code.parse().ok()?),
            ["takes", millis] => Self::Takes(Duration::from_millis(millis.parse().ok()?)),
            ["pretends"] => Self::Pretends,
            ["hangs"] => Self::Hangs,
            ["well"] => Self::Well,
            _ => return None,
        })
    }

    /// Whether the service becomes what the task wants it to be.
    pub(crate) const fn does_its_work(self) -> bool {
        matches!(self, Self::Takes(_) | Self::Well)
    }

    /// How long it takes, when that is not as usual.
    pub(crate) const fn takes(self) -> Option<Duration> {
        match self {
            Self::Takes(time) => Some(time),
            Self::Hangs => Some(Duration::MAX),
            Self::Says(_) | Self::Pretends | Self::Well => None,
        }
    }
}

impl fmt::Display for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Says(code) => write!(f, "says {code}"),
            Self::Pretends => f.write_str("pretends"),
            Self::Takes(time) => write!(f, "takes {}", time.as_millis()),
            Self::Hangs => f.write_str("hangs"),
            Self::Well => f.write_str("well"),
        }
    }
}
