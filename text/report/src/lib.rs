//! A cluster's state as text.
//!
//! Read in this order: [`monitor`] (crm_mon's layout), [`rings`] (corosync's tools), [`friendly`]
//! and [`network`] (`systole status` and `rings`, for people), [`operations`] and [`ties`] (of resources), [`changes`] and [`dependencies`] (of the configuration), [`explain`] and [`plan`] (why, and
//! what next), [`svg`].
//!
//! **What it is.** Strings made of a reading of the state, equal to the letter to what the peers'
//! tools print where scripts parse it.
//! **What it never does.** Read anything itself, know the time or the zone, decide anything.

pub mod changes;
pub mod dependencies;
pub mod explain;
pub mod friendly;
pub mod monitor;
pub mod network;
pub mod operations;
pub mod plan;
pub mod rings;
pub mod simulation;
pub mod ties;
pub mod votes;
pub mod xml;

mod listing;
mod reading;
mod svg;
mod waves;
mod words;

pub use svg::svg;
pub use words::{date, execution, printable};
