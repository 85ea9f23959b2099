//! Clusters that nobody would set up, and what the scheduler makes of them.
//!
//! Read in this order: [`generate`] (a random cluster, as a tree), [`mutate`] (what is done to it),
//! [`check`] (what must hold for whatever comes of that). The program in `main.rs` does this for
//! some time; `proof/fuzz/libfuzzer` lets a coverage-guided fuzzer choose what is done.
//!
//! **What it is.** Proof that no text makes the scheduler panic, hang, or say two things.
//! **What it never does.** Know any cluster of somebody else: all seeds are made here.

mod check;
mod generate;
mod mutate;
mod tree;

pub use check::{Outcome, check, facts};
pub use generate::{Manner, generate};
pub use mutate::mutate;
