//! The invariants, looked at from outside: what really happened, not what the cluster believes.
//!
//! One file per family, each a pure function over what a world recorded. Never shipped.
//!
//! | invariant | where |
//! |---|---|
//! | G1: view ids are unique and grow; G2: who installs a view agrees on it; G10: a clean leave evicts nobody else | [`views`] |
//! | G3–G7: one order of messages, once, and the same between two views | [`order`] |
//! | G8: damaged and replayed packets change nothing; G9: one good link is enough; L6: who was paused accuses nobody | [`links`] |
//! | Q1, Q3: who is quorate; Q5: without quorum nothing is started; Q6: a cold start waits for all | [`quorum`] |
//! | R1: an instance is never active in two places; R4: nor promoted in more than it may be | [`resources`] |
//! | R5: what depends on something is active only while that is | [`dependence`] |
//! | R6: nothing is started where it must not be, or where there is no room | [`places`] |
//! | R7: what is to be left alone is left alone; R8: one action at a time; R9: each action ends; R10: a stop that failed is no stop | [`actions`] |
//! | L3: what failed is recovered at once | [`recovery`] |
//! | F1: nobody without quorum fences; F2: nobody who is well is fenced, and why is said before; F5: the fenced return as another life | [`fencing`] |
//! | C1: what a majority of disks has survives; C2: what does not count after a merge is kept aside | [`changes`] |
//! | L5: after all faults everything is where it belongs; C3: one state; H1: bounded memory | [`settling`] |
//!
//! [`story`] plays rules of recovery that are written down as text: R12 and L8 are asked there, too.
//! [`play`](fn@play::play) plays a script and asks them all; [`marks`] counts how often rare situations came
//! about; [`shrink`](fn@shrink::shrink) makes a failing script short. The programs: `storm`, which plays seeds,
//! and `planted`, which plants bugs that the oracles must find.

pub mod actions;
pub mod batch;
pub mod changes;
pub mod dependence;
mod excuses;
pub mod fencing;
pub mod links;
pub mod marks;
pub mod order;
pub mod places;
pub mod play;
pub mod quorum;
pub mod recovery;
pub mod resources;
pub mod settling;
pub mod shrink;
mod stays;
pub mod story;
pub mod views;
mod words;

/// An invariant is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {what}")]
pub struct Broken {
    /// Which one.
    pub id: &'static str,
    /// Who, when, what.
    pub what: String,
}

/// What the program itself guards with assertions.
const GUARDED: [&str; 4] = ["G1", "G3", "G6", "G8"];

impl Broken {
    /// An assertion in the program has spoken, mostly by the id of what it guards.
    pub(crate) fn guarded(text: &str) -> Self {
        let named = GUARDED.into_iter().find(|id| text.contains(&format!("{id}: ")));
        Self::new(named.unwrap_or("assertion"), text)
    }

    pub(crate) fn new(id: &'static str, what: impl Into<String>) -> Self {
        Self { id, what: what.into() }
    }
}
