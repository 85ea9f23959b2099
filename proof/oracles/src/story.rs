//! Rules of recovery as stories: a configuration, what goes wrong, and what must come of it.
//!
//! A file holds several:
//!
//! ```text
//! # A failed service is started again where it is
//! primitive a ocf:sim:Service op monitor interval=5s
//! location l a 100: n1
//!   0 service-dies n1 a
//!  15 did a: stop n1, start n1
//!  15 runs a: n1
//! ```
//!
//! The configuration is in the crm shell's language, beside a fence device for three nodes (`nodes 2`
//! says otherwise) and defaults. The cluster starts, and when it has come to rest the seconds count.
//! What a line says is a [`Fault`](sim::Fault) of the simulator, a [`Wish`] of a person, or an
//! [`Expectation`]. Nothing else goes wrong: agents do what they should, unless a story says otherwise.

mod ask;
mod expect;
mod play;
mod read;

pub use ask::Wish;
pub use expect::Expectation;
pub use play::{Ended, play, play_with};
pub use read::{NotAStory, stories};

use sim::Fault;
use std::time::Duration;

/// One rule, played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// What the rule says.
    pub title: String,
    /// The line of its title in the file.
    pub line: usize,
    /// How many servers there are.
    pub nodes: u32,
    /// The configuration, beside what all stories have.
    pub configuration: String,
    /// What happens, in the order of the text, with its line.
    pub moments: Vec<(usize, Duration, Moment)>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Something goes wrong.
    Fault(Fault),
    /// Somebody wants something.
    Wish(Wish),
    /// Something must have come about.
    Expectation(Expectation),
}
