//! Whole groups in virtual time: seeded storms against the invariants, and named stories.

mod gatherings;
mod invariants;
mod members;
mod stories;
mod storms;
mod votes;
mod world;
