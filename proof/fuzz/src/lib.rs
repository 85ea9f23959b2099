//! Texts that nobody would write, and what is made of them.
//!
//! Read in this order: [`Target`] (what is tried), then for the scheduler [`generate`] (a random
//! cluster, as a tree), [`mutate`] (what is done to it), [`check`] (what must hold for whatever
//! comes of that), and the same for the texts of CIBs in [`cib_file`], for the crm shell's language
//! in [`crm_file`], for `corosync.conf` in [`conf_file`], and for what nodes say to each other in
//! [`packet`]. The program in `main.rs` does this for some time; `proof/fuzz/libfuzzer` lets a
//! coverage-guided fuzzer choose what is done.
//!
//! **What it is.** Proof that no text makes a reader or the scheduler panic, hang, or say two things.
//! **What it never does.** Know any cluster of somebody else: all seeds are made here.

mod check;
pub mod cib_file;
pub mod conf_file;
pub mod crm_file;
mod generate;
mod letters;
mod mutate;
pub mod packet;
mod target;
mod tree;

pub use check::{check, facts};
pub use generate::{Manner, generate};
pub use mutate::mutate;
pub use target::{Outcome, Target};
