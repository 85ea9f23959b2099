//! Whole groups in virtual time: seeded storms against the invariants, and named stories.

mod invariants;
mod stories;
mod storms;
mod world;
