//! A cluster's state as text.
//!
//! Read in this order: [`monitor`] (crm_mon's layout), [`rings`] (corosync's tools), [`friendly`]
//! (`systole status`, for people).
//!
//! **What it is.** Strings made of a reading of the state, equal to the letter to what the peers'
//! tools print where scripts parse it.
//! **What it never does.** Read anything itself, know the time or the zone, decide anything.

pub mod friendly;
pub mod monitor;
pub mod rings;
pub mod simulation;
pub mod xml;

mod listing;
mod reading;
mod words;

pub use words::date;
