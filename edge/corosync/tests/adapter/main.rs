//! The adapter over an imitation of Corosync: one order for all, and configurations that change.

mod bus;
mod history;
mod stories;
mod storms;
