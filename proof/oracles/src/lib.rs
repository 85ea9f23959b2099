//! The invariants, looked at from outside: what really happened, not what the cluster believes.
//!
//! One file per family. Never shipped.
//!
//! | invariant | where |
//! |---|---|
//! | R1: an instance is never active in two places | [`resources`] |
//! | L5: after all faults, one view and every resource where it belongs | [`settling`] |

pub mod resources;
pub mod settling;
