//! What Systole asks of the operating system, in words of its own.
//!
//! **What it is.** Thin, safe functions over system calls and the files of `/proc`: clocks,
//! durable files, processes, and the parts that the lab builds machines from
//! (namespaces, mounts, loop devices). All `unsafe` code of the project lives here, each block
//! with its reason.
//!
//! **What it never does.** Decide anything, keep state between calls, retry on its own account.
//!
//! Errors are `std::io::Error`: a system call's errno, to be told with its circumstances by
//! the caller.

// Wherever a deeper layer asks for unsafe code, it is asked of this crate. See each SAFETY.
#![allow(unsafe_code)]

pub mod account;
pub mod bonding;
pub mod clock;
pub mod file;
pub mod loopback;
pub mod machine;
pub mod mount;
pub mod namespace;
pub mod network;
pub mod process;
pub mod terminal;
